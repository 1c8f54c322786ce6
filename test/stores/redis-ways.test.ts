// What a Redis can be told, and what becomes of its clients when it goes: beyond what all stores share.

import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Flush } from '../../src/cache/stores/store.ts'
import { createTestCa } from '../support/certificates.ts'
import { RedisCluster, RedisServer, RedisSet } from '../support/redis.ts'
import { NOBODY, nodesOf, RedisProbe } from './redis-probe.ts'

const SECRET = 'correct horse: 50% of it / a #battery@'

/** What a user needs, as the documentation says. */
const LEAST_RIGHTS =
  '+ping +get +set +zadd +zrange +zremrangebyscore +zremrangebyrank +pexpireat +publish +subscribe'

const PROXY = { username: 'proxy', password: SECRET }

function userWith(rights: string): string {
  return `user proxy on ">${SECRET}" ~dotward:* &dotward:* ${rights}`
}

suite('a Redis over TLS', () => {
  const ca = createTestCa()
  after(() => ca[Symbol.dispose]())
  const server = ca.issue({ names: ['redis.example.org'] })
  const client = ca.issue({ names: ['proxy.example.org'], clientAuth: true })
  const files = { caPath: ca.caPath, server, client }
  const tls = {
    ca: ca.caPem,
    certificate: client.cert,
    key: client.key,
    serverName: 'redis.example.org',
  }

  test('must prove its name to an authority of ours, and may ask for our certificate', async () => {
    await using redis = await RedisServer.start([], files)
    const nodes = nodesOf([redis])
    await using probe = new RedisProbe({ nodes, tls })
    await probe.works()
    await using misled = new RedisProbe({ nodes, tls: { ...tls, serverName: 'other.example.org' } })
    assert.match(await misled.trouble(), /Hostname\/IP does not match certificate's altnames/)
    await using addressed = new RedisProbe({ nodes, tls: { ...tls, serverName: null } })
    assert.match(await addressed.trouble(), /does not match certificate's altnames/)
    await using trusting = new RedisProbe({ nodes, tls: { ...tls, ca: null } })
    assert.match(await trusting.trouble(), /unable to .* issuer certificate|self-signed/)
    await using nameless = new RedisProbe({ nodes, tls: { ...tls, certificate: null, key: null } })
    assert.match(await nameless.trouble(), /certificate required|connection|ECONNRESET/i)
  })

  test('behind Sentinels is found over TLS too, by a user with few rights', async () => {
    const options = { settings: [userWith(`${LEAST_RIGHTS} +info`)], tls: files }
    await using set = await RedisSet.start(undefined, options)
    await using probe = new RedisProbe({
      mode: 'sentinel',
      masterName: set.name,
      nodes: nodesOf(set.sentinels),
      credentials: PROXY,
      tls,
    })
    await probe.works()
    await assertToldOfFlushes(probe)
  })

  test('in a cluster is reached over TLS everywhere, by a user with few rights', async () => {
    const options = { settings: [userWith(`${LEAST_RIGHTS} +cluster +asking`)], tls: files }
    await using cluster = await RedisCluster.start(options)
    const nodes = nodesOf(cluster.servers)
    await using probe = new RedisProbe({ mode: 'cluster', nodes, credentials: PROXY, tls })
    await probe.works()
    await assertToldOfFlushes(probe)
  })
})

suite('users of a Redis', () => {
  test('need no more than a handful of commands on keys of their prefix', async () => {
    await using server = await RedisServer.start(['user default off', userWith(LEAST_RIGHTS)])
    await using probe = new RedisProbe({ nodes: nodesOf([server]), credentials: PROXY })
    await probe.works()
    const { store } = probe
    await store.put([
      { key: 'a', record: Buffer.from('b'), expiresAt: Date.now() + 60_000, readable: null },
    ])
    assert.ok(await store.claim('c', 100))
    const heard: Flush[] = []
    store.onFlush((flush) => heard.push(flush))
    await sleep(100)
    await store.flush({ name: '.', subtree: true, at: Date.now() }, Date.now() + 60_000)
    assert.equal((await store.flushes()).length, 1)
    assert.equal(heard.length, 1)
  })

  test('may have a database of their own', async () => {
    await using server = await RedisServer.start([userWith(`${LEAST_RIGHTS} +select`)])
    const way = { nodes: nodesOf([server]), credentials: PROXY }
    await using probe = new RedisProbe({ ...way, database: 2 })
    await using other = new RedisProbe({ ...way, database: 0 })
    await probe.works()
    await other.works()
    const kept = { key: 'kept', record: Buffer.from('it'), expiresAt: Date.now() + 60_000 }
    await probe.store.put([{ ...kept, readable: null }])
    assert.equal(String(await probe.store.get('kept')), 'it')
    assert.equal(await other.store.get('kept'), null)
    assert.equal(await server.command('-n', '2', 'exists', 'dotward:answer:kept'), '1')
  })

  test('with a wrong password are told so, and it is shown to nobody', async () => {
    await using server = await RedisServer.start([`requirepass "${SECRET}"`])
    const nodes = nodesOf([server])
    const wrong = { username: null, password: `${SECRET} not` }
    await using probe = new RedisProbe({ nodes, credentials: wrong })
    assert.match(await probe.trouble(), /^WRONGPASS/)
    await assert.rejects(probe.store.get('a'), /^Error: WRONGPASS/)
    assert.doesNotMatch(probe.told.join(), /horse/)
    await using nobody = new RedisProbe({ nodes })
    assert.match(await nobody.trouble(), /NOAUTH/)
    await using right = new RedisProbe({ nodes, credentials: { username: null, password: SECRET } })
    await right.works()
  })

  test('see no password when a server repeats what it does not understand', async () => {
    // As Redis before 6, and programs that stand before one, answer HELLO and AUTH.
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', () => socket.write(`-ERR unknown command 'X', with args: '${SECRET}'\r\n`))
    })
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    const { port } = server.address() as { port: number }
    try {
      const nodes = [{ host: '127.0.0.1', port }]
      const credentials = { username: null, password: SECRET }
      await using probe = new RedisProbe({ nodes, credentials })
      assert.match(await probe.trouble(), /unknown command/)
      await assert.rejects(probe.store.get('a'))
      assert.doesNotMatch(probe.told.join(), /horse/)
    } finally {
      server.close()
    }
  })

  test('have passwords for Sentinels and for the server behind them', async () => {
    const passwords = { servers: SECRET, sentinels: 'another one' }
    await using set = await RedisSet.start(passwords)
    const way = {
      mode: 'sentinel',
      masterName: set.name,
      nodes: nodesOf(set.sentinels),
      credentials: { username: null, password: passwords.servers },
      sentinelCredentials: { username: null, password: passwords.sentinels },
    } as const
    await using probe = new RedisProbe(way)
    await probe.works()
    await using stranger = new RedisProbe({ ...way, sentinelCredentials: NOBODY })
    assert.match(await stranger.trouble(), /NOAUTH/)
  })
})

