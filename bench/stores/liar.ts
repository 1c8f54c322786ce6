// Handle of the relay that liar-process.ts plays: it stands before a Redis and, when told to, talks
// nonsense in its place.

import { fileURLToPath } from 'node:url'

import { Child } from '../lab/child.ts'

export type LiarRequest = { readonly before: number } | { readonly lies: boolean }

export interface LiarState {
  readonly port: number
}

const SCRIPT = fileURLToPath(import.meta.resolve('./liar-process.ts'))

export class Liar implements AsyncDisposable {
  readonly port: number
  readonly #child: Child

  private constructor(child: Child, port: number) {
    this.#child = child
    this.port = port
  }

  /** @param port of the server that it stands before */
  static async start(port: number, core: number): Promise<Liar> {
    const child = new Child(SCRIPT, core)
    const state = await child.ask<LiarState>({ before: port } satisfies LiarRequest)
    return new Liar(child, state.port)
  }

  async lie(lies: boolean): Promise<void> {
    await this.#child.ask({ lies } satisfies LiarRequest)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]()
  }
}
