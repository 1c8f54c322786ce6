// What stays of tampered answers in the cache: nothing that is called secure but what is true.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { stringify } from 'yaml'
import { App } from '../../../src/app/app.ts'
import type { CacheEntry } from '../../../src/cache/inspect/describe.ts'
import { formatRdata } from '../../../src/wire/text/rdata-text.ts'
import { formatType } from '../../../src/wire/text/type-text.ts'
import { nameText } from '../../../src/dnssec/name.ts'
import type { DotServer } from '../../support/dot-server.ts'
import { Client } from './asking.ts'
import { allCases } from './cases/all.ts'
import { Stage } from './stage.ts'
import { TamperedWorld, withoutDnssec } from './tampered-world.ts'
import { questionOf } from './trial.ts'

const world = new TamperedWorld(allCases)
const running = new AsyncDisposableStack()
const stage = running.use(new Stage(world.anchors))
let upstream: DotServer

before(async () => {
  upstream = running.use(await world.start(stage.certificate))
})
after(() => running.disposeAsync())

/** Every question, from all sorts of clients. */
async function askAll(port: number): Promise<void> {
  await using client = await Client.open(port)
  for (const unchecked of [true, false]) {
    for (const dnssecOk of [true, false]) {
      const questions = allCases.map((one) => questionOf(one, world.zoneOf(one, 'checked')))
      await Promise.all(
        questions.map((asked) => client.ask({ ...asked, unchecked, dnssecOk, tcp: true })),
      )
    }
  }
}

async function entriesOf(app: App): Promise<readonly CacheEntry[]> {
  const entries: CacheEntry[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const listed = await app.cacheEntries({ limit: 1_000, ...(cursor && { cursor }) })
    assert.ok(listed.ok)
    entries.push(...listed.entries)
    cursor = listed.cursor
  }
  return entries
}

/** Throws when an entry says something that it must not. */
function judge(entry: CacheEntry): void {
  const what = `${entry.name} ${entry.type}: ${entry.rcode} ${entry.validation} ${entry.data.join()}`
  if (entry.checkingDisabled) {
    assert.equal(entry.validation, 'unknown', what)
    return
  }
  // YXDOMAIN is kept like a failure, proven or not.
  if (entry.state === 'failure' && entry.validation !== 'secure') {
    assert.deepEqual(entry.data, [], what)
    return
  }
  const one = allCases.find((other) => {
    const asked = questionOf(other, world.zoneOf(other, 'checked'))
    return nameText(asked.name) === entry.name && formatType(asked.type) === entry.type
  })
  assert.ok(one !== undefined, what)
  const { is } = one.outcome
  assert.ok(is === 'honest' || is === 'insecure' || is === 'replayed', what)
  assert.equal(entry.validation, is === 'insecure' ? 'insecure' : 'secure', what)
  const { name, type } = questionOf(one, world.zoneOf(one, 'checked'))
  const said = is === 'honest' ? world.honest(name, type) : world.tampered(name, type)
  const { answers } = entry.dnssecOk ? said : withoutDnssec(said)
  const wanted = answers.map(
    (record) => `${formatType(record.type)} ${formatRdata(record.type, record.rdata)}`,
  )
  // What came twice need not be kept so (RFC 2181 §5).
  assert.deepEqual(new Set(entry.data), new Set(wanted), what)
}

test('the cache has nothing bogus but that it is, and calls secure what is true', async () => {
  const config = stage.config([upstream], {
    listeners: [{ address: '127.0.0.1', port: 0 }],
    log: { level: 'error' },
  })
  const load = { text: stringify(config), file: null, environment: {} }
  const opened = App.open({ load, sink() {} })
  assert.ok(opened.ok, JSON.stringify(opened))
  const { app } = opened
  try {
    await app.start()
    await askAll(app.listeners[0]!.port)
    const entries = await entriesOf(app)
    assert.ok(entries.length > allCases.length * 3)
    for (const entry of entries) judge(entry)
    const bogus = entries.filter(({ validation }) => validation === 'bogus')
    assert.ok(bogus.length >= allCases.filter(({ outcome }) => outcome.is === 'bogus').length * 2)
    assert.ok(bogus.every(({ reason }) => reason !== null && reason.length > 10))
  } finally {
    await app.stop()
  }
})
