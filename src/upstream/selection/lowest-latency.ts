// The faster of two that chance names (Mitzenmacher, "The Power of Two Choices", 2001): nearly as
// good as the fastest of all, without everybody running to the same one. Now and then anybody at
// all, so that an upstream which has become faster is noticed.

import {
  anyOf,
  type Candidate,
  countOf,
  nthOf,
  type Strategy,
  type StrategyOptions,
} from './strategy.ts'

/** The share of queries that go anywhere. */
const EXPLORATION = 0.02

export class LowestLatency implements Strategy {
  readonly #candidates: readonly Candidate[]
  readonly #random: () => number

  constructor(options: StrategyOptions) {
    this.#candidates = options.candidates
    this.#random = options.random
  }

  pick(eligible: number, now: number): number {
    const random = this.#random
    const count = countOf(eligible)
    if (count === 1 || random() < EXPLORATION) return anyOf(eligible, random)
    const at = Math.floor(random() * count)
    const first = nthOf(eligible, at)
    // Any other: as many steps on as there are others, or fewer.
    const second = nthOf(eligible, (at + 1 + Math.floor(random() * (count - 1))) % count)
    return this.#cost(second, now) < this.#cost(first, now) ? second : first
  }

  #cost(index: number, now: number): number {
    const candidate = this.#candidates[index]!
    return candidate.expected(now) / candidate.weight
  }
}
