// Checks that take less time than it takes to have them made elsewhere: RSA as most zones use it. They
// are made on the event loop, but so few in each of its turns that nobody waits long for them; those
// beyond that come in its next turns, with a look at what has arrived between them.

import type { KeyObject } from 'node:crypto'
import type { Check } from './turns.ts'

/**
 * With a modulus of 2,048 bits and 65,537 for the exponent a check takes 17 µs, and 7 to 13 µs more where
 * another thread makes it (`node bench/signatures.ts`).
 */
const MAX_MODULUS_BITS = 2_048
const MAX_EXPONENT = 65_537n

/** Whether signatures by the key are checked as quickly. */
export function isQuick({ asymmetricKeyDetails }: KeyObject): boolean {
  const { modulusLength = Infinity, publicExponent } = asymmetricKeyDetails ?? {}
  return (
    modulusLength <= MAX_MODULUS_BITS &&
    publicExponent !== undefined &&
    publicExponent <= MAX_EXPONENT
  )
}

export interface QuickChecksOptions {
  /** Checks in one turn of the event loop. */
  readonly perTurn: number
  /** Checks that may wait for later turns. */
  readonly waiting: number
}

export class QuickChecks {
  readonly #perTurn: number
  /** In this turn. There are none while others wait. */
  #left: number
  #room: number
  #first: Check | null = null
  #last: Check | null = null
  readonly #nextTurn = (): void => this.#begin()

  constructor({ perTurn, waiting }: QuickChecksOptions) {
    this.#perTurn = perTurn
    this.#left = perTurn
    this.#room = waiting
  }

  /** Whether one more may be made at once. */
  take(): boolean {
    if (this.#left === 0) return false
    if (this.#left-- === this.#perTurn) setImmediate(this.#nextTurn)
    return true
  }

  /** Starts the check in a later turn. @returns false when too many wait already */
  wait(check: Check): boolean {
    if (this.#room === 0) return false
    this.#room--
    if (this.#last === null) this.#first = check
    else this.#last.behind = check
    this.#last = check
    return true
  }

  #begin(): void {
    this.#left = this.#perTurn
    for (let check = this.#first; check !== null && this.take(); check = this.#first) {
      this.#first = check.behind
      if (this.#first === null) this.#last = null
      check.behind = null
      this.#room++
      check.start()
    }
  }
}
