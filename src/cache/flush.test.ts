import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { readUint32 } from '../wire/header.ts'
import type { QuestionKey } from '../wire/question-key.ts'
import { RecordType } from '../wire/record-type.ts'
import { AnswerCache, allocateCache } from './answer-cache.ts'
import { Control } from './layout.ts'
import { Shard } from './shard.ts'
import { removeSlice } from './slices.ts'
import { allOf, answerFor, flushName, keyOf, nameOf } from './testing.ts'

const words = new Uint32Array(1_024)
const out = new Uint8Array(words.buffer)

/** The mark of the answer under a key, or null for a miss. */
function look(cache: AnswerCache, key: QuestionKey): number | null {
  const length = cache.lookup(key, 0, out, words, 0, out.length)
  return length === 0 ? null : readUint32(out, 12 + key.length + 12)
}

function put(
  cache: AnswerCache,
  name: string,
  mark = 1,
  { type = RecordType.A as number, at = 0 } = {},
) {
  const key = keyOf(name, type)
  cache.put(key, answerFor(key, mark, 60), at)
}

suite('a flush', () => {
  const names = ['example.org', 'a.example.org', 'b.a.example.org', 'aexample.org', 'example.com']

  function filled(): AnswerCache {
    const cache = new AnswerCache({ memory: allocateCache(8 * 1024 * 1024), thread: 0 })
    for (const name of names) {
      for (const type of [RecordType.A, RecordType.AAAA]) put(cache, name, 1, { type })
    }
    return cache
  }

  function left(cache: AnswerCache): string[] {
    return names.filter((name) => look(cache, keyOf(name)) !== null)
  }

  test('of a name takes all its types and no other name', () => {
    const cache = filled()
    assert.equal(flushName(cache, 'a.example.org'), 2)
    assert.deepEqual(left(cache), ['example.org', 'b.a.example.org', 'aexample.org', 'example.com'])
  })

  test('is known to all threads, and to the cache that takes the place of this one', () => {
    const memory = allocateCache(8 * 1024 * 1024)
    const [main, worker] = [0, 1].map((thread) => new AnswerCache({ memory, thread }))
    const before = worker!.flushes
    flushName(main!, 'a.example.org')
    assert.notEqual(worker!.flushes, before)
    const next = new AnswerCache({ memory: allocateCache(16 * 1024 * 1024), thread: 0 })
    next.countFlushesFrom(main!)
    assert.notEqual(next.flushes, worker!.flushes)
    assert.notEqual(next.flushes, before)
  })

  test('of a name and a type leaves its other types', () => {
    const cache = filled()
    const name = nameOf('example.org')
    const target = { name, subtree: false, type: RecordType.AAAA, before: Infinity }
    assert.equal(allOf(cache.flush([target])), 1)
    assert.deepEqual(left(cache), names)
    assert.equal(look(cache, keyOf('example.org', RecordType.AAAA)), null)
  })

  test('of a subtree ends at label borders', () => {
    const cache = filled()
    assert.equal(flushName(cache, 'example.org', true), 6)
    assert.deepEqual(left(cache), ['aexample.org', 'example.com'])
  })

  test('of the root and all below takes everything', () => {
    const cache = filled()
    assert.equal(flushName(cache, '.', true), 10)
    assert.deepEqual(left(cache), [])
    const { entries, used } = cache.state()
    assert.deepEqual([entries, used], [0, 0])
  })

  test('of several is one walk', () => {
    const cache = filled()
    const targets = ['example.com', 'a.example.org'].map((name) => ({
      name: nameOf(name),
      subtree: true,
      type: null,
      before: Infinity,
    }))
    assert.equal(allOf(cache.flush(targets)), 6)
    assert.deepEqual(left(cache), ['example.org', 'aexample.org'])
  })

  test('of what was stored before a moment leaves what came since', () => {
    const cache = filled()
    put(cache, 'new.example.org', 1, { at: 5 })
    const target = { name: nameOf('.'), subtree: true, type: null, before: 5 }
    assert.equal(allOf(cache.flush([target])), 10)
    assert.equal(look(cache, keyOf('new.example.org')), 1)
  })

  test('that finds nothing takes no lock, so that nobody waits for it', () => {
    const memory = allocateCache(128 * 1024)
    const cache = new AnswerCache({ memory, thread: 0 })
    for (let i = 0; i < 500; i++) put(cache, `n${i}.example.org`)
    const { control } = new Shard(memory.shards[0]!, 99, 0)
    Atomics.store(control, Control.Lock, 8)
    assert.equal(flushName(cache, 'example.com', true), 0)
  })
})

/** Deeds of others between two steps of a flush. */
const DEEDS = 150

test('misses nothing that was there, whatever others store and remove meanwhile (property)', () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat(2_000)), (numbers) => {
      const cache = new AnswerCache({ memory: allocateCache(128 * 1024), thread: 0 })
      const nameAt = (number: number) => `n${number}.${number % 4 === 0 ? 'old.' : ''}example.org`
      for (let i = 0; i < 1_200; i++) put(cache, nameAt(i), 1)
      const name = nameOf('old.example.org')
      const steps = cache.flush([{ name, subtree: true, type: null, before: Infinity }])
      while (steps.next().done !== true) {
        for (let deed = 0; deed < DEEDS; deed++) {
          const number = numbers.next().value!
          const key = keyOf(nameAt(number))
          if (deed % 8 === 0) put(cache, nameAt(number), 2)
          else drop(cache, key)
        }
      }
      for (let i = 0; i < 1_200; i += 4) assert.notEqual(look(cache, keyOf(nameAt(i))), 1)
    }),
    { numRuns: 40 },
  )
})

/** Removes one entry as others do: by its key, whatever a flush is at. */
function drop({ shards: [shard] }: AnswerCache, key: QuestionKey): void {
  const slot = shard!.find(key)
  if (slot === -1) return
  const entry = shard!.entryAt(slot)
  removeSlice(shard!, slot >> 1, (at) => at === entry)
}
