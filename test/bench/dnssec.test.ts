// What the benchmark of validation makes of its results: nothing is started.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { toMarkdown } from '../../bench/dnssec/markdown.ts'
import { merge } from '../../bench/dnssec/report.ts'
import type { DnssecResults, MissSeries } from '../../bench/dnssec/results.ts'
import { hitRatio, missRatio, trapRatio } from '../../bench/dnssec/verdict.ts'
import { nameIn, noNameIn } from '../../bench/dnssec/zones.ts'
import type { Round } from '../../bench/measure/results.ts'

/** A thousand answers, each of which cost so many microseconds. */
const roundOf = (micros: number, rcode = 'NOERROR'): Round => ({
  round: 1,
  cpuMicros: micros * 1000,
  upstreamQueries: 1000,
  sent: 1000,
  lost: 0,
  rcodes: { [rcode]: 1000 },
  seconds: 1,
  perSecond: 1000,
  latencyMeanMs: 1,
  latencyMaxMs: 2,
  answerOctets: 100,
})

const seriesOf = (system: string, micros: number): MissSeries => ({
  system,
  algorithm: 'ECDSAP256SHA256',
  kind: 'nxdomain',
  rounds: [roundOf(micros, 'NXDOMAIN')],
})

const times = { asked: 100, lost: 0, p50: 0.1, p99: 0.5, worst: 1 }

const results: DnssecResults = {
  machine: {
    processor: 'a processor',
    cores: 2,
    memoryGiB: 8,
    kernel: '6.1',
    date: '2030-01-02T03:04:05Z',
    tools: {},
  },
  rounds: 1,
  systems: [
    { id: 'dotward', name: 'dotward', kind: 'dotward', version: '1.0' },
    { id: 'dotward-plain', name: 'dotward, not validating', kind: 'dotward', version: '1.0' },
    { id: 'unbound', name: 'Unbound', kind: 'peer', version: '1.2' },
    { id: 'other', name: 'Other', kind: 'peer', version: '3.4', fault: 'gave no right answer' },
  ],
  misses: [seriesOf('dotward', 60), seriesOf('dotward-plain', 10), seriesOf('unbound', 80)],
  hits: { off: [roundOf(5), roundOf(5)], on: [roundOf(5), roundOf(5.5)] },
  traps: [
    {
      system: 'dotward',
      round: 1,
      idle: times,
      flooded: { ...times, p99: 1.5 },
      traps: { asked: 1000, answered: 1000 },
    },
  ],
}

test('a miss is held against the best of those that validate', () => {
  assert.equal(missRatio(results, 'ECDSAP256SHA256', 'nxdomain'), 0.75)
  assert.equal(missRatio(results, 'RSASHA256', 'nxdomain'), null)
})

test('a hit is held against its neighbour in time, and a flood against silence', () => {
  assert.equal(hitRatio(results.hits!)!.max, 1.1)
  assert.equal(trapRatio(results.traps), 3)
})

test('the report tells what was reached, what was missed and what was left out', () => {
  const report = toMarkdown(results)
  assert.match(report, /ECDSA P-256, NXDOMAIN: × best peer \| ≤ 1\.00 \| 0\.75 \| reached/)
  assert.match(report, /Hit, × one without validation \| ≤ 1\.020 \| 1\.050 \| \*\*missed\*\*/)
  assert.match(report, /under a flood of traps, × idle \| ≤ 2\.00 \| 3\.00 \| \*\*missed\*\*/)
  assert.match(report, /- Other: gave no right answer/)
})

test('what is measured anew takes the place of the same, and the rest stays', () => {
  const fresh = { ...results, systems: [results.systems[0]!], misses: [seriesOf('dotward', 50)] }
  const merged = merge(results, { ...fresh, hits: null, traps: [] })
  assert.deepEqual(
    merged.misses.map(({ system, rounds }) => [system, rounds[0]!.cpuMicros / 1000]),
    [
      ['dotward-plain', 10],
      ['unbound', 80],
      ['dotward', 50],
    ],
  )
  assert.deepEqual([merged.hits, merged.traps], [results.hits, results.traps])
})

test('names that are not there lie between names that are, each two of them (RFC 4034 §6.1)', () => {
  const labels = Array.from({ length: 100 }, (_, i) => [nameIn(i), noNameIn(i)]).flat()
  assert.deepEqual(labels, labels.toSorted())
})
