import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { CountingMetrics } from '../../../test/support/dot-upstream-options.ts'
import { questionFor } from '../../../test/support/exchanges.ts'
import { PlainServer, type PlainServerOptions } from '../../../test/support/plain-server.ts'
import { AnswerScan } from '../../wire/answer-scan.ts'
import { systemClock } from '../clock.ts'
import { FailureKind } from '../exchange.ts'
import { RandomIds } from '../dot/in-flight.ts'
import { PendingQuery } from '../pending-query.ts'
import { PlainPool } from './plain-pool.ts'
import { TimerWheel } from '../timer-wheel.ts'
import { Traffic } from '../dot/traffic.ts'

interface Outcome {
  readonly message: Buffer | null
  readonly kind: FailureKind | null
}

class Asker {
  readonly metrics = new CountingMetrics()
  readonly pool: PlainPool
  readonly #wheel = new TimerWheel({ clock: systemClock })

  constructor(port: number, { maxWaiting = 10 } = {}) {
    this.pool = new PlainPool({
      upstream: { name: 'corp', address: '127.0.0.1', port },
      maxWaiting,
      tools: {
        clock: systemClock,
        wheel: this.#wheel,
        scan: new AnswerScan(),
        ids: new RandomIds(),
        traffic: new Traffic(),
      },
      metrics: this.metrics,
    })
  }

  ask(name: string, { timeout = 5_000, question = questionFor(name) } = {}): Promise<Outcome> {
    return new Promise((resolve) => {
      const pending = new PendingQuery(
        {
          onPendingAnswer: (_, { bytes, start, length }) => {
            this.#wheel.cancel(pending)
            resolve({ message: Buffer.from(bytes.slice(start, start + length)), kind: null })
          },
          onPendingFailure: (_, kind) => {
            this.#wheel.cancel(pending)
            resolve({ message: null, kind })
          },
          onPendingExpired: () => {
            this.pool.cancel(pending)
            this.pool.health.onFailure(FailureKind.Timeout, systemClock.now())
            resolve({ message: null, kind: FailureKind.Timeout })
          },
        },
        question,
      )
      this.#wheel.schedule(pending, systemClock.now() + timeout)
      this.pool.submit(pending)
    })
  }
}

