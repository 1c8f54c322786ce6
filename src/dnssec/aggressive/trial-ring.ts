// Ranges that were of no use yet, in the order in which they came: the octets of their sets in a ring
// that new ones overwrite. Nothing is allocated for what is soon forgotten.

import type { Rrset } from '../rrset.ts'
import type { Range } from './range.ts'
import { storeSet } from './set-octets.ts'

export class TrialRing {
  readonly bytes: Uint8Array
  readonly #onLeaving: (range: Range) => void
  /** In the order of their octets, from `#first` on. */
  readonly #ranges: (Range | null)[] = []
  #first = 0
  #count = 0
  #end = 0

  /** @param onLeaving takes a range whose octets are about to be overwritten */
  constructor(length: number, onLeaving: (range: Range) => void) {
    this.bytes = new Uint8Array(length)
    this.#onLeaving = onLeaving
  }

  /** The range must not be longer than the ring. @param prefix see set-octets.ts */
  add(range: Range, set: Rrset, prefix: number): void {
    const { length } = range
    if (this.#end + length > this.bytes.length) {
      this.#clearUntil(this.bytes.length)
      this.#end = 0
    }
    this.#clearUntil(this.#end + length)
    range.at = this.#end
    this.#end += length
    storeSet(set, prefix, this.bytes, range.at)
    this.#push(range)
  }

  /** Those in the way of newer ones among them. */
  get count(): number {
    return this.#count
  }

  /** Has the oldest leave before its time, if there is one. */
  dropOldest(): void {
    if (this.#count > 0) this.#leave()
  }

  clear(): void {
    this.#ranges.length = 0
    this.#first = 0
    this.#count = 0
    this.#end = 0
  }

  /** Has those leave, the oldest first, that lie between the end of the newest and `end`. */
  #clearUntil(end: number): void {
    while (this.#count > 0) {
      const oldest = this.#ranges[this.#first]!
      if (oldest.at < this.#end || oldest.at >= end) return
      this.#leave()
    }
  }

  #leave(): void {
    const oldest = this.#ranges[this.#first]!
    this.#ranges[this.#first] = null
    this.#first = this.#first + 1 === this.#ranges.length ? 0 : this.#first + 1
    this.#count--
    if (!oldest.isGone) this.#onLeaving(oldest)
  }

  #push(range: Range): void {
    const ranges = this.#ranges
    if (this.#count === ranges.length) {
      // Full: the first becomes the first of a longer one.
      if (this.#first > 0) {
        ranges.push(...ranges.splice(0, this.#first))
        this.#first = 0
      }
      ranges.push(range)
    } else ranges[(this.#first + this.#count) % ranges.length] = range
    this.#count++
  }
}
