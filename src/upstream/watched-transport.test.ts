import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { FakeClock } from '../../test/support/fake-clock.ts'
import { questionFor } from '../../test/support/exchanges.ts'
import type { AnswerScan } from '../wire/answer-scan.ts'
import { Rcode } from '../wire/header.ts'
import { formatName } from '../wire/text/name-text.ts'
import { type Exchange, FailureKind, type UpstreamQuestion } from './exchange.ts'
import { Health } from './health.ts'
import { allocateLoopMemory, LoopGuard } from './loop-guard.ts'
import { type PendingOwner, PendingQuery } from './pending-query.ts'
import { TimerWheel } from './timer-wheel.ts'
import type { UpstreamTransport } from './transport.ts'
import { WatchedTransport } from './watched-transport.ts'

/** Takes queries and keeps them until the test answers. */
class FakeTransport implements UpstreamTransport {
  readonly name = 'office'
  readonly health = new Health()
  readonly queries: PendingQuery[] = []
  waiting = 0

  get inFlight(): number {
    return this.queries.length
  }

  submit(pending: PendingQuery): void {
    this.queries.push(pending)
  }

  cancel(pending: PendingQuery): void {
    this.queries.splice(this.queries.indexOf(pending), 1)
  }

  probe(): Promise<never> {
    throw new Error('not asked for')
  }

  drain(): void {}
  close(): void {}

  answer(rcode: number = Rcode.NXDomain): void {
    const pending = this.queries.shift()!
    pending.owner.onPendingAnswer(pending, { rcode } as AnswerScan)
  }
}

class Worker {
  readonly guard: LoopGuard
  readonly transport = new FakeTransport()
  readonly told: string[] = []
  readonly watched: WatchedTransport
  readonly #clock: FakeClock
  static #tokens = 1

