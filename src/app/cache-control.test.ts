import assert from 'node:assert/strict'
import { beforeEach, suite, test } from 'node:test'
import { EntryCopy } from '../cache/entry-copy.ts'
import { sharedSecondsClock } from '../cache/seconds.ts'
import { TestCache } from '../cache/snapshot/testing.ts'
import { answerFor } from '../cache/testing.ts'
import { createLogger } from '../observe/log.ts'
import { formatName } from '../wire/text/name-text.ts'
import { CacheControl } from './cache-control.ts'

const MIB = 1024 * 1024
const log = createLogger('error', (record) => assert.fail(record.message))

let cache: TestCache
let control: CacheControl
let now: number
beforeEach(() => {
  cache = new TestCache(4 * MIB)
  now = sharedSecondsClock().seconds()
  const flushShared = () => Promise.resolve(true)
  control = new CacheControl({ memory: cache.memory, log, upstreams: [], flushShared })
})

function put(count: number, at = now - 60): void {
  for (let i = 0; i < count; i++) cache.put(`n${i}.example.org`, i, { at })
}

/** The names in force, in order of letters. */
function names(): string[] {
  const entry = new EntryCopy()
  const found: string[] = []
  for (const shard of control.cache.shards) {
    for (let slot = 0; slot < shard.geometry.slots; slot++) {
      if (entry.take(shard, slot)) found.push(formatName(entry.answer.bytes, 12))
    }
  }
  return found.toSorted()
}

/** Until everything that was begun is done. */
const settled = () => control.flush({ name: 'nothing.example.net' })

suite('flushes that workers hear of', () => {
  test('spare what was stored since they were made', async () => {
    put(3)
    cache.put('n1.example.org', 1, { at: now })
    control.onFlush({ name: 'example.org.', subtree: true, at: Date.now() - 30_000 })
    await settled()
    assert.deepEqual(names(), ['n1.example.org.'])
  })

  test('all go through, though hundreds come at once from each worker', async () => {
    put(1_000)
    const at = Date.now()
    for (let worker = 0; worker < 4; worker++) {
      for (let i = 0; i < 900; i++) {
        control.onFlush({ name: `n${i}.example.org.`, subtree: false, at })
      }
    }
    for (let walks = 0; walks < 900 / 32; walks++) await settled()
    assert.equal(names().length, 100)
  })

  test('are one of everything when they are too many', async () => {
    put(10)
    for (let i = 0; i < 1_100; i++) {
      control.onFlush({ name: `m${i}.example.org.`, subtree: false, at: Date.now() })
    }
    for (let walks = 0; walks < 1_100 / 32; walks++) await settled()
    assert.deepEqual(names(), [])
  })

  test('with a name that is none do nothing', async () => {
    put(1)
    control.onFlush({ name: 'a..b', subtree: true, at: Date.now() })
    await settled()
    assert.equal(names().length, 1)
  })
})

suite('a flush everywhere', () => {
  test('goes on here when the store does not answer, or cannot', async () => {
    const warnings = createLogger('error', () => {})
    for (const flushShared of [
      () => new Promise<boolean>(() => {}),
      () => Promise.reject(new Error('connection lost')),
    ]) {
      put(3)
      const one = new CacheControl({
        memory: cache.memory,
        log: warnings,
        upstreams: [],
        flushShared,
      })
      const request = { name: 'example.org', subtree: true, everywhere: true }
      assert.deepEqual(await one.flush(request), { ok: true, removed: 3, elsewhere: 'unreachable' })
    }
  })
})

suite('another size', () => {
  test('has all that was in the cache, and what comes back meanwhile', async () => {
    put(500)
    await control.restore(async (keeper) => {
      const moving = control.memoryOf(16 * MIB, 4 * MIB)
      for (const name of ['back.example.org', 'late.example.org']) {
        const key = cache.key(name)
        keeper.restore(key, answerFor(key, 1, 60), now - 5, 0)
        control.settle(await moving)
      }
    })
    assert.equal(names().length, 502)
  })

  test('has nothing that was flushed meanwhile', async () => {
    put(20_000)
    const moving = control.memoryOf(16 * MIB, 4 * MIB)
    const flushed = await control.flush({ name: 'example.org', subtree: true })
    assert.ok(flushed.ok)
    control.settle(await moving)
    assert.deepEqual(names(), [])
  })

  test('that is not to be leaves everything as it was', async () => {
    put(10)
    await control.memoryOf(16 * MIB, 4 * MIB)
    control.settle(control.memory)
    assert.equal(control.memory, cache.memory)
    assert.equal(names().length, 10)
  })
})
