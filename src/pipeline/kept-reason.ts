// Why something is bogus, as the cache keeps it behind the message (see `packFailure`): set aside before
// OPT comes to stand in its place. Allocates nothing once each length was seen.

import { copyOctets } from '../wire/copy.ts'
import { MAX_TEXT } from './explain.ts'

const NOTHING = new Uint8Array(0)

export class KeptReason {
  readonly #octets = new Uint8Array(MAX_TEXT)
  /** The first so many of them. */
  readonly #starts = Array.from<Uint8Array | undefined>({ length: MAX_TEXT + 1 })

  /** The last `length` octets before `end`; good until the next call. */
  take(held: Uint8Array, end: number, length: number): Uint8Array {
    if (length === 0 || length > MAX_TEXT) return NOTHING
    copyOctets(held, end - length, this.#octets, 0, length)
    this.#starts[length] ??= this.#octets.subarray(0, length)
    return this.#starts[length]
  }
}
