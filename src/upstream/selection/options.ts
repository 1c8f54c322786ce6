// How one upstream of a group is chosen for each query.

export const STRATEGIES = [
  'ordered',
  'round-robin',
  'random',
  'least-outstanding',
  'latency',
  'fastest',
  'sticky',
] as const
export type StrategyName = (typeof STRATEGIES)[number]

export interface SelectionOptions {
  readonly strategy: StrategyName
  /** How many upstreams `fastest` asks at once. */
  readonly fastestOf: number
}

/** Bounds for whoever reads it from a file. */
export const FASTEST_OF = { default: 2, min: 2, max: 8 } as const

export const DEFAULT_SELECTION: SelectionOptions = {
  strategy: 'latency',
  fastestOf: FASTEST_OF.default,
}
