import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { pack } from '../cache/pack.ts'
import { PackedAnswer } from '../cache/packed-answer.ts'
import { FlushCodec } from '../cache/stores/flush-codec.ts'
import { RecordCodec } from '../cache/stores/record.ts'
import { SharedCache } from '../cache/stores/shared-cache.ts'
import { MemoryStore, SharedMemory } from '../cache/stores/testing.ts'
import { Security } from '../dnssec/verdict.ts'
import { systemClock } from '../upstream/clock.ts'
import {
  type AnswerOrigin,
  type Exchange,
  UNVALIDATED,
  type UpstreamQuestion,
} from '../upstream/exchange.ts'
import type { AnswerScan } from '../wire/answer-scan.ts'
import { widen } from '../wire/client-subnet.ts'
import { QuestionKey } from '../wire/question-key.ts'
import { provenanceOf } from './provenance.ts'
import { SharedLane } from './shared-lane.ts'
import { type Answered, answer, FakeResolver, nameOf, read, recordsOf } from './testing.ts'

const bounds = { minTtl: 0, maxTtl: 86_400, negativeMaxTtl: 3_600, failureTtl: 5 }
const RECORDS = { answers: recordsOf('www.example.org. 60 IN A 192.0.2.1') }

const SECRETS = { secret: new Uint8Array(32).fill(7), sealed: false }

/** One proxy of a fleet, from the slow lane on. */
class Proxy {
  readonly store: MemoryStore
  readonly shared: SharedCache
  readonly upstream = new FakeResolver()
  readonly lane: SharedLane
  readonly claims: string[] = []
  /** Seconds by which its clock is ahead. */
  ahead = 0

  constructor(memory: SharedMemory, validates = false) {
    const wallNow = () => Date.now() + this.ahead * 1000
    this.store = new MemoryStore(memory, wallNow)
    this.shared = new SharedCache({
      store: this.store,
      codec: new RecordCodec(SECRETS),
      flushCodec: new FlushCodec(SECRETS),
      deadline: 20,
      maxLifetime: 86_400_000,
      now: () => performance.now(),
      wallNow,
      metrics: { lookedUp() {}, rejected() {}, written() {}, dropped() {} },
      events: {
        onStoreLost() {},
        onStoreBack() {},
        onWritesRefused() {},
        onWritesTaken() {},
        onFlush() {},
      },
    })
    this.lane = new SharedLane({
      shared: this.shared,
      next: this.upstream,
      clock: systemClock,
      wallNow,
      passesSubnets: true,
      validates: validates ? ({ checkingDisabled }) => !checkingDisabled : null,
      metrics: { claim: (event) => this.claims.push(event) },
    })
  }

  ask(options: AskingOptions = {}): Asking {
    const asking = new Asking(this.shared, options)
    this.lane.forward(asking)
    return asking
  }
}

interface AskingOptions {
  readonly isRenewal?: boolean
  readonly options?: Uint8Array
  readonly subnet?: Uint8Array
  readonly checkingDisabled?: boolean
}

/** What the slow lane is to this stage: takes one answer, and leaves it for others. */
class Asking implements Exchange {
  readonly question: UpstreamQuestion
  readonly startedAt = performance.now()
  readonly deadline = this.startedAt + 4_000
  readonly isRenewal: boolean
  readonly heard: { addresses: string[]; ttl: number; upstream: string; stored: boolean }[] = []
  readonly securities: (Security | null)[] = []
  /** For how large networks the answers were. */
  readonly scopes: number[] = []
  readonly #shared: SharedCache
  #resolve: () => void = () => {}
  readonly done = new Promise<void>((resolve) => {
    this.#resolve = resolve
  })

  constructor(shared: SharedCache, options: AskingOptions) {
    const name = nameOf('www.example.org')
    this.#shared = shared
    this.isRenewal = options.isRenewal ?? false
    this.question = {
      question: Uint8Array.of(...name, 0, 1, 0, 1),
      dnssecOk: false,
      checkingDisabled: options.checkingDisabled ?? false,
      options: options.options ?? null,
      subnet: options.subnet ?? null,
    }
  }

  onAnswer(scan: AnswerScan, upstream: string, _now: number, origin = UNVALIDATED): void {
    const { stored } = origin
    if (!stored) this.#keep(scan, upstream, origin)
    this.securities.push(origin.security)
    this.scopes.push(scan.subnetScope)
    const { answers } = read(scan.bytes.slice(scan.start, scan.start + scan.length))
    this.heard.push({
      addresses: answers.map(({ rdata }) => rdata.join('.')),
      ttl: answers[0]!.ttl,
      upstream,
      stored,
    })
    this.#resolve()
  }

