import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { FlushList } from './flush-list.ts'
import { CLOCK_MARGIN } from './record.ts'

const LATER = 10_000

suite('a flush covers what was asked for before it', () => {
  const cases: readonly (readonly [string, boolean, string, boolean])[] = [
    ['example.org.', false, 'example.org.', true],
    ['example.org.', false, 'www.example.org.', false],
    ['example.org.', true, 'www.example.org.', true],
    ['example.org.', true, 'example.org.', true],
    ['example.org.', true, 'badexample.org.', false],
    ['example.org.', true, 'bad\\.example.org.', false],
    ['example.org.', true, 'good\\\\.example.org.', true],
    ['example.org.', true, 'org.', false],
    ['.', true, 'anything.example.', true],
    ['.', false, 'anything.example.', false],
  ]
  for (const [name, subtree, asked, covered] of cases) {
    test(`${subtree ? 'the subtree of ' : ''}${name}: ${asked} ${covered ? 'yes' : 'no'}`, () => {
      const list = new FlushList()
      assert.ok(list.add({ name, subtree, at: 1_000 }, LATER))
      assert.equal(list.covers(asked, 1_000), covered)
      // The clock of who asked may be ahead of that of who flushed.
      assert.equal(list.covers(asked, 1_000 + CLOCK_MARGIN), covered)
      assert.equal(list.covers(asked, 1_001 + CLOCK_MARGIN), false)
    })
  }
})

test('the latest flush of a name counts, in whatever order they come', () => {
  const list = new FlushList()
  assert.ok(list.add({ name: 'a.example.', subtree: false, at: 2_000 }, LATER))
  assert.equal(list.add({ name: 'a.example.', subtree: false, at: 1_000 }, LATER), false)
  assert.ok(list.covers('a.example.', 1_500))
})

test('flushes are forgotten when nothing older can be left', () => {
  const list = new FlushList()
  list.add({ name: 'a.example.', subtree: false, at: 1_000 }, LATER)
  list.forget(1_001)
  assert.equal(list.covers('a.example.', 500), false)
})

test('who flushes with a clock far ahead hides nothing for long', () => {
  const list = new FlushList()
  assert.ok(list.add({ name: 'a.example.', subtree: false, at: 3_600_000 }, LATER))
  assert.ok(list.covers('a.example.', LATER))
  assert.equal(list.covers('a.example.', LATER + CLOCK_MARGIN + 1), false)
  assert.equal(list.add({ name: 'a.example.', subtree: false, at: 3_600_000 }, LATER + 5), false)
})

test('with too many of them, everything from before the last is flushed', () => {
  const list = new FlushList()
  for (let i = 1_000; i >= 0; i--)
    list.add({ name: `n${i}.example.`, subtree: false, at: i }, LATER)
  assert.ok(list.covers('other.example.', 1_000))
  assert.equal(list.covers('other.example.', 1_001 + CLOCK_MARGIN), false)
  assert.equal(list.add({ name: 'n5.example.', subtree: false, at: 5 }, LATER), false)
})
