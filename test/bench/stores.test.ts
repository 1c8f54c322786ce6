import assert from 'node:assert/strict'
import { test } from 'node:test'

import { storeFaults } from '../../bench/stores/catalogue.ts'
import { drawStoreFaults } from '../../bench/stores/chart.ts'
import { toMarkdown } from '../../bench/stores/markdown.ts'
import { mixedNames } from '../../bench/stores/mixed.ts'
import { merge } from '../../bench/stores/report.ts'
import type { StoreResults, StoreRun } from '../../bench/stores/results.ts'
import { cellOf, missedByHandover } from '../../bench/stores/verdict.ts'

const run = (changes: Partial<StoreRun> = {}): StoreRun => ({
  fault: 'kill',
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
  upstreamQueries: 500,
  hits: [100, 0, 90],
  backAfter: 200,
  lag: 1,
  ...changes,
})

test('of the names, half are new, a quarter were asked of the same proxy, and a quarter of the other', () => {
  const names = mixedNames(10_000)
  const kinds = { fresh: 0, own: 0, other: 0 }
  for (let i = 1_000; i < names.length; i++) {
    const first = names[i]!
    if (first === i) kinds.fresh++
    else {
      assert.equal(names[first], first, 'nobody asked for that name before')
      assert.ok(i - first > 400)
      kinds[first % 2 === i % 2 ? 'own' : 'other']++
    }
  }
  assert.deepEqual(kinds, { fresh: 4_500, own: 2_250, other: 2_250 })
})

test('one query lost, one SERVFAIL, one slow answer or a store never used again miss the target', () => {
  const missed = (changes: Partial<StoreRun>): number => cellOf([run(), run(changes)]).missed.length
  assert.equal(missed({}), 0)
  assert.equal(missed({ lost: 1 }), 1)
  assert.equal(missed({ servFail: 1 }), 1)
  assert.equal(missed({ wrong: 1 }), 1)
  assert.equal(missed({ worst: 301 }), 1)
  assert.equal(missed({ backAfter: null }), 1)
  assert.equal(missed({ failure: 'ended at once' }), 1)
})

const handover = { names: 500, p50: 5, p99: 8, worst: 12, upstreamQueries: 500 }

test('a name that comes late from the store, or that upstreams are asked for twice, misses the target', () => {
  assert.deepEqual(missedByHandover(handover), [])
  assert.equal(missedByHandover({ ...handover, p99: 11 }).length, 1)
  assert.equal(missedByHandover({ ...handover, upstreamQueries: 520 }).length, 1)
})

const results: StoreResults = {
  machine: {
    processor: 'a processor',
    cores: 2,
    memoryGiB: 4,
    kernel: '6.1',
    date: '2026-01-02T03:04:05.000Z',
    tools: {},
  },
  version: '0.1',
  redis: '7.0',
  rate: 2000,
  handover,
  runs: [run(), run({ fault: 'hang', lost: 12, backAfter: null })],
}

test('the report and the chart tell of every fault measured', () => {
  const markdown = toMarkdown(results, 'img/stores.svg')
  assert.match(markdown, /\| killed, started again \| .* \| reached \|/)
  assert.match(markdown, /\*\*missed: 12 lost, store not used again\*\*/)
  const svg = drawStoreFaults(results)
  assert.match(svg, /12 lost/)
  for (const text of [markdown, svg]) assert.doesNotMatch(text, /NaN|undefined|Infinity/)
})

test('what is run anew replaces the same fault in an earlier report, and nothing else', () => {
  const merged = merge(results, { ...results, handover: null, runs: [run({ sent: 7 })] })
  assert.deepEqual(merged.handover, handover)
  assert.deepEqual(
    merged.runs.map(({ fault, sent }) => [fault, sent]),
    [
      ['hang', 1000],
      ['kill', 7],
    ],
  )
})

test('each fault of the store has a name of its own', () => {
  assert.equal(new Set(storeFaults.map((fault) => fault.id)).size, storeFaults.length)
})
