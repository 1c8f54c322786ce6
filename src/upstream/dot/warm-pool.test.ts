// What a pool keeps ready, and what it does when connections close or fall silent: against servers
// in this process, without a forwarder that could make up for it.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  createTestCa,
  type TestCa,
  type TestCertificate,
} from '../../../test/support/certificates.ts'
import {
  DotServer,
  type DotServerOptions,
  type ServedQuery,
} from '../../../test/support/dot-server.ts'
import {
  CountingMetrics,
  DOT_NAME,
  QUICK_LIMITS,
  upstreamAt,
} from '../../../test/support/dot-upstream-options.ts'
import { questionFor } from '../../../test/support/exchanges.ts'
import { connectionTools } from './connection-tools.ts'
import type { FailureKind } from '../exchange.ts'
import { CircuitState } from '../health.ts'
import type { UpstreamLimits } from '../options.ts'
import { PendingQuery } from '../pending-query.ts'
import { UpstreamPool } from './pool.ts'
import { SessionStore } from '../tls/session-store.ts'

let ca: TestCa
let certificate: TestCertificate
before(() => {
  ca = createTestCa()
  certificate = ca.issue({ names: [DOT_NAME] })
})
after(() => ca[Symbol.dispose]())

interface Outcome {
  readonly failure: FailureKind | null
  readonly detail: string
  readonly ms: number
}

async function setUp(
  react?: (query: ServedQuery) => void,
  limits: Partial<UpstreamLimits> = {},
  server: Partial<DotServerOptions> = {},
) {
  const dot = await DotServer.start({ certificate, ...(react && { react }), ...server })
  const tools = connectionTools()
  const metrics = new CountingMetrics()
  const pool = new UpstreamPool({
    upstream: upstreamAt(dot, ca),
    limits: { ...QUICK_LIMITS, spareConnections: 1, stallTimeout: 2_000, ...limits },
    sessions: new SessionStore(),
    tools,
    metrics,
  })
  const opened = (): number =>
    (metrics.counts['connectionOpened'] ?? 0) + (metrics.counts['connectionResumed'] ?? 0)
  const it = {
    server: dot,
    pool,
    tools,
    counts: metrics.counts,
    ask(name = 'www.example.org'): Promise<Outcome> {
      const begun = performance.now()
      return new Promise((resolve) => {
        const end = (failure: FailureKind | null, detail: string): void =>
          resolve({ failure, detail, ms: performance.now() - begun })
        const pending = new PendingQuery(
          {
            onPendingAnswer: () => end(null, ''),
            onPendingFailure: (_pending, kind, detail) => end(kind, detail),
            onPendingExpired: () => {},
          },
          questionFor(name),
        )
        pool.submit(pending)
      })
    },
    /** Asks until there is a spare connection. */
    async warmUp(): Promise<void> {
      while (opened() < 2) {
        await it.ask()
        await delay(20)
      }
    },
    async [Symbol.asyncDispose]() {
      pool.close()
      await dot[Symbol.asyncDispose]()
    },
  }
  return it
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await delay(5)
}

describe('a pool that keeps a spare connection', { concurrency: 6 }, () => {
  test('opens it while queries follow each other, not for a single one', async () => {
    await using it = await setUp()
    await it.ask()
    await delay(150)
    assert.equal(it.pool.connections, 1)
    await it.ask()
    await until(() => it.server.connections === 2)
    await it.ask()
    await delay(150)
    assert.equal(it.pool.connections, 2)
  })

  test('keeps none when told so', async () => {
    await using it = await setUp(undefined, { spareConnections: 0 })
    for (let i = 0; i < 5; i++) await it.ask()
    await delay(150)
    assert.equal(it.server.connections, 1)
  })

  test('unanswered queries of a connection that closes go out on it at once', async () => {
    let closing = false
    await using it = await setUp((query) => {
      if (closing && query.connection.number === 1) query.connection.close()
      else query.answer()
    })
    await it.warmUp()
    closing = true
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, i) => it.ask(`n${i}`)))
    for (const { failure } of outcomes) assert.equal(failure, null)
    assert.equal(it.counts['queryResent'], 20)
  })

  test('loses nothing to a server that closes after every answer', async () => {
    await using it = await setUp((query) => {
      query.answer()
      query.connection.close()
    })
    for (let i = 0; i < 20; i++) {
      assert.equal((await it.ask(`n${i}.example.org`)).failure, null)
      await delay(30)
    }
    assert.equal(it.pool.health.state, CircuitState.Closed)
  })

  test('loses nothing to a server that closes idle connections when queries come again', async () => {
    await using it = await setUp((query) => {
      query.answer()
      const { socket } = query.connection
      socket.setTimeout(1_000, () => socket.end())
    })
    for (const pause of [990, 1_000, 1_010, 995, 1_005, 1_000]) {
      const { failure, ms } = await it.ask()
      assert.equal(failure, null)
      assert.ok(ms < 1_000)
      await delay(pause)
    }
  })

  test('shrinks again when it grew under load, to nothing when no query comes', async () => {
    const held: ServedQuery[] = []
    await using it = await setUp((query) => held.push(query), {
      maxInFlight: 5,
      maxConnections: 3,
      spareConnections: 0,
      idleTimeout: 200,
      stallTimeout: 30_000,
    })
    const asked = Array.from({ length: 15 }, (_, i) => it.ask(`n${i}.example.org`))
    await until(() => held.length >= 15)
    assert.equal(it.pool.connections, 3)
    for (const query of held) query.answer()
    await Promise.all(asked)
    await until(() => it.pool.connections === 0)
  })
})

