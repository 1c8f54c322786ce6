// A ring of entries in a shard's arena: a log that runs from its first unit to its end and begins there
// again. Whoever changes it holds the shard's lock.

import { DEAD, Entry, UNIT_WORDS } from './layout.ts'

export interface RingOptions {
  /** The arena. */
  readonly words: Uint32Array
  readonly control: Int32Array
  /**
   * Its first word there: where the next entry goes and where the oldest starts, both counted from
   * `first`, and units in use. Zeroes are an empty ring.
   */
  readonly at: number
  /** Units of the arena: the first, and the one behind the last. */
  readonly first: number
  readonly end: number
}

const HEAD = 0
const TAIL = 1
const USED = 2

export class Ring {
  readonly first: number
  readonly end: number
  readonly #words: Uint32Array
  readonly #control: Int32Array
  readonly #at: number

  constructor({ words, control, at, first, end }: RingOptions) {
    this.first = first
    this.end = end
    this.#words = words
    this.#control = control
    this.#at = at
  }

  /** Units in all. */
  get size(): number {
    return this.end - this.first
  }

  /** Units between the oldest entry and the next, dead ones and the skipped end included. */
  get used(): number {
    return this.#control[this.#at + USED]!
  }

  /** The unit where the oldest entry starts, if any is in use. */
  get oldest(): number {
    return this.first + this.#control[this.#at + TAIL]!
  }

  /** Takes `units` in a row at the young end; -1 when old ones must go first. */
  take(units: number): number {
    const control = this.#control
    const head = this.first + control[this.#at + HEAD]!
    const toEnd = this.end - head
    const free = this.size - this.used
    if (units <= toEnd) {
      if (units > free) return -1
      control[this.#at + HEAD] = this.#behind(head, units)
      control[this.#at + USED]! += units
      return head
    }
    if (toEnd > free) return -1
    // Entries do not wrap: a dead one fills the end.
    this.#words[head * UNIT_WORDS + Entry.Size] = (toEnd | DEAD) >>> 0
    control[this.#at + USED]! += toEnd
    control[this.#at + HEAD] = 0
    return this.take(units)
  }

  /** Gives the oldest entry's place back. @param units that it takes */
  release(units: number): void {
    const control = this.#control
    control[this.#at + TAIL] = this.#behind(this.oldest, units)
    control[this.#at + USED]! -= units
  }

  /** Begins anew, when nothing in it lives. */
  rewind(): void {
    const control = this.#control
    control[this.#at + HEAD] = 0
    control[this.#at + TAIL] = 0
    control[this.#at + USED] = 0
  }

  /** What comes behind, counted from `first`. */
  #behind(unit: number, by: number): number {
    const next = unit + by - this.first
    return next >= this.size ? 0 : next
  }
}
