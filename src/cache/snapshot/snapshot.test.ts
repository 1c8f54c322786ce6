import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, suite, test } from 'node:test'
import fc from 'fast-check'
import { Variant } from '../../wire/question-key.ts'
import { EntryCopy } from '../entry-copy.ts'
import { Provenance } from '../layout.ts'
import { readSnapshot, restoreFrom, SnapshotFault, type SnapshotReadOptions } from './read.ts'
import { NOW, readOptions, SnapshotFolder, sourceOf, TestCache, WALL_NOW } from './testing.ts'

let folder: SnapshotFolder
beforeEach(() => {
  folder = new SnapshotFolder()
})
afterEach(() => folder[Symbol.dispose]())

function read(into: TestCache, options: Partial<SnapshotReadOptions> = {}) {
  return readSnapshot(folder.path, { ...readOptions(into), ...options })
}

/** What a restart leaves of one answer. */
async function afterRestart(
  put: Parameters<TestCache['put']>[2],
  options: Partial<SnapshotReadOptions> = {},
): Promise<TestCache> {
  const before = new TestCache()
  before.put('www.example.org', 7, put)
  await folder.write(before, { maxStale: 3_600, upstreams: ['one', 'two'] })
  const after = new TestCache()
  assert.ok((await read(after, options)).ok)
  return after
}

function provenanceIn({ cache }: TestCache): number[] {
  const entry = new EntryCopy()
  return cache.shards.flatMap((shard) =>
    Array.from({ length: shard.geometry.slots }, (_, slot) => slot)
      .filter((slot) => entry.take(shard, slot))
      .map((slot) => (entry.take(shard, slot) ? entry.answer.provenance : -1)),
  )
}

suite('after a restart', () => {
  test('answers are there, each for its own variant', async () => {
    const before = new TestCache()
    for (let i = 0; i < 500; i++) before.put(`n${i}.example.org`, i)
    before.put('n7.example.org', 1_000, { variant: Variant.DnssecOk })
    assert.equal(await folder.write(before), 501)
    const after = new TestCache()
    assert.deepEqual(await read(after), { ok: true, restored: 501, passed: 0 })
    for (let i = 0; i < 500; i++) assert.equal(after.get(`n${i}.example.org`)?.mark, i)
    assert.equal(after.get('n7.example.org', { variant: Variant.DnssecOk })?.mark, 1_000)
  })

  test('their age has gone on, by the clock on the wall', async () => {
    const options = { now: 50_000, wallNow: WALL_NOW + 100_000 }
    const after = await afterRestart({ ttl: 300, at: NOW - 50 }, options)
    assert.deepEqual(after.get('www.example.org', { now: 50_000 }), { mark: 7, ttl: 150 })
    assert.equal(after.get('www.example.org', { now: 50_150 }), null)
  })

  test('those whose time is over are stale, or gone', async () => {
    const options = { wallNow: WALL_NOW + 400_000, maxStale: 3_600 }
    const after = await afterRestart({ ttl: 300 }, options)
    assert.equal(after.get('www.example.org'), null)
    assert.equal(after.get('www.example.org', { maxStale: 3_600 })?.mark, 7)
    const later = await afterRestart({ ttl: 300 }, { ...options, maxStale: 60 })
    assert.equal(later.cache.state().entries, 0)
  })

  test('those of a clock that was ahead are passed over', async () => {
    const after = await afterRestart({}, { wallNow: WALL_NOW - 5_000 })
    assert.equal(after.cache.state().entries, 0)
  })

  test('they live no longer than is allowed now', async () => {
    const after = await afterRestart({ ttl: 300 }, { maxTtl: 60 })
    assert.equal(after.get('www.example.org', { now: NOW + 59 })?.mark, 7)
    assert.equal(after.get('www.example.org', { now: NOW + 60 }), null)
  })

  test('what is newer stays', async () => {
    const before = new TestCache()
    before.put('www.example.org', 1, { at: NOW - 10 })
    await folder.write(before)
    const after = new TestCache()
    after.put('www.example.org', 2, { at: NOW - 5 })
    assert.deepEqual(await read(after), { ok: true, restored: 0, passed: 1 })
    assert.equal(after.get('www.example.org')?.mark, 2)
  })

  test('who answered is known by name; those who are not asked any more are passed over', async () => {
    const provenance = 2 | Provenance.Shared
    const slots = new Map([['two', 30]])
    const slotOf = (name: string): number => slots.get(name) ?? -1
    const after = await afterRestart({ provenance }, { slotOf })
    assert.deepEqual(provenanceIn(after), [31 | Provenance.Shared])
    const without = await afterRestart({ provenance: 1 }, { slotOf })
    assert.equal(without.cache.state().entries, 0)
  })

  test('what hangs on a negative trust anchor is not there: it may be gone (RFC 7646)', async () => {
    const passing = await afterRestart({ provenance: Provenance.Passing })
    assert.equal(passing.cache.state().entries, 0)
  })

  test('extended errors are there, failures are not (RFC 8914, RFC 9520)', async () => {
    const after = await afterRestart({ extendedError: 22 })
    assert.ok(after.get('www.example.org'))
    assert.equal(after.cache.extendedError, 22)
    const failed = await afterRestart({ variant: Variant.Failure })
    assert.equal(failed.cache.state().entries, 0)
  })
})

