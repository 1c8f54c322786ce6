// The files of the report on validation: Markdown, and the JSON that it is made from.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { toMarkdown } from './markdown.ts'
import { type ValidatedSoak, validatedSoakSection } from './soak-report.ts'
import type { DnssecResults } from './results.ts'

export interface DnssecReportFiles {
  readonly markdown: string
  readonly json: string
}

export const reportFiles = (markdown: string): DnssecReportFiles => ({
  markdown,
  json: markdown.replace(/(?:\.md)?$/, '.json'),
})

/** What an earlier run left; null when there is nothing. */
export function readResults(out: string): DnssecResults | null {
  const { json } = reportFiles(out)
  return existsSync(json) ? (JSON.parse(readFileSync(json, 'utf8')) as DnssecResults) : null
}

export function writeReport(results: DnssecResults, out: string): void {
  mkdirSync(dirname(out), { recursive: true })
  writeFileSync(reportFiles(out).json, `${JSON.stringify(results, null, 1)}\n`)
  const soak = join(dirname(out), 'dnssec-soak.json')
  const soaked = existsSync(soak)
    ? `\n${validatedSoakSection(JSON.parse(readFileSync(soak, 'utf8')) as ValidatedSoak)}\n`
    : ''
  writeFileSync(out, toMarkdown(results) + soaked)
}

/** What was measured anew takes the place of the same. */
export function merge(old: DnssecResults | null, fresh: DnssecResults): DnssecResults {
  if (old === null) return fresh
  const again = new Set(fresh.systems.map(({ id }) => id))
  return {
    ...fresh,
    systems: [...old.systems.filter(({ id }) => !again.has(id)), ...fresh.systems],
    misses: keep(old.misses, fresh.misses, again),
    hits: fresh.hits ?? old.hits,
    traps: keep(old.traps, fresh.traps, again),
  }
}

/** The old ones of systems that were not measured now, or all of them if none was. */
function keep<Item extends { readonly system: string }>(
  old: readonly Item[],
  fresh: readonly Item[],
  again: ReadonlySet<string>,
): Item[] {
  return fresh.length === 0
    ? [...old]
    : [...old.filter(({ system }) => !again.has(system)), ...fresh]
}
