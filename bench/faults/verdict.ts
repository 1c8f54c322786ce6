// What is asked of a system under a fault, and whether it was reached.

import { Demand } from './catalogue.ts'
import type { FaultRun } from './results.ts'

/** The most that an answer may take, in milliseconds. In an outage, a client's patience. */
export const WORST: Readonly<Record<Demand, number>> = {
  usual: 300,
  loss: 400,
  outage: 5000,
  covered: 300,
}

/** Upstream queries beyond one for each question. */
export const EXTRA_SHARE = 0.05

/** Milliseconds from an upstream being back to the first good answer. */
export const BACK_AFTER = 1000

/** Milliseconds within which 999 of 1,000 have their answer when an outage is known and covered. */
export const KNOWN = 5

/** All rounds of a system under a fault: sums, and the worst of each. */
export interface Cell {
  readonly rounds: number
  readonly failure: string | null
  readonly sent: number
  readonly lost: number
  readonly servFail: number
  /** Any other answer that was not the right one. */
  readonly notGood: number
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly worst: number
  /** May be below 0: what was lost on its way never reached an upstream. */
  readonly extraShare: number
  readonly backAfter: number | null
  /** Null where it is not asked. */
  readonly known: number | null
  readonly lag: number
  /** What was missed, in words; none when all was reached. */
  readonly missed: readonly string[]
}

export function cellOf(runs: readonly FaultRun[], demand: Demand): Cell {
  const sum = (of: (run: FaultRun) => number): number => runs.reduce((all, run) => all + of(run), 0)
  const most = (of: (run: FaultRun) => number): number => Math.max(...runs.map(of))
  const sent = sum((run) => run.sent)
  const backs = runs.map((run) => run.backAfter)
  const figures = {
    rounds: runs.length,
    failure: runs.find((run) => run.failure !== null)?.failure ?? null,
    sent,
    lost: sum((run) => run.lost),
    servFail: sum((run) => run.servFail),
    notGood: sum((run) => run.otherRcode + run.wrong),
    p50: most((run) => run.p50),
    p99: most((run) => run.p99),
    p999: most((run) => run.p999),
    worst: most((run) => run.worst),
    extraShare: sent === 0 ? 0 : sum((run) => run.upstreamQueries) / sent - 1,
    backAfter: backs.includes(null) ? null : Math.max(...backs.map(Number)),
    known: demand === Demand.Covered ? most((run) => run.known ?? 0) : null,
    lag: most((run) => run.lag),
  }
  return { ...figures, missed: missedBy(figures, demand) }
}

function missedBy(cell: Omit<Cell, 'missed'>, demand: Demand): string[] {
  if (cell.failure !== null) return [cell.failure]
  const missed: string[] = []
  if (cell.lost > 0) missed.push(`${cell.lost} lost`)
  if (cell.worst > WORST[demand]) missed.push(`worst over ${WORST[demand]} ms`)
  if (demand === Demand.Outage) {
    if (cell.backAfter === null) missed.push('no good answer afterwards')
    else if (cell.backAfter > BACK_AFTER) missed.push(`back after more than ${BACK_AFTER} ms`)
    return missed
  }
  if (cell.servFail > 0) missed.push(`${cell.servFail} SERVFAIL`)
  if (cell.notGood > 0) missed.push(`${cell.notGood} not right`)
  if (demand === Demand.Covered) {
    if (cell.known! > KNOWN) missed.push(`p99.9 over ${KNOWN} ms in the outage`)
    return missed
  }
  if (cell.extraShare > EXTRA_SHARE) missed.push(`over ${EXTRA_SHARE * 100} % extra queries`)
  return missed
}
