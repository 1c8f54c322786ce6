// Proxies that share their answers through a Redis.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
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
before(async () => {
  upstream = running.use(await DotServer.start({ certificate }))
  redis = running.use(await RedisServer.start())
})
after(() => running.disposeAsync())

const SECRET = 'a secret of some length'

function configOf(store: object = {}) {
  return {
    upstreams: [upstreamConfig({ name: 'only', port: upstream.port }, ca)],
    cache: {
      size: '4MiB',
      store: { kind: 'redis', url: `redis://127.0.0.1:${redis.port}`, secret: SECRET, ...store },
    },
  }
}

async function ask(proxy: Dotward, name: string): Promise<string[]> {
  await using client = await UdpClient.open({ host: '127.0.0.1', port: proxy.port })
  return addressesIn(readAnswer((await client.ask(makeQuery(name)))!))
}

suite('two proxies and one store', () => {
  test('what one has asked for is a hit in the other, and the upstream is asked once', async () => {
    await using one = await Dotward.start(configOf())
    await using other = await Dotward.start(configOf())
    const before = upstream.queries
    assert.deepEqual(await ask(one, 'shared.example.org'), ['192.0.2.1'])
    await other.program.until('the answer is in the store', async () => {
      await ask(other, 'shared.example.org')
      return (await other.counters())('store_lookups{result="hit"}') > 0
    })
    assert.equal(upstream.queries, before + 1)
  })

  test('without the secret, neither gets answers of the other', async () => {
    await using one = await Dotward.start(configOf())
    await using stranger = await Dotward.start(
      configOf({ secret: 'another secret of that length' }),
    )
    await ask(one, 'secret.example.org')
    await one.program.until('the answer is in the store', async () => {
      return (await one.counters())('store_writes{event="written"}') > 0
    })
    await ask(stranger, 'secret.example.org')
    const counters = await stranger.counters()
    assert.ok(counters('store_rejected{reason="checksum"}') > 0)
    assert.equal(counters('store_lookups{result="hit"}'), 0)
  })
})
