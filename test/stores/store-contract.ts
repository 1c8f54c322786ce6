// What every engine of shared answers must do. One suite for all of them: an engine is right when it
// passes, and nothing above the engines knows which one it is.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Flush, Store, StoredEntry } from '../../src/cache/stores/store.ts'

/** An engine that runs, as the suite finds it. */
export interface Engine extends AsyncDisposable {
  /** As another process would. */
  open(): Promise<Store> | Store
  /** Null where no server stands between, so that there is nothing to lose. */
  readonly server: EngineServer | null
  /** False for engines of one machine, which let everybody win. */
  readonly takesClaims?: false
}

export interface EngineServer {
  /** Ends without warning, and loses what it had in memory. */
  kill(): Promise<void>
  restart(): Promise<void>
  /** Hangs, with its connections open. */
  suspend(): void
  resume(): void
}

const MINUTE = 60_000

/** Milliseconds within which what an engine tells everybody must have come. */
const SOON = 15_000

export function storeContract(name: string, start: () => Promise<Engine>): void {
  suite(`${name} as a store`, () => {
    let engine: Engine
    let store: Store
    let other: Store
    const opened: Store[] = []
    const open = async (): Promise<Store> => {
      const fresh = await engine.open()
      opened.push(fresh)
      await working(fresh)
      return fresh
    }
    before(async () => {
      engine = await start()
      store = await open()
      other = await open()
    })
    after(async () => {
      for (const one of opened) await one.close()
      await engine[Symbol.asyncDispose]()
    })

    test('has nothing under a key that nobody has used', async () => {
      assert.equal(await store.get('example.org./A/IN/0'), null)
    })

    test('gives everybody what one has put there, octet for octet', async () => {
      const record = Uint8Array.from({ length: 256 }, (_, octet) => octet)
      await store.put([entry('all.example./A/IN/0', { record })])
      await assertHolds(other, 'all.example./A/IN/0', record)
    })

    test('gives the record, whatever else is kept for people', async () => {
      const readable = {
        name: 'seen.example.',
        type: 'TXT',
        class: 'IN',
        data: ['TXT "caf\u00e9 \\" \\\\ $where {"', ''],
        askedAt: 1,
        validUntil: 2,
        upstream: 'quad9',
        validation: 'unknown',
      }
      const record = randomBytes(100)
      await store.put([entry('seen.example./TXT/IN/0', { record, readable })])
      await assertHolds(other, 'seen.example./TXT/IN/0', record)
    })

    test('puts a record in the place of the one before', async () => {
      await store.put([entry('new.example./A/IN/0', { record: randomBytes(500) })])
      const record = randomBytes(20)
      await other.put([entry('new.example./A/IN/0', { record })])
      await assertHolds(store, 'new.example./A/IN/0', record)
    })

    test('keeps the longest of answers, 64 KB and what is known of it', async () => {
      const record = randomBytes(65_535 + 300)
      await store.put([entry('big.example./TXT/IN/3', { record })])
      await assertHolds(other, 'big.example./TXT/IN/3', record)
    })

    test('keeps what is put under any printable key, each for itself', async () => {
      const printable = String.fromCharCode(...Array.from({ length: 95 }, (_, i) => 0x20 + i))
      const keys = [
        printable,
        'a'.repeat(1_100),
        `${'\\000'.repeat(253)}./TYPE65535/CLASS65535/3`,
        '{}.example./A/IN/0',
        '{a}.example./A/IN/0',
        '$where',
        '_id',
        '*',
        '.',
        '/../..',
        'UPPER.example./A/IN/0',
        'upper.example./A/IN/0',
        ' spaces ',
      ]
      const entries = keys.map((key) => entry(key))
      await store.put(entries)
      for (const { key, record } of entries) await assertHolds(other, key, record)
    })

    test('forgets a record when its time has come, and takes none whose time is past', async () => {
      const now = Date.now()
      await store.put([
        entry('gone.example./A/IN/0', { expiresAt: now - 1_000 }),
        entry('short.example./A/IN/0', { expiresAt: now + 700 }),
      ])
      assert.equal(await other.get('gone.example./A/IN/0'), null)
      assert.notEqual(await other.get('short.example./A/IN/0'), null)
      await sleep(750)
      assert.equal(await other.get('short.example./A/IN/0'), null)
    })

    test('takes a thousand records at once, and answers a thousand lookups of one tick', async () => {
      const entries = Array.from({ length: 1_000 }, (_, i) => entry(`n${i}.example./A/IN/0`))
      await store.put(entries)
      const found = await Promise.all(entries.map(({ key }) => other.get(key)))
      for (const [i, { record }] of entries.entries()) assertBegins(found[i]!, record)
      assert.equal(await other.get('n1000.example./A/IN/0'), null)
    })

    test('takes nothing to be put for nothing', async () => {
      await store.put([])
    })

    test('has one of many win a claim, until it lapses', async () => {
      const claims = [store, other, store, other, store].map((one) => one.claim('c.example.', 400))
      const winners = (await Promise.all(claims)).filter(Boolean).length
      assert.equal(winners, engine.takesClaims === false ? claims.length : 1)
      assert.equal(await other.claim('d.example.', 400), true)
      assert.equal(await other.get('c.example.'), null)
      await sleep(450)
      assert.equal(await other.claim('c.example.', 400), true)
    })

    test('tells everybody of a flush, and those who come later', async () => {
      const heard = [store, other].map(listen)
      const flush = { name: 'flushed.example.', subtree: true, at: Date.now() }
      await store.flush(flush, Date.now() + MINUTE)
      for (const flushes of heard) await until(() => flushes.some((one) => isSame(one, flush)))
      const late = await open()
      assert.ok((await late.flushes()).some((one) => isSame(one, flush)))
    })

    test('tells newcomers of a flush for as long as it matters, whatever was flushed since', async () => {
      const at = Date.now()
      const long = { name: 'long.example.', subtree: false, at }
      const short = { name: 'short.example.', subtree: false, at: at + 1 }
      await store.flush(long, at + MINUTE)
      await other.flush(short, at + 500)
      await sleep(600)
      await other.flush({ name: 'third.example.', subtree: false, at: Date.now() }, at + 700)
      assert.ok((await store.flushes()).some((one) => isSame(one, long)))
      assert.ok(!(await store.flushes()).some((one) => isSame(one, short)))
    })

    test('given up, refuses at once', async () => {
      const fresh = await open()
      const pending = fresh.get('pending.example./A/IN/0').catch(() => null)
      await fresh.close()
      await within(SOON, pending)
      await assert.rejects(within(SOON, fresh.get('closed.example./A/IN/0')))
      await fresh.close()
    })

    test('is back by itself when its server was killed and is back', async () => {
      const { server } = engine
      if (server === null) return
      const heard = listen(other)
      await server.kill()
      await settles(store)
      await server.restart()
      await working(store)
      await working(other)
      const kept = entry('back.example./A/IN/0')
      await store.put([kept])
      await assertHolds(other, kept.key, kept.record)
      const flush = { name: 'back.example.', subtree: false, at: Date.now() }
      await store.flush(flush, Date.now() + MINUTE)
      await until(() => heard.some((one) => isSame(one, flush)))
    })

    test('is back by itself when its server hung, and owes nobody an answer for ever', async () => {
      const { server } = engine
      if (server === null) return
      server.suspend()
      const lookups = Array.from({ length: 500 }, () => settles(store))
      await within(SOON, Promise.all(lookups))
      server.resume()
      await working(store)
    })
  })
}

