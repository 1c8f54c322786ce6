// Buckets found by key in a table that never grows: sets of eight, each set one cache line.
//
// A full bucket is as good as none, so its place is free for the next key. Where a set has no full
// bucket, a newcomer takes over the one with the least debt, debt and all, and its owner, when it
// comes back, takes over the least then. No bucket's word ever goes back, so nobody's debt is ever
// forgotten: a key never gets more than its rate, whatever else is in the table, and the worst that
// can happen to a newcomer is to share a bucket. For a set to be crowded, eight of its keys must have
// asked within the time that it takes their buckets to fill again.
//
// Two threads that meet a new key at once may give it two places; the first found counts from then
// on. That, and a place taken over between finding it and taking from it, gives a key at the most
// one token for each other thread that is at it in that moment.

import { type BucketLines, LINE_BUCKETS, LINE_WORDS } from './bucket-lines.ts'
import { type BucketRate, debtOf, takeToken } from './bucket.ts'

const SET_SIZE = LINE_WORDS - LINE_BUCKETS

export class BucketTable {
  readonly #lines: BucketLines
  readonly #mask: number

  /** @param lines a power of two of them, each a set; their first words keep fingerprints of keys */
  constructor(lines: BucketLines) {
    this.#lines = lines
    this.#mask = lines.words.length / LINE_WORDS - 1
  }

  /**
   * Takes a token from a key's bucket.
   * @param low chooses the set
   * @param high tells apart the keys of a set
   * @param now milliseconds
   */
  take(low: number, high: number, now: number, rate: BucketRate): boolean {
    const { words } = this.#lines
    const ticks = this.#lines.ticks(now)
    const first = (low & this.#mask) * LINE_WORDS
    const print = high === 0 ? 1 : high
    for (let at = first; at < first + SET_SIZE; at++) {
      if (words[at] === print) return takeToken(words, at + LINE_BUCKETS, ticks, rate)
    }
    const at = this.#leastIndebted(first, ticks)
    // Asking in vain is not put on the bill of whoever else is in the set.
    if (debtOf(words[at + LINE_BUCKETS]!, ticks) > rate.allowance) return false
    if (!takeToken(words, at + LINE_BUCKETS, ticks, rate)) return false
    words[at] = print
    return true
  }

  /** Has a set fetched from RAM. @returns any of its words, so that its reading is not useless */
  fetch(low: number): number {
    return this.#lines.words[(low & this.#mask) * LINE_WORDS]!
  }

  #leastIndebted(first: number, ticks: number): number {
    const { words } = this.#lines
    let found = first
    let least = Infinity
    for (let at = first; at < first + SET_SIZE; at++) {
      const debt = debtOf(words[at + LINE_BUCKETS]!, ticks)
      if (debt >= least) continue
      found = at
      least = debt
      if (debt === 0) break
    }
    return found
  }
}
