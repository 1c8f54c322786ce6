// Handles of the servers and relays that scripted-process.ts plays.

import { fileURLToPath } from 'node:url'

import { Child } from '../lab/child.ts'

/**
 * - right: answers each query, as any server does
 * - servfail, garbage: instead of an answer
 * - close: ends each connection after one answer
 * - sink: takes connections and stays silent; those there were end
 * - impostor: has come back with a certificate for another name
 * - recovered: has come back as it was
 */
export type ServerPlay =
  | 'right'
  | 'servfail'
  | 'garbage'
  | 'close'
  | 'sink'
  | 'impostor'
  | 'recovered'

/** Paths of PEM files. */
export interface ServerSetup {
  readonly certificate: string
  readonly key: string
  readonly impostorCertificate: string
  readonly impostorKey: string
}

export type ScriptRequest =
  | { readonly setup: ServerSetup }
  | { readonly play: ServerPlay }
  | { readonly relayTo: number }
  | { readonly delay: number }
  | { readonly state: true }

export interface ScriptedState {
  readonly port: number
  /** Queries received so far. */
  readonly queries: number
}

const SCRIPT = fileURLToPath(import.meta.resolve('./scripted-process.ts'))

export class Scripted implements AsyncDisposable {
  readonly port: number
  readonly #child: Child

  private constructor(child: Child, port: number) {
    this.#child = child
    this.port = port
  }

  static async start(
    what: { readonly setup: ServerSetup } | { readonly relayTo: number },
    core: number,
  ): Promise<Scripted> {
    const child = new Child(SCRIPT, core)
    const { port } = await child.ask<ScriptedState>(what)
    return new Scripted(child, port)
  }

  async play(play: ServerPlay): Promise<void> {
    await this.#child.ask({ play })
  }

  /** @param delay milliseconds by which a relay holds back what the server says */
  async hold(delay: number): Promise<void> {
    await this.#child.ask({ delay })
  }

  async queries(): Promise<number> {
    return (await this.#child.ask<ScriptedState>({ state: true })).queries
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]()
  }
}
