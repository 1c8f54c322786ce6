import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { AnswerCache, allocateCache } from './answer-cache.ts'
import { EntryCopy } from './entry-copy.ts'
import { Provenance } from './layout.ts'
import { moveEntries } from './move.ts'
import { allOf, answerFor, keyOf, SECRET } from './testing.ts'

const MIB = 1024 * 1024

function newCache(size = MIB): AnswerCache {
  const secret = new Uint32Array(new SharedArrayBuffer(8))
  secret.set(SECRET)
  return new AnswerCache({ memory: allocateCache(size, secret), thread: 0 })
}

function put(cache: AnswerCache, at = 10, provenance = 0): void {
  const key = keyOf('example.org')
  const answer = answerFor(key, 1, 60)
  answer.provenance = provenance
  cache.put(key, answer, at)
}

const words = new Uint32Array(512)

function use(cache: AnswerCache, times: number): void {
  const bytes = new Uint8Array(words.buffer)
  for (let i = 0; i < times; i++) cache.lookup(keyOf('example.org'), 10, bytes, words, 0, 512)
}

/** The only entry of a cache. */
function only({ shards }: AnswerCache): EntryCopy {
  const entry = new EntryCopy()
  for (const shard of shards) {
    for (let slot = 0; slot < shard.geometry.slots; slot++)
      if (entry.take(shard, slot)) return entry
  }
  return assert.fail('it is empty')
}

suite('an entry that goes to another cache', () => {
  test('keeps who answered, how far that is trusted, and how often it was asked for', () => {
    const [from, to] = [newCache(), newCache(4 * MIB)]
    const provenance = 7 | Provenance.Shared | (2 << Provenance.ValidationShift)
    put(from, 10, provenance)
    use(from, 100)
    const { hits } = only(from)
    assert.ok(hits > 10)
    assert.equal(allOf(moveEntries(from, to, SECRET)), 1)
    const moved = only(to)
    assert.deepEqual(
      [moved.answer.provenance, moved.hits, moved.storedAt, moved.expiresAt],
      [provenance, hits, 10, 70],
    )
  })

  test('gives way to what is there as new already', () => {
    const [from, to] = [newCache(), newCache()]
    put(from, 10, 1)
    put(to, 11, 2)
    assert.equal(allOf(moveEntries(from, to, SECRET)), 0)
    assert.equal(only(to).answer.provenance, 2)
    put(from, 12, 3)
    assert.equal(allOf(moveEntries(from, to, SECRET)), 1)
    assert.equal(only(to).answer.provenance, 3)
  })
})
