// Sets that were of no use yet, in the order in which they came: their octets in a ring that new ones
// overwrite. None are allocated for what is soon forgotten.

import type { Rrset } from '../rrset.ts'
import type { HeldSet } from './held-set.ts'
import { storeSet } from './set-octets.ts'

export interface TrialRingOptions {
  /** Octets: one half for the ring, the other for what there is of each set besides. */
  readonly memory: number
  /** Takes one whose octets are about to be overwritten. */
  readonly onLeaving: (held: HeldSet) => void
}

export class TrialRing {
  readonly bytes: Uint8Array
  readonly #onLeaving: (held: HeldSet) => void
  readonly #maxOverhead: number
  #overhead = 0
  /** In the order of their octets, from `#first` on. */
  readonly #sets: (HeldSet | null)[] = []
  #first = 0
  #count = 0
  #end = 0

  constructor({ memory, onLeaving }: TrialRingOptions) {
    const half = memory >> 1
    this.bytes = new Uint8Array(half)
    this.#maxOverhead = half
    this.#onLeaving = onLeaving
  }

  /** It must not be longer than the ring. @param prefix see set-octets.ts */
  add(held: HeldSet, set: Rrset, prefix: number): void {
    const { length } = held
    if (this.#end + length > this.bytes.length) {
      this.#clearUntil(this.bytes.length)
      this.#end = 0
    }
    this.#clearUntil(this.#end + length)
    held.at = this.#end
    this.#end += length
    storeSet(set, prefix, this.bytes, held.at)
    this.#push(held)
    while (this.#overhead > this.#maxOverhead) this.#leave()
  }

  /** Octets of memory, more or less. */
  get size(): number {
    return this.bytes.length + this.#overhead
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
    this.#sets.length = 0
    this.#first = 0
    this.#count = 0
    this.#end = 0
    this.#overhead = 0
  }

  /** Has those leave, the oldest first, that lie between the end of the newest and `end`. */
  #clearUntil(end: number): void {
    while (this.#count > 0) {
      const oldest = this.#sets[this.#first]!
      if (oldest.at < this.#end || oldest.at >= end) return
      this.#leave()
    }
  }

  #leave(): void {
    const oldest = this.#sets[this.#first]!
    this.#sets[this.#first] = null
    this.#first = this.#first + 1 === this.#sets.length ? 0 : this.#first + 1
    this.#count--
    this.#overhead -= oldest.overhead
    if (!oldest.isGone) this.#onLeaving(oldest)
  }

  #push(held: HeldSet): void {
    const sets = this.#sets
    if (this.#count === sets.length) {
      // Full: the first becomes the first of a longer one.
      if (this.#first > 0) {
        sets.push(...sets.splice(0, this.#first))
        this.#first = 0
      }
      sets.push(held)
    } else sets[(this.#first + this.#count) % sets.length] = held
    this.#count++
    this.#overhead += held.overhead
  }
}
