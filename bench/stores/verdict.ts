// What is asked of proxies whose store fails, and whether it was reached.

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
export interface StoreCell {
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
  readonly upstreamQueries: number
  readonly hits: readonly [number, number, number]
  readonly backAfter: number | null
  readonly lag: number
  /** What was missed, in words; none when all was reached. */
  readonly missed: readonly string[]
}

export function cellOf(runs: readonly StoreRun[]): StoreCell {
  const sum = (of: (run: StoreRun) => number): number => runs.reduce((all, run) => all + of(run), 0)
  const most = (of: (run: StoreRun) => number): number => Math.max(...runs.map(of))
  const backs = runs.map((run) => run.backAfter)
  const figures = {
    rounds: runs.length,
    failure: runs.find((run) => run.failure !== null)?.failure ?? null,
    sent: sum((run) => run.sent),
    lost: sum((run) => run.lost),
    servFail: sum((run) => run.servFail),
    notGood: sum((run) => run.otherRcode + run.wrong),
    p50: most((run) => run.p50),
    p99: most((run) => run.p99),
    worst: most((run) => run.worst),
    upstreamQueries: sum((run) => run.upstreamQueries),
    hits: [0, 1, 2].map((part) => sum((run) => run.hits[part]!)) as [number, number, number],
    backAfter: backs.includes(null) ? null : Math.max(...backs.map(Number)),
    lag: most((run) => run.lag),
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
