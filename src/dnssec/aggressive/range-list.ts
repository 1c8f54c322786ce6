// The ranges of one zone's chain in order, none of which overlaps another. In leaves, so that to add or
// to remove one moves but a few others.

import { isBetween } from '../denial/nsec3-hash.ts'
import type { Range } from './range.ts'

const LEAF_LENGTH = 64

export class RangeList {
  /** None of them empty, but for the only one. */
  readonly #leaves: Range[][] = [[]]
  size = 0
  /** Where the last search ended: behind the last range that does not begin behind what was sought. */
  #leaf = 0
  #place = 0

  /**
   * The only range that can be at or around `at`: the last one that does not begin behind it, or the
   * last one of all, for chains are rings. Null when there is none.
   */
  around(at: string): Range | null {
    if (this.size === 0) return null
    this.#seek(at)
    return this.#before()
  }

  /**
   * Adds a range. Those that say something else go: its owner would not exist by them, or theirs not
   * by it.
   * @param onGone is called after a range went
   * @returns the range of the same owner that it replaces, if there was one
   */
  add(range: Range, onGone: (range: Range) => void): Range | null {
    const { owner, next } = range
    let replaced: Range | null = null
    this.#seek(owner)
    while (this.size > 0) {
      const before = this.#before()
      const after = this.#after()
      if (before.owner === owner || isBetween(owner, before.owner, before.next)) {
        if (before.owner === owner) replaced = before
        this.remove(before)
        onGone(before)
      } else if (isBetween(after.owner, owner, next)) {
        this.remove(after)
        onGone(after)
      } else break
      this.#seek(owner)
    }
    const leaf = this.#leaves[this.#leaf]!
    leaf.splice(this.#place, 0, range)
    this.size++
    if (leaf.length > LEAF_LENGTH) {
      this.#leaves.splice(this.#leaf + 1, 0, leaf.splice(LEAF_LENGTH >> 1))
    }
    return replaced
  }

  remove(range: Range): void {
    this.#seek(range.owner)
    const leaf = this.#leaves[this.#leaf]!
    if (leaf[this.#place - 1] !== range) return
    leaf.splice(this.#place - 1, 1)
    this.size--
    if (leaf.length === 0 && this.#leaves.length > 1) this.#leaves.splice(this.#leaf, 1)
  }

  all(): Range[] {
    return this.#leaves.flat()
  }

  #before(): Range {
    if (this.#place > 0) return this.#leaves[this.#leaf]![this.#place - 1]!
    return this.#leaves.at(-1)!.at(-1)!
  }

  #after(): Range {
    const leaf = this.#leaves[this.#leaf]!
    if (this.#place < leaf.length) return leaf[this.#place]!
    return (this.#leaves[this.#leaf + 1] ?? this.#leaves[0]!)[0]!
  }

  #seek(at: string): void {
    const leaves = this.#leaves
    let low = 0
    let high = leaves.length
    // The last leaf that does not begin behind it; the first when all do.
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (leaves[middle]![0]!.owner > at) high = middle
      else low = middle
    }
    const leaf = leaves[low]!
    this.#leaf = low
    low = 0
    high = leaf.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (leaf[middle]!.owner > at) high = middle
      else low = middle + 1
    }
    this.#place = low
  }
}
