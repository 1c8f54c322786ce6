// The benchmark's arithmetic and its report, on made-up results: no program is started.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { parseStatistics } from '../../bench/lab/dnsperf.ts'
import { parseH2load } from '../../bench/lab/h2load.ts'
import { addRun, cost, spread, type Results, type Round } from '../../bench/measure/results.ts'
import { drawChart, type Bar } from '../../bench/report/chart.ts'
import { guardRatio } from '../../bench/report/guard.ts'
import { toMarkdown } from '../../bench/report/markdown.ts'
import { isReached, targets } from '../../bench/report/targets.ts'

function round(cpuMicros: number, rcodes: Record<string, number>): Round {
  const load = { sent: 1000, lost: 0, seconds: 1, perSecond: 1000 }
  const latency = { latencyMeanMs: 1, latencyMaxMs: 2 }
  const answers = { answerOctets: 52, rcodes }
  return { round: 1, cpuMicros, upstreamQueries: 0, ...answers, ...load, ...latency }
}

const results: Results = {
  machine: {
    processor: 'a processor',
    cores: 2,
    memoryGiB: 8,
    kernel: '6.1',
    date: '2030-01-02T03:04:05Z',
    tools: { dnsperf: '2.10' },
  },
  seconds: 5,
  rounds: 1,
  systems: [
    { id: 'echo', name: 'C echo', kind: 'limit', version: 'cc 12' },
    { id: 'dotward', name: 'dotward', kind: 'dotward', version: '1.0' },
    { id: 'unbound', name: 'Unbound', kind: 'peer', version: '1.17' },
    { id: 'stubby', name: 'Stubby', kind: 'peer', version: null },
  ],
  hit: {
    echo: [round(5000, { NOERROR: 1000 })],
    dotward: [round(5500, { NOERROR: 1000 })],
    unbound: [round(6000, { NOERROR: 1000 })],
  },
  miss: {
    dotward: [round(10_000, { NOERROR: 999, SERVFAIL: 1 })],
    unbound: [round(30_000, { NOERROR: 1000 })],
  },
}

function bar(label: string, median: number): Bar {
  return { label, value: { median, min: median, max: median }, highlighted: false }
}

test('reads what dnsperf prints', () => {
  const read = parseStatistics(`Statistics:

  Queries sent:         1200
  Queries completed:    1190 (99.17%)
  Queries lost:         10 (0.83%)

  Response codes:       NOERROR 1180 (99.16%), SERVFAIL 10 (0.84%)
  Average packet size:  request 36, response 52
  Run time (s):         2.500000
  Queries per second:   476.000000

  Average Latency (s):  0.002500 (min 0.000100, max 0.044000)
  Latency StdDev (s):   0.000300
`)
  assert.deepEqual(read, {
    sent: 1200,
    lost: 10,
    rcodes: { NOERROR: 1180, SERVFAIL: 10 },
    seconds: 2.5,
    perSecond: 476,
    latencyMeanMs: 2.5,
    latencyMaxMs: 44,
    answerOctets: 52,
  })
})

test('reads what h2load prints', () => {
  const read = parseH2load(`TLS Protocol: TLSv1.3
finished in 3.00s, 129245.67 req/s, 12.33MB/s
requests: 387737 total, 388137 started, 387737 done, 387727 succeeded, 10 failed, 0 errored, 0 timeout
status codes: 387727 2xx, 0 3xx, 10 4xx, 0 5xx
traffic: 36.98MB (38776212) total, 3.70MB (3879402) headers (space savings 92.53%), 26.62MB (27917064) data
                     min         max         mean         sd        +/- sd
time for request:      428us      8.48ms      2.85ms       912us    69.25%
`)
  assert.deepEqual(read, {
    sent: 387_737,
    lost: 0,
    rcodes: { NOERROR: 387_727, HTTP: 10 },
    seconds: 3,
    perSecond: 129_245.67,
    latencyMeanMs: 2.85,
    latencyMaxMs: 8.48,
    answerOctets: 72,
  })
})

test('a report has what was measured last, and of earlier runs what was not measured again', () => {
  const later: Results = { ...results, seconds: 3, dot: { dotward: [round(1, { NOERROR: 1 })] } }
  const { miss, ...withoutMisses } = later
  const { runs } = addRun({ runs: [results] }, withoutMisses)
  assert.equal(runs.length, 2)
  assert.deepEqual(runs[1]!.miss, miss)
  assert.equal(runs[1]!.hit, undefined)
  assert.match(toMarkdown({ runs }, { faults: null, floods: null }), /Measured on 2030-01-02/)
})

test('the cost of the guard is that of rounds that followed each other', () => {
  const [off, on] = [
    [100, 200, 300],
    [110, 210, 390],
  ].map((costs) => costs.map((micros) => round(micros, { NOERROR: 1 })))
  const ratio = guardRatio({ cookie: 'none', off: off!, on: on! })!
  assert.deepEqual([ratio.min, ratio.median, ratio.max], [1.05, 1.1, 1.3])
})

test('a failure makes an answer dearer, and rounds without a good one count for nothing', () => {
  assert.equal(cost([round(1000, { NOERROR: 50, SERVFAIL: 50 })])?.median, 20)
  assert.equal(cost([round(1000, { SERVFAIL: 100 })]), null)
})

test('the median of an even number of values lies between the middle two', () => {
  assert.deepEqual(spread([4, 1, 3, 2]), { median: 2.5, min: 1, max: 4 })
})

test('verdicts follow from the figures', () => {
  const reached = new Map(targets(results).map((target) => [target.what, isReached(target)]))
  assert.equal(reached.get('cache hit, against the C echo'), true)
  assert.equal(reached.get('cache hit, against Unbound'), false)
  assert.equal(reached.get('cache miss over DoT, against the best peer'), true)
  const failures = 'cache miss at full load, answers that are no NOERROR, and lost queries'
  assert.equal(reached.get(failures), false)
})

test('the report names what was not measured and by how much a target was missed', () => {
  const markdown = toMarkdown({ runs: [results] }, { faults: null, floods: null })
  assert.match(markdown, /Stubby: not installed/)
  assert.match(markdown, /against Unbound \| ≤ 0\.85 × \| 0\.92 × \| \*\*missed by 8 %\*\*/)
  assert.doesNotMatch(markdown, /NaN|undefined|Infinity/)
})

test('a chart cuts a bar that would flatten the others, and still says its value', () => {
  const svg = drawChart({
    title: 'a < b',
    subtitle: 'all',
    unit: 'µs',
    bars: [bar('one', 5), bar('two', 6), bar('three', 400)],
    limit: null,
  })
  assert.match(svg, /class="cut"/)
  assert.match(svg, />400</)
  assert.match(svg, /a &lt; b/)
})