describe('a connection that falls silent', { concurrency: 6 }, () => {
  test('hands its queries back within a fraction of a second, and the circuit opens', async () => {
    let silent = false
    await using it = await setUp((query) => {
      if (!silent) query.answer()
    })
    await it.warmUp()
    silent = true
    const outcomes = await Promise.all(Array.from({ length: 10 }, (_, i) => it.ask(`n${i}`)))
    for (const { failure } of outcomes) assert.equal(failure, 'stalled')
    assert.equal(it.pool.health.usable(), false)
    silent = false
    await until(() => it.pool.health.usable())
    assert.equal((await it.ask()).failure, null)
  })

  test('a slow name alone does not condemn it: it gives a sign of life', async () => {
    let signs = 0
    await using it = await setUp((query) => {
      if (query.label === 'slow') setTimeout(() => query.answer(), 800)
      else {
        if (query.label === '1') signs++
        query.answer({ address: null })
      }
    })
    await it.ask()
    const { failure } = await it.ask('slow.example.org')
    assert.equal(failure, null)
    assert.ok(signs >= 1 && signs <= 4, String(signs))
    assert.equal(it.counts['connectionClosed'], undefined)
  })

  test('new queries go past it while another connection is alive', async () => {
    let stuckConnection = 0
    await using it = await setUp((query) => {
      if (query.label === 'stuck') stuckConnection = query.connection.number
      if (query.connection.number !== stuckConnection) query.answer()
    })
    await it.warmUp()
    const stuck = it.ask('stuck.example.org')
    await delay(120)
    const { failure, ms } = await it.ask()
    assert.equal(failure, null)
    assert.ok(ms < 1_000)
    assert.equal((await stuck).failure, 'stalled')
  })

  test('is found out though each of its queries is given up early, and answered elsewhere', async () => {
    let silent = false
    await using it = await setUp(
      (query) => {
        if (!silent) query.answer()
      },
      { spareConnections: 0 },
    )
    await it.ask()
    silent = true
    const begun = performance.now()
    while (it.pool.health.usable() && performance.now() - begun < 5_000) {
      const pending = new PendingQuery(
        { onPendingAnswer() {}, onPendingFailure() {}, onPendingExpired() {} },
        questionFor('www.example.org'),
      )
      it.pool.submit(pending)
      await delay(20)
      it.pool.cancel(pending)
      await delay(10)
    }
    assert.equal(it.pool.health.usable(), false)
    assert.equal(it.pool.health.lastFailure, 'stalled')
  })

  test('a handshake without end gives queries back before its time is up', async () => {
    await using it = await setUp(undefined, { connectTimeout: 20_000 }, { mute: true })
    const { failure } = await it.ask()
    assert.equal(failure, 'stalled')
    assert.equal(it.pool.health.usable(), false)
    assert.ok(it.pool.connections > 0)
  })
})

describe('the end of a pool', { concurrency: 6 }, () => {
  test('drains: takes nothing new, answers what is under way, and then closes', async () => {
    const held: ServedQuery[] = []
    await using it = await setUp((query) => held.push(query), { stallTimeout: 30_000 })
    const underWay = it.ask()
    await until(() => held.length === 1)
    it.pool.drain()
    assert.equal((await it.ask('late.example.org')).failure, 'shutdown')
    held[0]!.answer()
    assert.equal((await underWay).failure, null)
    assert.equal(it.pool.connections, 0)
    assert.equal(it.tools.wheel.size, 0)
  })

  test('leaves neither connections nor timers, whatever came before', async () => {
    let mood = 0
    await using it = await setUp((query) => {
      mood++
      if (mood % 3 === 0) query.connection.close()
      else if (mood % 3 === 1) query.connection.socket.destroy()
      else query.answer()
    })
    for (let i = 0; i < 20; i++) await it.ask(`n${i}.example.org`)
    it.pool.close()
    assert.equal(it.pool.connections, 0)
    assert.equal(it.pool.inFlight + it.pool.waiting, 0)
    assert.equal(it.tools.wheel.size, 0)
  })
})
