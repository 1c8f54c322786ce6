// A fleet of validating proxies that share a store, before an upstream that tampers: what one of them was
// told is served by none, and neither is what somebody changes in the store.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Redis } from 'ioredis'
import { RecordCodec } from '../../../src/cache/stores/record.ts'
import { VALIDATIONS } from '../../../src/cache/layout.ts'
import { Rcode } from '../../../src/wire/header.ts'
import { RecordType } from '../../../src/wire/record-type.ts'
import { Variant } from '../../../src/wire/question-key.ts'
import { nameText } from '../../../src/dnssec/name.ts'
import { Dotward } from '../../support/dotward.ts'
import { RedisServer } from '../../support/redis.ts'
import { nameOf } from '../attack/attack-world.ts'
import { Client, type Told } from './asking.ts'
import { allCases } from './cases/all.ts'
import { Stage } from './stage.ts'
import { TamperedWorld } from './tampered-world.ts'
import { questionOf } from './trial.ts'

const SECRET = 'a secret of some length'
const PREFIX = 'dotward:answer:'

const world = new TamperedWorld(allCases)
const running = new AsyncDisposableStack()
const stage = running.use(new Stage(world.anchors))
const codec = new RecordCodec({ secret: Buffer.from(SECRET), sealed: false })
/** Two proxies that share a store, and somebody who can write there as well. */
let one: Dotward
let other: Dotward
let intruder: Redis

before(async () => {
  const upstream = running.use(await world.start(stage.certificate))
  const redis = running.use(await RedisServer.start())
  intruder = new Redis(redis.port, '127.0.0.1')
  running.defer(() => intruder.disconnect())
  const url = `redis://127.0.0.1:${redis.port}`
  const store = { kind: 'redis', url, secret: SECRET, deadline: '500ms' }
  const cache = { size: '16MiB', failureTtl: '30s', store }
  // What is answered without asking does not go into stores.
  const config = stage.config([upstream], { workers: 1, cache }, { aggressive: false })
  one = running.use(await Dotward.start(config))
  other = running.use(await Dotward.start(config))
  await connected(one, 'one')
  await connected(other, 'other')
})
after(() => running.disposeAsync())

/** Waits until a proxy has written something to the store. */
async function connected(proxy: Dotward, label: string): Promise<void> {
  await using client = await Client.open(proxy.port)
  let asked = 0
  await proxy.program.until('it writes to the store', async () => {
    await client.ask({ name: nameOf(`${label}-${asked++}.wild.good.example.`), type: RecordType.A })
    return (await proxy.counters())('store_writes{event="written"}') > 0
  })
}

const askGood = (client: Client, label: string): Promise<Told> =>
  client.ask({
    name: nameOf(`${label}.wild.good.example.`),
    type: RecordType.A,
    authentic: true,
  })

/** The record of a good name, and its key. */
async function recordOf(client: Client, label: string): Promise<[key: string, record: Buffer]> {
  assert.ok((await askGood(client, label)).isAuthentic)
  let key: string | undefined
  await one.program.until('the record is in the store', async () => {
    key = (await intruder.keys(`${PREFIX}${label}.*`))[0]
    return key !== undefined
  })
  return [key!, (await intruder.getBuffer(key!))!]
}

test('nothing that does not validate is kept for the fleet', async () => {
  await using client = await Client.open(one.port)
  await using neighbour = await Client.open(other.port)
  const cases = allCases.map((it) => ({ it, ...questionOf(it, world.zoneOf(it, 'checked')) }))
  for (const unchecked of [true, false]) {
    await Promise.all(
      cases.map(({ name, type }) => client.ask({ name, type, unchecked, tcp: true })),
    )
  }
  // Records are written in the order of their answers.
  await recordOf(client, 'last')
  const records = await intruder.keys(`${PREFIX}*`)
  assert.ok(records.length > cases.length * 0.8, String(records.length))
  for (const { it, name } of cases) {
    const { is } = it.outcome
    const zone = nameText(name)
    for (const key of records.filter((found) => found.startsWith(`${PREFIX}${zone}/`))) {
      const record = codec.decode(key.slice(PREFIX.length), (await intruder.getBuffer(key))!)
      assert.ok(typeof record !== 'string', `${key}: ${JSON.stringify(record)}`)
      const validation = VALIDATIONS[record.validation]
      if ((record.variant & Variant.CheckingDisabled) !== 0)
        assert.equal(validation, 'unknown', key)
      else if (is === 'insecure') assert.equal(validation, 'insecure', key)
      else {
        assert.ok(is === 'honest' || is === 'replayed', `${key}: ${it.title}`)
        assert.equal(validation, 'secure', key)
      }
    }
  }
  const bogus = cases.filter(({ it }) => it.outcome.is === 'bogus')
  const told = await Promise.all(
    bogus.map(({ name, type }) => neighbour.ask({ name, type, tcp: true })),
  )
  for (const { message } of told) assert.equal(message.rcode, Rcode.ServFail)
})

test('what is changed in the store is not served, let alone with AD', async () => {
  await using client = await Client.open(one.port)
  await using neighbour = await Client.open(other.port)
  const earlier = (await other.counters())('store_lookups{result="rejected"}')
  const length = codec.encode('', {
    variant: 0,
    validation: 0,
    extendedError: -1,
    askedAt: 0,
    validUntil: 0,
    upstream: 'up-0',
    message: new Uint8Array(0),
  }).length
  let changed = 0
  // The validation, which is the third octet; the AD bit; the address; and what is between.
  for (let at = 0; at < length + 60; at += 4) {
    const label = `changed-${at}`
    const [key, record] = await recordOf(client, label)
    const spoilt = Buffer.from(record)
    spoilt[Math.min(at === 4 ? 2 : at, spoilt.length - 1)]! ^= 1
    await intruder.set(key, spoilt)
    const { message, isAuthentic } = await askGood(neighbour, label)
    assert.deepEqual([message.rcode, isAuthentic], [Rcode.NoError, true])
    assert.deepEqual([...message.answers[0]!.rdata], [192, 0, 2, 9])
    changed++
  }
  const counters = await other.counters()
  assert.ok(counters('store_lookups{result="rejected"}') >= earlier + changed)
})

test('what was kept for those who disable checking cannot be moved to those who do not', async () => {
  await using client = await Client.open(one.port)
  await using neighbour = await Client.open(other.port)
  const it = allCases.find(({ title }) => title === 'flips a bit of an address')!
  const asked = questionOf(it, world.zoneOf(it, 'unchecked'))
  assert.equal((await client.ask({ ...asked, unchecked: true })).message.rcode, Rcode.NoError)
  let from: string | undefined
  await one.program.until('it is in the store', async () => {
    from = (await intruder.keys(`${PREFIX}${nameText(asked.name)}/*`))[0]
    return from !== undefined
  })
  const record = (await intruder.getBuffer(from!))!
  const base = from!.slice(0, from!.lastIndexOf('/') + 1)
  for (let variant = 0; variant < 64; variant++) await intruder.set(`${base}${variant}`, record)
  const told = await neighbour.ask({ ...asked, authentic: true })
  assert.deepEqual([told.message.rcode, told.isAuthentic], [Rcode.ServFail, false])
})
