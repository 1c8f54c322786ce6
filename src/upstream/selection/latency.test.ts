import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FakeClock } from '../../../test/support/fake-clock.ts'
import { Latency } from './latency.ts'

const MINUTE = 60_000

/** An upstream that is asked `count` times, `every` so many milliseconds, and answers in `time`. */
function feed(
  latency: Latency,
  clock: FakeClock,
  count: number,
  every: number,
  time: number,
): void {
  for (let i = 0; i < count; i++) {
    latency.onSent(clock.now())
    clock.jump(time)
    latency.onAnswer(time, clock.now())
    clock.jump(every - time)
  }
}

function setUp() {
  return { clock: new FakeClock(), latency: new Latency({ percentile: 0.95 }) }
}

const isNear = (actual: number, expected: number): void => {
  assert.ok(Math.abs(actual - expected) <= expected / 10, `${actual} instead of ${expected}`)
}

describe('the average answer time', () => {
  test('is the first answer’s, and follows those that come after', () => {
    const { clock, latency } = setUp()
    assert.equal(latency.average, 0)
    feed(latency, clock, 1, 100, 40)
    assert.equal(latency.average, 40)
    feed(latency, clock, 40, 1_000, 10)
    isNear(latency.average, 10)
  })

  test('changes little for one slow name, under load or without', () => {
    const [dense, sparse] = [setUp(), setUp()]
    feed(dense.latency, dense.clock, 500, 12, 10)
    dense.latency.onAnswer(1_000, dense.clock.now())
    assert.ok(dense.latency.average < 25)
    feed(sparse.latency, sparse.clock, 500, MINUTE, 10)
    feed(sparse.latency, sparse.clock, 1, MINUTE, 1_000)
    assert.ok(sparse.latency.average < 210)
  })

  test('counts an answer by the time since the one before', () => {
    const [dense, sparse] = [setUp(), setUp()]
    feed(dense.latency, dense.clock, 100, 20, 10)
    feed(sparse.latency, sparse.clock, 100, 2_000, 10)
    feed(dense.latency, dense.clock, 10, 20, 20)
    feed(sparse.latency, sparse.clock, 10, 2_000, 20)
    assert.ok(dense.latency.average < 12)
    assert.ok(sparse.latency.average > 18)
  })
})

describe('what to expect of an upstream', () => {
  test('is nothing at all before its first answer, so that it is asked once', () => {
    const { clock, latency } = setUp()
    assert.equal(latency.expected(clock.now()), 0)
  })

  test('counts half when it was last asked a minute ago', () => {
    const { clock, latency } = setUp()
    feed(latency, clock, 1, 100, 100)
    assert.equal(latency.expected(clock.now()), 100)
    clock.jump(MINUTE)
    assert.equal(latency.expected(clock.now()), 50)
  })

  test('is as bad as its silence while queries wait', () => {
    const { clock, latency } = setUp()
    feed(latency, clock, 100, 10, 10)
    latency.onSent(clock.now())
    clock.jump(5)
    isNear(latency.expected(clock.now()), 10)
    clock.jump(95)
    assert.equal(latency.expected(clock.now()), 100)
    latency.onSent(clock.now())
    latency.onAnswer(100, clock.now())
    assert.ok(latency.expected(clock.now()) < 20)
    clock.jump(200)
    latency.onForgotten()
    assert.ok(latency.expected(clock.now()) < 20)
  })

  test('is worse after failures, however fast they came, and that is forgiven in time', () => {
    const { clock, latency } = setUp()
    feed(latency, clock, 10, 10, 10)
    latency.onSent(clock.now())
    latency.onFailure(clock.now())
    isNear(latency.expected(clock.now()), 110)
    clock.jump(2_000)
    isNear(latency.expected(clock.now()), 60)
    for (let i = 0; i < 100; i++) latency.addCost(clock.now())
    isNear(latency.expected(clock.now()), 2_010)
    clock.jump(30_000)
    assert.ok(latency.expected(clock.now()) <= 10)
  })
})

describe('when an answer is late', () => {
  test('is a guess until some answers have come', () => {
    const { clock, latency } = setUp()
    feed(latency, clock, 15, 100, 10)
    assert.equal(latency.lateAfter, 200)
    feed(latency, clock, 1, 100, 10)
    assert.equal(latency.lateAfter, 12)
  })

  test('is the percentile of the recent past', () => {
    const { clock, latency } = setUp()
    for (let i = 0; i < 480; i++) feed(latency, clock, 1, 200, i % 10 === 0 ? 100 : 10)
    assert.equal(latency.lateAfter, 112)
    assert.equal(latency.percentile(0.5), 12)
    feed(latency, clock, 2_000, 100, 10)
    assert.equal(latency.lateAfter, 12)
  })

  test('does not count refusals, which are fast', () => {
    const { clock, latency } = setUp()
    feed(latency, clock, 16, 100, 50)
    for (let i = 0; i < 100; i++) {
      latency.onSent(clock.now())
      latency.onSilenceBroken(clock.now())
    }
    isNear(latency.lateAfter, 56)
    isNear(latency.average, 50)
  })
})
