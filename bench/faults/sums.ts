// Runs of one system under one fault, put together: sums of what is counted, and the worst of each time.

import type { FaultRun } from './results.ts'

/** What all runs tell, whatever fails in them. */
type Told = Omit<
  FaultRun,
  'fault' | 'system' | 'upstreams' | 'round' | 'p999' | 'known' | 'upstreamQueries'
>

export interface Sums {
  readonly rounds: number
  readonly failure: string | null
  readonly sent: number
  readonly lost: number
  readonly servFail: number
  /** Any other answer that was not the right one. */
  readonly notGood: number
  readonly p50: number
  readonly p99: number
  readonly worst: number
  readonly backAfter: number | null
  readonly lag: number
}

export function sumUp(runs: readonly Told[]): Sums {
  const backs = runs.map((run) => run.backAfter)
  return {
    rounds: runs.length,
    failure: runs.find((run) => run.failure !== null)?.failure ?? null,
    sent: sumOf(runs, (run) => run.sent),
    lost: sumOf(runs, (run) => run.lost),
    servFail: sumOf(runs, (run) => run.servFail),
    notGood: sumOf(runs, (run) => run.otherRcode + run.wrong),
    p50: mostOf(runs, (run) => run.p50),
    p99: mostOf(runs, (run) => run.p99),
    worst: mostOf(runs, (run) => run.worst),
    backAfter: backs.includes(null) ? null : Math.max(...backs.map(Number)),
    lag: mostOf(runs, (run) => run.lag),
  }
}

export function sumOf<R>(runs: readonly R[], of: (run: R) => number): number {
  return runs.reduce((all, run) => all + of(run), 0)
}

export function mostOf<R>(runs: readonly R[], of: (run: R) => number): number {
  return Math.max(...runs.map(of))
}
