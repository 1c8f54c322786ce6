// Many buckets of one clock in shared memory, in cache lines of 64 octets: eight words for whoever
// uses the lines, then eight buckets. A line before the first keeps what all threads must agree on.

import { debtOf } from './bucket.ts'

/** Words of a line, and where its buckets begin. */
export const LINE_WORDS = 16
export const LINE_BUCKETS = 8

/** In the line before the first: the second in which full buckets were last made 0, plus one. */
const SWEPT_AT = 0

const SECOND = 1000

export interface BucketLinesOptions {
  /** Zero at first. */
  readonly memory: SharedArrayBuffer
  /** Octets before it: a multiple of 64. */
  readonly offset: number
  readonly lines: number
  /** How fast their clock runs. */
  readonly ticksPerMs: number
}

/** Octets that so many lines take. */
export function linesLength(lines: number): number {
  return (1 + lines) * LINE_WORDS * 4
}

export class BucketLines {
  /** Line `i` begins at `i * LINE_WORDS`. */
  readonly words: Int32Array
  readonly #ticksPerMs: number
  readonly #control: Int32Array
  /** Milliseconds between two sweeps: a quarter of what the buckets' clock can tell apart. */
  readonly #interval: number
  #sweepAt = 0

  constructor({ memory, offset, lines, ticksPerMs }: BucketLinesOptions) {
    this.#control = new Int32Array(memory, offset, LINE_WORDS)
    this.words = new Int32Array(memory, offset + LINE_WORDS * 4, lines * LINE_WORDS)
    this.#ticksPerMs = ticksPerMs
    this.#interval = 2 ** 30 / ticksPerMs
  }

  /** The moment `now`, in milliseconds, as the buckets count it. */
  ticks(now: number): number {
    if (now >= this.#sweepAt) this.#sweep(now)
    return (now * this.#ticksPerMs) | 0
  }

  /** The first thread to find that it is time sweeps for all: a millisecond in a quarter of an hour. */
  #sweep(now: number): void {
    const control = this.#control
    const second = Math.floor(now / SECOND) + 1
    const last = Atomics.load(control, SWEPT_AT)
    const swept = (last - 1) * SECOND
    if (last !== 0 && now < swept + this.#interval) {
      this.#sweepAt = swept + this.#interval
      return
    }
    this.#sweepAt = now + this.#interval
    if (Atomics.compareExchange(control, SWEPT_AT, last, second) !== last || last === 0) return
    // Nobody came for so long that debts would seem to have grown again.
    const all = now > swept + 2 * this.#interval
    const { words } = this
    const ticks = (now * this.#ticksPerMs) | 0
    for (let at = 0; at < words.length; at++) {
      if (at % LINE_WORDS < LINE_BUCKETS) continue
      const word = words[at]!
      if (word === 0 || (!all && debtOf(word, ticks) > 0)) continue
      // Not a plain store: what is taken at this moment would be given for nothing.
      Atomics.compareExchange(words, at, word, 0)
    }
  }
}
