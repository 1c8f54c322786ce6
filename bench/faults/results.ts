// What a run brought, as it stands in the JSON, and how its raw record becomes that.

import type { Machine } from '../measure/results.ts'
import { Outcome } from '../lab/message.ts'
import type { LoadRecord } from './load.ts'

/** One system under one fault, once. */
export interface FaultRun {
  readonly fault: string
  readonly system: string
  readonly upstreams: number
  readonly round: number
  /** Null when it could not be run; then `failure` says why and all counts are 0. */
  readonly failure: string | null
  readonly sent: number
  readonly good: number
  readonly lost: number
  readonly servFail: number
  readonly otherRcode: number
  /** Answers under a wrong ID or question, or without the address asked for. */
  readonly wrong: number
  /** Answer times of all that were answered, in milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly worst: number
  readonly upstreamQueries: number
  /** Milliseconds from an upstream being back to the next good answer, where that is asked. */
  readonly backAfter: number | null
  /** In 999 of 1,000 cases, to those who asked when the outage was known: no answer was later. */
  readonly known?: number
  /** By how many milliseconds the load was late at most; no answer time is less exact. */
  readonly lag: number
}

export interface FaultSystem {
  readonly id: string
  readonly name: string
  readonly version: string
}

export interface FaultResults {
  readonly machine: Machine
  readonly rate: number
  readonly systems: readonly FaultSystem[]
  readonly runs: readonly FaultRun[]
}

export type Summary = Omit<
  FaultRun,
  'fault' | 'system' | 'upstreams' | 'round' | 'failure' | 'upstreamQueries' | 'known' | 'lag'
>

/** @param backAt when an upstream was back, in milliseconds after the load's start */
export function summarise(
  { answeredAt, outcome }: Pick<LoadRecord, 'answeredAt' | 'outcome'>,
  offsets: Float64Array,
  backAt: number | null,
): Summary {
  const counts = [0, 0, 0, 0, 0]
  const times: number[] = []
  let firstGood = Infinity
  for (let i = 0; i < offsets.length; i++) {
    const what = outcome[i]!
    counts[what]!++
    if (what === Outcome.Lost) continue
    const at = answeredAt[i]!
    times.push(at - offsets[i]!)
    if (what === Outcome.Good && backAt !== null && at >= backAt)
      firstGood = Math.min(firstGood, at)
  }
  times.sort((a, b) => a - b)
  const quantile = (share: number): number =>
    times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0
  return {
    sent: offsets.length,
    good: counts[Outcome.Good]!,
    lost: counts[Outcome.Lost]!,
    servFail: counts[Outcome.ServFail]!,
    otherRcode: counts[Outcome.OtherRcode]!,
    wrong: counts[Outcome.Wrong]!,
    p50: quantile(0.5),
    p99: quantile(0.99),
    p999: quantile(0.999),
    worst: times.at(-1) ?? 0,
    backAfter: backAt === null || firstGood === Infinity ? null : firstGood - backAt,
  }
}

/** The time that 999 of 1,000 answers took at the most, to questions that were due in a span. */
export function quantileWithin(
  { answeredAt }: LoadRecord,
  offsets: Float64Array,
  from: number,
  to: number,
): number {
  const times: number[] = []
  for (let i = 0; i < offsets.length; i++) {
    const due = offsets[i]!
    const at = answeredAt[i]!
    if (due >= from && due < to && !Number.isNaN(at)) times.push(at - due)
  }
  times.sort((a, b) => a - b)
  return times[Math.min(times.length - 1, Math.floor(0.999 * times.length))] ?? 0
}
