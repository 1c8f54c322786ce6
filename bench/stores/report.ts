// The files of the report on stores: Markdown, the JSON that it is made from, and a chart.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { drawStoreFaults } from './chart.ts'
import { toMarkdown } from './markdown.ts'
import type { StoreResults } from './results.ts'

const CHART = 'img/stores.svg'

export interface StoreReportFiles {
  readonly markdown: string
  readonly json: string
  readonly chart: string
}

export function reportFiles(markdown: string): StoreReportFiles {
  return {
    markdown,
    json: markdown.replace(/(?:\.md)?$/, '.json'),
    chart: join(dirname(markdown), CHART),
  }
}

/** What an earlier run left; null when there is nothing. */
export function readResults(out: string): StoreResults | null {
  const { json } = reportFiles(out)
  return existsSync(json) ? (JSON.parse(readFileSync(json, 'utf8')) as StoreResults) : null
}

export function writeReport(results: StoreResults, out: string): void {
  const files = reportFiles(out)
  mkdirSync(dirname(files.chart), { recursive: true })
  writeFileSync(files.json, `${JSON.stringify(results, null, 1)}\n`)
  writeFileSync(files.chart, drawStoreFaults(results))
  writeFileSync(out, toMarkdown(results, CHART))
}

/** Runs anew replace those of the same fault. */
export function merge(old: StoreResults | null, fresh: StoreResults): StoreResults {
  if (old === null) return fresh
  const replaced = new Set(fresh.runs.map((run) => run.fault))
  return {
    ...fresh,
    handover: fresh.handover ?? old.handover,
    runs: [...old.runs.filter((run) => !replaced.has(run.fault)), ...fresh.runs],
  }
}
