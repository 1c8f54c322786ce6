// What good clients are told and what they bring back.

import { fileURLToPath } from 'node:url'

import { realTime } from '../faults/load.ts'
import { Child } from '../lab/child.ts'

/** How a good client asks. `udp` comes back over TCP when told to; `cookie` sends DNS cookies. */
export const CLIENT_KINDS = ['udp', 'cookie', 'tcp', 'dot', 'doh'] as const
export type ClientKind = (typeof CLIENT_KINDS)[number]

export interface ClientsJob {
  readonly kinds: readonly ClientKind[]
  readonly server: string
  readonly port: number
  readonly dotPort: number
  readonly dohPort: number
  /** When each query of each kind leaves, in milliseconds after `startAt`, in order. */
  readonly offsets: Float64Array
  /** By the clock of lab/clock.ts. */
  readonly startAt: number
  /** Names that are asked for in turn. */
  readonly names: number
  /** After how many milliseconds a query without an answer is lost. */
  readonly timeout: number
}

export interface ClientsRecord {
  readonly kind: ClientKind
  /** Milliseconds after `startAt`; NaN for those that were lost. */
  readonly answeredAt: Float64Array
  /** Of lab/message.ts. */
  readonly outcome: Uint8Array
  /** By how many milliseconds questions left late at most. */
  readonly lag: number
  /** Questions that had to be asked over TCP as well. */
  readonly cameBack: number
  /** Connections that ended and were made anew. */
  readonly reconnected: number
}

export class GoodClients implements AsyncDisposable {
  readonly #child: Child

  /** @param there command that enters the clients' namespace */
  constructor(core: number, there: readonly string[]) {
    const script = fileURLToPath(import.meta.resolve('./clients-process.ts'))
    this.#child = new Child(script, core, [...there, ...realTime()])
  }

  run(job: ClientsJob): Promise<ClientsRecord[]> {
    return this.#child.ask<ClientsRecord[]>(job)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]()
  }
}
