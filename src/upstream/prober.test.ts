import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FakeClock } from '../../test/support/fake-clock.ts'
import { AnswerScan } from '../wire/answer-scan.ts'
import { FailureKind } from './exchange.ts'
import { CircuitState, Health } from './health.ts'
import type { PendingQuery } from './pending-query.ts'
import { Prober } from './prober.ts'
import { TimerWheel } from './timer-wheel.ts'
import { Traffic } from './dot/traffic.ts'

/** A prober, and a transport that answers nothing by itself. */
function setUp() {
  const clock = new FakeClock(10_000)
  const wheel = new TimerWheel({ clock })
  const traffic = new Traffic()
  const asked: number[] = []
  let last: PendingQuery | null = null
  const health: Health = new Health({ random: () => 0, onOpen: () => prober.start() })
  const prober: Prober = new Prober({
    health,
    clock,
    wheel,
    traffic,
    timeout: 3_000,
    submit(pending) {
      asked.push(clock.now())
      last = pending
    },
    cancel() {
      last = null
    },
  })
  return {
    clock,
    wheel,
    traffic,
    health,
    prober,
    asked,
    answer() {
      health.onAnswer(clock.now())
      last!.owner.onPendingAnswer(last!, new AnswerScan())
    },
    fail() {
      last!.owner.onPendingFailure(last!, FailureKind.Connect, 'refused')
    },
  }
}

describe('probes of an upstream that is out of use', () => {
  test('none are sent while it is in use', () => {
    const it = setUp()
    it.health.onFailure(FailureKind.Closed, it.clock.now())
    it.clock.advance(60_000)
    assert.deepEqual(it.asked, [])
    assert.equal(it.clock.timers, 0)
  })

  test('come soon, then after longer waits, one at a time', () => {
    const it = setUp()
    const begun = it.clock.now()
    it.traffic.note(begun)
    it.health.onFailure(FailureKind.Connect, begun)
    for (let i = 0; i < 100; i++) {
      it.traffic.note(it.clock.now())
      it.clock.advance(20)
      if (it.health.state === CircuitState.HalfOpen) it.fail()
    }
    const waits = it.asked.map((at, i) => at - (it.asked[i - 1] ?? begun))
    assert.deepEqual(
      waits.map((wait) => Math.round(wait / 50) * 50),
      [50, 100, 200, 400, 500, 500],
    )
  })

  test('end with the first answer', () => {
    const it = setUp()
    it.health.onFailure(FailureKind.Stalled, it.clock.now())
    it.clock.advance(60)
    assert.equal(it.health.state, CircuitState.HalfOpen)
    it.answer()
    assert.equal(it.health.state, CircuitState.Closed)
    it.clock.advance(60_000)
    assert.equal(it.asked.length, 1)
    assert.equal(it.wheel.size, 0)
  })

  test('one that is not answered in time has failed', () => {
    const it = setUp()
    it.health.onFailure(FailureKind.Stalled, it.clock.now())
    it.clock.advance(60)
    it.clock.advance(3_020)
    assert.equal(it.health.state, CircuitState.Open)
    assert.equal(it.health.lastFailure, FailureKind.Timeout)
  })

  test('a new connection is asked on at once', () => {
    const it = setUp()
    it.health.onFailure(FailureKind.Stalled, it.clock.now())
    it.prober.onConnectionOpen()
    assert.equal(it.asked.length, 1)
    it.prober.onConnectionOpen()
    assert.equal(it.asked.length, 1)
  })

  test('become rare while nobody asks anything, and come soon when somebody does again', () => {
    const it = setUp()
    it.traffic.note(it.clock.now())
    it.health.onFailure(FailureKind.Connect, it.clock.now())
    for (let i = 0; i < 600; i++) {
      it.clock.advance(1_000)
      if (it.health.state === CircuitState.HalfOpen) it.fail()
    }
    assert.ok(it.asked.length < 50, String(it.asked.length))
    const before = it.asked.length
    it.traffic.note(it.clock.now())
    it.clock.advance(520)
    assert.equal(it.asked.length, before + 1)
  })

  test('stop for good when the transport ends', () => {
    const it = setUp()
    it.health.onFailure(FailureKind.Connect, it.clock.now())
    it.clock.advance(60)
    it.prober.stop()
    it.clock.advance(60_000)
    assert.equal(it.asked.length, 1)
    assert.equal(it.wheel.size, 0)
    assert.equal(it.clock.timers, 0)
  })
})
