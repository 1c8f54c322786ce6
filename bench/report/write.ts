// The files of a report: Markdown, the JSON that it is made from, and two charts.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

import { reportFiles as faultReportFiles } from '../faults/report.ts'
import { Kind } from '../lab/system.ts'
import { cost, type Results, type Round } from '../measure/results.ts'
import { drawChart } from './chart.ts'
import { byCost, toMarkdown } from './markdown.ts'

export interface ReportFiles {
  readonly markdown: string
  readonly json: string
  readonly hit: string
  readonly miss: string
}

export function reportFiles(markdown: string): ReportFiles {
  const images = join(dirname(markdown), 'img')
  return {
    markdown,
    json: markdown.replace(/(?:\.md)?$/, '.json'),
    hit: join(images, 'benchmark-hits.svg'),
    miss: join(images, 'benchmark-misses.svg'),
  }
}

export function writeReport(results: Results, out: string): void {
  const files = reportFiles(out)
  mkdirSync(dirname(files.hit), { recursive: true })
  writeFileSync(files.json, `${JSON.stringify(results, null, 1)}\n`)
  if (results.hit !== undefined) {
    writeFileSync(files.hit, chart(results, results.hit, 'CPU time for a cache hit'))
  }
  if (results.miss !== undefined) {
    writeFileSync(files.miss, chart(results, results.miss, 'CPU time for a cache miss over DoT'))
  }
  const beside = (file: string): string => relative(dirname(out), file)
  const faults = faultReportFiles(join(dirname(out), 'faults.md'))
  const charts = {
    hit: beside(files.hit),
    miss: beside(files.miss),
    faults: existsSync(faults.markdown) ? beside(faults.chart) : null,
  }
  writeFileSync(out, toMarkdown(results, charts))
}

function chart(
  results: Results,
  all: Readonly<Record<string, readonly Round[]>>,
  title: string,
): string {
  const limit = cost(all['echo'])
  return drawChart({
    title,
    subtitle: `µs per good answer, less is better. Median of ${results.rounds} rounds; whiskers from least to most.`,
    unit: 'µs',
    bars: byCost(results.systems, all)
      .filter((system) => system.kind !== Kind.Limit)
      .map((system) => ({
        label: system.name,
        value: cost(all[system.id])!,
        highlighted: system.kind === Kind.Dotward,
      })),
    limit: limit === null ? null : { label: 'C echo', value: limit.median },
  })
}
