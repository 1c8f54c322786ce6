// Records in a shared Redis that somebody planted who can write there, but does not know the secret:
// whatever he makes up or moves around, no client is ever told of it.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { Redis } from 'ioredis'
import { RecordCodec } from '../../src/cache/stores/record.ts'
import { createTestCa } from '../support/certificates.ts'
import { UdpClient } from '../support/clients.ts'
import { DotServer, makeAnswer, ServedQuery } from '../support/dot-server.ts'
import { TLS_NAME, upstreamConfig } from '../support/dot-upstreams/dot-upstream.ts'
import { Dotward } from '../support/dotward.ts'
import { addressesIn, makeQuery, readAnswer } from '../support/messages.ts'
import { RedisServer } from '../support/redis.ts'

const running = new AsyncDisposableStack()
const ca = running.use(createTestCa())
const certificate = ca.issue({ names: [TLS_NAME] })
let upstream: DotServer
let redis: RedisServer
/** May write to the store what he likes. */
let attacker: Redis
before(async () => {
  upstream = running.use(
    await DotServer.start({
      certificate,
      // The attacker has names of his own, and what they lead to is his.
      react: (query) => query.answer(query.label.startsWith('evil') ? { address: PLANTED } : {}),
    }),
  )
  redis = running.use(await RedisServer.start())
  attacker = new Redis(redis.port, '127.0.0.1')
  running.defer(() => attacker.disconnect())
})
after(() => running.disposeAsync())

const SECRET = 'a secret of some length'
const PLANTED = [192, 0, 2, 66]
const RIGHT = ['192.0.2.1']
const ATTACKED = ['192.0.2.66']

const PREFIX = 'dotward:answer:'
const keyOf = (label: string): string => `${PREFIX}${label}.example.org./A/IN/0`

function configOf(store: object = {}) {
  return {
    upstreams: [upstreamConfig({ name: 'only', port: upstream.port }, ca)],
    cache: {
      size: '4MiB',
      store: {
        kind: 'redis',
        url: `redis://127.0.0.1:${redis.port}`,
        secret: SECRET,
        deadline: '500ms',
        ...store,
      },
    },
  }
}

async function ask(proxy: Dotward, label: string): Promise<string[]> {
  await using client = await UdpClient.open({ host: '127.0.0.1', port: proxy.port })
  return addressesIn(readAnswer((await client.ask(makeQuery(`${label}.example.org`)))!))
}

/** What a proxy writes of a name, and under which key. */
async function genuine(proxy: Dotward, label: string): Promise<[key: string, record: Buffer]> {
  const there = new Set(await attacker.keys(`${PREFIX}*`))
  await ask(proxy, label)
  let key: string | undefined
  await proxy.program.until('the record is in the store', async () => {
    key = (await attacker.keys(`${PREFIX}*`)).find((found) => !there.has(found))
    return key !== undefined
  })
  return [key!, (await attacker.getBuffer(key!))!]
}

/** A record with the attacker's address, under a secret of his own. */
function forged(label: string, sealed = false): Uint8Array {
  const codec = new RecordCodec({ secret: Buffer.from('what the attacker thinks of'), sealed })
  const query = new ServedQuery(makeQuery(`${label}.example.org`), null as never)
  return codec.encode(keyOf(label).slice(PREFIX.length), {
    variant: 0,
    validation: 0,
    extendedError: -1,
    askedAt: Date.now(),
    validUntil: Date.now() + 3_600_000,
    upstream: 'only',
    message: makeAnswer(query, { address: PLANTED }),
  })
}

/** A record that says `evil-00`, made to say another label of that length everywhere. */
const renamed = (record: Buffer, label: string): Buffer =>
  Buffer.from(record.toString('latin1').replaceAll('evil-00', label), 'latin1')

function flipped(record: Buffer, at: number): Buffer {
  const changed = Buffer.from(record)
  changed[at]! ^= 1
  return changed
}

