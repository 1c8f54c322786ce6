// A token bucket in one number: when it will be full again. Each event moves that by the time that
// one token takes to come back; an event that would move it too far ahead has to wait.

export interface PaceOptions {
  /** Events a second, in the long run. */
  readonly rate: number
  /** Events at once, after a rest. */
  readonly burst: number
}

export class Pace {
  readonly #interval: number
  readonly #most: number

  constructor({ rate, burst }: PaceOptions) {
    this.#interval = 1_000 / rate
    this.#most = burst * this.#interval
  }

  /** Whether an event may happen. @param full when the bucket is full again; both in milliseconds */
  allows(full: number, now: number): boolean {
    return this.after(full, now) - now <= this.#most + ROUNDING
  }

  /** When the bucket is full again, after one more event. */
  after(full: number, now: number): number {
    return (full > now ? full : now) + this.#interval
  }
}

/** Sums of intervals are not exact. */
const ROUNDING = 1e-6
