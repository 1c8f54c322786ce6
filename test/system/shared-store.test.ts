// Proxies that share their answers through a Redis.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTestCa } from '../support/certificates.ts'
import { UdpClient } from '../support/clients.ts'
import { DotServer } from '../support/dot-server.ts'
import { TLS_NAME, upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { Dotward } from '../support/dotward.ts'
import { addressesIn, makeQuery, readAnswer } from '../support/messages.ts'
import { RedisServer } from '../support/redis.ts'

const running = new AsyncDisposableStack()
const ca = running.use(createTestCa())
const certificate = ca.issue({ names: [TLS_NAME] })
let upstream: DotServer
let redis: RedisServer
/** First labels of what the upstream was asked for. */
const asked: string[] = []
before(async () => {
  upstream = running.use(await DotServer.start({ certificate }))
  upstream.react = (query) => {
    asked.push(query.label)
    query.answer()
  }
  redis = running.use(await RedisServer.start())
})
after(() => running.disposeAsync())

const SECRET = 'a secret of some length'

function configOf(store: object = {}) {
  return {
    upstreams: [upstreamConfig({ name: 'only', port: upstream.port }, ca)],
    cache: {
      size: '4MiB',
      store: {
        kind: 'redis',
        url: `redis://127.0.0.1:${redis.port}`,
        secret: SECRET,
        // A machine that is busy with tests is no reason to ask the upstream.
        deadline: '500ms',
        ...store,
      },
    },
  }
}

async function ask(proxy: Dotward, name: string): Promise<string[]> {
  await using client = await UdpClient.open({ host: '127.0.0.1', port: proxy.port })
  return addressesIn(readAnswer((await client.ask(makeQuery(name)))!))
}

const WRITTEN = 'store_writes{event="written"}'

/** Asks a proxy for names until the store has taken an answer: it is connected then. */
async function untilItKeeps(proxy: Dotward): Promise<void> {
  let count = 0
  await proxy.program.until('an answer is in the store', async () => {
    await ask(proxy, `n${++count}.example.org`)
    // Writes are gathered for some milliseconds.
    await sleep(50)
    return (await proxy.counters())(WRITTEN) > 0
  })
}

suite('two proxies and one store', () => {
  test('what one has asked for is a hit in the other, and the upstream is asked once', async () => {
    await using one = await Dotward.start(configOf())
    await using other = await Dotward.start(configOf())
    await untilItKeeps(one)
    await untilItKeeps(other)
    const name = 'shared.example.org'
    const written = (await one.counters())(WRITTEN)
    assert.deepEqual(await ask(one, name), ['192.0.2.1'])
    await one.program.until('it is in the store', async () => {
      return (await one.counters())(WRITTEN) > written
    })
    const hits = (await other.counters())('store_lookups{result="hit"}')
    assert.deepEqual(await ask(other, name), ['192.0.2.1'])
    assert.equal((await other.counters())('store_lookups{result="hit"}'), hits + 1)
    assert.equal(asked.filter((label) => label === 'shared').length, 1)
  })

  test('without the secret, neither gets answers of the other', async () => {
    await using one = await Dotward.start(configOf())
    await using stranger = await Dotward.start(
      configOf({ secret: 'another secret of that length' }),
    )
    await untilItKeeps(stranger)
    const written = (await one.counters())(WRITTEN)
    const name = 'secret.example.org'
    await one.program.until('the answer is in the store', async () => {
      await ask(one, name)
      return (await one.counters())(WRITTEN) > written
    })
    const rejected = (await stranger.counters())('store_rejected{reason="checksum"}')
    assert.deepEqual(await ask(stranger, name), ['192.0.2.1'])
    const counters = await stranger.counters()
    assert.ok(counters('store_rejected{reason="checksum"}') > rejected)
    assert.equal(counters('store_lookups{result="hit"}'), 0)
  })
})
