// What one NSEC or NSEC3 record says: which types its owner has, and that nothing is between its owner
// and the next one. Ranges of one zone stand in a list, in order, and none of them overlaps another.

import type { TypeBits } from '../denial/type-bits.ts'
import type { HeldSet } from './held-set.ts'
import type { HeldZone } from './held-zone.ts'

/** Octets of a range besides its set and its names. */
const OVERHEAD = 400

export interface RangeContent {
  readonly types: TypeBits
  readonly set: HeldSet
  /** Seconds, on the clock of `ProvenRanges`. */
  readonly expiresAt: number
}

export interface RangeOptions extends RangeContent {
  readonly zone: HeldZone
  readonly list: RangeList
  readonly owner: string
  readonly next: string
}

export class Range {
  readonly zone: HeldZone
  readonly list: RangeList
  /** A `Name` (NSEC) or a `NameHash` (NSEC3), as `next` is. */
  readonly owner: string
  readonly next: string
  content: RangeContent
  /** NSEC3: the hash of the wildcard below the owner; null until somebody wanted it. */
  wildcard: string | null = null

  /** Whether it was of use since `Retention` came to it last. */
  isUsed = false
  /** In the queue of those that were of use before. */
  isProven = false
  older: Range | null = null
  newer: Range | null = null

  constructor({ zone, list, owner, next, types, set, expiresAt }: RangeOptions) {
    this.zone = zone
    this.list = list
    this.owner = owner
    this.next = next
    this.content = { types, set, expiresAt }
  }

  get types(): TypeBits {
    return this.content.types
  }

  /** For the ghosts of `Retention`. */
  hash(): number {
    let { hash } = this.zone
    for (let i = 0; i < this.owner.length; i++) {
      hash = Math.imul(hash ^ this.owner.charCodeAt(i), 0x0100_0193)
    }
    return hash
  }

  /** Octets of memory, more or less. */
  get size(): number {
    return OVERHEAD + this.owner.length + this.next.length + this.content.set.length
  }
}

export interface RangeListOptions {
  /** The order of owners: below 0 when `a` comes first. */
  readonly compare: (a: string, b: string) => number
  /** Whether it comes behind the range's owner and before its next one. */
  readonly isInside: (at: string, range: Bounds) => boolean
}

export interface Bounds {
  readonly owner: string
  readonly next: string
}

export class RangeList {
  readonly #options: RangeListOptions
  readonly #ranges: Range[] = []

  constructor(options: RangeListOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#ranges.length
  }

  /**
   * The only range that can be at or around `at`: the last one that does not begin behind it, or the
   * last one of all, for chains are rings. Null when there is none, or it is over.
   */
  around(at: string, now: number): Range | null {
    if (this.#ranges.length === 0) return null
    const range = this.#ranges.at(this.#behind(at) - 1)!
    return range.content.expiresAt > now ? range : null
  }

  all(): readonly Range[] {
    return [...this.#ranges]
  }

  /** The range of this owner. */
  at(owner: string): Range | null {
    const range = this.#ranges[this.#behind(owner) - 1]
    return range?.owner === owner ? range : null
  }

  /** Ranges that say something else than a new one: its owner, or theirs, would not exist. */
  contradicted(bounds: Bounds): Range[] {
    const { isInside } = this.#options
    const ranges = this.#ranges
    const found: Range[] = []
    if (ranges.length === 0) return found
    const first = this.#behind(bounds.owner)
    for (let i = 0; i < ranges.length; i++) {
      const range = ranges[(first + i) % ranges.length]!
      if (!isInside(range.owner, bounds)) break
      found.push(range)
    }
    const before = ranges.at(first - 1)!
    if (isInside(bounds.owner, before) && !found.includes(before)) found.push(before)
    return found
  }

  /** Nothing in the list may overlap it, nor have its owner. */
  add(range: Range): void {
    this.#ranges.splice(this.#behind(range.owner), 0, range)
  }

  remove(range: Range): void {
    const at = this.#behind(range.owner) - 1
    if (this.#ranges[at] === range) this.#ranges.splice(at, 1)
  }

  /** How many do not begin behind `at`. */
  #behind(at: string): number {
    const { compare } = this.#options
    const ranges = this.#ranges
    let low = 0
    let high = ranges.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compare(ranges[middle]!.owner, at) > 0) high = middle
      else low = middle + 1
    }
    return low
  }
}