  constructor(clock: FakeClock, memory: SharedArrayBuffer, domains: readonly string[] = []) {
    this.#clock = clock
    this.guard = new LoopGuard({ memory, seconds: () => Math.floor(clock.now() / 1000) })
    this.watched = new WatchedTransport({
      transport: this.transport,
      guard: this.guard,
      watch: 0,
      domains,
      clock,
      wheel: new TimerWheel({ clock }),
      random: () => 0,
      token: () => [0x1234_5678, Worker.#tokens++],
      events: {
        loopFound: (upstream, domain) => this.told.push(`loop ${upstream} ${domain}`),
        loopGone: (upstream, domain) => this.told.push(`gone ${upstream} ${domain}`),
      },
    })
    this.watched.start()
  }

  /** The question of the probe under way. */
  get probe(): UpstreamQuestion {
    return this.transport.queries[0]!.question
  }

  /** A client's query. @returns what became of it so far */
  ask(): { outcome: string; readonly pending: PendingQuery } {
    const asked = { outcome: 'waits', pending: null as unknown as PendingQuery }
    const owner: PendingOwner = {
      onPendingAnswer: (_, { rcode }) => {
        asked.outcome = `rcode ${rcode}`
      },
      onPendingFailure: (_, kind) => {
        asked.outcome = kind
      },
      onPendingExpired() {},
    }
    asked.pending = new PendingQuery(owner, questionFor('www.example.org'))
    asked.pending.sentAt = this.#clock.now()
    this.watched.submit(asked.pending)
    return asked
  }
}

/** A query that a client sent, as it reaches the router. @returns its response code, or null */
function arrive(guard: LoopGuard, question: UpstreamQuestion): number | null {
  let rcode: number | null = null
  const exchange: Exchange = {
    question,
    startedAt: 0,
    deadline: 0,
    onAnswer: (scan) => {
      rcode = scan.rcode
      assert.equal(scan.extendedError, 0)
    },
    onFailure: () => assert.fail(),
  }
  return guard.turnsBack(exchange) ? rcode : null
}

function setUp(domains: readonly string[] = []) {
  const clock = new FakeClock(1_000_000)
  const memory = allocateLoopMemory(1)
  return { clock, memory, worker: new Worker(clock, memory, domains) }
}

/** Two probes come back. */
function close(clock: FakeClock, worker: Worker, where = worker): void {
  for (let i = 0; i < 2; i++) {
    assert.equal(arrive(where.guard, worker.probe), Rcode.Refused)
    worker.transport.answer(Rcode.ServFail)
    clock.advance(250)
  }
}

suite('an upstream that leads back to us', () => {
  test('is found by a name that comes back, twice, and is asked no more', () => {
    const { clock, worker } = setUp()
    clock.advance(400)
    close(clock, worker)
    assert.deepEqual(worker.told, ['loop office .'])
    assert.equal(worker.ask().outcome, FailureKind.Loop)
    assert.equal(worker.transport.inFlight, 0)
  })

  test('is found by whichever worker the name comes back to', () => {
    const { clock, memory, worker } = setUp()
    const other = new Worker(clock, memory)
    clock.advance(400)
    assert.equal(worker.transport.inFlight + other.transport.inFlight, 1)
    const [probing, idle] = worker.transport.inFlight === 1 ? [worker, other] : [other, worker]
    close(clock, probing, idle)
    assert.equal(idle.ask().outcome, FailureKind.Loop)
    assert.deepEqual([...worker.told, ...other.told], ['loop office .'])
  })

  test('one name that comes back proves nothing yet', () => {
    const { clock, worker } = setUp()
    clock.advance(400)
    arrive(worker.guard, worker.probe)
    worker.transport.answer(Rcode.ServFail)
    clock.advance(250)
    worker.transport.answer()
    clock.advance(250)
    assert.equal(worker.ask().outcome, 'waits')
    assert.deepEqual(worker.told, [])
  })

  test('is asked again once a probe is answered without coming back', () => {
    const { clock, worker } = setUp()
    clock.advance(400)
    close(clock, worker)
    clock.advance(11_000)
    worker.transport.answer(Rcode.ServFail)
    clock.advance(1_000)
    assert.equal(worker.ask().outcome, FailureKind.Loop, 'an error says nothing of the loop')
    clock.advance(11_000)
    worker.transport.answer()
    clock.advance(250)
    assert.deepEqual(worker.told, ['loop office .', 'gone office .'])
    assert.equal(worker.ask().outcome, 'waits')
  })
})

suite('probes', () => {
  test('ask for random names at the root, or in a domain of the route', () => {
    const root = setUp()
    root.clock.advance(400)
    assert.match(formatName(root.worker.probe.question), /^[0-9a-f]{16}\.[0-9a-f]{16}\.$/)
    const corp = setUp(['Corp.example'])
    corp.clock.advance(400)
    assert.match(formatName(corp.worker.probe.question), /^[0-9a-f]{16}\.corp\.example\.$/)
  })

  test('are seldom: one for a plan, then one in minutes, and none while nothing is asked', () => {
    const { clock, worker } = setUp()
    clock.advance(400)
    worker.transport.answer()
    clock.advance(900_000)
    assert.equal(worker.transport.inFlight, 0)
    worker.ask()
    clock.advance(1_500)
    assert.equal(worker.transport.inFlight, 2)
  })

  test('follow a query that was given up after long, not one that was overtaken', () => {
    const { clock, worker } = setUp()
    clock.advance(400)
    worker.transport.answer()
    clock.advance(20_000)
    const quick = worker.ask()
    clock.advance(50)
    worker.watched.cancel(quick.pending)
    clock.advance(1_500)
    assert.equal(worker.transport.inFlight, 0)
    const late = worker.ask()
    clock.advance(4_000)
    worker.watched.cancel(late.pending)
    worker.ask()
    clock.advance(1_500)
    assert.equal(worker.transport.inFlight, 2)
  })

  test('end with their plan', () => {
    const { clock, worker } = setUp()
    clock.advance(400)
    const { probe } = worker
    worker.watched.drain()
    assert.equal(worker.transport.inFlight, 0)
    assert.equal(arrive(worker.guard, probe), null)
    clock.advance(10_000)
    assert.equal(clock.timers, 0)
  })
})

suite('queries of others', () => {
  for (const name of [
    'www.example.org',
    '0000000000000000.example.org',
    'ffffffffffffffff',
    '12345678abcdefg0.example.org',
    '12345678ABCDEF00.example.org',
    '.',
  ]) {
    test(`go on: ${name}`, () => {
      const { clock, worker } = setUp()
      assert.equal(arrive(worker.guard, questionFor(name)), null)
      clock.advance(400)
      assert.equal(arrive(worker.guard, questionFor(name)), null)
    })
  }

  test('go on when they use a name of ours that is over', () => {
    const { clock, worker } = setUp()
    clock.advance(400)
    const { probe } = worker
    worker.transport.answer()
    clock.advance(250)
    assert.equal(arrive(worker.guard, probe), null)
  })
})