suite('lookups of one tick', () => {
  test('leave as one packet, whatever it is that stands there', async () => {
    await using server = await RedisServer.start()
    await using probe = new RedisProbe({ nodes: nodesOf([server]) })
    await probe.works()
    const reads = async () => {
      const stats = await server.command('info', 'stats')
      return Number(/total_reads_processed:(\d+)/.exec(stats)![1])
    }
    const before = await reads()
    await Promise.all(Array.from({ length: 200 }, (_, i) => probe.store.get(`n${i}`)))
    // What redis-cli reads is among them.
    const taken = (await reads()) - before
    assert.ok(taken <= 8, `${taken} reads for 200 lookups`)
  })
})

suite('a Redis that is full', () => {
  test('takes no records, and answers as before', async () => {
    await using server = await RedisServer.start(['maxmemory 4mb', 'maxmemory-policy noeviction'])
    await using probe = new RedisProbe({ nodes: nodesOf([server]) })
    await probe.works()
    const { store } = probe
    const kept = { key: 'kept', record: Buffer.from('it'), expiresAt: Date.now() + 60_000 }
    await store.put([{ ...kept, readable: null }])
    await server.command('set', 'ballast', 'x'.repeat(100_000))
    await server.command('config', 'set', 'maxmemory', '1')
    await assert.rejects(store.put([{ ...kept, key: 'more', readable: null }]), /OOM/)
    assert.equal(String(await store.get('kept')), 'it')
  })
})

