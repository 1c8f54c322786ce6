// What is asked of proxies whose store fails, and whether it was reached.

import { sumOf, type Sums, sumUp } from '../faults/sums.ts'
import type { Handover, StoreRun } from './results.ts'

/** The most that an answer may take, in milliseconds. */
export const WORST = 300

/** Milliseconds from the fault's end until the store's answers are used again. */
export const BACK_AFTER = 5_000

/** Milliseconds until one proxy has what another was asked for, but for one name in a hundred. */
export const HANDED_OVER = 10

/** Queries for each name: now and then the store is late, and the upstream is asked as well. */
export const PER_NAME = 1.01

/** All rounds of a fault: sums, and the worst of each. */
export interface StoreCell extends Sums {
  readonly upstreamQueries: number
  readonly hits: readonly [number, number, number]
  /** What was missed, in words; none when all was reached. */
  readonly missed: readonly string[]
}

export function cellOf(runs: readonly StoreRun[]): StoreCell {
  const figures = {
    ...sumUp(runs),
    upstreamQueries: sumOf(runs, (run) => run.upstreamQueries),
    hits: [0, 1, 2].map((part) => sumOf(runs, (run) => run.hits[part]!)) as [
      number,
      number,
      number,
    ],
  }
  return { ...figures, missed: missedBy(figures) }
}

function missedBy(cell: Omit<StoreCell, 'missed'>): string[] {
  if (cell.failure !== null) return [cell.failure]
  const missed: string[] = []
  if (cell.lost > 0) missed.push(`${cell.lost} lost`)
  if (cell.servFail > 0) missed.push(`${cell.servFail} SERVFAIL`)
  if (cell.notGood > 0) missed.push(`${cell.notGood} not right`)
  if (cell.worst > WORST) missed.push(`worst over ${WORST} ms`)
  if (cell.backAfter === null) missed.push('store not used again')
  else if (cell.backAfter > BACK_AFTER) missed.push(`used again after more than ${BACK_AFTER} ms`)
  return missed
}

export function missedByHandover({ names, p99, upstreamQueries }: Handover): string[] {
  const missed: string[] = []
  if (p99 > HANDED_OVER) missed.push(`over ${HANDED_OVER} ms`)
  if (upstreamQueries > names * PER_NAME) missed.push(`${upstreamQueries - names} asked twice`)
  return missed
}
