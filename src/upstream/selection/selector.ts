// Chooses the upstream of a group that a query goes to: by the group's strategy among those in use
// that were not asked already. Where none is in use, the least bad serves: never none.

import { LeastOutstanding } from './least-outstanding.ts'
import { LowestLatency } from './lowest-latency.ts'
import type { SelectionOptions } from './options.ts'
import { Ordered } from './ordered.ts'
import { RoundRobin } from './round-robin.ts'
import { Sticky } from './sticky.ts'
import { type Candidate, firstOf, type Strategy, type StrategyOptions } from './strategy.ts'
import { WeightedRandom } from './weighted-random.ts'

/** A set of upstreams is the positive part of a 32-bit number. */
export const MAX_UPSTREAMS = 31

/** There is no upstream left to choose. */
export const NOBODY = -1

export interface SelectorOptions extends StrategyOptions {
  readonly selection: SelectionOptions
}

export class Selector {
  readonly #candidates: readonly Candidate[]
  readonly #all: number
  readonly #strategy: Strategy
  /** How many upstreams a query is sent to at first. */
  readonly width: number

  /** @throws RangeError without upstreams, or with too many */
  constructor(options: SelectorOptions) {
    const { candidates, selection } = options
    if (candidates.length < 1 || candidates.length > MAX_UPSTREAMS) {
      throw new RangeError(`1 to ${MAX_UPSTREAMS} upstreams, not ${candidates.length}`)
    }
    this.#candidates = candidates
    this.#all = 2 ** candidates.length - 1
    this.#strategy = strategyFor(options)
    this.width = selection.strategy === 'fastest' ? selection.fastestOf : 1
  }

  /**
   * @param tried a bit for each upstream that was asked already
   * @returns an upstream's index, or `NOBODY` when all were asked
   */
  choose(tried: number, now: number, question: Uint8Array): number {
    if ((this.#all & ~tried) === 0) return NOBODY
    const usable = this.#usable(tried)
    return usable === 0 ? this.#leastBad(tried, now) : this.#pick(usable, now, question)
  }

  /** Like `choose`, but only of those in use: for queries that another upstream has as well. */
  chooseUsable(tried: number, now: number, question: Uint8Array): number {
    const usable = this.#usable(tried)
    return usable === 0 ? NOBODY : this.#pick(usable, now, question)
  }

  #pick(usable: number, now: number, question: Uint8Array): number {
    const only = (usable & (usable - 1)) === 0
    return only ? firstOf(usable) : this.#strategy.pick(usable, now, question)
  }

  #usable(tried: number): number {
    const candidates = this.#candidates
    let usable = 0
    for (let i = 0; i < candidates.length; i++) {
      if ((tried & (1 << i)) === 0 && candidates[i]!.usable()) usable |= 1 << i
    }
    return usable
  }

  #leastBad(tried: number, now: number): number {
    const candidates = this.#candidates
    let best = NOBODY
    let least = Infinity
    for (let i = 0; i < candidates.length; i++) {
      if ((tried & (1 << i)) !== 0) continue
      const badness = candidates[i]!.badness(now)
      if (best === NOBODY || badness < least) {
        best = i
        least = badness
      }
    }
    return best
  }
}

function strategyFor(options: SelectorOptions): Strategy {
  switch (options.selection.strategy) {
    case 'ordered':
      return new Ordered()
    case 'round-robin':
      return new RoundRobin(options)
    case 'random':
      return new WeightedRandom(options)
    case 'least-outstanding':
      return new LeastOutstanding(options)
    // Those who race are the fastest that are known.
    case 'latency':
    case 'fastest':
      return new LowestLatency(options)
    case 'sticky':
      return new Sticky(options)
  }
}