suite('a Redis that goes', () => {
  test('and hangs: nothing is sent to it that it will not read', async () => {
    await using server = await RedisServer.start()
    await using probe = new RedisProbe({ nodes: nodesOf([server]) })
    await probe.works()
    server.signal('SIGSTOP')
    const asked = performance.now()
    await assert.rejects(probe.store.get('a'))
    assert.ok(performance.now() - asked < 3_000)
    // From then on it refuses by itself, at once.
    await assert.rejects(probe.store.get('a'), /answers nothing/)
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < 100; i++) {
      await Promise.all(Array.from({ length: 100 }, () => probe.store.get('a').catch(() => null)))
    }
    assert.ok(process.memoryUsage().heapUsed - before < 50e6)
    server.signal('SIGCONT')
    await probe.works()
  })

  test('tells of flushes that were missed as soon as it is back', async () => {
    await using server = await RedisServer.start()
    await using one = new RedisProbe({ nodes: nodesOf([server]) })
    await using other = new RedisProbe({ nodes: nodesOf([server]) })
    await one.works()
    await other.works()
    const heard: Flush[] = []
    other.store.onFlush((flush) => heard.push(flush))
    await server.command('acl', 'setuser', 'default', '-subscribe')
    await server.command('client', 'kill', 'type', 'pubsub')
    for (let i = 0; i < 5; i++) {
      await sleep(100)
      await server.command('client', 'kill', 'type', 'normal')
    }
    await one.works()
    const flush = { name: 'missed.example.', subtree: false, at: Date.now() }
    await one.store.flush(flush, Date.now() + 60_000)
    await server.command('acl', 'setuser', 'default', '+subscribe')
    await server.command('client', 'kill', 'type', 'normal')
    await server.until('the flush is known', () => Promise.resolve(heard.length > 0))
    assert.deepEqual(heard[0], flush)
  })

  test('behind Sentinels, hands over to its replica', async () => {
    await using set = await RedisSet.start()
    const way = { mode: 'sentinel', masterName: set.name, nodes: nodesOf(set.sentinels) } as const
    await using probe = new RedisProbe(way)
    await probe.works()
    const kept = { key: 'kept', record: Buffer.from('it'), expiresAt: Date.now() + 60_000 }
    await probe.store.put([{ ...kept, readable: null }])
    await set.replicated()
    set.master.signal('SIGSTOP')
    await probe.fails()
    await probe.works()
    assert.equal(String(await probe.store.get('kept')), 'it')
    await assertToldOfFlushes(probe)
    set.master.signal('SIGCONT')
    await probe.works()
  })

  test('in a cluster, leaves its slots to its replica', async () => {
    await using cluster = await RedisCluster.start()
    await using probe = new RedisProbe({ mode: 'cluster', nodes: nodesOf(cluster.servers) })
    await probe.works()
    const keys = Array.from({ length: 100 }, (_, i) => `n${i}`)
    const expiresAt = Date.now() + 60_000
    const record = Buffer.from('it')
    await probe.store.put(keys.map((key) => ({ key, record, expiresAt, readable: null })))
    await cluster.replicated()
    const [master] = await cluster.masters()
    await master!.kill()
    await probe.fails()
    await probe.works()
    const found = await Promise.all(keys.map((key) => probe.store.get(key)))
    assert.ok(found.every((one) => String(one) === 'it'))
    await assertToldOfFlushes(probe)
  })
})

async function assertToldOfFlushes(probe: RedisProbe): Promise<void> {
  const heard: Flush[] = []
  probe.store.onFlush((flush) => heard.push(flush))
  const flush = { name: 'after.example.', subtree: false, at: Date.now() }
  await probe.store.flush(flush, Date.now() + 60_000)
  await probe.until(() => heard.some(({ at }) => at === flush.at))
}
