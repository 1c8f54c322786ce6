// The files of the fault report: Markdown, the JSON that it is made from, and a chart.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import type { SoakResults } from '../soak/results.ts'
import { drawFaults } from './chart.ts'
import { toMarkdown } from './markdown.ts'
import type { FaultResults } from './results.ts'

export interface FaultReportFiles {
  readonly markdown: string
  readonly json: string
  readonly chart: string
}

export function reportFiles(markdown: string): FaultReportFiles {
  return {
    markdown,
    json: markdown.replace(/(?:\.md)?$/, '.json'),
    chart: join(dirname(markdown), 'img', 'faults.svg'),
  }
}

export function writeReport(results: FaultResults, out: string): void {
  const files = reportFiles(out)
  mkdirSync(dirname(files.chart), { recursive: true })
  writeFileSync(files.json, `${JSON.stringify(results, null, 1)}\n`)
  writeFileSync(files.chart, drawFaults(results))
  const soak = join(dirname(out), 'soak.json')
  const soaked = existsSync(soak) ? (JSON.parse(readFileSync(soak, 'utf8')) as SoakResults) : null
  writeFileSync(out, toMarkdown(results, { chart: 'img/faults.svg', soak: soaked }))
}
