// The files of the flood report: Markdown, the JSON that it is made from, and a chart.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { drawFloods } from './chart.ts'
import { toMarkdown } from './markdown.ts'
import type { FloodResults } from './results.ts'

export interface FloodReportFiles {
  readonly markdown: string
  readonly json: string
  readonly chart: string
}

export function reportFiles(markdown: string): FloodReportFiles {
  return {
    markdown,
    json: markdown.replace(/(?:\.md)?$/, '.json'),
    chart: join(dirname(markdown), 'img', 'floods.svg'),
  }
}

export function writeReport(results: FloodResults, out: string): void {
  const files = reportFiles(out)
  mkdirSync(dirname(files.chart), { recursive: true })
  writeFileSync(files.json, `${JSON.stringify(results, null, 1)}\n`)
  writeFileSync(files.chart, drawFloods(results))
  writeFileSync(out, toMarkdown(results, 'img/floods.svg'))
}
