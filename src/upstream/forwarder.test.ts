import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createTestCa, type TestCa, type TestCertificate } from '../../test/support/certificates.ts'
import { DotServer, type ServedQuery } from '../../test/support/dot-server.ts'
import {
  CountingMetrics,
  DOT_NAME,
  IN_ORDER,
  QUICK_LIMITS,
  upstreamAt,
} from '../../test/support/dot-upstream-options.ts'
import { ask, questionFor } from '../../test/support/exchanges.ts'
import { DotForwarder } from '../../test/support/dot-forwarder.ts'
import { RecordType } from '../wire/record-type.ts'
import { SessionStore } from './tls/session-store.ts'

let ca: TestCa
let certificate: TestCertificate
before(() => {
  ca = createTestCa()
  certificate = ca.issue({ names: [DOT_NAME] })
})
after(() => ca[Symbol.dispose]())

type React = (query: ServedQuery) => void

/** Servers named `a`, `b`, …, and a forwarder that asks them in this order. */
async function setUp(...reactions: (React | undefined)[]) {
  const servers = await Promise.all(
    reactions.map((react) => DotServer.start({ certificate, ...(react && { react }) })),
  )
  const metrics = servers.map(() => new CountingMetrics())
  const upstreams = servers.map((server, i) => upstreamAt(server, ca, { name: 'abc'[i]! }))
  const forwarder = new DotForwarder({
    upstreams,
    sessions: new SessionStore(),
    ...IN_ORDER,
    limits: QUICK_LIMITS,
    metricsFor: ({ name }) => metrics['abc'.indexOf(name)]!,
  })
  return {
    servers,
    forwarder,
    upstreams,
    counts: metrics.map(({ counts }) => counts),
    async [Symbol.asyncDispose]() {
      forwarder.close()
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()))
    },
  }
}

const refuse =
  (rcode: number, extendedError?: number): React =>
  (query) => {
    const options =
      extendedError === undefined ? {} : { options: Uint8Array.of(0, 15, 0, 2, 0, extendedError) }
    query.answer({ rcode, ...options })
  }

