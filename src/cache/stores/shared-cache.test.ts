import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerFor, keyOf } from '../testing.ts'
import { FlushCodec } from './flush-codec.ts'
import { type AnswerRecord, RecordCodec } from './record.ts'
import { type Lookup, SharedCache, type SharedKey } from './shared-cache.ts'
import type { Flush } from './store.ts'
import { MemoryStore, SharedMemory } from './testing.ts'

const QUESTION = keyOf('www.example.org')
const question = QUESTION.bytes.slice(0, QUESTION.length)

/** What is kept of an answer that lives for a minute, as one proxy sees it. */
class Rig {
  readonly store: MemoryStore
  readonly flushCodec: FlushCodec
  readonly cache: SharedCache
  readonly counts = new Map<string, number>()
  readonly flushed: Flush[] = []
  readonly events: string[] = []
  /** Seconds by which this proxy's clock is ahead of what it was. */
  ahead = 0

  constructor(memory = new SharedMemory(), options: { sealed?: boolean; secret?: number } = {}) {
    const { sealed = false, secret = 7 } = options
    const count = (name: string, by = 1) => this.counts.set(name, (this.counts.get(name) ?? 0) + by)
    const secrets = { secret: new Uint8Array(32).fill(secret), sealed }
    this.flushCodec = new FlushCodec(secrets)
    this.store = new MemoryStore(memory, () => this.#wallNow())
    this.cache = new SharedCache({
      store: this.store,
      codec: new RecordCodec(secrets),
      flushCodec: this.flushCodec,
      deadline: 20,
      maxLifetime: 86_400_000,
      now: () => performance.now(),
      wallNow: () => this.#wallNow(),
      metrics: {
        lookedUp: (result) => count(result),
        rejected: (fault) => count(`rejected:${fault}`),
        written: (records) => count('written', records),
        dropped: (records) => count('dropped', records),
      },
      events: {
        onStoreLost: (reason) => this.events.push(`lost: ${reason}`),
        onStoreBack: () => this.events.push('back'),
        onWritesRefused: (reason) => this.events.push(`refused: ${reason}`),
        onWritesTaken: () => this.events.push('taken'),
        onFlush: (flush) => this.flushed.push(flush),
      },
    })
  }

  get key(): SharedKey {
    return this.cache.keyOf(question, 0)
  }

  #wallNow(): number {
    return Date.now() + this.ahead * 1000
  }

  async keep(ttl = 60): Promise<void> {
    this.cache.keep(question, 0, answerFor(QUESTION, 1, ttl), 'quad9')
    await sleep(15)
  }

  look(): Promise<{ record: AnswerRecord | null; result: Lookup }> {
    return lookFor(this, this.key)
  }

  async resultOf(): Promise<Lookup> {
    return (await this.look()).result
  }
}

function lookFor(
  rig: Rig,
  key: SharedKey,
): Promise<{ record: AnswerRecord | null; result: Lookup }> {
  return new Promise((resolve) => {
    rig.cache.look(
      key,
      (record, result) => resolve({ record, result }),
      () => {},
    )
  })
}

