// How answer times are spread, for percentiles of the recent past: a histogram whose buckets widen
// with the times that they hold (four to each doubling), and in which the old counts for ever less.

/** Times are counted in eighths of a millisecond: finer than any timer here. */
const UNITS = 8

const BUCKETS = 64

/** The last bucket's end, some 16 s: no query waits longer. */
const MAX_VALUE = 2 ** 17 - 1

/** Answers after which all that came before count half. */
const HALVE_AT = 512

export class LatencyHistogram {
  readonly #counts = new Uint16Array(BUCKETS)
  #total = 0

  /** Answers counted, those of old times less than once. */
  get total(): number {
    return this.#total
  }

  add(milliseconds: number): void {
    const value = Math.min(Math.max(0, milliseconds * UNITS), MAX_VALUE) | 0
    this.#counts[bucketOf(value)]! += 1
    if (++this.#total >= HALVE_AT) this.#halve()
  }

  /**
   * @param share from 0 to 1: 0.95 for the time within which 95 % of the answers came
   * @returns milliseconds, at most a quarter too many; 0 when nothing was counted
   */
  percentile(share: number): number {
    let above = this.#total * (1 - share)
    for (let bucket = BUCKETS - 1; bucket >= 0; bucket--) {
      const count = this.#counts[bucket]!
      if (count > above) return endOf(bucket) / UNITS
      above -= count
    }
    return 0
  }

  #halve(): void {
    const counts = this.#counts
    let total = 0
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const half = counts[bucket]! >> 1
      counts[bucket] = half
      total += half
    }
    this.#total = total
  }
}

/** The highest bit says which doubling, the two bits behind it which quarter of it. */
function bucketOf(value: number): number {
  if (value < 4) return value
  const doubling = 31 - Math.clz32(value)
  return (doubling - 1) * 4 + ((value >> (doubling - 2)) & 3)
}

function endOf(bucket: number): number {
  if (bucket < 4) return bucket + 1
  return (4 + (bucket & 3) + 1) << ((bucket >> 2) - 1)
}
