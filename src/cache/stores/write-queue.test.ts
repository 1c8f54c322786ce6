import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { TestContext } from 'node:test'
import type { Store, StoredEntry } from './store.ts'
import { WriteQueue } from './write-queue.ts'

/** Milliseconds that records are gathered for. */
const GATHERING = 1

/** A queue, and a store whose writes end when the test says so. */
class Rig {
  readonly queue: WriteQueue
  /** The keys of each write, and what ends it. */
  readonly writes: { keys: string[]; end: (error?: Error) => void }[] = []
  readonly counts = { written: 0, dropped: 0 }
  readonly failures: string[] = []
  admits = true
  readonly #timers: TestContext['mock']['timers']

  constructor({ mock: { timers } }: TestContext) {
    timers.enable({ apis: ['setTimeout'] })
    this.#timers = timers
    const put = (entries: readonly StoredEntry[]) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const end = (error?: Error) => (error === undefined ? resolve() : reject(error))
      this.writes.push({ keys: entries.map(({ key }) => key), end })
      return promise
    }
    this.queue = new WriteQueue({
      store: { put } satisfies Pick<Store, 'put'>,
      admits: () => this.admits,
      onWritten: (records) => {
        this.counts.written += records
      },
      onDropped: (records) => {
        this.counts.dropped += records
      },
      onFailure: (error) => this.failures.push(String(error)),
    })
  }

  add(...keys: readonly string[]): void {
    for (const key of keys) this.addOf(1, key)
  }

  addOf(octets: number, key: string): void {
    this.queue.add({ key, record: new Uint8Array(octets), expiresAt: 1, readable: null })
  }

  async pass(ms: number): Promise<void> {
    this.#timers.tick(ms)
    await turn()
  }
}

suite('records on their way into a store', () => {
  test('are gathered for a moment and written together, in order', async (t) => {
    const rig = new Rig(t)
    rig.add('a', 'b')
    await rig.pass(GATHERING - 1)
    rig.add('c')
    assert.equal(rig.writes.length, 0)
    await rig.pass(1)
    assert.deepEqual(rig.writes[0]!.keys, ['a', 'b', 'c'])
    rig.writes[0]!.end()
    await turn()
    assert.deepEqual(rig.counts, { written: 3, dropped: 0 })
  })

  test('wait for the write before theirs', async (t) => {
    const rig = new Rig(t)
    rig.add('a')
    await rig.pass(GATHERING)
    rig.add('b')
    await rig.pass(100)
    assert.equal(rig.writes.length, 1)
    rig.writes[0]!.end()
    await turn()
    await rig.pass(GATHERING)
    assert.deepEqual(rig.writes[1]!.keys, ['b'])
  })

  test('go at most 256 at a time', async (t) => {
    const rig = new Rig(t)
    rig.add(...Array.from({ length: 300 }, (_, i) => String(i)))
    await rig.pass(GATHERING)
    assert.equal(rig.writes[0]!.keys.length, 256)
    rig.writes[0]!.end()
    await turn()
    await rig.pass(GATHERING)
    assert.deepEqual(rig.writes[1]!.keys.slice(-2), ['298', '299'])
  })

  test('of the longest answers go few at a time, and fewer may wait', async (t) => {
    const rig = new Rig(t)
    for (let i = 0; i < 200; i++) rig.addOf(65_536, String(i))
    assert.equal(rig.counts.dropped, 200 - 128)
    for (let i = 0; i < 2; i++) {
      await rig.pass(GATHERING)
      rig.writes[i]!.end()
      await turn()
    }
    const numbers = Array.from({ length: 8 }, (_, i) => String(i))
    assert.deepEqual(
      rig.writes.map(({ keys }) => keys),
      [numbers.slice(0, 4), numbers.slice(4)],
    )
    for (let i = 0; i < 10; i++) rig.addOf(65_536, 'more')
    assert.equal(rig.counts.dropped, 200 - 128 + 2)
  })

  test('go though one of them is longer than a write should be', async (t) => {
    const rig = new Rig(t)
    rig.addOf(300_000, 'a')
    rig.add('b')
    await rig.pass(GATHERING)
    assert.deepEqual(rig.writes[0]!.keys, ['a'])
  })

  test('are dropped, counted, when too many wait', (t) => {
    const rig = new Rig(t)
    rig.add(...Array.from({ length: 8_200 }, (_, i) => String(i)))
    assert.deepEqual(rig.counts, { written: 0, dropped: 8 })
  })

  test('are dropped, counted, when the store does not take them, and the next are tried', async (t) => {
    const rig = new Rig(t)
    rig.add('a', 'b')
    await rig.pass(GATHERING)
    rig.writes[0]!.end(new Error('OOM'))
    await turn()
    assert.deepEqual([rig.counts, rig.failures], [{ written: 0, dropped: 2 }, ['Error: OOM']])
    rig.add('c')
    await rig.pass(GATHERING)
    rig.writes[1]!.end()
    await turn()
    assert.equal(rig.counts.written, 1)
  })

  test('are given up after two seconds of a write that does not end', async (t) => {
    const rig = new Rig(t)
    rig.add('a')
    await rig.pass(GATHERING)
    await rig.pass(2_000)
    assert.deepEqual(rig.failures, ['Error: no answer within 2000 ms'])
    assert.equal(rig.counts.dropped, 1)
    rig.writes[0]!.end(new Error('after all'))
    await turn()
    assert.equal(rig.failures.length, 1)
  })

  test('are dropped without a try while the store is out', async (t) => {
    const rig = new Rig(t)
    rig.admits = false
    rig.add('a')
    await rig.pass(GATHERING)
    assert.deepEqual([rig.writes.length, rig.counts.dropped], [0, 1])
  })

  test('are dropped at the end', async (t) => {
    const rig = new Rig(t)
    rig.add('a')
    rig.queue.close()
    rig.add('b')
    await rig.pass(GATHERING)
    assert.deepEqual([rig.writes.length, rig.counts.dropped], [0, 2])
  })
})
