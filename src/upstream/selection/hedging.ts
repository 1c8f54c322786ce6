// When a query that waits for a late answer is also asked of another upstream (Dean and Barroso,
// "The Tail at Scale", 2013), and how many may be.

/** Times are in milliseconds, shares from 0 to 1. */
export interface HedgingOptions {
  /** An answer later than this share of its upstream's recent answers is late. */
  readonly percentile: number
  /** However fast the upstream, nothing is late before. */
  readonly floor: number
  /** Extra queries for each query at the most; 0 for none at all. */
  readonly budget: number
}

interface Bounds {
  readonly default: number
  readonly min: number
  readonly max: number
}

/** Bounds for whoever reads them from a file. */
export const HEDGING = {
  percentile: { default: 0.95, min: 0.5, max: 0.999 },
  /** Above what a scheduler or a garbage collection may add to any answer. */
  floor: { default: 20, min: 1, max: 10_000 },
  budget: { default: 0.05, min: 0, max: 1 },
} as const satisfies Record<keyof HedgingOptions, Bounds>

export const DEFAULT_HEDGING: HedgingOptions = {
  percentile: HEDGING.percentile.default,
  floor: HEDGING.floor.default,
  budget: HEDGING.budget.default,
}

/** Hedges that quiet times can save up: what an upstream that hangs leaves waiting at heavy load. */
const MAX_SAVED = 100

/** A token bucket that queries fill, so that extra queries stay a share of them. It begins empty. */
export class HedgeBudget {
  readonly #perQuery: number
  #tokens = 0

  constructor(options: { readonly budget: number }) {
    this.#perQuery = options.budget
  }

  onQuery(): void {
    const tokens = this.#tokens + this.#perQuery
    this.#tokens = tokens < MAX_SAVED ? tokens : MAX_SAVED
  }

  /** Whether one more extra query may be sent; saying so counts as sending it. */
  take(): boolean {
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}
