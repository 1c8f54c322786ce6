// What the forwarder does when, on a clock that stands still: hedges, moves, rounds, deadlines.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CountingMetrics } from '../../test/support/dot-upstream-options.ts'
import { questionFor } from '../../test/support/exchanges.ts'
import { FakeClock } from '../../test/support/fake-clock.ts'
import { AnswerFault, AnswerScan } from '../wire/answer-scan.ts'
import type { Exchange, FailureKind, UpstreamFailure } from './exchange.ts'
import { Forwarder } from './forwarder.ts'
import { Health } from './health.ts'
import { DEFAULT_HEDGING } from './selection/hedging.ts'
import type { PendingQuery } from './pending-query.ts'
import type { StrategyName } from './selection/options.ts'
import { TimerWheel } from './timer-wheel.ts'
import type { UpstreamTransport } from './transport.ts'

const DEADLINE = 5_000

/** Milliseconds that the wheel may be late. */
const SLACK = 15

/** An upstream that does what the test says. */
class FakeTransport implements UpstreamTransport {
  readonly name: string
  readonly health = new Health({ random: () => 0 })
  readonly metrics = new CountingMetrics()
  readonly held: PendingQuery[] = []
  readonly #clock: FakeClock
  asked = 0
  /** What it does with every query, at once. */
  react: ((pending: PendingQuery) => void) | null = null

  constructor(name: string, clock: FakeClock) {
    this.name = name
    this.#clock = clock
  }

  get inFlight(): number {
    return this.held.length
  }

  get waiting(): number {
    return 0
  }

  submit(pending: PendingQuery): void {
    this.asked++
    if (this.react !== null) {
      this.react(pending)
      return
    }
    pending.id = 1
    this.held.push(pending)
  }

  cancel(pending: PendingQuery): void {
    const at = this.held.indexOf(pending)
    assert.notEqual(at, -1, 'it has this query')
    this.held.splice(at, 1)
  }

  probe(): Promise<never> {
    throw new Error('nobody probes here')
  }

  drain(): void {}

  close(): void {}

