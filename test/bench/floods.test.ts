// What the flood benchmark reads out of answers and makes of its results: nothing is started.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { drawFloods } from '../../bench/floods/chart.ts'
import { endHeadersNever, requestsTakenBack } from '../../bench/floods/http2-frames.ts'
import { toMarkdown } from '../../bench/floods/markdown.ts'
import type { Fared, FloodResults, FloodRun } from '../../bench/floods/results.ts'
import { missedBy } from '../../bench/floods/verdict.ts'
import { isTruncated, judge, makeQuery, Outcome, withCookie } from '../../bench/lab/message.ts'

const fared: Fared = {
  kind: 'udp',
  sent: 800,
  lost: 0,
  servFail: 0,
  refused: 0,
  wrong: 0,
  p50: 0.5,
  p99: 4,
  worst: 9,
  lag: 1,
  cameBack: 0,
  reconnected: 0,
}

const run: FloodRun = {
  scenario: 'one',
  seconds: 8,
  failure: null,
  fared: [fared],
  memory: { before: 100e6, peak: 110e6, after: 105e6 },
  cpuSeconds: 1,
  flood: { queries: 800_000, octets: 36_000_000, answers: 400_000, answerOctets: 18_000_000 },
  attack: null,
}

const results: FloodResults = {
  machine: {
    processor: 'a processor',
    cores: 2,
    memoryGiB: 8,
    kernel: '6.1',
    date: '2030-01-02T03:04:05Z',
    tools: {},
  },
  version: '1.0',
  rate: 100,
  runs: [run, { ...run, scenario: 'drip', fared: [{ ...fared, lost: 3, p99: 7 }] }],
}

/** The answer that a server gives to a query, with the address of the bench's zone. */
function answerTo(query: Buffer): Buffer {
  const answer = Buffer.concat([query, Buffer.from('c00c0001000100000e100004c0000201', 'hex')])
  answer[2] = 0x81
  answer[3] = 0x80
  answer[7] = 1
  return answer
}

test('an attack is stood when no answer is lost, late or wrong and memory stays bounded', () => {
  assert.deepEqual(missedBy(run), [])
  assert.deepEqual(missedBy(results.runs[1]!), ['udp: 3 lost', 'udp: p99 7.0 ms'])
  const memory = { before: 100e6, peak: 400e6, after: 100e6 }
  assert.deepEqual(missedBy({ ...run, memory }), ['300 MB more memory'])
})

test('the report tells of each attack, and what a flood got back', () => {
  const markdown = toMarkdown(results, 'floods.svg')
  assert.match(markdown, /flood from one address \| 8 \| reached/)
  assert.match(markdown, /\*\*missed: udp: 3 lost; udp: p99 7\.0 ms\*\*/)
  assert.match(markdown, /\| 100,000 \| 50,000 \| 0\.50 \|/)
  assert.doesNotMatch(markdown, /NaN|undefined|Infinity/)
  assert.match(drawFloods(results), />3 lost</)
})

test('an answer is right under its own ID and question alone, with or without a cookie sent', () => {
  const query = makeQuery('name', 7)
  assert.equal(judge(answerTo(query), query), Outcome.Good)
  assert.equal(judge(answerTo(query), makeQuery('name', 8)), Outcome.Wrong)
  assert.equal(judge(answerTo(query), makeQuery('eman', 7)), Outcome.Wrong)
  const sent = withCookie(query, Buffer.alloc(8, 1))
  assert.equal(judge(answerTo(query), sent), Outcome.Good)
  const truncated = answerTo(query)
  truncated[2]! |= 2
  assert.equal(isTruncated(truncated), true)
  assert.equal(judge(truncated, query), Outcome.Wrong)
})

test('HTTP/2 frames say their own length, as the attack needs them to (RFC 9113 §4.1)', () => {
  const { bytes, streams } = requestsTakenBack(1)
  let frames = 0
  for (let at = 0; at < bytes.length; at += 9 + bytes.readUIntBE(at, 3)) frames++
  assert.equal(frames, streams)
  const more = endHeadersNever()
  assert.equal(more()[3], 1)
  const continuation = more()
  assert.equal(continuation[3], 9)
  assert.equal(continuation.readUIntBE(0, 3), continuation.length - 9)
})