  onFailure(): void {
    assert.fail()
  }

  #keep(scan: AnswerScan, upstream: string, origin: AnswerOrigin): void {
    const { question, checkingDisabled } = this.question
    const key = new QuestionKey(new Uint32Array(2))
    key.take(question, 0, question.length - 4)
    const packed = new PackedAnswer()
    pack(scan, key, bounds, packed)
    packed.provenance = provenanceOf(origin)
    const { subnet } = this.question
    const isForAll = subnet !== null && subnet[2] !== 0 && scan.subnetScope === 0
    const scope = isForAll ? widen(subnet) : subnet
    this.#shared.keep(question, checkingDisabled ? 2 : 0, packed, upstream, scope)
  }
}

const SUBNET = Uint8Array.of(0, 1, 24, 0, 198, 51, 100)
const OTHER_SUBNET = Uint8Array.of(0, 1, 24, 0, 198, 51, 101)
const SUBNET6 = Uint8Array.of(0, 2, 32, 0, 0x20, 1, 0x0d, 0xb8)
const NO_SUBNET = Uint8Array.of(0, 1, 0, 0)

/** An answer for a network as large as that, and the one that was asked for. */
function tailored({ question }: Exchange, scope: number): Answered {
  const data = question.subnet!.slice()
  data[3] = scope
  return { ...RECORDS, edns: { options: [{ code: 8, data }] } }
}

