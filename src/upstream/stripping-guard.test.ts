import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allocateStrippingMemory, StrippingGuard } from './stripping-guard.ts'

function workers(count: number) {
  const names = ['a', 'b']
  const memory = allocateStrippingMemory(names.length)
  const time = { now: 1_000 }
  const seconds = () => time.now
  const guards = Array.from({ length: count }, () => new StrippingGuard({ memory, names, seconds }))
  return { guards, time }
}

test('one worker looks at an upstream, once in a while', () => {
  const { guards, time } = workers(3)
  const claims = () => guards.filter((guard) => guard.claim('b')).length
  assert.equal(claims(), 1)
  time.now += 59
  assert.equal(claims(), 0)
  time.now += 1
  assert.equal(claims(), 1)
  assert.equal(guards[0]!.claim('a'), true, 'another upstream is looked at all the same')
  assert.equal(guards[0]!.claim('unknown'), false)
})

test('what one finds out is known to all, and is news once', () => {
  const { guards } = workers(2)
  const [one, other] = guards as [StrippingGuard, StrippingGuard]
  assert.deepEqual(other.strippers, [])
  assert.equal(one.settle('b', true), true)
  assert.equal(other.settle('b', true), false)
  assert.deepEqual([one.strippers, other.strippers], [['b'], ['b']])
  assert.equal(one.strippers, one.strippers, 'the same array while nothing changes')
  assert.equal(other.settle('b', false), true)
  assert.deepEqual(one.strippers, [])
  assert.equal(one.settle('a', false), false)
})

test('one that strips is looked at again after ten minutes', () => {
  const { guards, time } = workers(1)
  const [guard] = guards as [StrippingGuard]
  guard.claim('a')
  guard.settle('a', true)
  time.now += 599
  assert.equal(guard.claim('a'), false)
  time.now += 1
  assert.equal(guard.claim('a'), true)
})