  answer(rcode = 0): void {
    answer(this.held.shift()!, rcode, this.#clock.now())
  }

  fail(kind: FailureKind): void {
    const pending = this.held.shift()!
    pending.owner.onPendingFailure(pending, kind, 'as told')
  }

  count(what: string): number {
    return this.metrics.counts[what] ?? 0
  }
}

function answer(pending: PendingQuery, rcode = 0, now = pending.answeredAt): void {
  const { question } = pending.question
  const message = Uint8Array.of(0, 1, 0x81, 0x80 | rcode, 0, 1, 0, 0, 0, 0, 0, 0, ...question)
  const scan = new AnswerScan()
  assert.equal(scan.scan(message, 0, message.length), AnswerFault.None)
  pending.answeredAt = now
  pending.owner.onPendingAnswer(pending, scan)
}

interface Heard {
  answers: string[]
  failures: UpstreamFailure[]
}

function setUp(count: number, { budget = 0, strategy = 'ordered' as StrategyName } = {}) {
  const clock = new FakeClock()
  const transports = Array.from({ length: count }, (_, i) => new FakeTransport('abcd'[i]!, clock))
  const forwarder = new Forwarder({
    members: transports.map((transport) => ({ transport, metrics: transport.metrics })),
    wheel: new TimerWheel({ clock }),
    selection: { strategy, fastestOf: 2 },
    hedging: { ...DEFAULT_HEDGING, budget },
    clock,
    random: () => 0.5,
  })
  const ask = (timeout = DEADLINE): Heard => {
    const heard: Heard = { answers: [], failures: [] }
    const exchange: Exchange = {
      question: questionFor('www.example.org'),
      startedAt: clock.now(),
      deadline: clock.now() + timeout,
      onAnswer: (_, upstream) => void heard.answers.push(upstream),
      onFailure: (failure) => void heard.failures.push(failure),
    }
    forwarder.forward(exchange)
    return heard
  }
  const [a, b, c] = transports
  return { clock, forwarder, ask, transports, a: a!, b: b!, c: c! }
}

/** Lets the first upstream answer so many queries in 5 ms each. */
function practise({ ask, clock, a }: ReturnType<typeof setUp>, times: number): void {
  for (let i = 0; i < times; i++) {
    ask()
    clock.advance(5)
    a.answer()
  }
}

describe('a late answer', () => {
  test('has the query asked of the next upstream too; the first answer wins', () => {
    const it = setUp(2, { budget: 0.05 })
    practise(it, 40)
    const heard = it.ask()
    it.clock.advance(19)
    assert.equal(it.b.asked, 0)
    it.clock.advance(SLACK)
    assert.equal(it.b.asked, 1)
    it.b.answer()
    assert.deepEqual(heard.answers, ['b'])
    assert.equal(it.b.count('hedged'), 1)
    assert.equal(it.b.count('hedgeWon'), 1)
    assert.equal(it.forwarder.active, 0)
    it.a.answer()
    assert.deepEqual(heard, { answers: ['b'], failures: [] })
    assert.ok(it.forwarder.members[0]!.latency.average > 5)
  })

  test('is still taken when it comes first after all', () => {
    const it = setUp(2, { budget: 0.05 })
    practise(it, 40)
    const heard = it.ask()
    it.clock.advance(50)
    it.a.answer()
    it.b.answer()
    assert.deepEqual(heard.answers, ['a'])
    assert.equal(it.b.count('hedgeWon'), 0)
  })

  test('costs nothing extra once the budget is used up, until it grows again', () => {
    const it = setUp(2, { budget: 0.05 })
    practise(it, 38)
    const first = it.ask()
    const second = it.ask()
    const third = it.ask()
    it.clock.advance(300)
    assert.equal(it.b.asked, 2)
    assert.equal(it.a.count('hedgeDenied'), 1)
    while (it.b.held.length > 0) it.b.answer()
    assert.equal(first.answers.length + second.answers.length + third.answers.length, 2)
    while (it.a.held.length > 0) it.a.answer()
    practise(it, 100)
    const extra = it.b.asked
    assert.ok(extra <= (it.a.asked - extra) * 0.05)
  })

  test('is waited for when hedging is switched off', () => {
    const it = setUp(2)
    practise(it, 40)
    it.ask()
    it.clock.advance(DEADLINE / 2 - 50)
    assert.equal(it.b.asked, 0)
    it.clock.advance(100)
    assert.equal(it.b.asked, 1)
    assert.equal(it.b.count('hedged'), 0)
    assert.equal(it.b.count('retried'), 1)
  })

  test('is not asked of an upstream that is out of use', () => {
    const it = setUp(2, { budget: 0.05 })
    practise(it, 40)
    it.b.health.onFailure('connect', it.clock.now())
    it.ask()
    it.clock.advance(500)
    assert.equal(it.b.asked, 0)
  })
})

describe('a try that fails', () => {
  for (const kind of ['connect', 'tls', 'closed', 'stalled', 'malformed', 'overload'] as const) {
    test(`(${kind}) is asked of the next upstream at once`, () => {
      const it = setUp(3)
      const heard = it.ask()
      it.a.fail(kind)
      assert.equal(it.b.asked, 1)
      it.b.answer()
      assert.deepEqual(heard, { answers: ['b'], failures: [] })
      assert.equal(it.c.asked, 0)
      assert.equal(it.forwarder.active, 0)
    })
  }

  test('costs nothing more while a hedge is under way', () => {
    const it = setUp(3, { budget: 0.05 })
    practise(it, 40)
    const heard = it.ask()
    it.clock.advance(40)
    it.a.fail('stalled')
    assert.equal(it.c.asked, 0)
    it.b.answer()
    assert.deepEqual(heard.answers, ['b'])
  })

  test('is answered by another that was given up hope for, if nobody else is left', () => {
    const it = setUp(2)
    const heard = it.ask()
    it.clock.advance(DEADLINE / 2 + SLACK)
    it.b.fail('closed')
    it.a.answer()
    assert.deepEqual(heard, { answers: ['a'], failures: [] })
  })

  test('with malformed answers of two upstreams ends the exchange: a third is not asked', () => {
    const it = setUp(3)
    const heard = it.ask()
    it.a.fail('malformed')
    it.b.fail('malformed')
    assert.equal(it.c.asked, 0)
    assert.equal(heard.failures[0]?.kind, 'malformed')
  })

  test('counts against an upstream that refuses what another answers', () => {
    const it = setUp(2)
    for (let i = 0; i < 3; i++) {
      const heard = it.ask()
      it.a.answer(2)
      it.b.answer()
      assert.deepEqual(heard.answers, ['b'])
    }
    assert.equal(it.a.count('failed refused'), 3)
    assert.equal(it.a.health.usable(), false)
    it.ask()
    assert.equal(it.b.asked, 4)
  })

  test('does not count against an upstream that refuses what all refuse', () => {
    const it = setUp(2)
    for (let i = 0; i < 5; i++) {
      it.ask()
      it.a.answer(2)
      it.b.answer(2)
    }
    assert.ok(it.a.health.usable())
  })
})

describe('when all upstreams fail', () => {
  test('a malformed answer of the only one is asked for once more', () => {
    const it = setUp(1)
    const heard = it.ask()
    it.a.fail('malformed')
    assert.equal(it.a.asked, 2)
    it.a.fail('malformed')
    assert.deepEqual([it.a.asked, heard.failures.length], [2, 1])
  })

  test('tries that get lost are bounded: who closes at a name does so every time', () => {
    const it = setUp(2)
    const heard = it.ask()
    for (let i = 0; i < 20 && heard.failures.length === 0; i++) {
      for (const transport of it.transports) if (transport.held.length > 0) transport.fail('closed')
      it.clock.advance(100)
    }
    assert.equal(heard.failures[0]?.kind, 'closed')
    assert.equal(it.a.asked + it.b.asked, 4)
  })

  test('everybody is asked once more, if what was asked got lost on its way', () => {
    const it = setUp(2)
    const heard = it.ask()
    it.a.fail('closed')
    it.b.fail('stalled')
    assert.equal(it.a.asked, 2)
    it.a.answer()
    assert.deepEqual(heard.answers, ['a'])
  })

  test('who comes at that moment waits for one to be back, for a second at the most', () => {
    const it = setUp(2)
    const refuse = (pending: PendingQuery): void => {
      pending.owner.onPendingFailure(pending, 'connect', 'refused')
    }
    it.a.react = refuse
    it.b.react = refuse
    const [first, second] = [it.ask(), it.ask()]
    it.clock.advance(400)
    assert.equal(it.forwarder.active, 2)
    it.b.react = (pending) => answer(pending)
    it.clock.advance(200)
    assert.deepEqual(first.answers, ['b'])
    assert.deepEqual(second.answers, ['b'])
    it.b.react = refuse
    const third = it.ask()
    it.clock.advance(1_200)
    assert.equal(third.failures.length, 1)
  })

  test('who comes while all are known to be down is told at once', () => {
    const it = setUp(2)
    for (const transport of it.transports) {
      transport.react = (pending) => pending.owner.onPendingFailure(pending, 'connect', 'refused')
      transport.health.onFailure('connect', it.clock.now())
    }
    const heard = it.ask()
    assert.equal(heard.failures[0]?.kind, 'connect')
    assert.deepEqual([it.a.asked, it.b.asked], [1, 1])
  })

  test('the deadline holds, and nothing is left behind', () => {
    const it = setUp(3, { budget: 0.05 })
    const heard = it.ask()
    it.clock.advance(DEADLINE - 1)
    assert.equal(heard.failures.length, 0)
    it.clock.advance(1 + SLACK)
    assert.deepEqual(
      it.transports.map(({ held }) => held.length),
      [0, 0, 0],
    )
    assert.equal(heard.failures.length, 1)
    const { kind, upstream, phase, ms, tried } = heard.failures[0]!
    assert.deepEqual([kind, upstream, phase, tried], ['timeout', 'c', 'wait', ['a', 'b', 'c']])
    assert.ok(ms >= DEADLINE && ms <= DEADLINE + SLACK)
    assert.equal(it.clock.timers, 0)
  })

  test('a failure tells how far it came', () => {
    for (const [kind, phase] of [
      ['resolve', 'resolve'],
      ['connect', 'connect'],
      ['tls', 'tls'],
      ['malformed', 'wait'],
    ] as const) {
      const it = setUp(1)
      it.a.health.onFailure('connect', 0)
      const heard = it.ask()
      while (it.a.held.length > 0) it.a.fail(kind)
      assert.equal(heard.failures[0]?.phase, phase)
    }
  })
})

describe('fastest', () => {
  test('asks several at once and takes the first answer', () => {
    const it = setUp(3, { strategy: 'fastest' })
    const heard = it.ask()
    const asked = it.transports.filter(({ held }) => held.length > 0)
    assert.equal(asked.length, 2)
    asked[0]!.answer()
    asked[1]!.answer()
    assert.deepEqual(heard.answers, [asked[0]!.name])
  })

  test('asks no second upstream when the first answers before it could', () => {
    const it = setUp(2, { strategy: 'fastest' })
    for (const transport of it.transports) transport.react = (pending) => answer(pending)
    const heard = it.ask()
    assert.equal(heard.answers.length, 1)
    assert.equal(it.a.asked + it.b.asked, 1)
  })
})

test('latency leaves an upstream that hangs within milliseconds, before it is out of use', () => {
  const it = setUp(2, { strategy: 'latency' })
  it.b.react = (pending) => answer(pending)
  let hung = 0
  for (let i = 0; i < 200; i++) {
    const before = it.a.asked
    it.ask()
    if (i >= 20 && it.a.asked > before) hung++
    it.clock.advance(1)
  }
  assert.ok(hung <= 4, `${hung}`)
})

test('an owner may ask again from within its answer or failure', () => {
  const it = setUp(2)
  it.a.react = (pending) => pending.owner.onPendingFailure(pending, 'connect', 'refused')
  it.b.react = (pending) => answer(pending)
  let depth = 0
  const exchange = (): Exchange => ({
    question: questionFor('www.example.org'),
    startedAt: it.clock.now(),
    deadline: it.clock.now() + DEADLINE,
    onAnswer: () => {
      if (++depth < 50) it.forwarder.forward(exchange())
    },
    onFailure: () => assert.fail('it is answered'),
  })
  it.forwarder.forward(exchange())
  assert.equal(depth, 50)
  assert.equal(it.forwarder.active, 0)
})
