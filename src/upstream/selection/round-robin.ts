// One after the other, by weight: each gains its weight in every round, who has most is asked and
// pays for it with the weights of all. Heavy ones take their turns between the light ones', not in
// a row.

import type { Candidate, Strategy, StrategyOptions } from './strategy.ts'

export class RoundRobin implements Strategy {
  readonly #candidates: readonly Candidate[]
  readonly #credit: Float64Array

  constructor(options: StrategyOptions) {
    this.#candidates = options.candidates
    this.#credit = new Float64Array(options.candidates.length)
  }

  pick(eligible: number): number {
    const credit = this.#credit
    let best = -1
    let total = 0
    for (let i = 0; i < credit.length; i++) {
      if ((eligible & (1 << i)) === 0) continue
      const { weight } = this.#candidates[i]!
      total += weight
      credit[i]! += weight
      if (best === -1 || credit[i]! > credit[best]!) best = i
    }
    credit[best]! -= total
    return best
  }
}
