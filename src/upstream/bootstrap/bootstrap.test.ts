import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type TestCa, createTestCa } from '../../../test/support/certificates.ts'
import { DotServer } from '../../../test/support/dot-server.ts'
import {
  CountingMetrics,
  DOT_NAME,
  upstreamAt,
} from '../../../test/support/dot-upstream-options.ts'
import { questionFor } from '../../../test/support/exchanges.ts'
import { type HostRecord, makeHostAnswer } from '../../../test/support/host-records.ts'
import { type PlainQuery, PlainServer } from '../../../test/support/plain-server.ts'
import { freePort } from '../../../test/support/processes.ts'
import { AnswerScan } from '../../wire/answer-scan.ts'
import { systemClock } from '../clock.ts'
import { RandomIds } from '../dot/in-flight.ts'
import { DEFAULT_UPSTREAM_LIMITS, type UpstreamOptions } from '../options.ts'
import { PendingQuery } from '../pending-query.ts'
import { UpstreamPool } from '../dot/pool.ts'
import { SessionStore } from '../tls/session-store.ts'
import { TimerWheel } from '../timer-wheel.ts'
import { Traffic } from '../dot/traffic.ts'
import { Bootstrap, type BootstrapServer } from './bootstrap.ts'

let ca: TestCa
before(() => {
  ca = createTestCa()
})
after(() => ca[Symbol.dispose]())

const LOOPBACK: readonly HostRecord[] = [{ address: '127.0.0.1' }]
const BOTH: readonly HostRecord[] = [{ address: '127.0.0.1' }, { address: '::1' }]

const telling =
  (records: readonly HostRecord[]) =>
  (query: PlainQuery): void =>
    query.send(makeHostAnswer(query.served.id, query.served.question, records))

const plain = (port: number): BootstrapServer => ({
  protocol: 'plain',
  name: `plain-${port}`,
  address: '127.0.0.1',
  port,
})

