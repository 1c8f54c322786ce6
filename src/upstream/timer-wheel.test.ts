import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { FakeClock } from '../../test/support/fake-clock.ts'
import { RESOLUTION, Timer, TimerWheel } from './timer-wheel.ts'

function setUp() {
  const clock = new FakeClock()
  return { clock, wheel: new TimerWheel({ clock }) }
}

test('calls an entry once its deadline has passed, not before, and once only', () => {
  const { clock, wheel } = setUp()
  let calls = 0
  wheel.schedule(new Timer(() => calls++), clock.now() + 100)
  clock.advance(99)
  assert.equal(calls, 0)
  clock.advance(1 + RESOLUTION)
  assert.equal(calls, 1)
  clock.advance(20_000)
  assert.equal(calls, 1)
  assert.equal(wheel.size, 0)
})

test('runs no timer while nothing waits', () => {
  const { clock, wheel } = setUp()
  assert.equal(clock.timers, 0)
  const entry = new Timer(() => {})
  wheel.schedule(entry, clock.now() + 50)
  assert.equal(clock.timers, 1)
  wheel.cancel(entry)
  clock.advance(100)
  assert.equal(clock.timers, 0)
})

test('keeps deadlines that are many turns away', () => {
  const { clock, wheel } = setUp()
  let calls = 0
  wheel.schedule(new Timer(() => calls++), clock.now() + 60_000)
  clock.advance(59_990)
  assert.equal(calls, 0)
  clock.advance(2 * RESOLUTION)
  assert.equal(calls, 1)
})

test('catches up when the timer comes much too late', () => {
  const { clock, wheel } = setUp()
  let calls = 0
  for (let i = 0; i < 2_000; i++) wheel.schedule(new Timer(() => calls++), clock.now() + i * 7)
  clock.jump(20_000)
  wheel.advance()
  assert.equal(calls, 2_000)
})

test('lets an entry set itself again, and cancel another that is due, while it is called', () => {
  const { clock, wheel } = setUp()
  let again = 0
  let cancelled = 0
  const others = [new Timer(() => cancelled++), new Timer(() => cancelled++)]
  const first: Timer = new Timer(() => {
    for (const other of others) wheel.cancel(other)
    if (++again < 3) wheel.schedule(first, clock.now())
  })
  for (const entry of [others[0]!, first, others[1]!]) wheel.schedule(entry, clock.now() + 30)
  clock.advance(200)
  assert.equal(again, 3)
  assert.ok(cancelled < 2)
  assert.equal(wheel.size, 0)
})

test('calls exactly the entries that a sorted list would, whatever is set, moved and cancelled', () => {
  const step = fc.record({
    entry: fc.nat(19),
    wait: fc.nat(12_000),
    cancel: fc.boolean(),
    pass: fc.nat(3_000),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { clock, wheel } = setUp()
      const due = new Map<number, number>()
      const entries = Array.from({ length: 20 }, (_, i) => {
        return new Timer(() => {
          const at = due.get(i)
          assert.ok(at !== undefined && at <= clock.now(), 'called early or when not set')
          due.delete(i)
        })
      })
      for (const { entry, wait, cancel, pass } of steps) {
        if (cancel) {
          wheel.cancel(entries[entry]!)
          due.delete(entry)
        } else {
          wheel.schedule(entries[entry]!, clock.now() + wait)
          due.set(entry, clock.now() + wait)
        }
        clock.advance(pass)
        for (const at of due.values()) assert.ok(at + 2 * RESOLUTION > clock.now(), 'called late')
        assert.equal(wheel.size, due.size)
      }
    }),
  )
})
