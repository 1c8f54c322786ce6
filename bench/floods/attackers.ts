// What attackers are told and what they bring back.

import { fileURLToPath } from 'node:url'

import { Child } from '../lab/child.ts'

/**
 * - silent-tcp: connect and say nothing
 * - silent-tls: connect to the DoT port and say nothing, or half a ClientHello
 * - drip: a query, one octet a second
 * - announced: say how long a message will be, the longest possible, and never send it
 * - never-read: ask and ask over TCP, and never read an answer
 * - rapid-reset: HTTP/2 requests that are taken back at once (CVE-2023-44487)
 * - endless-headers: HTTP/2 header blocks that do not end (CONTINUATION), and one-megabyte headers
 */
export const ATTACKS = [
  'silent-tcp',
  'silent-tls',
  'drip',
  'announced',
  'never-read',
  'rapid-reset',
  'endless-headers',
] as const
export type Attack = (typeof ATTACKS)[number]

export interface AttackJob {
  readonly attack: Attack
  readonly server: string
  readonly port: number
  readonly dotPort: number
  readonly dohPort: number
  /** To hold at any time: one that ends is made anew. */
  readonly connections: number
  readonly seconds: number
}

export interface AttackRecord {
  /** Connections that were made in all. */
  readonly opened: number
  /** Most of them at any time. */
  readonly mostHeld: number
  /** Those that the server ended. */
  readonly ended: number
}

export class Attackers implements AsyncDisposable {
  readonly #child: Child

  /** They have the lowest priority of all: the load on the machine is not the attack. */
  constructor(core: number, there: readonly string[]) {
    const script = fileURLToPath(import.meta.resolve('./attackers-process.ts'))
    this.#child = new Child(script, core, [...there, 'nice', '-n', '10'])
  }

  run(job: AttackJob): Promise<AttackRecord> {
    return this.#child.ask<AttackRecord>(job)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]()
  }
}
