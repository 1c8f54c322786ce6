// What a run brought, as it stands in the JSON.

import type { Machine } from '../measure/results.ts'
import type { Summary } from '../faults/results.ts'

/** Two proxies under one fault of their store, once. */
export interface StoreRun extends Omit<Summary, 'backAfter'> {
  readonly fault: string
  readonly round: number
  /** Null when it could not be run; then all counts are 0. */
  readonly failure: string | null
  readonly upstreamQueries: number
  /** Lookups in the store that had an answer: before the fault, during it, and after it. */
  readonly hits: readonly [before: number, during: number, after: number]
  /** Milliseconds from the fault's end until both proxies had answers of the store; null for never. */
  readonly backAfter: number | null
  /** By how many milliseconds the load was late at most. */
  readonly lag: number
}

/** How soon one proxy has what was asked of the other, in milliseconds. */
export interface Handover {
  readonly names: number
  readonly p50: number
  readonly p99: number
  readonly worst: number
  /** One for each name when nothing was asked twice. */
  readonly upstreamQueries: number
}

export interface StoreResults {
  readonly machine: Machine
  readonly version: string
  readonly redis: string
  readonly rate: number
  readonly handover: Handover | null
  readonly runs: readonly StoreRun[]
}
