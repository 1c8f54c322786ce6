// Any of them, as likely as its weight says.

import type { Candidate, Strategy, StrategyOptions } from './strategy.ts'

export class WeightedRandom implements Strategy {
  readonly #candidates: readonly Candidate[]
  readonly #random: () => number

  constructor(options: StrategyOptions) {
    this.#candidates = options.candidates
    this.#random = options.random
  }

  pick(eligible: number): number {
    const candidates = this.#candidates
    let total = 0
    for (let i = 0; i < candidates.length; i++) {
      if ((eligible & (1 << i)) !== 0) total += candidates[i]!.weight
    }
    let left = this.#random() * total
    let last = -1
    for (let i = 0; i < candidates.length; i++) {
      if ((eligible & (1 << i)) === 0) continue
      last = i
      left -= candidates[i]!.weight
      if (left < 0) break
    }
    return last
  }
}
