// The one that owes the fewest answers for its weight. Who answers fast owes few.

import { anyOf, type Candidate, type Strategy, type StrategyOptions } from './strategy.ts'

export class LeastOutstanding implements Strategy {
  readonly #candidates: readonly Candidate[]
  readonly #random: () => number

  constructor(options: StrategyOptions) {
    this.#candidates = options.candidates
    this.#random = options.random
  }

  pick(eligible: number): number {
    const candidates = this.#candidates
    let least = Infinity
    let equals = 0
    for (let i = 0; i < candidates.length; i++) {
      if ((eligible & (1 << i)) === 0) continue
      const { outstanding, weight } = candidates[i]!
      const load = (outstanding + 1) / weight
      if (load < least) {
        least = load
        equals = 1 << i
      } else if (load === least) {
        equals |= 1 << i
      }
    }
    return anyOf(equals, this.#random)
  }
}