suite('planted in the store', () => {
  test('made up, moved from other names, cut, of other schemas, of other kinds: none is served', async () => {
    await using writer = await Dotward.start(configOf())
    await using reader = await Dotward.start(configOf())
    const [, record] = await genuine(writer, 'evil-00')
    assert.deepEqual(await ask(reader, 'evil-00'), ATTACKED, 'his own names may lead to him')
    const withSchema = (schema: number): Buffer =>
      Buffer.concat([Buffer.of(schema), record.subarray(1)])
    const kinds: Record<string, (label: string) => Uint8Array | string> = {
      'under another secret': (label) => forged(label),
      'sealed where records are in the clear': (label) => forged(label, true),
      'moved from another name': () => record,
      'moved from another name and made to fit': (label) => renamed(record, label),
      'of an older schema': (label) => renamed(withSchema(0), label),
      'of a newer schema': (label) => renamed(withSchema(2), label),
      'of the schema of sealed records': (label) => renamed(withSchema(129), label),
      'noise of its length': () => Buffer.concat([Buffer.of(1), randomBytes(record.length - 1)]),
      empty: () => '',
      'of 4 MB': (label) => Buffer.concat([renamed(record, label), Buffer.alloc(4_000_000, 1)]),
      'in words': (label) => JSON.stringify({ name: label, data: ['A 192.0.2.66'] }),
    }
    for (const length of [1, 2, 23, 24, record.indexOf('{"name"') - 1]) {
      kinds[`cut to ${length} octets`] = (label) => renamed(record, label).subarray(0, length)
    }
    const earlier = (await reader.counters())('store_lookups{result="rejected"}')
    for (const [i, [how, make]] of Object.entries(kinds).entries()) {
      const label = `bank-${String(i).padStart(2, '0')}`
      await attacker.set(keyOf(label), Buffer.from(make(label)))
      assert.deepEqual(await ask(reader, label), RIGHT, how)
      const rejected = (await reader.counters())('store_lookups{result="rejected"}')
      assert.equal(rejected, earlier + i + 1, how)
    }
  })

  test('of a record for the name itself, with any part of it changed, nothing is served', async () => {
    await using writer = await Dotward.start(configOf())
    await using reader = await Dotward.start(configOf())
    const [, first] = await genuine(writer, 'part-000')
    const length = first.indexOf('{"name"')
    assert.ok(length > 50)
    let planted = 0
    for (let at = 0; at < length; at += 3) {
      const [key, record] = await genuine(writer, `part-${String(at + 1).padStart(3, '0')}`)
      await attacker.set(key, flipped(record, at))
      assert.deepEqual(await ask(reader, `part-${String(at + 1).padStart(3, '0')}`), RIGHT)
      planted++
    }
    const counters = await reader.counters()
    // Some are looked at again: who wrote them still has his claim on the name.
    assert.ok(counters('store_lookups{result="rejected"}') >= planted)
    assert.equal(counters('store_lookups{result="hit"}'), 0)
  })

  test('something that is no value at all under a key is not served, and is no outage of the store', async () => {
    await using writer = await Dotward.start(configOf())
    await using reader = await Dotward.start(configOf())
    for (let i = 0; i < 3; i++) {
      await attacker.rpush(keyOf(`list-${i}`), 'an element')
      assert.deepEqual(await ask(reader, `list-${i}`), RIGHT)
    }
    await genuine(writer, 'sound')
    assert.deepEqual(await ask(reader, 'sound'), RIGHT)
    assert.equal((await reader.counters())('store_lookups{result="hit"}'), 1)
  })

  test('where records are sealed, none that is moved, made up or cut is served', async () => {
    const sealed = { sealed: true }
    await using writer = await Dotward.start(configOf(sealed))
    await using reader = await Dotward.start(configOf(sealed))
    const [, evil] = await genuine(writer, 'evil-00')
    const kinds = [evil, forged('bank', true), forged('bank'), evil.subarray(0, 40)]
    for (const [i, value] of kinds.entries()) {
      const [key] = await genuine(writer, `sealed-${i}`)
      assert.doesNotMatch(key, /sealed-|example/)
      await attacker.set(key, Buffer.from(value))
      assert.deepEqual(await ask(reader, `sealed-${i}`), RIGHT)
    }
    const counters = await reader.counters()
    assert.ok(counters('store_lookups{result="rejected"}') >= kinds.length)
    assert.equal(counters('store_lookups{result="hit"}'), 0)
  })
})
