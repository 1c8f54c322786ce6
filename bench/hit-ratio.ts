// How many queries the cache answers, against caches of other policies with room for as many entries:
// 10 million queries for a million names by Zipf's law, room for a tenth of the names, with and
// without scans. Writes docs/hit-ratio.md with its chart; takes about three minutes.

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { OwnCache } from './hit-ratio/own-cache.ts'
import { Lru, type Policy, S3Fifo, Sieve } from './hit-ratio/policies.ts'
import { withScans, zipfStream } from './hit-ratio/streams.ts'
import { drawChart } from './report/chart.ts'

const { values } = parseArgs({
  options: {
    queries: { type: 'string', default: '10000000' },
    out: { type: 'string', default: 'docs' },
  },
})

const NAMES = 1_000_000
const ROOM = NAMES / 10
const EXPONENT = 0.9
const SCAN_SHARE = 0.2
const SCAN_LENGTH = 50_000

interface Result {
  readonly policy: string
  /** Percent of all queries. */
  readonly zipf: number
  /** Percent of the queries that are no scan's. */
  readonly scanned: number
}

const queries = Number(values.queries)
const zipf = zipfStream(queries, NAMES, EXPONENT)
const scanned = withScans(zipf, NAMES, SCAN_SHARE, SCAN_LENGTH)
const makers: readonly (() => Policy)[] = [
  () => new OwnCache(ROOM),
  () => new Lru(ROOM),
  () => new Sieve(ROOM),
  () => new S3Fifo(ROOM, NAMES + scanned.length),
]

const results = makers.map((make): Result => {
  const policy = make()
  const result = {
    policy: policy.name,
    zipf: ratio(policy, zipf),
    scanned: ratio(make(), scanned),
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
  if (policy instanceof OwnCache && policy.entries > ROOM) {
    throw new Error(`our cache holds ${policy.entries} entries, more than the others may`)
  }
  return result
})

const page = `${values.out}/hit-ratio.md`
writeFileSync(page, toMarkdown(results))
writeFileSync(`${values.out}/hit-ratio.json`, `${JSON.stringify({ queries, results }, null, 1)}\n`)
writeFileSync(`${values.out}/img/hit-ratio.svg`, chartOf(results))
process.stdout.write(`written: ${page}\n`)

/** Percent of the queries for known names that were answered from the cache. */
function ratio(policy: Policy, stream: Uint32Array): number {
  let hits = 0
  let asked = 0
  for (const name of stream) {
    const isHit = policy.ask(name)
    if (name >= NAMES) continue
    asked++
    if (isHit) hits++
  }
  return (100 * hits) / asked
}

function chartOf(all: readonly Result[]): string {
  return drawChart({
    title: 'Queries answered from the cache',
    subtitle: `${queries.toLocaleString('en')} queries for ${NAMES.toLocaleString('en')} names, Zipf(${EXPONENT}); room for a tenth of them; one query in five is a scan's`,
    unit: '% of hits',
    bars: all.map(({ policy, scanned: value }) => ({
      label: policy,
      value: { median: value, min: value, max: value },
      highlighted: policy === 'dotward',
    })),
    limit: null,
  })
}

function toMarkdown(all: readonly Result[]): string {
  const rows = all.map(
    ({ policy, zipf: one, scanned: other }) =>
      `| ${policy} | ${one.toFixed(2)} % | ${other.toFixed(2)} % |`,
  )
  return `# Hit ratio

How many queries are answered from a cache that has room for a tenth of all names: ${queries.toLocaleString('en')}
queries for ${NAMES.toLocaleString('en')} names by Zipf's law with exponent ${EXPONENT}. In the second column, one query in five
belongs to a scan: rows of ${SCAN_LENGTH.toLocaleString('en')} names that nobody asks for again; hits are counted among the
other queries.

| policy | hits | hits beside scans |
|---|---|---|
${rows.join('\n')}

![hits beside scans](img/hit-ratio.svg)

dotward is the cache as it runs, with real messages in shared memory. LRU is exact; SIEVE (NSDI 2024) and
S3-FIFO (SOSP 2023) follow their papers. All have room for ${ROOM.toLocaleString('en')} entries, ours for no more. Nothing
expires. Written by \`node bench/hit-ratio.ts\`; the figures are in [hit-ratio.json](hit-ratio.json).
`
}