suite('a shared cache', () => {
  test('gives one proxy what another has kept, and whom it is from', async () => {
    const memory = new SharedMemory()
    const [one, other] = [new Rig(memory), new Rig(memory)]
    assert.equal(await other.resultOf(), 'miss')
    await one.keep()
    const { record, result } = await other.look()
    assert.equal(result, 'hit')
    assert.equal(record?.upstream, 'quad9')
    assert.equal(record.validUntil - record.askedAt, 60_000)
  })

  test('keeps nothing that is gone before anybody could look', async () => {
    const rig = new Rig()
    await rig.keep(1)
    assert.equal(await rig.resultOf(), 'miss')
  })

  test('gives nothing past its time, though the engine still has it', async () => {
    const memory = new SharedMemory()
    const rig = new Rig(memory)
    await rig.keep()
    for (const entry of memory.records.values()) entry.expiresAt = Infinity
    rig.ahead = 61
    assert.equal((await rig.look()).record, null)
  })

  test('takes a planted record for a miss, and counts it', async () => {
    const memory = new SharedMemory()
    const rig = new Rig(memory)
    const forger = new Rig(memory, { secret: 8 })
    await forger.keep()
    const { record, result } = await rig.look()
    assert.equal(record, null)
    assert.equal(result, 'rejected')
    assert.equal(rig.counts.get('rejected:checksum'), 1)
  })

  test('does not take a record for another question’s, though it was copied under its key', async () => {
    const memory = new SharedMemory()
    const rig = new Rig(memory)
    await rig.keep()
    const [stored] = [...memory.records.values()]
    const elsewhere = keyOf('bank.example.org')
    const wanted = rig.cache.keyOf(elsewhere.bytes.slice(0, elsewhere.length), 0)
    memory.records.set(wanted.key, stored!)
    const result = await new Promise<Lookup>((resolve) => {
      rig.cache.look(
        wanted,
        (_, seen) => resolve(seen),
        () => assert.fail(),
      )
    })
    assert.equal(result, 'rejected')
  })

  test('sealed, has neither names nor data in the store', async () => {
    const memory = new SharedMemory()
    const rig = new Rig(memory, { sealed: true })
    await rig.keep()
    assert.equal(await rig.resultOf(), 'hit')
    const text = [...memory.records].map(
      ([key, { record }]) => key + Buffer.from(record).toString('latin1'),
    )
    assert.doesNotMatch(text.join(), /example|quad9/)
  })
})

suite('a store in trouble', () => {
  test('that hangs costs a lookup its deadline, and after five nothing', async () => {
    const rig = new Rig()
    rig.store.mood = 'hung'
    for (let i = 0; i < 5; i++) assert.equal(await rig.resultOf(), 'late')
    assert.deepEqual(rig.events, ['lost: no answer within 20 ms'])
    const calls = rig.store.calls.length
    assert.equal(await rig.resultOf(), 'skipped')
    assert.equal(rig.store.calls.length, calls)
  })

  test('that is too slow by far is left alone, and does not come and go', async () => {
    const rig = new Rig()
    await rig.keep()
    const get = rig.store.get.bind(rig.store)
    rig.store.get = async (key) => {
      await sleep(200)
      return get(key)
    }
    let late = 0
    for (let i = 0; i < 100; i++) {
      rig.cache.look(
        rig.key,
        () => {},
        () => late++,
      )
      await sleep(10)
    }
    assert.deepEqual(rig.events, ['lost: no answer within 20 ms'])
    assert.ok(rig.counts.get('skipped')! > 50)
    await sleep(250)
    assert.equal(late, rig.counts.get('late'))
  })

  test('is asked again by itself, and used when it is back', async () => {
    const rig = new Rig()
    rig.store.mood = 'broken'
    for (let i = 0; i < 6; i++) await rig.look()
    assert.ok(rig.cache.isOut)
    rig.store.mood = 'well'
    while (rig.cache.isOut) {
      await rig.look()
      await sleep(5)
    }
    assert.equal(rig.events.at(-1), 'back')
    assert.equal(await rig.resultOf(), 'miss')
  })

  test('hands a record that comes late to who may still want it', async () => {
    const rig = new Rig()
    await rig.keep()
    rig.store.mood = 'hung'
    const late = new Promise<AnswerRecord>((resolve) => {
      rig.cache.look(rig.key, (record) => assert.equal(record, null), resolve)
    })
    await sleep(30)
    rig.store.release()
    assert.equal((await late).upstream, 'quad9')
  })

  test('drops what is to be written, counted, instead of keeping it without end', async () => {
    const rig = new Rig()
    rig.store.mood = 'hung'
    for (let i = 0; i < 10_000; i++)
      rig.cache.keep(question, 0, answerFor(QUESTION, 1, 60), 'quad9')
    assert.equal(rig.counts.get('dropped'), 10_000 - 8_192)
    await rig.cache.close()
  })
})

