// The table that stands under every load: systems by what a good answer costs them.

import { Kind } from '../lab/system.ts'
import {
  badShare,
  cost,
  lostShare,
  spread,
  type Round,
  type SystemInfo,
} from '../measure/results.ts'
import { percent, table } from './table.ts'

type Rounds = Readonly<Record<string, readonly Round[]>>

/** @param reference cost that `ratio`, the head of a column, is a multiple of */
export function loadTable(
  systems: readonly SystemInfo[],
  all: Rounds,
  reference: number | null,
  ratio: string,
): string {
  const rows: string[][] = []
  for (const system of byCost(systems, all)) {
    const rounds = all[system.id]!
    const micros = cost(rounds)
    if (micros === null) continue
    rows.push([
      emphasised(system, system.name),
      system.version ?? '',
      emphasised(system, micros.median.toFixed(2)),
      `${micros.min.toFixed(2)}–${micros.max.toFixed(2)}`,
      reference === null ? '' : (micros.median / reference).toFixed(2),
      Math.round(spread(rounds.map((round) => round.perSecond))!.median).toLocaleString('en'),
      spread(rounds.map((round) => round.latencyMeanMs))!.median.toFixed(2),
      spread(rounds.map((round) => round.latencyMaxMs))!.max.toFixed(0),
      percent(lostShare(rounds)),
      percent(badShare(rounds)),
    ])
  }
  const head = ['System', 'Version', 'CPU µs per good answer', 'Least–most', ratio, 'Answers/s']
  head.push('Mean ms', 'Worst ms', 'Lost', 'Not NOERROR')
  return table(head, rows)
}

/** Systems with good answers, the cheapest first. */
export function byCost(systems: readonly SystemInfo[], all: Rounds): SystemInfo[] {
  const median = (system: SystemInfo): number => cost(all[system.id])?.median ?? Infinity
  return systems.filter((system) => median(system) < Infinity).sort((a, b) => median(a) - median(b))
}

export const emphasised = (system: SystemInfo, what: string): string =>
  system.kind === Kind.Dotward ? `**${what}**` : what
