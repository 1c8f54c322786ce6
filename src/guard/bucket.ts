// A token bucket in one 32-bit word of shared memory: the moment until which what was taken is paid
// for, in ticks of the bucket's own clock. Before that moment the bucket is in debt; its debt in
// ticks, divided by the cost of one, is how many tokens are missing. This is the virtual scheduling
// form of a leaky bucket (ITU-T I.371, annex A). One word means one compare-and-exchange: however
// many threads take at once, no more than the bound is ever given away, without a lock.
//
// Ticks count modulo 2^32. A word must therefore not grow old: bucket-lines.ts makes those of full
// buckets 0, which means full at any time, well before they would seem to lie ahead.

/** How a kind of bucket fills and empties, in ticks. */
export interface BucketRate {
  /** What one token costs. */
  readonly cost: number
  /** The debt up to which another token is given. */
  readonly allowance: number
  /** What asking in vain adds to the debt; 0 where only what was given counts. */
  readonly penalty: number
  /** The debt beyond which asking in vain adds nothing. */
  readonly ceiling: number
  /** A debt that only a clock that went back can explain: it is cut to the ceiling. */
  readonly absurd: number
}

/**
 * Milliseconds by which a thread's clock may be behind that of another which has been at a bucket:
 * its clock is read once for a batch, and it may have to wait for a processor meanwhile.
 */
const MAX_LAG = 10_000

/** Parts of a token that time is told apart by, and the rate up to which it is. */
const FINE_COST = 16
const MAX_FINE_RATE = 65_536

/** Ticks of the clock that suits a rate, in a millisecond. @param rate tokens a second */
export function ticksPerMs(rate: number): number {
  return (rate * costOf(rate)) / 1000
}

function costOf(rate: number): number {
  return rate <= MAX_FINE_RATE ? FINE_COST : 1
}

/**
 * A bucket on the clock of `ticksPerMs` that gives at most `burst + rate × seconds` tokens in any window, plus at the most a
 * sixteenth of one (above 65,536 a second: one), since time comes in ticks. Its average is exact.
 * @param rate tokens a second, up to 10 million
 * @param burst tokens that a full bucket holds, at least 1; up to a minute's worth of `rate`
 */
export function bucketRate(rate: number, burst: number): BucketRate {
  const cost = costOf(rate)
  const ceiling = burst * cost
  const absurd = absurdDebt(ceiling, ticksPerMs(rate))
  return { cost, allowance: ceiling - cost, penalty: 0, ceiling, absurd }
}

/** @param speed ticks in a millisecond */
export function absurdDebt(ceiling: number, speed: number): number {
  return Math.ceil(ceiling + MAX_LAG * speed)
}

/** Ticks until a bucket is full again; 0 when it is. */
export function debtOf(word: number, ticks: number): number {
  if (word === 0) return 0
  const debt = (word - ticks) | 0
  return debt > 0 ? debt : 0
}

/** The word of a bucket with a debt at some moment. */
export function wordOf(ticks: number, debt: number): number {
  return (ticks + debt) | 0 || 1
}

/** Takes one token from the bucket at `words[at]`; false when it has none. */
export function takeToken(words: Int32Array, at: number, ticks: number, rate: BucketRate): boolean {
  for (;;) {
    const word = words[at]!
    const debt = debtOf(word, ticks)
    const given = debt <= rate.allowance
    let next = debt + rate.cost
    if (!given) {
      next = Math.min(debt + rate.penalty, rate.ceiling)
      if (next <= debt && debt <= rate.absurd) return false
    }
    if (Atomics.compareExchange(words, at, word, wordOf(ticks, next)) === word) return given
  }
}