describe('upstreams in order', { concurrency: 6 }, () => {
  test('asks the first upstream only, while it answers', async () => {
    await using it = await setUp(undefined, undefined)
    for (let i = 0; i < 5; i++) {
      assert.equal((await ask(it.forwarder, `${i}.example.org`)).answer?.upstream, 'a')
    }
    assert.equal(it.servers[1]!.connections, 0)
  })

  test('asks the next upstream when the first refuses connections', async () => {
    await using it = await setUp(undefined, undefined)
    await it.servers[0]![Symbol.asyncDispose]()
    const { answer } = await ask(it.forwarder, 'www.example.org')
    assert.equal(answer?.upstream, 'b')
    assert.ok(it.counts[0]!['failed connect'])
    it.servers[0] = await DotServer.start({ certificate })
  })

  test('asks those that a question avoids only where there is nobody else', async () => {
    await using it = await setUp(undefined, undefined)
    const avoiding = async (...avoid: string[]) => {
      const question = { ...questionFor('www.example.org'), avoid }
      return (await ask(it.forwarder, 'www.example.org', { question })).answer?.upstream
    }
    assert.equal(await avoiding('a'), 'b')
    assert.equal(await avoiding('a', 'b'), 'a')
    assert.equal(await avoiding('b', 'unknown'), 'a')
    assert.equal(it.forwarder.hasOther(['a']), true)
    assert.equal(it.forwarder.hasOther(['a', 'b']), false)
    await it.servers[1]![Symbol.asyncDispose]()
    assert.equal(await avoiding('a'), 'a')
    it.servers[1] = await DotServer.start({ certificate })
  })

  test('a silent upstream leaves the next one its share of the time', async () => {
    await using it = await setUp(() => {}, undefined)
    const { answer } = await ask(it.forwarder, 'www.example.org', { timeout: 2_000 })
    assert.equal(answer?.upstream, 'b')
  })

  for (const rcode of [1, 2, 4, 5, 7, 8, 9, 10, 11, 15]) {
    test(`asks the next upstream when one answers with response code ${rcode}`, async () => {
      await using it = await setUp(refuse(rcode), undefined)
      const { answer } = await ask(it.forwarder, 'www.example.org')
      assert.equal(answer?.upstream, 'b')
    })
  }

  test('takes NXDOMAIN for an answer', async () => {
    await using it = await setUp(refuse(3), undefined)
    const { answer } = await ask(it.forwarder, 'www.example.org')
    assert.equal(answer?.upstream, 'a')
    assert.equal(answer.rcode, 3)
  })

  for (const [error, what] of [
    [6, 'DNSSEC Bogus'],
    [7, 'Signature Expired'],
    [12, 'NSEC Missing'],
    [17, 'Filtered'],
    [27, 'Unsupported NSEC3 Iterations'],
  ] as const) {
    test(`takes SERVFAIL with the extended error ${what} for an answer (RFC 8914 §4)`, async () => {
      await using it = await setUp(refuse(2, error), undefined)
      const { answer } = await ask(it.forwarder, 'www.example.org')
      assert.equal(answer?.upstream, 'a')
      assert.equal(answer.rcode, 2)
    })
  }

  for (const [error, by] of [
    [6, 'b'],
    [17, 'a'],
  ] as const) {
    test(`asks ${by === 'b' ? 'the next' : 'no other'} upstream after the extended error ${error} where checking was disabled (RFC 4035 §3.2.2)`, async () => {
      await using it = await setUp(refuse(2, error), undefined)
      const question = { ...questionFor('www.example.org'), checkingDisabled: true }
      const { answer } = await ask(it.forwarder, 'www.example.org', { question })
      assert.equal(answer?.upstream, by)
    })
  }

  test('asks one more upstream after a refusal, not all of them', async () => {
    await using it = await setUp(refuse(2), refuse(5), undefined)
    const { answer } = await ask(it.forwarder, 'www.example.org')
    assert.equal(answer?.upstream, 'b')
    assert.equal(answer.rcode, 5)
    assert.equal(it.servers[2]!.queries, 0)
  })

  test('hands on a refusal when nobody else answers at all', async () => {
    await using it = await setUp(refuse(2, 22), () => {})
    const { answer, calls } = await ask(it.forwarder, 'www.example.org', { timeout: 2_000 })
    assert.equal(answer?.upstream, 'a')
    assert.equal(answer.rcode, 2)
    assert.equal(calls, 1)
  })

  const garble: React = (query) => query.connection.sendMessage(query.message)

  test('asks once more after a malformed answer, and then no more', async () => {
    await using it = await setUp(garble)
    const { failure } = await ask(it.forwarder, 'www.example.org')
    assert.equal(failure?.kind, 'malformed')
    assert.equal(it.servers[0]!.queries, 2)
  })

  test('takes a right answer behind a malformed one from the same upstream', async () => {
    let count = 0
    await using it = await setUp((query) => (++count === 1 ? garble(query) : query.answer()))
    assert.equal((await ask(it.forwarder, 'www.example.org')).answer?.upstream, 'a')
  })

  test('asks who was malformed no more while there is somebody else', async () => {
    let count = 0
    await using it = await setUp(garble, (query) => {
      if (++count < 3) query.connection.socket.destroy()
      else query.answer()
    })
    assert.equal((await ask(it.forwarder, 'www.example.org')).answer?.upstream, 'b')
    assert.equal(it.servers[0]!.queries, 1)
  })

  test('asks a server that closes at every query a bounded number of times', async () => {
    await using it = await setUp((query) => query.connection.close())
    const { failure } = await ask(it.forwarder, 'www.example.org')
    assert.equal(failure?.kind, 'closed')
    assert.ok(it.servers[0]!.queries <= 6, `${it.servers[0]!.queries} queries`)
  })

  test('asks an upstream that failed again and again last, until it is back', async () => {
    let silent = true
    let asked = 0
    await using it = await setUp((query) => {
      if (query.question.at(-3) === RecordType.A) asked++
      if (!silent) query.answer()
    }, undefined)
    const first = Array.from({ length: 5 }, (_, i) => ask(it.forwarder, `${i}.example.org`))
    for (const { answer } of await Promise.all(first)) assert.equal(answer?.upstream, 'b')
    const askedThen = asked
    const second = Array.from({ length: 20 }, (_, i) => ask(it.forwarder, `x${i}.example.org`))
    for (const { answer } of await Promise.all(second)) assert.equal(answer?.upstream, 'b')
    assert.equal(asked, askedThen)
    silent = false
    for (;;) {
      const { answer } = await ask(it.forwarder, 'back.example.org')
      if (answer?.upstream === 'a') break
      await delay(50)
    }
  })

  test('asks a demoted upstream all the same when it is the only one', async () => {
    let silent = true
    await using it = await setUp((query) => {
      if (!silent) query.answer()
    })
    const lost = Array.from({ length: 5 }, (_, i) => {
      return ask(it.forwarder, `${i}.example.org`, { timeout: 300 })
    })
    for (const { failure } of await Promise.all(lost)) assert.ok(failure)
    silent = false
    assert.ok((await ask(it.forwarder, 'www.example.org')).answer)
  })

  test('loses no query when the upstream that has them all is killed', async () => {
    await using it = await setUp(() => {}, undefined)
    const asked = Array.from({ length: 50 }, (_, i) => ask(it.forwarder, `${i}.example.org`))
    while (it.servers[0]!.queries < 50) await delay(5)
    await it.servers[0]![Symbol.asyncDispose]()
    for (const { answer } of await Promise.all(asked)) assert.equal(answer?.upstream, 'b')
    it.servers[0] = await DotServer.start({ certificate })
  })

  test('drains: answers what is under way, takes nothing new', async () => {
    const held: ServedQuery[] = []
    await using it = await setUp((query) => held.push(query))
    const underWay = ask(it.forwarder, 'www.example.org')
    while (held.length === 0) await delay(5)
    const drained = it.forwarder.drain()
    assert.equal((await ask(it.forwarder, 'late.example.org')).failure?.kind, 'shutdown')
    held[0]!.answer()
    assert.ok((await underWay).answer)
    await drained
    assert.equal(it.forwarder.active, 0)
  })

  test('fails what is under way when it is closed, once', async () => {
    await using it = await setUp(() => {}, undefined)
    const asked = Array.from({ length: 5 }, (_, i) => ask(it.forwarder, `${i}.example.org`))
    it.forwarder.close()
    for (const { failure, calls } of await Promise.all(asked)) {
      assert.equal(failure?.kind, 'shutdown')
      assert.equal(calls, 1)
    }
    await it.forwarder.drain()
  })

  test('asks nobody when the deadline has passed already', async () => {
    await using it = await setUp(undefined)
    const { failure } = await ask(it.forwarder, 'www.example.org', { timeout: 0 })
    assert.equal(failure?.kind, 'timeout')
    assert.equal(it.servers[0]!.connections, 0)
  })

  test('refuses a query that fits no message', async () => {
    await using it = await setUp(undefined)
    const question = { ...questionFor('example.org'), options: new Uint8Array(65_530) }
    assert.equal((await ask(it.forwarder, '', { question })).failure?.kind, 'malformed')
  })

  test('sends a query that fills a message', async () => {
    await using it = await setUp(undefined)
    const options = new Uint8Array(65_000)
    options.set([0, 99, (65_000 - 4) >> 8, (65_000 - 4) & 255])
    const question = { ...questionFor('example.org'), options }
    const asked = [0, 1, 2].map(() => ask(it.forwarder, '', { question }))
    for (const { answer } of await Promise.all(asked)) assert.ok(answer)
  })

  test('a forwarder that takes over resumes the sessions of the one before', async () => {
    await using it = await setUp(undefined)
    const sessions = new SessionStore()
    for (const resumed of [0, 1]) {
      const forwarder = new DotForwarder({ upstreams: it.upstreams, sessions, ...IN_ORDER })
      assert.ok((await ask(forwarder, 'www.example.org')).answer)
      assert.equal(it.servers[0]!.resumed, resumed)
      await delay(20)
      await forwarder.drain()
    }
  })
})

test('is not made without upstreams, or with a certificate that cannot be read', () => {
  const sessions = new SessionStore()
  assert.throws(() => new DotForwarder({ upstreams: [], sessions }), RangeError)
  const upstream = upstreamAt({ port: 853 }, ca, { clientCertificate: 'none', clientKey: 'none' })
  assert.throws(() => new DotForwarder({ upstreams: [upstream], sessions }))
})
