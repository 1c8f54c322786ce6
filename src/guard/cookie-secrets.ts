// The secrets that server cookies are made with (RFC 9018 §5), in shared memory: all workers read
// them, the main thread alone writes. Four places for secrets, and one word that says which is
// current and how many before it count still. A new secret is written to a place that nobody reads
// before that word changes, so that no reader ever sees half of one.

import { randomFillSync } from 'node:crypto'
import { SIP_KEY_WORDS } from '../wire/sip-hash.ts'

/** Octets of a secret: the key of SipHash-2-4 (RFC 9018 §4.4). */
export const COOKIE_SECRET_LENGTH = 4 * SIP_KEY_WORDS

const PLACES = 4

/** Words before the places: the state, and room to begin on a multiple of 16 octets. */
const STATE = 0
const HEADER_WORDS = 4

export class CookieSecrets {
  /** What another thread makes the same object of. */
  readonly memory: SharedArrayBuffer
  /** Words of all places: the secret at place `p` begins at `keyAt`. */
  readonly words: Int32Array

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.words = new Int32Array(memory)
  }

  /**
   * @param secrets 1 to 3 of `COOKIE_SECRET_LENGTH` octets: the first makes
   *   cookies, all are good to verify with
   */
  static of(secrets: readonly Uint8Array[]): CookieSecrets {
    const made = new CookieSecrets(
      new SharedArrayBuffer(4 * (HEADER_WORDS + PLACES * SIP_KEY_WORDS)),
    )
    const current = secrets.length - 1
    for (const [i, secret] of secrets.entries()) made.#write(current - i, secret)
    made.#setState(current, secrets.length)
    return made
  }

  /** One secret that nobody knows. */
  static random(): CookieSecrets {
    return CookieSecrets.of([randomSecret()])
  }

  /** Puts a secret that nobody knows in force; the one before it still counts. */
  rotate(): void {
    const next = (this.#current + 1) % PLACES
    this.#write(next, randomSecret())
    this.#setState(next, 2)
  }

  /** From now on the current secret alone counts. */
  forgetPrevious(): void {
    this.#setState(this.#current, 1)
  }

  /** Which secrets count now; opaque, for `keyAt` and `countOf`. */
  state(): number {
    return Atomics.load(this.words, STATE)
  }

  /** How many secrets count. */
  countOf(state: number): number {
    return state >>> 8
  }

  /** Where in `words` a secret begins. @param age 0 for the current one, 1 for the one before */
  keyAt(state: number, age: number): number {
    return HEADER_WORDS + SIP_KEY_WORDS * (((state & 0xff) + PLACES - age) % PLACES)
  }

  get #current(): number {
    return this.state() & 0xff
  }

  #write(place: number, secret: Uint8Array): void {
    const at = 4 * (HEADER_WORDS + SIP_KEY_WORDS * place)
    new Uint8Array(this.memory, at, COOKIE_SECRET_LENGTH).set(secret)
  }

  #setState(current: number, count: number): void {
    Atomics.store(this.words, STATE, current | (count << 8))
  }
}

function randomSecret(): Uint8Array {
  return randomFillSync(new Uint8Array(COOKIE_SECRET_LENGTH))
}
