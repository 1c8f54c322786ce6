import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FailureKind } from './exchange.ts'
import { CircuitState, Health } from './health.ts'

const noJitter = { random: () => 0 }

describe('the circuit of an upstream', () => {
  test('opens at once when there is no connection that a query could go out on', () => {
    for (const kind of ['resolve', 'connect', 'tls', 'stalled'] as const) {
      const health = new Health()
      assert.equal(health.usable(), true)
      health.onFailure(kind, 0)
      assert.equal(health.state, CircuitState.Open, kind)
      assert.equal(health.usable(), false)
      assert.equal(health.lastFailure, kind)
    }
  })

  test('opens after three failures in a row of the kinds that happen to anybody', () => {
    for (const kind of ['closed', 'timeout', 'malformed'] as const) {
      const health = new Health()
      health.onFailure(kind, 0)
      health.onFailure(kind, 0)
      assert.equal(health.state, CircuitState.Closed, kind)
      health.onFailure(kind, 0)
      assert.equal(health.state, CircuitState.Open, kind)
    }
  })

  test('a few answers in a row make up for failures, a single one between them does not', () => {
    const forgiven = new Health()
    const lucky = new Health()
    for (let i = 0; i < 2; i++) {
      forgiven.onFailure(FailureKind.Closed, 0)
      lucky.onFailure(FailureKind.Closed, 0)
    }
    for (let i = 0; i < 4; i++) forgiven.onAnswer(1)
    lucky.onAnswer(1)
    forgiven.onFailure(FailureKind.Closed, 2)
    lucky.onFailure(FailureKind.Closed, 2)
    assert.equal(forgiven.state, CircuitState.Closed)
    assert.equal(lucky.state, CircuitState.Open)
  })

  test('is half-open while a probe is under way, and one answer closes it', () => {
    const health = new Health()
    health.onFailure(FailureKind.Connect, 0)
    health.onProbe()
    assert.equal(health.state, CircuitState.HalfOpen)
    assert.equal(health.usable(), false)
    health.onProbeFailed(FailureKind.Connect)
    assert.equal(health.state, CircuitState.Open)
    health.onProbe()
    health.onAnswer(100)
    assert.equal(health.state, CircuitState.Closed)
    assert.equal(health.usable(), true)
  })

  test('what happens for want of room, or at the end, says nothing of the upstream', () => {
    const health = new Health()
    for (let i = 0; i < 10; i++) {
      health.onFailure(FailureKind.Overload, 0)
      health.onFailure(FailureKind.Shutdown, 0)
    }
    assert.equal(health.state, CircuitState.Closed)
    assert.equal(health.badness(0), 0)
  })
})

describe('back-off between probes', () => {
  test('begins short, doubles, and stays short while queries come', () => {
    const health = new Health(noJitter)
    health.onFailure(FailureKind.Connect, 0)
    const waits = Array.from({ length: 6 }, () => health.nextBackOff(true))
    assert.deepEqual(waits, [50, 100, 200, 400, 500, 500])
  })

  test('grows long while nobody asks, and is short again as soon as somebody does', () => {
    const health = new Health(noJitter)
    health.onFailure(FailureKind.Connect, 0)
    for (let i = 0; i < 20; i++) health.nextBackOff(false)
    assert.equal(health.nextBackOff(false), 30_000)
    assert.equal(health.nextBackOff(true), 500)
  })

  test('leaves up to a fifth to chance', () => {
    const health = new Health({ random: () => 0.999 })
    health.onFailure(FailureKind.Connect, 0)
    const wait = health.nextBackOff(true)
    assert.ok(wait > 40 && wait < 41, String(wait))
  })

  test('goes on where it was when the upstream fails again soon, else anew', () => {
    const health = new Health(noJitter)
    health.onFailure(FailureKind.Connect, 0)
    for (let i = 0; i < 4; i++) health.nextBackOff(true)
    health.onAnswer(1_000)
    health.onFailure(FailureKind.Connect, 5_000)
    assert.equal(health.nextBackOff(true), 500)
    health.onAnswer(6_000)
    health.onFailure(FailureKind.Connect, 17_000)
    assert.equal(health.nextBackOff(true), 50)
  })
})

describe('how bad an upstream is', () => {
  test('those in use come before those out of use, and failures count', () => {
    const good = new Health()
    const doubtful = new Health()
    doubtful.onFailure(FailureKind.Closed, 0)
    doubtful.onFailure(FailureKind.Closed, 0)
    const down = new Health()
    down.onFailure(FailureKind.Connect, 0)
    const longDown = new Health()
    for (let i = 0; i < 50; i++) longDown.onFailure(FailureKind.Connect, 0)
    const badness = [good, doubtful, down, longDown].map((health) => health.badness(10))
    assert.deepEqual(
      badness,
      badness.toSorted((a, b) => a - b),
    )
    assert.equal(new Set(badness).size, 4)
    assert.ok(badness[1]! < 1 && badness[2]! >= 1)
  })

  test('among those that failed alike, the one that answered last is the least bad', () => {
    const early = new Health()
    const late = new Health()
    early.onAnswer(0)
    late.onAnswer(5_000)
    early.onFailure(FailureKind.Connect, 6_000)
    late.onFailure(FailureKind.Connect, 6_000)
    assert.ok(late.badness(6_000) < early.badness(6_000))
  })
})

describe('what is counted of a circuit', () => {
  const setUp = () => {
    const events: string[] = []
    const health = new Health({
      metrics: {
        circuitOpened: () => events.push('opened'),
        circuitClosed: () => events.push('closed'),
        probeSent: () => events.push('probe'),
      },
    })
    return { events, health }
  }

  test('each change once, and each probe', () => {
    const { events, health } = setUp()
    health.onFailure(FailureKind.Connect, 0)
    health.onFailure(FailureKind.Connect, 0)
    health.onProbe()
    health.onProbeFailed(FailureKind.Connect)
    health.onProbe()
    health.onAnswer(1)
    health.onAnswer(2)
    assert.deepEqual(events, ['opened', 'probe', 'probe', 'closed'])
  })

  test('an end out of use counts as a return, so that the difference is what is out of use', () => {
    const { events, health } = setUp()
    health.onFailure(FailureKind.Connect, 0)
    health.end()
    health.end()
    assert.deepEqual(events, ['opened', 'closed'])
  })
})
