// MongoDB's protocol against FerretDB, alone and as it shows itself as a replica set. Not among the
// tests that every change must pass, for it takes Go to build the server: `npm run test:mongodb`.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { MongoStore, type MongoStoreOptions } from '../../src/cache/stores/mongodb.ts'
import { storeContract } from '../stores/store-contract.ts'
import { createTestCa } from '../support/certificates.ts'
import { UdpClient } from '../support/clients.ts'
import { DotServer } from '../support/dot-server.ts'
import { TLS_NAME, upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { Dotward } from '../support/dotward.ts'
import { FerretDb } from '../support/ferretdb.ts'
import { addressesIn, makeQuery, readAnswer } from '../support/messages.ts'

const OPTIONS: MongoStoreOptions = {
  url: '',
  database: 'dotward',
  readPreference: 'nearest',
  tls: null,
  onLost: () => {},
  onConnected: () => {},
  onNotice: () => {},
}

storeContract('a FerretDB', () => engine([], ''))

storeContract('a FerretDB that calls itself a replica set', () =>
  engine(['--repl-set-name=answers'], '?replicaSet=answers'),
)

async function engine(flags: readonly string[], query: string) {
  const server = await FerretDb.start(flags)
  return {
    open: () => MongoStore.open({ ...OPTIONS, url: `${server.url}${query}` }),
    server: {
      kill: () => server.kill(),
      restart: () => server.restart(),
      suspend: () => server.signal('SIGSTOP'),
      resume: () => server.signal('SIGCONT'),
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

suite('two proxies and one FerretDB', () => {
  const running = new AsyncDisposableStack()
  const ca = running.use(createTestCa())
  /** First labels of what the upstream was asked for. */
  const asked: string[] = []
  let upstream: DotServer
  let server: FerretDb
  before(async () => {
    upstream = running.use(await DotServer.start({ certificate: ca.issue({ names: [TLS_NAME] }) }))
    upstream.react = (query) => {
      asked.push(query.label)
      query.answer()
    }
    server = running.use(await FerretDb.start())
  })
  after(() => running.disposeAsync())

  const configOf = (settings: object = {}) => ({
    upstreams: [upstreamConfig({ name: 'only', port: upstream.port }, ca)],
    cache: {
      size: '4MiB',
      store: {
        kind: 'mongodb',
        url: server.url,
        secret: 'a secret of some length',
        // It searches a collection from one end to the other.
        deadline: '500ms',
        ...settings,
      },
    },
  })

  test('what one has asked for is a hit in the other, and can be read by people', async () => {
    await using one = await Dotward.start(configOf())
    await using other = await Dotward.start(configOf())
    assert.deepEqual(await ask(one, 'shared.example.org'), ['192.0.2.1'])
    await one.program.until('it is in the store', async () => {
      return (await one.counters())('store_writes{event="written"}') > 0
    })
    assert.deepEqual(await ask(other, 'shared.example.org'), ['192.0.2.1'])
    assert.equal((await other.counters())('store_lookups{result="hit"}'), 1)
    assert.equal(asked.filter((label) => label === 'shared').length, 1)

    const client = new MongoClient(server.url)
    const [document] = await client.db('dotward').collection('answers').find().toArray()
    await client.close()
    const { record, expiresAt, askedAt, validUntil, ...readable } = document!
    assert.deepEqual(readable, {
      _id: 'shared.example.org./A/IN/0',
      name: 'shared.example.org.',
      type: 'A',
      class: 'IN',
      data: ['A 192.0.2.1'],
      upstream: 'only',
      validation: 'unknown',
      schema: 1,
    } as unknown)
    assert.equal(validUntil, (expiresAt as Date).getTime())
    assert.ok(validUntil > askedAt && record !== undefined)
  })

  test('sealed, the server is told of no name, address or upstream', async () => {
    await using proxy = await Dotward.start(configOf({ sealed: true, database: 'sealed' }))
    await ask(proxy, 'sealed.example.org')
    await proxy.program.until('it is in the store', async () => {
      return (await proxy.counters())('store_writes{event="written"}') > 0
    })
    const client = new MongoClient(server.url)
    const documents = await client.db('sealed').collection('answers').find().toArray()
    await client.close()
    assert.equal(documents.length, 1)
    assert.deepEqual(Object.keys(documents[0]!).toSorted(), [
      '_id',
      'expiresAt',
      'record',
      'schema',
    ])
    assert.doesNotMatch(JSON.stringify(documents), /sealed\.example|192\.0\.2\.1|only/)
  })

  test('hung or gone, it costs answers nothing but the deadline, and is back by itself', async () => {
    await using proxy = await Dotward.start(configOf({ deadline: '50ms' }))
    await ask(proxy, 'before.example.org')
    server.signal('SIGSTOP')
    for (let i = 0; i < 10; i++) {
      assert.deepEqual(await ask(proxy, `hung-${i}.example.org`), ['192.0.2.1'])
    }
    await server.kill()
    for (let i = 0; i < 10; i++) {
      assert.deepEqual(await ask(proxy, `gone-${i}.example.org`), ['192.0.2.1'])
    }
    await server.restart()
    const written = (await proxy.counters())('store_writes{event="written"}')
    let count = 0
    await proxy.program.until('it is written again', async () => {
      await ask(proxy, `after-${count++}.example.org`)
      await sleep(50)
      return (await proxy.counters())('store_writes{event="written"}') > written
    })
    assert.match(proxy.program.output, /store of shared answers is out/)
  })
})

suite('a FerretDB with TLS that wants certificates', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dotward-ferretdb-tls-'))
  after(() => rmSync(folder, { recursive: true }))

  test('is reached with ours, and tells strangers nothing', async () => {
    using ca = createTestCa()
    using foreign = createTestCa()
    const { cert, key } = ca.issue({ names: ['db.example.org'] })
    const own = ca.issue({ names: ['proxy.example.org'], clientAuth: true })
    const files = { cert, key, ca: ca.caPem }
    for (const [name, pem] of Object.entries(files)) writeFileSync(join(folder, name), pem)
    const flags = Object.keys(files).map(
      (name) => `--listen-tls-${name}-file=${join(folder, name)}`,
    )
    await using server = await FerretDb.start(flags)
    const tls = {
      ca: ca.caPem,
      certificate: own.cert,
      key: own.key,
      serverName: 'db.example.org',
    }
    const login = 'proxy:hidden@'
    for (const [trust, isTaken] of [
      [tls, true],
      [{ ...tls, certificate: null, key: null }, false],
      [{ ...tls, ca: foreign.caPem }, false],
      [{ ...tls, serverName: 'other.example.org' }, false],
    ] as const) {
      const url = isTaken ? server.url : server.url.replace('://', `://${login}`)
      const store = await MongoStore.open({ ...OPTIONS, url, tls: trust })
      if (isTaken) assert.equal(await store.get('a.example.org./A/IN/0'), null)
      else await assert.rejects(store.get('a'), ({ message }: Error) => !/hidden/.test(message))
      await store.close()
    }
  })
})

async function ask(proxy: Dotward, name: string): Promise<string[]> {
  await using client = await UdpClient.open({ host: '127.0.0.1', port: proxy.port })
  return addressesIn(readAnswer((await client.ask(makeQuery(name)))!))
}