suite('the shared lane', () => {
  test('asks the upstream for what nobody has, and spares the next proxy that', async () => {
    const memory = new SharedMemory()
    const [one, other] = [new Proxy(memory), new Proxy(memory)]
    one.upstream.react = (exchange) => answer(exchange, RECORDS)
    const first = one.ask()
    await first.done
    await sleep(15)
    other.ahead = 20
    const second = other.ask()
    await second.done
    assert.equal(other.upstream.exchanges.length, 0)
    const [heard] = second.heard
    assert.deepEqual(heard, {
      addresses: ['192.0.2.1'],
      ttl: 40,
      upstream: 'upstream',
      stored: true,
    })
  })

  test('asks the upstream at once when the store is too slow, and uses what comes first', async () => {
    const proxy = new Proxy(new SharedMemory())
    proxy.store.mood = 'hung'
    const asking = proxy.ask()
    await sleep(40)
    assert.equal(proxy.upstream.exchanges.length, 1)
    answer(proxy.upstream.last, RECORDS)
    assert.equal(asking.heard[0]?.stored, false)
  })

  test('tells the upstream’s stage when its own part of the time begins', async () => {
    const proxy = new Proxy(new SharedMemory())
    proxy.store.mood = 'hung'
    const asking = proxy.ask()
    await sleep(40)
    const { startedAt, deadline } = proxy.upstream.last
    assert.ok(startedAt >= asking.startedAt + 15)
    assert.equal(deadline, asking.deadline)
  })

  test('leaves questions with options of their own to the upstream', () => {
    const proxy = new Proxy(new SharedMemory())
    proxy.ask({ options: Uint8Array.of(0, 3, 0, 0) })
    assert.equal(proxy.upstream.exchanges.length, 1)
    assert.deepEqual(
      proxy.store.calls.filter((call) => call !== 'flushes'),
      [],
    )
  })

  test('an answer near its end lives no longer for having been in the store', async () => {
    const memory = new SharedMemory()
    const [one, other] = [new Proxy(memory), new Proxy(memory)]
    one.upstream.react = (exchange) => answer(exchange, RECORDS)
    await one.ask().done
    await sleep(15)
    other.ahead = 59
    const last = other.ask()
    await last.done
    assert.deepEqual([last.heard[0]!.ttl, last.heard[0]!.stored], [1, true])
    other.ahead = 60
    other.upstream.react = (exchange) => answer(exchange, RECORDS)
    const over = other.ask()
    await over.done
    assert.deepEqual([over.heard[0]!.ttl, over.heard[0]!.stored], [60, false])
  })

  test('an answer with a TTL of 0 is not left for others (RFC 1035 §3.2.1)', async () => {
    const memory = new SharedMemory()
    const proxy = new Proxy(memory)
    const zero = { answers: recordsOf('www.example.org. 0 IN A 192.0.2.1') }
    proxy.upstream.react = (exchange) => answer(exchange, zero)
    await proxy.ask().done
    await sleep(15)
    assert.ok(!proxy.store.calls.some((call) => call.startsWith('put')))
  })

  test('what is for one network is for that one alone in the store too (RFC 7871)', async () => {
    const memory = new SharedMemory()
    const [one, other] = [new Proxy(memory), new Proxy(memory)]
    one.upstream.react = (exchange) => answer(exchange, tailored(exchange, 24))
    await one.ask({ subnet: SUBNET }).done
    await sleep(15)
    const same = other.ask({ subnet: SUBNET })
    await same.done
    assert.equal(other.upstream.exchanges.length, 0)
    assert.deepEqual(same.scopes, [24])
    other.upstream.react = (exchange) => answer(exchange, RECORDS)
    for (const subnet of [OTHER_SUBNET, SUBNET6, NO_SUBNET, undefined]) {
      const asking = other.ask(subnet === undefined ? {} : { subnet })
      await asking.done
      assert.equal(asking.heard[0]!.stored, false)
    }
  })

  test('what is for all networks of a family is found by them all, and by no others', async () => {
    const memory = new SharedMemory()
    const [one, other] = [new Proxy(memory), new Proxy(memory)]
    one.upstream.react = (exchange) => answer(exchange, tailored(exchange, 0))
    await one.ask({ subnet: SUBNET }).done
    await sleep(15)
    for (const subnet of [SUBNET, OTHER_SUBNET]) {
      const asking = other.ask({ subnet })
      await asking.done
      assert.deepEqual(asking.scopes, [0])
      assert.equal(asking.heard[0]!.stored, true)
    }
    other.upstream.react = (exchange) => answer(exchange, RECORDS)
    for (const subnet of [SUBNET6, NO_SUBNET, undefined]) {
      const asking = other.ask(subnet === undefined ? {} : { subnet })
      await asking.done
      assert.equal(asking.heard[0]!.stored, false)
    }
  })

  test('of a hundred proxies that want to know the same, one asks', async () => {
    const memory = new SharedMemory()
    const proxies = Array.from({ length: 100 }, () => new Proxy(memory))
    for (const { upstream } of proxies) {
      upstream.react = (exchange) => setTimeout(() => answer(exchange, RECORDS), 20)
    }
    const askings = proxies.map((proxy) => proxy.ask())
    await Promise.all(askings.map(({ done }) => done))
    const asked = proxies.reduce((sum, { upstream }) => sum + upstream.exchanges.length, 0)
    assert.equal(asked, 1)
    assert.equal(proxies.filter(({ claims }) => claims.includes('spared')).length, 99)
  })

  test('takes what another has validated, and hands on what was found', async () => {
    const memory = new SharedMemory()
    const [one, other] = [new Proxy(memory, true), new Proxy(memory, true)]
    const origin = { stored: false, security: Security.Secure }
    one.upstream.react = (exchange) => answer(exchange, RECORDS, origin)
    const first = one.ask()
    await first.done
    await sleep(15)
    const second = other.ask()
    await second.done
    assert.deepEqual([first.securities, second.securities], [['secure'], ['secure']])
    assert.equal(other.upstream.exchanges.length, 0)
  })

  test('takes nothing that nobody has validated, but from those who check themselves', async () => {
    const memory = new SharedMemory()
    const [careless, careful] = [new Proxy(memory), new Proxy(memory, true)]
    careless.upstream.react = (exchange) => answer(exchange, RECORDS)
    careful.upstream.react = (exchange) => answer(exchange, RECORDS)
    await careless.ask().done
    await careless.ask({ checkingDisabled: true }).done
    await sleep(15)
    const [asking, checking] = [careful.ask(), careful.ask({ checkingDisabled: true })]
    await Promise.all([asking.done, checking.done])
    assert.deepEqual([asking.heard[0]!.stored, checking.heard[0]!.stored], [false, true])
  })

  test('asks itself when the winner of a claim has died', async () => {
    const memory = new SharedMemory()
    const [dead, alive] = [new Proxy(memory), new Proxy(memory)]
    dead.ask()
    await sleep(5)
    alive.upstream.react = (exchange) => answer(exchange, RECORDS)
    const asking = alive.ask()
    await asking.done
    assert.equal(asking.heard[0]?.stored, false)
  })

  test('renews from the upstream, not from what others had before', async () => {
    const memory = new SharedMemory()
    const [one, other] = [new Proxy(memory), new Proxy(memory)]
    one.upstream.react = (exchange) => answer(exchange, RECORDS)
    await one.ask().done
    await sleep(15)
    other.ahead = 55
    const renewal = other.ask({ isRenewal: true })
    await sleep(15)
    assert.equal(other.upstream.exchanges.length, 1)
    assert.equal(renewal.heard.length, 0)
  })
})
