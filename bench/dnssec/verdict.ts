// What is asked of validation, and whether it was reached.

import { cost, spread, type Spread } from '../measure/results.ts'
import {
  type AnswerKind,
  type DnssecResults,
  type HitCost,
  RCODES,
  type Times,
  type TrapRun,
} from './results.ts'
import type { Algorithm } from './zones.ts'

const DOTWARD = 'dotward'
const PLAIN = 'dotward-plain'

/** A miss against the better of the peers, a hit against one without validation, and p99 against idle. */
export const LIMITS = { miss: 1, hit: 1.02, trap: 2 } as const

/** CPU µs of a validated miss; null when there was none. */
export function missCost(
  { misses }: DnssecResults,
  system: string,
  algorithm: Algorithm,
  kind: AnswerKind,
): Spread | null {
  const series = misses.find(
    (it) => it.system === system && it.algorithm === algorithm && it.kind === kind,
  )
  return cost(series?.rounds, RCODES[kind])
}

/** Of the peers that validate, the one whose misses cost least; null without any. */
export function bestPeer(
  results: DnssecResults,
  algorithm: Algorithm,
  kind: AnswerKind,
): number | null {
  const peers = results.systems.filter(({ id }) => id !== DOTWARD && id !== PLAIN)
  const medians = peers.flatMap(({ id }) => {
    const micros = missCost(results, id, algorithm, kind)
    return micros === null ? [] : [micros.median]
  })
  return medians.length === 0 ? null : Math.min(...medians)
}

/** dotward's miss as a multiple of the best peer's. */
export function missRatio(
  results: DnssecResults,
  algorithm: Algorithm,
  kind: AnswerKind,
): number | null {
  const mine = missCost(results, DOTWARD, algorithm, kind)
  const theirs = bestPeer(results, algorithm, kind)
  return mine === null || theirs === null ? null : mine.median / theirs
}

/** On against off, of the turns that followed each other. */
export function hitRatio({ off, on }: HitCost): Spread | null {
  const ratios = on.flatMap((round, i) => {
    const [more, less] = [cost([round]), cost([off[i]!])]
    return more === null || less === null ? [] : [more.median / less.median]
  })
  return spread(ratios)
}

/** The median of all rounds of a system. */
export const trapMedian = (runs: readonly TrapRun[], of: (run: TrapRun) => number): number =>
  spread(runs.map(of))?.median ?? Number.NaN

export const trapRatio = (runs: readonly TrapRun[]): number =>
  trapMedian(runs, ({ flooded, idle }: { flooded: Times; idle: Times }) => flooded.p99 / idle.p99)