suite('where there is no room for all', () => {
  const names = Array.from({ length: 400 }, (_, i) => `n${i}.example.org`)

  async function kept(before: TestCache, room: object): Promise<string[]> {
    await folder.write(before, room)
    const after = new TestCache()
    await read(after)
    return names.filter((name) => after.get(name) !== null)
  }

  test('those asked for most are kept', async () => {
    const before = new TestCache()
    for (const name of names) before.put(name, 1)
    const hot = names.filter((_, i) => i % 10 === 3)
    for (let use = 0; use < 30; use++) for (const name of hot) before.get(name)
    assert.deepEqual(await kept(before, { maxEntries: hot.length }), hot)
    const small = await kept(before, { maxSize: hot.length * 100 })
    assert.ok(hot.every((name) => small.includes(name)))
    assert.ok(small.length < 2 * hot.length)
    assert.ok(folder.octets().length < hot.length * 100 + 200)
  })

  test('of those asked for as often, the youngest are', async () => {
    const before = new TestCache()
    for (const [i, name] of names.entries()) before.put(name, 1, { at: NOW - i })
    assert.deepEqual(await kept(before, { maxEntries: 32 }), names.slice(0, 32))
  })

  test('use is known after a restart as well, and so in the next snapshot', async () => {
    const before = new TestCache()
    for (const name of names) before.put(name, 1)
    for (let use = 0; use < 30; use++) before.get('n5.example.org')
    await folder.write(before)
    const between = new TestCache()
    await read(between)
    assert.deepEqual(await kept(between, { maxEntries: 1 }), ['n5.example.org'])
  })
})

