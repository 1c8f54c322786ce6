// One thread's share in a bucket that all threads use for every query, such as that of all queries
// together. A compare-and-exchange for each query, on a cache line that all cores want, would cost
// more than all the rest of a limit. So only the first query at each moment of the thread's clock,
// which is one in a batch, takes its token at once, and looks how many there are for the others; what
// these took is told at the next moment.
//
// A share alone never gives more than the bound. Others that look meanwhile see tokens that are gone:
// what is given in any window may be above the bound by the rest of one batch, 63, for each further
// share. It is owed then, and missing afterwards: the average is exact.

import type { BucketLines } from './bucket-lines.ts'
import { type BucketRate, debtOf, takeToken, wordOf } from './bucket.ts'

/** Tokens that shares may have given without knowing of each other: 256 batches. */
const MAX_EXCESS = 16_384

export class BucketShare {
  readonly #lines: BucketLines
  readonly #rate: BucketRate
  readonly #at: number
  #now = -1
  #ticks = 0
  /** For the others of this moment. */
  #left = 0
  /** By the others, and not yet told. */
  #taken = 0

  /** @param at the bucket's place in the words of the lines */
  constructor(lines: BucketLines, rate: BucketRate, at: number) {
    this.#lines = lines
    // What was given in excess is a debt beyond that of an empty bucket.
    const excess = MAX_EXCESS * rate.cost
    this.#rate = { ...rate, ceiling: rate.ceiling + excess, absurd: rate.absurd + excess }
    this.#at = at
  }

  /** @param now milliseconds */
  take(now: number): boolean {
    if (now !== this.#now) return this.#takeFirst(now)
    if (this.#left === 0) return false
    this.#left--
    this.#taken++
    return true
  }

  #takeFirst(now: number): boolean {
    const { words } = this.#lines
    const { allowance, cost } = this.#rate
    if (this.#taken > 0) this.#tell()
    this.#now = now
    this.#ticks = this.#lines.ticks(now)
    const given = takeToken(words, this.#at, this.#ticks, this.#rate)
    const room = allowance - debtOf(words[this.#at]!, this.#ticks)
    this.#left = room < 0 ? 0 : Math.floor(room / cost) + 1
    return given
  }

  /** Puts what was taken on the debt, as of the moment when it was taken. */
  #tell(): void {
    const { words } = this.#lines
    const { absurd, ceiling, cost } = this.#rate
    for (;;) {
      const word = words[this.#at]!
      const debt = debtOf(word, this.#ticks) + this.#taken * cost
      const next = wordOf(this.#ticks, debt > absurd ? ceiling : debt)
      if (Atomics.compareExchange(words, this.#at, word, next) === word) break
    }
    this.#taken = 0
  }
}
