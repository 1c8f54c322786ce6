// Looking into the cache of a running proxy, and flushing it: here, or wherever the store is shared.

import assert from 'node:assert/strict'
import { after, afterEach, before, suite, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { stringify } from 'yaml'
import { App } from '../../src/app/app.ts'
import type { CacheEntry } from '../../src/cache/inspect/describe.ts'
import type { EntryQuery } from '../../src/cache/inspect/list.ts'
import { createTestCa } from '../support/certificates.ts'
import { UdpClient } from '../support/clients.ts'
import { DotServer } from '../support/dot-server.ts'
import { TLS_NAME, upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { makeQuery } from '../support/messages.ts'
import { RedisServer } from '../support/redis.ts'

const running = new AsyncDisposableStack()
const ca = running.use(createTestCa())
const certificate = ca.issue({ names: [TLS_NAME] })
let upstream: DotServer
let redis: RedisServer
before(async () => {
  upstream = running.use(await DotServer.start({ certificate }))
  redis = running.use(await RedisServer.start())
})
after(() => running.disposeAsync())

let apps: App[] = []
afterEach(async () => {
  await Promise.all(apps.map((app) => app.stop()))
  apps = []
})

async function start(store: object = {}): Promise<App> {
  const text = stringify({
    workers: 2,
    listeners: [{ address: '127.0.0.1', port: 0 }],
    upstreams: [upstreamConfig({ name: 'only', port: upstream.port }, ca)],
    dnssec: { mode: 'passthrough' },
    cache: { size: '4MiB', store },
    log: { level: 'error' },
  })
  const opened = App.open({ load: { text, file: null, environment: {} }, sink() {} })
  assert.ok(opened.ok)
  apps.push(opened.app)
  await opened.app.start()
  return opened.app
}

function startShared(): Promise<App> {
  const url = `redis://127.0.0.1:${redis.port}`
  return start({ kind: 'redis', url, secret: 'a secret of some length' })
}

async function ask(app: App, ...names: string[]): Promise<void> {
  const { port } = app.listeners[0]!
  await using client = await UdpClient.open({ host: '127.0.0.1', port })
  for (const name of names) assert.notEqual(await client.ask(makeQuery(name)), null)
}

async function entriesOf(app: App, query: EntryQuery = {}): Promise<readonly CacheEntry[]> {
  const listed = await app.cacheEntries(query)
  assert.ok(listed.ok)
  return listed.entries
}

async function namesOf(app: App): Promise<string[]> {
  return (await entriesOf(app)).map(({ name }) => name).toSorted()
}

async function until(what: string, is: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (await is()) return
    await delay(10)
  }
  assert.fail(`never: ${what}`)
}

suite('the cache of a running proxy', () => {
  test('shows who answered', async () => {
    const app = await start()
    await ask(app, 'www.example.org')
    const [entry, ...others] = await entriesOf(app, { upstream: 'only' })
    assert.equal(others.length, 0)
    assert.equal(entry!.name, 'www.example.org.')
    assert.deepEqual(entry!.data, ['A 192.0.2.1'])
    assert.deepEqual([entry!.upstream, entry!.shared], ['only', false])
  })

  test('is flushed by name, by type, by subtree', async () => {
    const app = await start()
    await ask(app, 'example.org', 'a.example.org', 'b.a.example.org', 'example.com')
    const done = { ok: true, elsewhere: 'not-asked' }
    assert.deepEqual(await app.flush({ name: 'example.com', type: 'AAAA' }), {
      ...done,
      removed: 0,
    })
    assert.deepEqual(await app.flush({ name: 'example.com', type: 'a' }), { ...done, removed: 1 })
    assert.deepEqual(await app.flush({ name: 'Example.ORG' }), { ...done, removed: 1 })
    assert.deepEqual(await namesOf(app), ['a.example.org.', 'b.a.example.org.'])
    const subtree = await app.flush({ name: 'example.org', subtree: true })
    assert.deepEqual(subtree, { ...done, removed: 2 })
  })

  test('says what is wrong with a flush', async () => {
    const app = await start()
    for (const [request, problem] of [
      [{ name: '' }, ' is no name: a name must not be empty'],
      [{ name: 'example.org', type: 'NONE' }, 'NONE is no record type'],
    ] as const) {
      assert.deepEqual(await app.flush(request), { ok: false, problem })
    }
  })
})

suite('proxies that share a store', () => {
  test('show what came from another, and who answered there', async () => {
    const [one, other] = [await startShared(), await startShared()]
    const asked = upstream.queries
    await ask(one, 'shared.example.org')
    await until('it is in the store', async () => {
      await other.flush({ name: 'shared.example.org' })
      await ask(other, 'shared.example.org')
      const [entry] = await entriesOf(other, { name: 'shared.example.org' })
      return entry!.shared && entry!.upstream === 'only'
    })
    assert.ok(upstream.queries > asked)
  })

  test('all forget what is flushed everywhere', async () => {
    const [one, other] = [await startShared(), await startShared()]
    const names = ['x.example.net', 'y.x.example.net', 'example.com']
    await ask(one, ...names)
    await ask(other, ...names)
    const flushed = await one.flush({ name: 'x.example.net', subtree: true, everywhere: true })
    assert.ok(flushed.ok)
    assert.equal(flushed.elsewhere, 'told')
    await until('both have forgotten', async () => {
      const left = [...(await namesOf(one)), ...(await namesOf(other))]
      return left.every((name) => name === 'example.com.')
    })
  })

  test('one without a store, or whose store is gone, says so', async () => {
    const request = { name: 'example.org', everywhere: true }
    const alone = await (await start()).flush(request)
    assert.deepEqual(alone, { ok: true, removed: 0, elsewhere: 'no-store' })
    const store = { kind: 'redis', url: 'redis://127.0.0.1:1', secret: 'a secret of some length' }
    const gone = await (await start(store)).flush(request)
    assert.deepEqual(gone, { ok: true, removed: 0, elsewhere: 'unreachable' })
  })
})
