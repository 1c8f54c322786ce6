import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createTestCa, type TestCa } from '../../../test/support/certificates.ts'
import {
  DotServer,
  type DotServerOptions,
  type ServedConnection,
  type ServedQuery,
} from '../../../test/support/dot-server.ts'
import {
  CountingMetrics,
  DOT_NAME,
  IN_ORDER,
  QUICK_LIMITS,
  upstreamAt,
} from '../../../test/support/dot-upstream-options.ts'
import { ask, questionFor } from '../../../test/support/exchanges.ts'
import { DotForwarder } from '../../../test/support/dot-forwarder.ts'
import type { UpstreamLimits } from '../options.ts'
import { SessionStore } from '../tls/session-store.ts'

let ca: TestCa
before(() => {
  ca = createTestCa()
})
after(() => ca[Symbol.dispose]())

async function setUp(
  react?: (query: ServedQuery) => void,
  limits: Partial<UpstreamLimits> = {},
  options: Partial<DotServerOptions> = {},
) {
  const certificate = ca.issue({ names: [DOT_NAME] })
  const server = await DotServer.start({ certificate, ...(react && { react }), ...options })
  const metrics = new CountingMetrics()
  const forwarder = new DotForwarder({
    upstreams: [upstreamAt(server, ca, { name: 'dot' })],
    sessions: new SessionStore(),
    ...IN_ORDER,
    limits: { ...QUICK_LIMITS, ...limits },
    metricsFor: () => metrics,
  })
  return {
    server,
    forwarder,
    counts: metrics.counts,
    async [Symbol.asyncDispose]() {
      forwarder.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

const names = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `n${i}.example.org`)

/** Keepalive option (RFC 7828 §3.1) of so many units of 100 ms. */
const keepalive = (units: number): Uint8Array => Uint8Array.of(0, 11, 0, 2, units >> 8, units & 255)

describe('connections to one upstream', () => {
  test('pipelines queries on one connection and takes answers in any order (RFC 7766 §6.2.1.1)', async () => {
    const held: ServedQuery[] = []
    await using it = await setUp((query) => {
      held.push(query)
      if (held.length === 50) for (const one of held.toReversed()) one.answer()
    })
    const outcomes = await Promise.all(names(50).map((name) => ask(it.forwarder, name)))
    for (const [i, { answer }] of outcomes.entries()) {
      assert.equal(answer?.message.toString('latin1', 13, 13 + answer.message[12]!), `n${i}`)
    }
    assert.equal(it.server.connections, 1)
    assert.equal(new Set(held.map(({ id }) => id)).size, 50)
  })

  test('writes all queries of a tick together', async () => {
    let connection: ServedConnection | null = null
    await using it = await setUp((query) => {
      connection = query.connection
      query.answer()
    })
    await ask(it.forwarder, 'first.example.org')
    await Promise.all(names(60).map((name) => ask(it.forwarder, name)))
    // 60 queries of 130 octets fit one TLS record, and a record arrives whole.
    assert.equal(connection!.reads, 2)
  })

  test('matches the name of an answer whatever its letter case (RFC 4343 §3)', async () => {
    await using it = await setUp((query) => {
      query.answer({
        question: Buffer.from(query.question.toString('latin1').toUpperCase(), 'latin1'),
      })
    })
    assert.ok((await ask(it.forwarder, 'abc.example.org')).answer)
  })

  test('drops and counts an answer with a foreign ID, and takes the right one after it', async () => {
    await using it = await setUp((query) => {
      query.answer({ id: query.id ^ 0x8000 })
      query.answer({ question: questionFor('other.example.org').question })
      query.answer()
      query.answer()
    })
    const { answer, calls } = await ask(it.forwarder, 'www.example.org')
    assert.ok(answer)
    await ask(it.forwarder, 'www2.example.org')
    assert.equal(calls, 1)
    assert.ok((it.counts['answerUnmatched'] ?? 0) >= 5)
  })

  test('takes an answer of 65,535 octets', async () => {
    await using it = await setUp((query) => {
      // 244 TXT records of 268 octets, the header and question, and an OPT record fill it up.
      const rest = 65_535 - 12 - query.question.length - 244 * 268 - 11
      const padding = Buffer.alloc(rest)
      padding.writeUInt16BE(12, 0)
      padding.writeUInt16BE(rest - 4, 2)
      query.answer({ texts: 244, options: padding })
    })
    const outcomes = await Promise.all(names(3).map((name) => ask(it.forwarder, name)))
    for (const { answer } of outcomes) assert.equal(answer?.message.length, 65_535)
  })

  test('sends a query again, once, on a fresh connection when its own closes unanswered', async () => {
    await using it = await setUp((query) => {
      if (query.connection.number === 1 && query.connection.queries > 1) query.connection.close()
      else query.answer()
    })
    assert.ok((await ask(it.forwarder, 'first.example.org')).answer)
    const outcomes = await Promise.all(names(20).map((name) => ask(it.forwarder, name)))
    for (const { answer, calls } of outcomes) {
      assert.ok(answer)
      assert.equal(calls, 1)
    }
    assert.equal(it.server.connections, 2)
    assert.equal(it.counts['queryResent'], 20)
  })

  test('does not lose a query when the upstream closes idle connections all the time', async () => {
    await using it = await setUp((query) => {
      query.answer()
      query.connection.close()
    })
    for (const name of names(20)) assert.ok((await ask(it.forwarder, name)).answer, name)
  })

  test('destroys a connection that is silent while queries wait, and asks on another', async () => {
    await using it = await setUp((query) => {
      if (query.connection.number > 1) query.answer()
    })
    const outcomes = await Promise.all(names(10).map((name) => ask(it.forwarder, name)))
    for (const { answer } of outcomes) assert.ok(answer)
    assert.equal(it.counts['failed stalled'], 10)
  })

  test('keeps a connection on which only slow names wait: it gives a sign of life when asked', async () => {
    await using it = await setUp((query) => {
      if (query.label === '1') query.answer({ address: null })
    })
    const slow = ask(it.forwarder, 'slow.example.org', { timeout: 1_500 })
    assert.equal((await slow).failure?.detail, 'no answer in time')
    assert.equal(it.server.connections, 1)
    assert.equal(it.counts['connectionClosed'], undefined)
    assert.equal(it.server.queries, it.counts['querySent'])
  })

  test('learns that all answers are late, signs of life among them, though handshakes are not', async () => {
    await using it = await setUp(
      (query) => {
        setTimeout(() => query.answer(), 250)
      },
      { stallTimeout: 2_000 },
    )
    const outcomes = []
    for (const name of names(4)) outcomes.push(await ask(it.forwarder, name, { timeout: 5_000 }))
    assert.ok(outcomes.at(-1)!.answer)
    assert.ok(it.counts['failed stalled']! > 0)
  })

  test('gives up a connection on which answers to nothing come without end', async () => {
    await using it = await setUp(
      (query) => {
        for (let i = 0; i < 1_000; i++) query.answer({ id: query.id ^ 1 })
      },
      { maxInFlight: 64 },
    )
    const { failure } = await ask(it.forwarder, 'www.example.org')
    assert.equal(failure?.kind, 'malformed')
    // Asked twice, since there is no other upstream: each time on a connection of its own.
    assert.equal(it.counts['connectionClosed'], 2)
    assert.equal(it.counts['answerUnmatched'], 2 * (4 * 64 + 1))
  })

  test('the deadline of a query holds on a connection that answers others', async () => {
    await using it = await setUp((query) => {
      if (query.label !== 'silent') query.answer()
    })
    const silent = ask(it.forwarder, 'silent.example.org', { timeout: 500 })
    for (let i = 0; i < 40; i++) {
      assert.ok((await ask(it.forwarder, 'other.example.org')).answer)
      await delay(20)
    }
    assert.equal((await silent).failure?.kind, 'timeout')
    assert.equal(it.server.connections, 1)
  })

  test('opens another connection where one is full, up to the bound, and lets the rest wait', async () => {
    const held: ServedQuery[] = []
    await using it = await setUp((query) => held.push(query), {
      maxInFlight: 10,
      maxConnections: 3,
      maxWaiting: 20,
    })
    const asked = names(55).map((name) => ask(it.forwarder, name, { timeout: 10_000 }))
    const overload = await Promise.race(asked)
    assert.equal(overload.failure?.kind, 'overload')
    while (held.length < 20) await delay(5)
    assert.equal(it.server.connections, 2)
    for (const query of held) query.answer()
    const outcomes = await Promise.all(asked)
    assert.equal(outcomes.filter(({ failure }) => failure?.kind === 'overload').length, 35)
    assert.equal(outcomes.filter(({ answer }) => answer !== null).length, 20)
  })

  test('queries wait for room when no more connections may be opened', async () => {
    let most = 0
    let under = 0
    await using it = await setUp(
      (query) => {
        most = Math.max(most, ++under)
        setImmediate(() => {
          under--
          query.answer()
        })
      },
      { maxInFlight: 5, maxConnections: 1 },
    )
    const outcomes = await Promise.all(names(40).map((name) => ask(it.forwarder, name)))
    for (const { answer } of outcomes) assert.ok(answer)
    assert.equal(it.server.connections, 1)
    assert.ok(most <= 5)
  })

  test('a handshake that stalls gets a rival, and queries go with the first that ends', async () => {
    let sockets = 0
    await using it = await setUp(
      undefined,
      { raceAfter: 100, connectTimeout: 5_000 },
      {
        tls: {
          SNICallback: (_name, callback) => {
            if (++sockets > 1) callback(null)
          },
        },
      },
    )
    assert.ok((await ask(it.forwarder, 'www.example.org', { timeout: 4_000 })).answer)
    assert.equal(sockets, 2)
  })

  test('closes an idle connection before the upstream does (RFC 7766 §6.2.3)', async () => {
    await using it = await setUp(undefined, { idleTimeout: 100 })
    assert.ok((await ask(it.forwarder, 'www.example.org')).answer)
    while (it.counts['connectionClosed'] === undefined) await delay(20)
    assert.ok((await ask(it.forwarder, 'www.example.org')).answer)
    assert.equal(it.server.connections, 2)
    assert.equal(it.counts['queryResent'], undefined)
  })

  test('learns when the upstream closes idle connections, and closes before (RFC 7766 §6.2.3)', async () => {
    await using it = await setUp((query) => {
      query.answer()
      if (query.connection.number === 1) setTimeout(() => query.connection.close(), 1_100)
    })
    assert.ok((await ask(it.forwarder, 'www.example.org')).answer)
    const closed = (): number => it.counts['connectionClosed'] ?? 0
    while (closed() < 1) await delay(20)
    assert.ok((await ask(it.forwarder, 'www.example.org')).answer)
    while (closed() < 2) await delay(20)
    assert.equal(it.server.connections, 2)
  })

  test('keeps a connection as short as the upstream says (RFC 7828 §3.2.2)', async () => {
    await using it = await setUp((query) => query.answer({ options: keepalive(2) }))
    assert.ok((await ask(it.forwarder, 'www.example.org')).answer)
    while (it.counts['connectionClosed'] === undefined) await delay(20)
  })

  test('sends nothing more on a connection that the upstream wants closed (RFC 7828 §3.2.2)', async () => {
    const held: ServedQuery[] = []
    await using it = await setUp((query) => {
      if (query.label === 'held') held.push(query)
      else query.answer({ options: keepalive(0) })
    })
    const last = ask(it.forwarder, 'held.example.org')
    assert.ok((await ask(it.forwarder, 'a.example.org')).answer)
    assert.ok((await ask(it.forwarder, 'b.example.org')).answer)
    assert.equal(it.server.connections, 2)
    held[0]!.answer()
    assert.ok((await last).answer)
    while ((it.counts['connectionClosed'] ?? 0) < 2) await delay(20)
  })

  test('probes: how fast an upstream answers, or why it does not', async () => {
    await using it = await setUp()
    const [good] = await it.forwarder.probe(2_000)
    assert.ok(good?.answered && good.upstream === 'dot' && good.ms >= 0)
    it.server.react = () => {}
    const [silent] = await it.forwarder.probe(100)
    assert.ok(silent?.answered === false && silent.failure.kind === 'timeout')
  })
})