/** A worker's tools, a book of addresses, and upstreams that are found through it. */
class Rig implements Disposable {
  readonly metrics = new CountingMetrics()
  readonly #tools = {
    clock: systemClock,
    wheel: new TimerWheel({ clock: systemClock }),
    ids: new RandomIds(),
    scan: new AnswerScan(),
    traffic: new Traffic(),
  }
  readonly #sessions = new SessionStore()
  readonly #pools: UpstreamPool[] = []
  readonly book: Bootstrap

  constructor(servers: readonly BootstrapServer[]) {
    this.book = new Bootstrap({ servers, sessions: this.#sessions, tools: this.#tools })
  }

  upstream(server: { readonly port: number }, changes: Partial<UpstreamOptions> = {}) {
    const upstream = upstreamAt(server, ca, { address: DOT_NAME, tlsName: null, ...changes })
    const pool = new UpstreamPool({
      upstream,
      limits: { ...DEFAULT_UPSTREAM_LIMITS, connectTimeout: 2_000, spareConnections: 0 },
      sessions: this.#sessions,
      tools: this.#tools,
      metrics: this.metrics,
      addresses: this.book.sourceFor(upstream),
    })
    this.#pools.push(pool)
    return pool
  }

  /** What came of one question: `answered`, or kind and detail of the failure. */
  ask(pool: UpstreamPool): Promise<string> {
    return new Promise((resolve) => {
      const pending = new PendingQuery(
        {
          onPendingAnswer: () => resolve('answered'),
          onPendingFailure: (_, kind, detail) => resolve(`${kind}: ${detail}`),
          onPendingExpired: () => {},
        },
        questionFor('www.example.org'),
      )
      pool.submit(pending)
    })
  }

  [Symbol.dispose](): void {
    for (const pool of this.#pools) pool.close()
    this.book.close()
  }
}

/** Asks again and again; what came of the last try. */
async function untilAnswered(rig: Rig, pool: UpstreamPool): Promise<string> {
  let outcome = ''
  for (let tries = 0; tries < 200 && outcome !== 'answered'; tries++) {
    outcome = await rig.ask(pool)
    await delay(50)
  }
  return outcome
}

const dotServer = (options: { port?: number } = {}) =>
  DotServer.start({ certificate: ca.issue({ names: [DOT_NAME] }), ...options })

/** A server on [::1] that takes connections and says nothing. */
async function sinkAt(port: number): Promise<AsyncDisposable & { readonly taken: () => number }> {
  let taken = 0
  const server: Server = createServer((socket) => {
    taken++
    socket.on('error', () => {})
    socket.unref()
  })
  server.listen(port, '::1')
  await once(server, 'listening')
  return {
    taken: () => taken,
    [Symbol.asyncDispose]: async () => {
      server.close()
    },
  }
}

test('finds an upstream by its host name, and holds it to that name', async () => {
  await using server = await dotServer()
  await using resolver = await PlainServer.start({ onUdp: telling(LOOPBACK) })
  using rig = new Rig([plain(resolver.port)])
  assert.equal(await rig.ask(rig.upstream(server)), 'answered')
})

test('asks over TLS where told to (RFC 7858)', async () => {
  await using server = await dotServer()
  await using resolver = await DotServer.start({
    certificate: ca.issue({ names: ['resolver.example.org'] }),
    react: (query) =>
      query.connection.sendMessage(makeHostAnswer(query.id, query.question, LOOPBACK)),
  })
  const options = upstreamAt(resolver, ca, { tlsName: 'resolver.example.org' })
  using rig = new Rig([{ protocol: 'dot', ...options }])
  assert.equal(await rig.ask(rig.upstream(server)), 'answered')
})

test('takes a truncated answer from TCP (RFC 7766 §5)', async () => {
  await using server = await dotServer()
  await using resolver = await PlainServer.start({
    onUdp: (query) => query.answer({ flags: 0x0200, address: null }),
    onTcp: (query) =>
      query.connection.sendMessage(makeHostAnswer(query.id, query.question, LOOPBACK)),
  })
  using rig = new Rig([plain(resolver.port)])
  assert.equal(await rig.ask(rig.upstream(server)), 'answered')
})

const BAD_RESOLVERS: readonly [string, (query: PlainQuery) => void][] = [
  ['says nothing', () => {}],
  ['answers with SERVFAIL', (query) => query.answer({ rcode: 2 })],
  ['denies the name', (query) => query.answer({ rcode: 3 })],
  [
    'answers another question',
    (query) => query.answer({ question: questionFor('a.example').question }),
  ],
  ['answers under another ID', (query) => query.answer({ id: query.served.id ^ 1 })],
  ['answers with garbage', (query) => query.send(Buffer.from('no DNS at all'))],
  ['cuts its answer short', (query) => query.send(query.forge({}).subarray(0, 20))],
]

for (const [what, onUdp] of BAD_RESOLVERS) {
  test(`a bootstrap server that ${what} is no outage beside another`, async () => {
    await using server = await dotServer()
    await using bad = await PlainServer.start({ onUdp })
    await using good = await PlainServer.start({ onUdp: telling(LOOPBACK) })
    using rig = new Rig([plain(bad.port), plain(good.port)])
    assert.equal(await rig.ask(rig.upstream(server)), 'answered')
  })
}

test('a bootstrap server that is gone is no outage beside another', async () => {
  await using server = await dotServer()
  await using good = await PlainServer.start({ onUdp: telling(LOOPBACK) })
  using rig = new Rig([plain(await freePort()), plain(good.port)])
  assert.equal(await rig.ask(rig.upstream(server)), 'answered')
})

test('without any bootstrap server says so, by name, and finds the upstream once there is one', async () => {
  await using server = await dotServer()
  const port = await freePort()
  using rig = new Rig([plain(port)])
  const pool = rig.upstream(server)
  assert.match(await rig.ask(pool), /^resolve: no address found for dot\.example\.org: plain-/)
  await using resolver = await PlainServer.start({ port, onUdp: telling(LOOPBACK) })
  assert.equal(await untilAnswered(rig, pool), 'answered')
  assert.ok(resolver.udpQueries.length > 0)
})

test('waits for a bootstrap server over TLS that comes later', async () => {
  await using server = await dotServer()
  const port = await freePort()
  const certificate = ca.issue({ names: ['resolver.example.org'] })
  const options = upstreamAt({ port }, ca, { tlsName: 'resolver.example.org' })
  using rig = new Rig([{ protocol: 'dot', ...options }])
  const pool = rig.upstream(server)
  assert.match(await rig.ask(pool), /^resolve: no address found/)
  await using _ = await DotServer.start({
    port,
    certificate,
    react: (query) =>
      query.connection.sendMessage(makeHostAnswer(query.id, query.question, LOOPBACK)),
  })
  assert.equal(await untilAnswered(rig, pool), 'answered')
})

test('a lie about the address leads to no query, and another server is asked', async () => {
  await using server = await dotServer()
  await using liar = await PlainServer.start({ onUdp: telling([{ address: '::1' }]) })
  await using wrong = await sinkAt(server.port)
  await using good = await PlainServer.start({ onUdp: telling(LOOPBACK) })
  using rig = new Rig([plain(liar.port), plain(good.port)])
  const pool = rig.upstream(server)
  assert.equal(await untilAnswered(rig, pool), 'answered')
  assert.ok(wrong.taken() > 0)
})

test('an IPv6 address that never answers does not keep queries from IPv4 (RFC 8305 §5)', async () => {
  await using server = await dotServer()
  await using resolver = await PlainServer.start({ onUdp: telling(BOTH) })
  await using hole = await sinkAt(server.port)
  using rig = new Rig([plain(resolver.port)])
  const pool = rig.upstream(server)
  assert.equal(await rig.ask(pool), 'answered')
  assert.equal(hole.taken(), 1)
  // The next connection goes straight to what worked.
  server.dropConnections()
  assert.equal(await rig.ask(pool), 'answered')
  assert.equal(hole.taken(), 1)
})

test('an IPv6 address that refuses is followed by IPv4 at once', async () => {
  await using server = await dotServer()
  await using resolver = await PlainServer.start({ onUdp: telling(BOTH) })
  using rig = new Rig([plain(resolver.port)])
  assert.equal(await rig.ask(rig.upstream(server)), 'answered')
  assert.equal(server.connections, 1)
})

test('upstreams of one name share what is known about it', async () => {
  using rig = new Rig([plain(853)])
  const source = rig.book.sourceFor({ address: DOT_NAME })
  assert.equal(rig.book.sourceFor({ address: 'DOT.example.org' }), source)
  assert.deepEqual(rig.book.sourceFor({ address: '192.0.2.1' }).addresses(), ['192.0.2.1'])
})

test('a host name without bootstrap servers is a mistake', () => {
  using rig = new Rig([])
  assert.throws(() => rig.book.sourceFor({ address: DOT_NAME }), /no bootstrap server/)
})
