// The files of a report: Markdown, the JSON that it is made from, and charts.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

import { reportFiles as faultReportFiles } from '../faults/report.ts'
import { reportFiles as floodReportFiles } from '../floods/report.ts'
import type { Report } from '../measure/results.ts'
import { drawCharts } from './charts.ts'
import { toMarkdown } from './markdown.ts'

export interface ReportFiles {
  readonly markdown: string
  readonly json: string
}

/** Beside them, in `img`, are the charts. */
export const reportFiles = (markdown: string): ReportFiles => ({
  markdown,
  json: markdown.replace(/(?:\.md)?$/, '.json'),
})

export function writeReport(report: Report, out: string): void {
  const images = join(dirname(out), 'img')
  mkdirSync(images, { recursive: true })
  writeFileSync(reportFiles(out).json, `${JSON.stringify(report, null, 1)}\n`)
  for (const run of report.runs) {
    for (const [file, svg] of drawCharts(run)) writeFileSync(join(images, file), svg)
  }
  const beside = ({ markdown, chart }: { markdown: string; chart: string }): string | null =>
    existsSync(markdown) ? relative(dirname(out), chart) : null
  writeFileSync(
    out,
    toMarkdown(report, {
      faults: beside(faultReportFiles(join(dirname(out), 'faults.md'))),
      floods: beside(floodReportFiles(join(dirname(out), 'floods.md'))),
    }),
  )
}
