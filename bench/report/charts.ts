// The charts of the report.

import { Kind } from '../lab/system.ts'
import { cost, type Results, type Round } from '../measure/results.ts'
import { drawChart } from './chart.ts'
import { byCost } from './load-table.ts'

export const CHARTS = {
  hit: { file: 'benchmark-hits.svg', title: 'CPU time for a cache hit' },
  miss: { file: 'benchmark-misses.svg', title: 'CPU time for a cache miss over DoT' },
  dot: { file: 'benchmark-dot.svg', title: 'CPU time for a cache hit, asked over DoT' },
  doh: { file: 'benchmark-doh.svg', title: 'CPU time for a cache hit, asked over DoH' },
} as const
type Charted = keyof typeof CHARTS

/** The charts that a run has results for, as SVG by file name. */
export function drawCharts(run: Results): Map<string, string> {
  const drawn = new Map<string, string>()
  for (const [name, { file, title }] of Object.entries(CHARTS)) {
    const rounds = run[name as Charted]
    if (rounds !== undefined) drawn.set(file, chart(run, rounds, title))
  }
  return drawn
}

function chart(
  run: Results,
  all: Readonly<Record<string, readonly Round[]>>,
  title: string,
): string {
  const limit = cost(all['echo'])
  return drawChart({
    title,
    subtitle: `µs per good answer, less is better. Median of ${run.rounds} rounds; whiskers from least to most.`,
    unit: 'µs',
    bars: byCost(run.systems, all)
      .filter((system) => system.kind !== Kind.Limit)
      .map((system) => ({
        label: system.name,
        value: cost(all[system.id])!,
        highlighted: system.kind === Kind.Dotward,
      })),
    limit: limit === null ? null : { label: 'C echo', value: limit.median },
  })
}