suite('what a store says of itself', () => {
  test('that it cannot be reached, is believed at once, and told once', async () => {
    const rig = new Rig()
    rig.cache.lost('connect ECONNREFUSED')
    rig.cache.lost('connect ECONNREFUSED')
    assert.equal(await rig.resultOf(), 'skipped')
    assert.deepEqual(rig.events, ['lost: connect ECONNREFUSED'])
  })

  test('that it can be reached again, is tried by the next lookup', async () => {
    const rig = new Rig()
    rig.cache.lost('connect ECONNREFUSED')
    rig.cache.reached()
    assert.equal(await rig.resultOf(), 'miss')
    assert.deepEqual(rig.events, ['lost: connect ECONNREFUSED', 'back'])
  })

  test('that it takes no records, leaves lookups alone, and is told once', async () => {
    const rig = new Rig()
    await rig.keep()
    const put = rig.store.put.bind(rig.store)
    rig.store.put = () => Promise.reject(new Error('OOM'))
    rig.store.claim = () => Promise.reject(new Error('OOM'))
    for (let i = 0; i < 10; i++) {
      await rig.keep()
      assert.equal(await claimed(rig), true)
    }
    assert.equal(await rig.resultOf(), 'hit')
    assert.equal(rig.counts.get('dropped'), 10)
    rig.store.put = put
    await rig.keep()
    assert.deepEqual(rig.events, ['refused: OOM', 'taken'])
  })
})

suite('proxies whose clocks differ', () => {
  test('by up to a second share answers', async () => {
    const memory = new SharedMemory()
    const [one, other] = [new Rig(memory), new Rig(memory)]
    one.ahead = 0.9
    await one.keep()
    assert.equal(await other.resultOf(), 'hit')
  })

  test('by more share none of those that would be served for too long, and count it', async () => {
    const memory = new SharedMemory()
    const [one, other] = [new Rig(memory), new Rig(memory)]
    one.ahead = 3_600
    await one.keep()
    assert.equal(await other.resultOf(), 'rejected')
    assert.equal(other.counts.get('rejected:clock'), 1)
  })

  test('by much do not serve for longer what was written by one that is behind', async () => {
    const memory = new SharedMemory()
    const [one, other] = [new Rig(memory), new Rig(memory)]
    one.ahead = -50
    await one.keep(60)
    const { record } = await other.look()
    assert.ok(record!.validUntil - Date.now() <= 10_000)
  })
})

suite('a claim', () => {
  test('is won by one of many, until it lapses', async () => {
    const memory = new SharedMemory()
    const rigs = Array.from({ length: 10 }, () => new Rig(memory))
    const won = await Promise.all(
      rigs.map((rig) => new Promise<boolean>((resolve) => rig.cache.claim(rig.key, 250, resolve))),
    )
    assert.equal(won.filter(Boolean).length, 1)
  })

  test('that nobody can decide is won: better two ask than none', async () => {
    const rig = new Rig()
    rig.store.mood = 'hung'
    assert.equal(await claimed(rig), true)
  })
})

function claimed(rig: Rig): Promise<boolean> {
  return new Promise((resolve) => {
    rig.cache.claim(rig.key, 250, resolve)
  })
}