suite('a file that is refused', () => {
  const filled = (): TestCache => {
    const cache = new TestCache()
    for (let i = 0; i < 20; i++) cache.put(`n${i}.example.org`, i)
    return cache
  }

  async function faultOf(): Promise<SnapshotFault | null> {
    const after = new TestCache()
    const result = await read(after)
    if (!result.ok) assert.equal(after.cache.state().entries, 0)
    return result.ok ? null : result.fault
  }

  test('is not there', async () => assert.equal(await faultOf(), SnapshotFault.Absent))

  test('is something else, and is not overwritten', async () => {
    for (const text of ['', 'Dear all,', '\x7fELF\x02\x01\x01\0\0\0\0']) {
      writeFileSync(folder.path, text)
      assert.equal(await faultOf(), SnapshotFault.Foreign)
      if (text !== '') await assert.rejects(folder.write(filled()), /is not overwritten/)
    }
    rmSync(folder.path)
    mkdirSync(folder.path)
    assert.equal(await faultOf(), SnapshotFault.Foreign)
    await assert.rejects(folder.write(filled()), /is not overwritten/)
    rmSync(folder.path, { recursive: true })
    // Opening it for reading would wait for a writer.
    execFileSync('mkfifo', [folder.path])
    assert.equal(await faultOf(), SnapshotFault.Foreign)
  })

  test('is of another version, or anybody may write there', async () => {
    await folder.write(filled())
    const octets = folder.octets()
    octets[7]! += 1
    writeFileSync(folder.path, octets)
    assert.equal(await faultOf(), SnapshotFault.Version)
    await folder.write(filled())
    chmodSync(folder.path, 0o666)
    assert.equal(await faultOf(), SnapshotFault.Open)
  })

  test('is torn, wherever that is', async () => {
    await folder.write(filled())
    const octets = folder.octets()
    for (let length = 8; length < octets.length; length += 7) {
      writeFileSync(folder.path, octets.subarray(0, length))
      assert.equal(await faultOf(), SnapshotFault.Torn)
    }
    writeFileSync(folder.path, Buffer.concat([octets, Buffer.of(0)]))
    assert.equal(await faultOf(), SnapshotFault.Torn)
  })

  test('has any octet changed (property)', async () => {
    await folder.write(filled())
    const octets = folder.octets()
    const changes = fc.array(
      fc.tuple(fc.nat(octets.length - 1), fc.integer({ min: 1, max: 255 })),
      {
        minLength: 1,
        maxLength: 4,
      },
    )
    await fc.assert(
      fc.asyncProperty(changes, async (changed) => {
        const copy = Buffer.from(octets)
        for (const [at, difference] of changed) copy[at]! ^= difference
        const after = new TestCache()
        const result = await restoreFrom(sourceOf(copy), readOptions(after))
        assert.equal(result.ok, copy.equals(octets))
        if (!result.ok) assert.equal(after.cache.state().entries, 0)
      }),
      { numRuns: 300 },
    )
  })
})

suite('writing', () => {
  test('leaves nothing behind but the file, which nobody else may read', async () => {
    const cache = new TestCache()
    cache.put('www.example.org', 1)
    writeFileSync(`${folder.path}.tmp`, 'of a process that was killed', { mode: 0o644 })
    await folder.write(cache)
    assert.equal(statSync(folder.path).mode & 0o777, 0o600)
    assert.ok(!folder.hasDraft)
  })

  test('that is given up leaves the file from before', async () => {
    const cache = new TestCache()
    cache.put('www.example.org', 1)
    await folder.write(cache)
    const before = folder.octets()
    cache.put('other.example.org', 2)
    await assert.rejects(folder.write(cache, { signal: AbortSignal.abort() }))
    assert.deepEqual(folder.octets(), before)
    assert.ok(!folder.hasDraft)
  })

  test('by two at once leaves a whole file, whoever won', async () => {
    const caches = [1, 2].map((mark) => {
      const cache = new TestCache()
      for (let i = 0; i < 500; i++) cache.put(`n${i}.example.org`, mark)
      return cache
    })
    for (let round = 0; round < 20; round++) {
      const written = await Promise.allSettled(caches.map((cache) => folder.write(cache)))
      if (written.every(({ status }) => status === 'rejected')) continue
      const after = new TestCache()
      assert.ok((await read(after)).ok)
      const marks = new Set(
        Array.from({ length: 500 }, (_, i) => after.get(`n${i}.example.org`)?.mark),
      )
      assert.equal(marks.size, 1)
    }
    assert.ok(!folder.hasDraft)
  })

  test('goes on while others store and evict', async () => {
    const cache = new TestCache(256 * 1024)
    let stored = 0
    const timer = setInterval(() => {
      for (let i = 0; i < 50; i++, stored++) cache.put(`n${stored}.example.org`, stored)
    })
    try {
      for (let round = 0; round < 8; round++) {
        await folder.write(cache)
        const after = new TestCache()
        const result = await read(after)
        assert.ok(result.ok)
        for (let i = 0; i < stored; i++) {
          const found = after.get(`n${i}.example.org`)
          if (found !== null) assert.equal(found.mark, i)
        }
        if (stored > 0) assert.ok(result.restored > 0)
      }
    } finally {
      clearInterval(timer)
    }
  })
})
