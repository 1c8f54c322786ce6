import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { idleTimeAt } from './idle-time.ts'

const times = { idleTimeout: 10_000, minIdleTimeout: 1_000 }

test('the idle time is whole up to half of the table, the floor from 15 in 16 on, a line between', () => {
  for (const [fill, idle] of [
    [0, 10_000],
    [1 / 2, 10_000],
    [23 / 32, 5_500],
    [15 / 16, 1_000],
    [1, 1_000],
  ] as const) {
    assert.equal(Math.round(idleTimeAt(fill, times)), idle, `${fill}`)
  }
})

test('a floor above the idle time-out is no floor', () => {
  assert.equal(idleTimeAt(1, { idleTimeout: 2_000, minIdleTimeout: 5_000 }), 2_000)
})

test('the idle time never grows while the table fills, and stays within its bounds', () => {
  const share = fc.double({ min: 0, max: 1.2, noNaN: true })
  fc.assert(
    fc.property(share, share, (a, b) => {
      const [low, high] = a < b ? [a, b] : [b, a]
      assert.ok(idleTimeAt(low, times) >= idleTimeAt(high, times))
      assert.ok(idleTimeAt(high, times) >= times.minIdleTimeout)
      assert.ok(idleTimeAt(low, times) <= times.idleTimeout)
    }),
  )
})
