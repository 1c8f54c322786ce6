import assert from 'node:assert/strict'
import { test } from 'node:test'

import { faults } from '../../bench/faults/catalogue.ts'
import { drawFaults } from '../../bench/faults/chart.ts'
import { spaced, steady } from '../../bench/faults/load.ts'
import { toMarkdown } from '../../bench/faults/markdown.ts'
import { type FaultResults, type FaultRun, summarise } from '../../bench/faults/results.ts'
import { cellOf } from '../../bench/faults/verdict.ts'
import { Outcome } from '../../bench/lab/message.ts'
import { slope, type Sample, type SoakResults, trendOf } from '../../bench/soak/results.ts'

const run = (changes: Partial<FaultRun> = {}): FaultRun => ({
  fault: 'kill',
  system: 'dotward',
  upstreams: 2,
  round: 1,
  failure: null,
  sent: 1000,
  good: 1000,
  lost: 0,
  servFail: 0,
  otherRcode: 0,
  wrong: 0,
  p50: 1,
  p99: 2,
  p999: 3,
  worst: 120,
  upstreamQueries: 1040,
  backAfter: null,
  lag: 1,
  ...changes,
})

test('the load keeps its schedule: even, or spaced to and fro between two bounds', () => {
  assert.deepEqual([...steady(4, 1)], [0, 250, 500, 750])
  const offsets = [...spaced(1900, 2100, 60_000)]
  const gaps = offsets.slice(1).map((at, i) => at - offsets[i]!)
  assert.ok(gaps.every((gap) => gap >= 1900 && gap <= 2100))
  assert.ok(gaps.some((gap) => gap < 1950) && gaps.some((gap) => gap > 2050))
})

test('answer times count from when a question was due, and the lost have none', () => {
  const record = {
    answeredAt: Float64Array.of(5, Number.NaN, 230, 310),
    outcome: Uint8Array.of(Outcome.Good, Outcome.Lost, Outcome.ServFail, Outcome.Good),
    lag: 0,
  }
  const summary = summarise(record, Float64Array.of(0, 100, 200, 300), 220)
  assert.equal(summary.lost, 1)
  assert.equal(summary.servFail, 1)
  assert.equal(summary.worst, 30)
  assert.equal(summary.backAfter, 90)
})

test('one query lost, one SERVFAIL, one slow answer or too many queries miss the target', () => {
  const missed = (changes: Partial<FaultRun>): number =>
    cellOf([run(), run(changes)], 'usual').missed.length
  assert.equal(missed({}), 0)
  assert.equal(missed({ lost: 1 }), 1)
  assert.equal(missed({ servFail: 1 }), 1)
  assert.equal(missed({ wrong: 1 }), 1)
  assert.equal(missed({ worst: 301 }), 1)
  assert.equal(missed({ upstreamQueries: 1070 }), 1)
  assert.equal(missed({ failure: 'ended at once' }), 1)
})

test('in an outage SERVFAIL is an answer, and the return is what counts', () => {
  const missed = (changes: Partial<FaultRun>): readonly string[] =>
    cellOf([run({ backAfter: 400, ...changes })], 'outage').missed
  assert.deepEqual(missed({ servFail: 500, worst: 4000 }), [])
  assert.equal(missed({ lost: 1 }).length, 1)
  assert.equal(missed({ backAfter: 1001 }).length, 1)
  assert.equal(missed({ backAfter: null }).length, 1)
})

const results: FaultResults = {
  machine: {
    processor: 'a processor',
    cores: 2,
    memoryGiB: 4,
    kernel: '6.1',
    date: '2026-01-02T03:04:05.000Z',
    tools: {},
  },
  rate: 1500,
  systems: [
    { id: 'unbound', name: 'Unbound', version: '1.0' },
    { id: 'dotward', name: 'dotward', version: '0.1' },
  ],
  runs: [run(), run({ system: 'unbound', lost: 12 }), run({ fault: 'outage', backAfter: 20 })],
}

test('the report and the chart tell of every fault measured, in whatever pieces', () => {
  const markdown = toMarkdown(results, { chart: 'img/faults.svg', soak: null })
  assert.match(markdown, /\| killed, started again \| .* \| reached \|/)
  assert.match(markdown, /\*\*missed: 12 lost\*\*/)
  assert.doesNotMatch(markdown, /NaN|undefined|Infinity/)
  const svg = drawFaults(results)
  assert.match(svg, /12 lost/)
  assert.match(svg, /not measured/)
  assert.doesNotMatch(svg, /NaN|undefined|Infinity/)
})

test('each fault has a name of its own', () => {
  assert.equal(new Set(faults.map((fault) => fault.id)).size, faults.length)
})

test('a series that grows is told from one that goes up and down', () => {
  assert.equal(slope([0, 1, 2, 3], [1, 3, 5, 7]), 2)
  const soaked = (openFiles: (i: number) => number): SoakResults => ({
    machine: results.machine,
    version: '0.1',
    minutes: 1,
    rate: 1,
    clientConnections: 0,
    faults: 0,
    sent: 1,
    lost: 0,
    notGood: 0,
    worst: 1,
    worstDuring: {},
    samples: Array.from(
      { length: 60 },
      (_, i): Sample => ({
        seconds: i,
        residentBytes: 1,
        heapBytes: 1,
        handles: 1,
        fileDescriptors: openFiles(i),
      }),
    ),
  })
  assert.equal(
    trendOf(
      soaked((i) => 20 + (i % 7)),
      'fileDescriptors',
    )?.level,
    true,
  )
  assert.equal(
    trendOf(
      soaked((i) => 20 + i / 4),
      'fileDescriptors',
    )?.level,
    false,
  )
})
