// A proxy and its store, as an operator meets them: lost, back, changed, and locked.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { FlushCodec } from '../../src/cache/stores/flush-codec.ts'
import { createTestCa } from '../support/certificates.ts'
import { UdpClient } from '../support/clients.ts'
import { DotServer } from '../support/dot-server.ts'
import { TLS_NAME, upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { Dotward } from '../support/dotward.ts'
import { addressesIn, makeQuery, readAnswer } from '../support/messages.ts'
import { RedisServer } from '../support/redis.ts'
import { nodesOf, RedisProbe } from '../stores/redis-probe.ts'

const SECRET = 'a secret of some length'
const PASSWORD = 'correct-horse'

const running = new AsyncDisposableStack()
const ca = running.use(createTestCa())
let upstream: DotServer
before(async () => {
  const certificate = ca.issue({ names: [TLS_NAME] })
  upstream = running.use(await DotServer.start({ certificate }))
})
after(() => running.disposeAsync())

/** A machine that is busy with tests is no reason to leave a store alone. */
const PATIENT = { kind: 'redis', secret: SECRET, deadline: '500ms' }

function configOf(store: object, others: object = {}) {
  return {
    upstreams: [upstreamConfig({ name: 'only', port: upstream.port }, ca)],
    cache: { size: '4MiB', store: { ...PATIENT, ...store } },
    ...others,
  }
}

function urlOf({ port }: RedisServer, user = ''): string {
  return `redis://${user}127.0.0.1:${port}`
}

async function ask(proxy: Dotward, name: string): Promise<string[]> {
  await using client = await UdpClient.open({ host: '127.0.0.1', port: proxy.port })
  return addressesIn(readAnswer((await client.ask(makeQuery(name)))!))
}

/** Asks for one name after another until a counter has moved. */
async function untilCounted(proxy: Dotward, counter: string): Promise<void> {
  const earlier = (await proxy.counters())(counter)
  let asked = 0
  await proxy.program.until(`${counter} has moved`, async () => {
    assert.deepEqual(await ask(proxy, `n${asked++}-${earlier}.example.org`), ['192.0.2.1'])
    return (await proxy.counters())(counter) > earlier
  })
}

function linesOf(proxy: Dotward, pattern: RegExp): string[] {
  return proxy.program.output.split('\n').filter((line) => pattern.test(line))
}

const OUT = /the store of shared answers is out/
const BACK = /the store of shared answers is back/
const WRITTEN = 'store_writes{event="written"}'

suite('a proxy whose store', () => {
  test('is away at the start answers without it, says so once, and takes it up when it comes', async () => {
    await using redis = await RedisServer.start()
    await redis.kill()
    await using proxy = await Dotward.start(configOf({ url: urlOf(redis) }))
    await proxy.program.printed(OUT)
    assert.deepEqual(await ask(proxy, 'away.example.org'), ['192.0.2.1'])
    await untilCounted(proxy, 'store_lookups{result="skipped"}')
    const [line] = linesOf(proxy, OUT)
    assert.match(line!, /ECONNREFUSED/)
    await redis.restart()
    await untilCounted(proxy, WRITTEN)
    assert.equal(linesOf(proxy, OUT).length, 1)
    assert.equal(linesOf(proxy, BACK).length, 1)
  })

  test('dies and comes back loses no answer, and is used again', async () => {
    await using redis = await RedisServer.start()
    await using proxy = await Dotward.start(configOf({ url: urlOf(redis) }))
    await untilCounted(proxy, WRITTEN)
    await redis.kill()
    await proxy.program.printed(OUT)
    await untilCounted(proxy, 'store_lookups{result="skipped"}')
    await redis.restart()
    await untilCounted(proxy, WRITTEN)
    await proxy.program.printed(BACK)
  })

  test('hangs answers all the same, and uses it again when it goes on', async () => {
    await using redis = await RedisServer.start()
    await using proxy = await Dotward.start(configOf({ url: urlOf(redis) }))
    await untilCounted(proxy, WRITTEN)
    redis.signal('SIGSTOP')
    await untilCounted(proxy, 'store_lookups{result="skipped"}')
    redis.signal('SIGCONT')
    await untilCounted(proxy, WRITTEN)
  })

  test('wants another password says so in one line, without the password', async () => {
    await using redis = await RedisServer.start([`requirepass ${PASSWORD}-indeed`])
    await using proxy = await Dotward.start(configOf({ url: urlOf(redis), password: PASSWORD }))
    await proxy.program.printed(OUT)
    await untilCounted(proxy, 'store_lookups{result="skipped"}')
    assert.equal(linesOf(proxy, /WRONGPASS/).length, 1)
    assert.equal(linesOf(proxy, OUT).length, 1)
    assert.doesNotMatch((await proxy.stop()).output, /correct|some length/)
  })

  test('is full says so in one line, and answers from it as before', async () => {
    await using redis = await RedisServer.start(['maxmemory-policy noeviction'])
    await using proxy = await Dotward.start(configOf({ url: urlOf(redis) }))
    await untilCounted(proxy, WRITTEN)
    await redis.command('config', 'set', 'maxmemory', '1')
    await untilCounted(proxy, 'store_writes{event="dropped"}')
    await untilCounted(proxy, 'store_lookups{result="miss"}')
    assert.equal(linesOf(proxy, /takes no records.*OOM/).length, 1)
    assert.equal(linesOf(proxy, OUT).length, 0)
    await redis.command('config', 'set', 'maxmemory', '0')
    await untilCounted(proxy, WRITTEN)
    assert.equal(linesOf(proxy, /takes records again/).length, 1)
  })
})

suite('a reload', () => {
  test('goes over to another store, and to none, and back', async () => {
    await using first = await RedisServer.start()
    await using second = await RedisServer.start()
    await using proxy = await Dotward.start(configOf({ url: urlOf(first) }))
    await untilCounted(proxy, WRITTEN)
    await reloaded(proxy, configOf({ url: urlOf(second) }))
    const answersIn = (redis: RedisServer) => redis.command('keys', 'dotward:answer:*')
    const asItWas = await answersIn(first)
    await untilCounted(proxy, WRITTEN)
    assert.notEqual(await answersIn(second), '')
    assert.equal(await answersIn(first), asItWas)
    await reloaded(proxy, configOf({ kind: 'none' }))
    await first.until('nobody is connected any more', async () => {
      const clients = await Promise.all([first, second].map((one) => one.command('client', 'list')))
      // What redis-cli itself is.
      return clients.every((list) => list.split('\n').length === 1)
    })
    await ask(proxy, 'alone.example.org')
    await reloaded(proxy, configOf({ url: urlOf(first) }))
    await untilCounted(proxy, WRITTEN)
  })

  test('with a store that cannot be read about changes nothing', async () => {
    await using redis = await RedisServer.start()
    await using proxy = await Dotward.start(configOf({ url: urlOf(redis) }))
    const from = proxy.program.output.length
    proxy.reload(configOf({ url: urlOf(redis, 'u:hidden@'), passwordFile: 'nowhere' }))
    const [told] = await proxy.program.printed(/.*passwordFile.*/, from)
    assert.match(told, /url gives it too/)
    await untilCounted(proxy, WRITTEN)
    assert.doesNotMatch(proxy.program.output, /hidden/)
  })
})

suite('a flush', () => {
  test('empties the memory of two proxies with two workers each', async () => {
    await using redis = await RedisServer.start()
    await using somebody = new RedisProbe({ nodes: nodesOf([redis]) })
    const config = configOf({ url: urlOf(redis) }, { workers: 2 })
    await using one = await Dotward.start(config)
    await using other = await Dotward.start(config)
    for (const proxy of [one, other]) {
      assert.deepEqual(await ask(proxy, 'moved.example.org'), ['192.0.2.1'])
      assert.deepEqual(await ask(proxy, 'stays.example.net'), ['192.0.2.1'])
    }
    upstream.react = (query) => query.answer({ address: [192, 0, 2, 2] })
    after(() => {
      upstream.react = (query) => query.answer()
    })
    await somebody.works()
    const flush = { name: 'example.org.', subtree: true, at: Date.now() }
    const codec = new FlushCodec({ secret: new TextEncoder().encode(SECRET), sealed: false })
    await somebody.store.flush(codec.encode(flush), Date.now() + 60_000)
    for (const proxy of [one, other]) {
      await proxy.program.until('the name was asked for anew', async () => {
        return (await ask(proxy, 'moved.example.org'))[0] === '192.0.2.2'
      })
      assert.deepEqual(await ask(proxy, 'stays.example.net'), ['192.0.2.1'])
    }
  })
})

async function reloaded(proxy: Dotward, config: object): Promise<void> {
  const from = proxy.program.output.length
  proxy.reload({ ...config })
  await proxy.program.printed(/in force/, from)
}
