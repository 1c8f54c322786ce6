// Sets that were looked at, by their signatures: what comes with every denial of a zone is not looked at
// again for a while, and what comes back after it was forgotten is known for that. A table of fixed size;
// who is taken for another one is learnt later or stays longer, and no worse.

import type { Rrset } from '../rrset.ts'

/** A power of two: more than there are ranges. */
const SLOTS = 8_192

/** Octets of a signature that it is known by: its end is as random as any other part. */
const TAIL = 8

export class SeenSets {
  readonly #ids = new Int32Array(SLOTS)
  /** Seconds: until when it need not be looked at. */
  readonly #until = new Int32Array(SLOTS)
  readonly #seed: number

  constructor(seed: number) {
    this.#seed = seed
  }

  idOf({ signatures }: Rrset): number {
    const { signature } = signatures[0]!
    let id = this.#seed | 0
    for (let i = Math.max(0, signature.length - TAIL); i < signature.length; i++) {
      id = Math.imul(id ^ signature[i]!, 0x0100_0193)
      id ^= id >>> 15
    }
    return id
  }

  isFresh(id: number, now: number): boolean {
    const slot = id & (SLOTS - 1)
    return this.#ids[slot] === id && this.#until[slot]! > now
  }

  /** Whether it was here, however long ago. */
  has(id: number): boolean {
    return this.#ids[id & (SLOTS - 1)] === id
  }

  note(id: number, until: number): void {
    const slot = id & (SLOTS - 1)
    this.#ids[slot] = id
    this.#until[slot] = until
  }

  /** It is to be looked at when it comes back. */
  expire(id: number): void {
    if (this.has(id)) this.#until[id & (SLOTS - 1)] = 0
  }

  clear(): void {
    this.#ids.fill(0)
    this.#until.fill(0)
  }
}