suite('a flush', () => {
  test('reaches every proxy, and those that start later', async () => {
    const memory = new SharedMemory()
    const [one, other] = [new Rig(memory), new Rig(memory)]
    await one.keep()
    await sleep(2)
    await other.cache.flush('example.org.', true)
    assert.deepEqual(
      one.flushed.map(({ name, subtree }) => [name, subtree]),
      [['example.org.', true]],
    )
    assert.equal((await one.look()).record, null)
    const late = new Rig(memory)
    await sleep(5)
    assert.equal((await late.look()).record, null)
    one.ahead = 2
    late.ahead = 2
    await one.keep()
    assert.equal((await late.look()).result, 'hit')
  })

  test('is told once, however often the store repeats it', async () => {
    const rig = new Rig()
    const flush = { name: 'example.org.', subtree: true, at: Date.now() }
    const told = rig.flushCodec.encode(flush)
    for (let i = 0; i < 3; i++) await rig.store.flush(told, Infinity)
    assert.deepEqual(rig.flushed, [flush])
  })

  test('that nothing here can be older than is none', async () => {
    const rig = new Rig()
    const flush = { name: '.', subtree: true, at: Date.now() - 86_400_001 }
    await rig.store.flush(rig.flushCodec.encode(flush), Infinity)
    assert.deepEqual(rig.flushed, [])
  })

  test('that somebody without the secret plants is none', async () => {
    for (const sealed of [false, true]) {
      const rig = new Rig(new SharedMemory(), { sealed })
      const flush = { name: '.', subtree: true, at: Date.now() }
      await rig.store.flush(flush, Infinity)
      const secret = new Uint8Array(32).fill(8)
      await rig.store.flush(new FlushCodec({ secret, sealed }).encode(flush), Infinity)
      const own = rig.flushCodec.encode(flush)
      await rig.store.flush({ ...own, at: own.at - 1 }, Infinity)
      await rig.store.flush({ ...own, subtree: false }, Infinity)
      assert.deepEqual(rig.flushed, [])
    }
  })

  test('sealed, does not show its name in the store', async () => {
    const memory = new SharedMemory()
    const rig = new Rig(memory, { sealed: true })
    const other = new Rig(memory, { sealed: true })
    await rig.cache.flush('example.org.', false)
    assert.doesNotMatch(JSON.stringify(memory.flushes), /example/)
    assert.equal(other.flushed[0]!.name, 'example.org.')
  })

  test('empties the memory of this process though the store is out', async () => {
    const rig = new Rig()
    rig.store.mood = 'broken'
    await assert.rejects(rig.cache.flush('example.org.', false))
    assert.equal(rig.flushed.length, 1)
  })

  test('covers what a proxy whose clock is a little ahead wrote before it', async () => {
    const memory = new SharedMemory()
    const [one, other] = [new Rig(memory), new Rig(memory)]
    one.ahead = 0.9
    await one.keep()
    await other.cache.flush('www.example.org.', false)
    assert.equal(await other.resultOf(), 'rejected')
    assert.equal(other.counts.get('rejected:checksum'), undefined)
  })
})

suite('variants of an answer', () => {
  test('with DO or CD are kept apart, though one is copied under the key of another', async () => {
    const memory = new SharedMemory()
    const rig = new Rig(memory)
    for (let variant = 0; variant < 4; variant++) {
      rig.cache.keep(question, variant, answerFor(QUESTION, 1, 60), `variant ${variant}`)
    }
    await sleep(15)
    const keys = [0, 1, 2, 3].map((variant) => rig.cache.keyOf(question, variant))
    for (const [variant, key] of keys.entries()) {
      assert.equal((await lookFor(rig, key)).record?.upstream, `variant ${variant}`)
    }
    memory.records.set(keys[0]!.key, memory.records.get(keys[3]!.key)!)
    assert.equal((await lookFor(rig, keys[0]!)).result, 'rejected')
  })

  test('have keys within what stores must bear, whatever the name', () => {
    const rig = new Rig()
    const labels = [63, 63, 63, 61].map((length) => [length, ...Array<number>(length).fill(0)])
    const longest = Uint8Array.from([...labels.flat(), 0, 0xff, 0xff, 0xff, 0xff])
    const { key } = rig.cache.keyOf(longest, 3)
    assert.match(key, /^[\x20-\x7e]{1000,1100}$/)
  })
})
