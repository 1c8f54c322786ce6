// What is asked of a system under a fault, and whether it was reached.

import { Demand } from './catalogue.ts'
import type { FaultRun } from './results.ts'
import { mostOf, sumOf, type Sums, sumUp } from './sums.ts'

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
export interface Cell extends Sums {
  readonly p999: number
  /** May be below 0: what was lost on its way never reached an upstream. */
  readonly extraShare: number
  /** Null where it is not asked. */
  readonly known: number | null
  /** What was missed, in words; none when all was reached. */
  readonly missed: readonly string[]
}

export function cellOf(runs: readonly FaultRun[], demand: Demand): Cell {
  const sums = sumUp(runs)
  const { sent } = sums
  const figures = {
    ...sums,
    p999: mostOf(runs, (run) => run.p999),
    extraShare: sent === 0 ? 0 : sumOf(runs, (run) => run.upstreamQueries) / sent - 1,
    known: demand === Demand.Covered ? mostOf(runs, (run) => run.known ?? 0) : null,
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
