import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { BucketLines, LINE_WORDS, linesLength } from './bucket-lines.ts'
import { BucketTable } from './bucket-table.ts'
import { bucketRate, ticksPerMs } from './bucket.ts'

/** One set of eight places, and nothing else. */
function tinyTable(perSecond: number, burst: number) {
  const memory = new SharedArrayBuffer(linesLength(1))
  const lines = new BucketLines({
    memory,
    offset: 0,
    lines: 1,
    ticksPerMs: ticksPerMs(perSecond),
  })
  const table = new BucketTable(lines)
  const rate = bucketRate(perSecond, burst)
  return { lines, take: (key: number, now: number) => table.take(0, key, now, rate) }
}

suite('a table of buckets', () => {
  test('keeps eight keys of a set apart', () => {
    const { take } = tinyTable(1, 3)
    for (let key = 1; key <= 8; key++) {
      for (let i = 0; i < 3; i++) assert.ok(take(key, 0))
      assert.ok(!take(key, 0))
    }
  })

  test('has a ninth key share the bucket that owes least, and nobody gain by it', () => {
    const { take } = tinyTable(1, 10)
    for (let key = 1; key <= 8; key++) for (let i = 0; i < key + 1; i++) assert.ok(take(key, 0))
    // Key 1 has taken 2 of its 10.
    for (let i = 0; i < 8; i++) assert.ok(take(9, 0))
    assert.ok(!take(9, 0))
    // Key 1 comes back to what owes least now: key 2 has taken 3.
    for (let i = 0; i < 7; i++) assert.ok(take(1, 0))
    assert.ok(!take(1, 0))
  })

  test('gives the place of a full bucket to the next key', () => {
    const { take } = tinyTable(1, 3)
    for (let key = 1; key <= 100; key++) {
      for (let i = 0; i < 3; i++) assert.ok(take(key, key * 1_000))
    }
  })

  test('in a crowded set turns newcomers away, and writes nothing for them', () => {
    const { lines, take } = tinyTable(1, 1)
    for (let key = 1; key <= 8; key++) assert.ok(take(key, 0))
    const before = lines.words.slice()
    assert.equal(before.length, LINE_WORDS)
    for (let key = 9; key <= 1_000; key++) assert.ok(!take(key, 500))
    assert.deepEqual(lines.words, before)
  })

  test('gives no key more than its burst and rate, however many fight for its places', () => {
    const asked = fc.record({
      key: fc.integer({ min: 1, max: 20 }),
      wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 300 })),
      tries: fc.integer({ min: 1, max: 6 }),
    })
    fc.assert(
      fc.property(fc.array(asked, { minLength: 50, maxLength: 300 }), (all) => {
        const [rate, burst] = [4, 5]
        const { take } = tinyTable(rate, burst)
        const given = new Map<number, number[]>()
        let now = 1e6
        for (const { key, wait, tries } of all) {
          now += wait
          for (let i = 0; i < tries; i++) {
            if (take(key, now)) given.set(key, [...(given.get(key) ?? []), now])
          }
        }
        for (const times of given.values()) {
          for (const [i, from] of times.entries()) {
            for (const [j, to] of times.entries()) {
              if (j < i) continue
              assert.ok(j - i + 1 <= burst + (rate * (to - from)) / 1000 + 1 / 16)
            }
          }
        }
      }),
    )
  })
})