async function setUp(options: PlainServerOptions = {}) {
  const server = await PlainServer.start(options)
  const asker = new Asker(server.port)
  return {
    server,
    asker,
    counts: asker.metrics.counts,
    async [Symbol.asyncDispose]() {
      asker.pool.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

const flag = { TC: 0x0200 }

suite('a plain upstream', { concurrency: 8 }, () => {
  test('is asked over UDP, with a port and an ID of its own for each query (RFC 5452 §4.5)', async () => {
    await using it = await setUp()
    for (let i = 0; i < 20; i++) {
      assert.ok((await it.asker.ask(`${i}.corp.example`)).message !== null)
    }
    const ports = new Set(it.server.udpQueries.map(({ from }) => from.port))
    const ids = new Set(it.server.udpQueries.map(({ served }) => served.id))
    assert.ok(ports.size > 15 && ids.size > 15, `${ports.size} ports, ${ids.size} IDs`)
    assert.equal(it.server.tcpQueries.length, 0)
  })

  test('gets DO, CD and carried options, and no padding', async () => {
    await using it = await setUp()
    const options = Uint8Array.of(0xfd, 0xe9, 0, 1, 7)
    const question = {
      ...questionFor('www.corp.example'),
      dnssecOk: true,
      checkingDisabled: true,
      options,
    }
    await it.asker.ask('www.corp.example', { question })
    const { message } = it.server.udpQueries[0]!.served
    const opt = message.subarray(12 + question.question.length)
    assert.equal(message.readUInt16BE(2), 0x0130)
    assert.deepEqual([...opt], [0, 0, 41, 4, 0xd0, 0, 0, 0x80, 0, 0, 5, ...options])
  })

  test('is asked again when a datagram gets lost, from the same port with the same ID', async () => {
    let lost = 0
    await using it = await setUp({
      onUdp: (query) => {
        if (++lost > 1) query.answer()
      },
    })
    assert.ok((await it.asker.ask('www.corp.example')).message !== null)
    const [first, second] = it.server.udpQueries
    assert.equal(first!.from.port, second!.from.port)
    assert.deepEqual(first!.served.message, second!.served.message)
  })

  test('is asked over TCP when the answer is cut short (RFC 7766 §5)', async () => {
    await using it = await setUp({
      onUdp: (query) => query.answer({ flags: flag.TC }),
      onTcp: (query) => query.answer({ texts: 100 }),
    })
    const { message } = await it.asker.ask('www.corp.example')
    assert.ok(message!.length > 25_000)
    assert.deepEqual(it.server.tcpQueries[0]!.message, it.server.udpQueries[0]!.served.message)
  })

  test('an answer with another ID or question counts for nothing (RFC 5452 §9.1)', async () => {
    await using it = await setUp({
      onUdp: (query) => {
        query.answer({ id: query.served.id ^ 1 })
        query.answer({ question: questionFor('www.corp.example', 28).question })
        query.answer({ question: questionFor('wwx.corp.example').question })
        query.answer({ address: [192, 0, 2, 77] })
      },
    })
    const { message } = await it.asker.ask('www.corp.example')
    assert.deepEqual([...message!.subarray(-4)], [192, 0, 2, 77])
    assert.equal(it.counts['answerUnmatched'], 3)
  })

  test('an answer from another port is not heard', async () => {
    await using forger = await PlainServer.start()
    await using it = await setUp({
      onUdp: (query) => {
        forger.sendTo(query.from.port, query.forge({ address: [192, 0, 2, 66] }))
        setTimeout(() => query.answer(), 50)
      },
    })
    const { message } = await it.asker.ask('www.corp.example')
    assert.deepEqual([...message!.subarray(-4)], [192, 0, 2, 1])
  })

  test('somebody who guesses IDs drives the query to TCP', async () => {
    await using it = await setUp({
      onUdp: (query) => {
        for (let i = 1; i <= 40; i++) query.answer({ id: query.served.id ^ i })
      },
    })
    assert.ok((await it.asker.ask('www.corp.example')).message !== null)
    assert.equal(it.server.tcpQueries.length, 1)
  })

  test('a malformed answer is a failure at once', async () => {
    await using it = await setUp({
      onUdp: (query) => query.send(query.forge({}).subarray(0, -2)),
    })
    const { kind } = await it.asker.ask('www.corp.example')
    assert.equal(kind, FailureKind.Malformed)
    assert.equal(it.server.udpQueries.length, 1)
  })

  test('an error without its question is a failure at once', async () => {
    await using it = await setUp({
      onUdp: (query) => query.answer({ question: new Uint8Array(0), rcode: 1, address: null }),
    })
    assert.equal((await it.asker.ask('www.corp.example')).kind, FailureKind.Malformed)
  })

  test('a port that nobody listens on is a failure at once, and is tried until somebody does', async () => {
    const gone = await PlainServer.start()
    const { port } = gone
    await gone[Symbol.asyncDispose]()
    const asker = new Asker(port)
    assert.equal((await asker.ask('www.corp.example')).kind, FailureKind.Connect)
    assert.equal(asker.pool.health.usable(), false)
    await using back = await PlainServer.start({ port })
    while (!asker.pool.health.usable()) await delay(5)
    assert.ok((await asker.ask('www.corp.example')).message !== null)
    assert.ok(back.udpQueries.length >= 2)
    asker.pool.close()
  })

  test('silence puts it out of use, until it answers a probe', async () => {
    let silent = true
    await using it = await setUp({
      onUdp: (query) => {
        if (!silent) query.answer()
      },
    })
    for (let i = 0; i < 3; i++) await it.asker.ask(`${i}.corp.example`, { timeout: 20 })
    assert.equal(it.asker.pool.health.usable(), false)
    silent = false
    while (!it.asker.pool.health.usable()) await delay(5)
  })

  test('takes so many at once; others wait, and too many are turned away', async () => {
    await using it = await setUp({ onUdp: (query) => setTimeout(() => query.answer(), 100) })
    const asked = Array.from({ length: 270 }, (_, i) => it.asker.ask(`${i}.corp.example`))
    assert.deepEqual([it.asker.pool.inFlight, it.asker.pool.waiting], [256, 10])
    const outcomes = await Promise.all(asked)
    assert.equal(outcomes.filter(({ kind }) => kind === FailureKind.Overload).length, 4)
    assert.equal(outcomes.filter(({ message }) => message !== null).length, 266)
  })

  test('drained, it answers what is under way and takes nothing new', async () => {
    await using it = await setUp({ onUdp: (query) => setTimeout(() => query.answer(), 30) })
    const asked = it.asker.ask('www.corp.example')
    it.asker.pool.drain()
    const late = await it.asker.ask('late.corp.example')
    assert.equal(late.kind, FailureKind.Shutdown)
    assert.ok((await asked).message !== null)
  })

  test('closed, everything under way fails', async () => {
    await using it = await setUp({ onUdp() {} })
    const asked = it.asker.ask('www.corp.example')
    it.asker.pool.close()
    assert.equal((await asked).kind, FailureKind.Shutdown)
    assert.equal(it.asker.pool.inFlight, 0)
  })
})
