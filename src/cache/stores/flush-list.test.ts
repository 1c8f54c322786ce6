import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { FlushList } from './flush-list.ts'

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
      list.add({ name, subtree, at: 1_000 })
      assert.equal(list.covers(asked, 1_000), covered)
      assert.equal(list.covers(asked, 1_001), false)
    })
  }
})

test('the latest flush of a name counts, in whatever order they come', () => {
  const list = new FlushList()
  list.add({ name: 'a.example.', subtree: false, at: 2_000 })
  list.add({ name: 'a.example.', subtree: false, at: 1_000 })
  assert.ok(list.covers('a.example.', 1_500))
})

test('flushes are forgotten when nothing older can be left', () => {
  const list = new FlushList()
  list.add({ name: 'a.example.', subtree: false, at: 1_000 })
  list.forget(1_001)
  assert.equal(list.covers('a.example.', 500), false)
})

test('with too many of them, everything from before the last is flushed', () => {
  const list = new FlushList()
  for (let i = 0; i <= 1_000; i++) list.add({ name: `n${i}.example.`, subtree: false, at: i })
  assert.ok(list.covers('other.example.', 1_000))
  assert.equal(list.covers('other.example.', 1_001), false)
})