interface EntryOptions {
  readonly record?: Uint8Array
  readonly expiresAt?: number
  readonly readable?: StoredEntry['readable']
}

function entry(key: string, options: EntryOptions = {}): StoredEntry {
  const { record = randomBytes(40), expiresAt = Date.now() + MINUTE, readable = null } = options
  return { key, record, expiresAt, readable }
}

async function assertHolds(store: Store, key: string, record: Uint8Array): Promise<void> {
  assertBegins(await store.get(key), record)
}

/** What follows behind a record is for people. */
function assertBegins(found: Uint8Array | null, record: Uint8Array): void {
  assert.ok(found !== null)
  assert.deepEqual(Buffer.from(found.subarray(0, record.length)), Buffer.from(record))
}

function listen(store: Store): Flush[] {
  const heard: Flush[] = []
  store.onFlush((flush) => heard.push(flush))
  return heard
}

function isSame(one: Flush, other: Flush): boolean {
  return one.name === other.name && one.subtree === other.subtree && one.at === other.at
}

/** Waits until a store answers: it connects, or comes back, by itself. */
async function working(store: Store): Promise<void> {
  await until(async () => {
    try {
      await within(1_000, Promise.all([store.flushes(), store.claim(`${Math.random()}`, 10)]))
      return true
    } catch {
      return false
    }
  })
}

/** Waits until a lookup has ended, well or not. */
async function settles(store: Store): Promise<void> {
  await within(
    SOON,
    store.get('settles.example./A/IN/0').catch(() => null),
  )
}

async function until(ready: () => boolean | Promise<boolean>): Promise<void> {
  const giveUp = Date.now() + SOON
  while (!(await ready())) {
    assert.ok(Date.now() < giveUp, 'it never came')
    await sleep(20)
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const late = new AbortController()
  const timeout = sleep(ms, undefined, { signal: late.signal }).then(
    () => assert.fail(`not within ${ms} ms`),
    () => assert.fail('not reached'),
  )
  try {
    return await Promise.race([work, timeout])
  } finally {
    timeout.catch(() => {})
    late.abort()
  }
}
