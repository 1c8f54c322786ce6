import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { readUint32 } from '../wire/header.ts'
import { type QuestionKey, Variant } from '../wire/question-key.ts'
import { RecordType } from '../wire/record-type.ts'
import { AnswerCache, allocateCache, STALE_TTL, type CacheMemory } from './answer-cache.ts'
import { Control, DEAD, Entry, SIZE_MASK, UNIT_WORDS } from './layout.ts'
import { moveEntries } from './move.ts'
import { Shard } from './shard.ts'
import { allOf, answerFor, flushName, keyOf, SECRET } from './testing.ts'

const MIB = 1024 * 1024
const ROOM = 1232

function newCache(budget = MIB): AnswerCache {
  return new AnswerCache({ memory: allocateCache(budget), thread: 0 })
}

const words = new Uint32Array(ROOM / 4)
const out = new Uint8Array(words.buffer)

/** The mark of the answer under a key, or null for a miss. */
function look(cache: AnswerCache, key: QuestionKey, now = 0): number | null {
  const length = cache.lookup(key, now, out, words, 0, ROOM)
  return length === 0 ? null : readUint32(out, 12 + key.length + 12)
}

function ttlSeen(cache: AnswerCache, key: QuestionKey, now: number): number {
  assert.notEqual(cache.lookup(key, now, out, words, 0, ROOM), 0)
  return readUint32(out, 12 + key.length + 6)
}

suite('what tells answers apart', () => {
  test('letter case does not (RFC 4343)', () => {
    const cache = newCache()
    cache.put(keyOf('WWW.Example.ORG'), answerFor(keyOf('www.example.org'), 7, 60), 0)
    assert.equal(look(cache, keyOf('www.eXample.org')), 7)
  })

  test('type, class, DO, CD and a stored failure do (RFC 4035 §3.2)', () => {
    const cache = newCache()
    const keys = [
      keyOf('example.org'),
      keyOf('example.org', RecordType.AAAA),
      keyOf('example.org', RecordType.A, 0, 3),
      keyOf('example.org', RecordType.A, Variant.DnssecOk),
      keyOf('example.org', RecordType.A, Variant.CheckingDisabled),
      keyOf('example.org', RecordType.A, Variant.DnssecOk | Variant.CheckingDisabled),
      keyOf('example.org', RecordType.A, Variant.Failure),
      keyOf('org'),
      keyOf('.'),
    ]
    for (const [mark, key] of keys.entries()) cache.put(key, answerFor(key, mark, 60), 0)
    for (const [mark, key] of keys.entries()) assert.equal(look(cache, key), mark)
  })

  test('types 0x4142 and 0x6162 are not letters of another case', () => {
    const cache = newCache()
    const upper = keyOf('example.org', 0x4142)
    cache.put(upper, answerFor(upper, 1, 60), 0)
    assert.equal(look(cache, keyOf('example.org', 0x6162)), null)
  })

  test('a dot inside a label is no label break (RFC 1035 §3.1)', () => {
    const cache = newCache()
    const dotted = keyOf('a\\.b.example.org')
    cache.put(dotted, answerFor(dotted, 1, 60), 0)
    assert.equal(look(cache, keyOf('a.b.example.org')), null)
    assert.equal(look(cache, dotted), 1)
  })
})

suite('time', () => {
  test('TTLs count down, and at zero the answer is gone', () => {
    const cache = newCache()
    const key = keyOf('example.org')
    cache.put(key, answerFor(key, 1, 60), 1000)
    assert.equal(ttlSeen(cache, key, 1000), 60)
    assert.equal(ttlSeen(cache, key, 1059), 1)
    assert.equal(look(cache, key, 1060), null)
  })

  test('an answer without a lifetime is not kept', () => {
    const cache = newCache()
    const key = keyOf('example.org')
    assert.equal(cache.put(key, answerFor(key, 1, 0), 0), false)
    assert.equal(look(cache, key), null)
  })

  test('a newer answer takes the place of the older', () => {
    const cache = newCache()
    const key = keyOf('example.org')
    for (let mark = 0; mark < 100; mark++) cache.put(key, answerFor(key, mark, 60), 0)
    assert.equal(look(cache, key), 99)
    assert.equal(cache.state().entries, 1)
  })
})

suite('a stale answer (RFC 8767)', () => {
  const lookStale = (cache: AnswerCache, key: QuestionKey, now: number, maxStale: number) =>
    cache.lookup(key, now, out, words, 0, 65_535, maxStale)

  test('is served within its bound, and never to who does not ask for it', () => {
    const cache = newCache()
    const key = keyOf('example.org')
    cache.put(key, answerFor(key, 1, 60), 1000)
    assert.equal(cache.lookup(key, 1060, out, words, 0, 65_535), 0)
    assert.notEqual(lookStale(cache, key, 1060, 100), 0)
    assert.equal(cache.stale, true)
    assert.notEqual(lookStale(cache, key, 1159, 100), 0)
    assert.equal(lookStale(cache, key, 1160, 100), 0)
  })

  test('outlives an outage in which failures to get a fresh one are stored all the time', () => {
    const maxStale = 1_000
    const cache = new AnswerCache({ memory: allocateCache(MIB), thread: 0, maxStale })
    const names = Array.from({ length: 500 }, (_, i) => `n${i}.example.org`)
    for (const name of names) {
      const key = keyOf(name)
      cache.put(key, answerFor(key, 1, 1), 0)
      look(cache, key, 0)
    }
    for (let now = 2; now < 200; now++) {
      for (const name of names) {
        const key = keyOf(name)
        assert.notEqual(lookStale(cache, key, now, maxStale), 0, `${name} after ${now} s`)
        const failure = keyOf(name, RecordType.A, Variant.Failure)
        cache.put(failure, answerFor(failure, 2, 1), now)
      }
    }
  })

  test('has a TTL of 30 seconds (§4); a fresh one keeps its own', () => {
    const cache = newCache()
    const key = keyOf('example.org')
    cache.put(key, answerFor(key, 1, 60), 1000)
    lookStale(cache, key, 1070, 100)
    assert.equal(readUint32(out, 12 + key.length + 6), STALE_TTL)
    lookStale(cache, key, 1001, 100)
    assert.equal(cache.stale, false)
    assert.equal(readUint32(out, 12 + key.length + 6), 59)
  })
})

suite('renewal', () => {
  const dueAt = (cache: AnswerCache, key: QuestionKey, now: number) => {
    look(cache, key, now)
    return cache.renewalDue
  }

  test('falls to the first who asks in the last tenth of a life, and to no other', () => {
    const memory = allocateCache(MIB)
    const cache = new AnswerCache({ memory, thread: 0 })
    const other = new AnswerCache({ memory, thread: 1 })
    const key = keyOf('example.org')
    cache.put(key, answerFor(key, 1, 100), 0)
    assert.equal(dueAt(cache, key, 89), false)
    assert.equal(dueAt(cache, key, 90), true)
    assert.equal(dueAt(cache, key, 90), false)
    assert.equal(dueAt(other, key, 95), false)
    cache.put(key, answerFor(key, 1, 100), 96)
    assert.equal(dueAt(other, key, 190), true)
  })

  test('is due in the last second of a short life, and never in one below three seconds', () => {
    const cache = newCache()
    const short = keyOf('short.example.org')
    cache.put(short, answerFor(short, 1, 4), 0)
    assert.equal(dueAt(cache, short, 2), false)
    assert.equal(dueAt(cache, short, 3), true)
    const shorter = keyOf('shorter.example.org')
    cache.put(shorter, answerFor(shorter, 1, 2), 0)
    assert.equal(dueAt(cache, shorter, 1), false)
  })

  test('survives a move to the young end', () => {
    const cache = newCache()
    const key = keyOf('wanted.example.org')
    cache.put(key, answerFor(key, 1, 100), 0)
    assert.equal(dueAt(cache, key, 90), true)
    for (let i = 0; i < 50_000; i++) {
      const another = keyOf(`n${i}.example.org`)
      cache.put(another, answerFor(another, i, 60), 0)
      if (i % 500 === 0) assert.equal(dueAt(cache, key, 90), false)
    }
  })
})

test('names asked for once push out few of those asked for often (scan resistance)', () => {
  const cache = newCache()
  const wanted = Array.from({ length: 500 }, (_, i) => keyOf(`wanted${i}.example.org`))
  for (const key of wanted) cache.put(key, answerFor(key, 1, 600), 0)
  for (let round = 0; round < 4; round++) for (const key of wanted) look(cache, key)
  // Twice as many as there is room for.
  for (let i = 0; i < 16_000; i++) {
    const key = keyOf(`once${i}.example.org`)
    cache.put(key, answerFor(key, i, 600), 0)
  }
  const kept = wanted.filter((key) => look(cache, key) !== null)
  assert.ok(kept.length >= 0.9 * wanted.length, `${kept.length} of ${wanted.length}`)
})

suite('room', () => {
  test('an answer over the limit is left whole in oversize', () => {
    const cache = newCache()
    const key = keyOf('example.org')
    const answer = answerFor(key, 5, 60, 20_000)
    cache.put(key, answer, 0)
    assert.equal(cache.lookup(key, 0, out, words, 0, 512), answer.length)
    assert.equal(readUint32(cache.oversize, 12 + key.length + 12), 5)
  })

  for (const budget of [MIB, 5 * MIB + 12_345, 64 * MIB]) {
    test(`takes no more than its budget of ${budget} octets`, () => {
      const memory = allocateCache(budget)
      const size = memory.shards.reduce((sum, shard) => sum + shard.byteLength, 0)
      assert.ok(size <= budget)
      assert.ok(size > budget * 0.99)
    })
  }

  test('when full, what nobody asked for goes; what was asked for stays', () => {
    const cache = newCache()
    const fill = (label: string, count: number) => {
      for (let i = 0; i < count; i++) {
        const key = keyOf(`${label}${i}.example.org`)
        cache.put(key, answerFor(key, i, 60), 0)
      }
    }
    fill('first', 20_000)
    const wanted = keyOf('wanted.example.org')
    cache.put(wanted, answerFor(wanted, 1, 60), 0)
    for (let round = 0; round < 100; round++) {
      assert.equal(look(cache, wanted), 1)
      fill(`round${round}-`, 500)
    }
    assert.equal(look(cache, keyOf('round0-0.example.org')), null)
    assert.equal(look(cache, wanted), 1)
    assert.equal(look(cache, keyOf('round99-499.example.org')), 499)
  })

  test('what was forgotten while it was new, and comes again, is not forgotten so soon', () => {
    const cache = newCache()
    const store = (label: string) => {
      const key = keyOf(`${label}.example.org`)
      cache.put(key, answerFor(key, 1, 60), 0)
    }
    for (let i = 0; i < 20_000; i++) store(`first${i}`)
    store('again')
    for (let i = 0; i < 2_000; i++) store(`second${i}`)
    assert.equal(look(cache, keyOf('again.example.org')), null)
    store('again')
    for (let i = 0; i < 2_000; i++) store(`third${i}`)
    assert.equal(look(cache, keyOf('again.example.org')), 1)
  })

  test('an answer larger than a quarter of a shard is refused', () => {
    const cache = newCache(128 * 1024)
    const key = keyOf('example.org')
    assert.equal(cache.put(key, answerFor(key, 1, 60, 60_000), 0), false)
  })
})

test('moves its entries to a cache of another size, their ages kept', () => {
  const memory = allocateCache(MIB)
  const cache = new AnswerCache({ memory, thread: 0 })
  const names = Array.from({ length: 100 }, (_, i) => `n${i}.example.org`)
  const secret = memory.secret
  secret.set(SECRET)
  for (const [i, name] of names.entries()) {
    cache.put(keyOf(name), answerFor(keyOf(name), i, 60, i), 10)
  }
  const larger = new AnswerCache({ memory: allocateCache(16 * MIB, secret), thread: 0 })
  assert.equal(allOf(moveEntries(cache, larger, secret)), 100)
  for (const [i, name] of names.entries()) assert.equal(look(larger, keyOf(name), 50), i)
  assert.equal(ttlSeen(larger, keyOf('n7.example.org'), 50), 20)
  assert.equal(look(larger, keyOf('n7.example.org'), 70), null)
})

/** Walks a shard as eviction would and holds its sums against each other. */
function assertConsistent(memory: CacheMemory): void {
  for (const buffer of memory.shards) {
    const shard = new Shard(buffer, 99, Math.log2(memory.shards.length))
    let slots = 0
    for (let i = 1; i < shard.index.length; i += 2) if (shard.index[i] !== 0) slots++
    assert.equal(shard.control[Control.Count], slots)
    let live = 0
    for (const { at, first, end } of ringsOf(shard)) {
      const [head, tail, used] = shard.control.subarray(at, at + 3)
      let walked = 0
      let unit = first + tail!
      while (walked < used!) {
        const sizeWord = shard.words[unit * UNIT_WORDS + Entry.Size]!
        const size = sizeWord & SIZE_MASK
        assert.ok(size > 0)
        if ((sizeWord & DEAD) === 0) live++
        walked += size
        unit = unit + size === end ? first : unit + size
      }
      assert.equal(walked, used)
      assert.equal(unit, first + head!)
    }
    assert.equal(live, slots)
  }
}

function ringsOf({ geometry: { smallUnits, arenaUnits } }: Shard) {
  return [
    { at: Control.SmallRing, first: 0, end: smallUnits },
    { at: Control.MainRing, first: smallUnits, end: arenaUnits },
  ]
}

test('never gives a wrong or overdue answer, whatever is done to it (property)', () => {
  const command = fc.oneof(
    { weight: 12, arbitrary: fc.tuple(fc.constant('put' as const), fc.nat(400), fc.nat(4000)) },
    { weight: 8, arbitrary: fc.tuple(fc.constant('get' as const), fc.nat(400), fc.constant(0)) },
    { weight: 2, arbitrary: fc.tuple(fc.constant('wait' as const), fc.nat(40), fc.constant(0)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('drop' as const), fc.nat(400), fc.constant(0)) },
  )
  fc.assert(
    fc.property(fc.array(command, { minLength: 100, maxLength: 800 }), (commands) => {
      const memory = allocateCache(128 * 1024)
      const cache = new AnswerCache({ memory, thread: 0 })
      const model = new Map<number, { mark: number; until: number }>()
      let now = 10
      for (const [step, [what, number, padding]] of commands.entries()) {
        const key = keyOf(`n${number}.example.org`)
        if (what === 'put') {
          const ttl = 1 + (number % 60)
          if (cache.put(key, answerFor(key, step, ttl, padding), now)) {
            model.set(number, { mark: step, until: now + ttl })
          }
        } else if (what === 'get') {
          const known = model.get(number)
          const mark = lookLarge(cache, key, now)
          if (mark !== null) {
            assert.equal(mark, known?.mark)
            assert.ok(now < known!.until)
          }
        } else if (what === 'wait') now += number
        else {
          flushName(cache, `n${number}.example.org`)
          model.delete(number)
        }
      }
      assertConsistent(memory)
    }),
    { numRuns: 60 },
  )
})

function lookLarge(cache: AnswerCache, key: QuestionKey, now: number): number | null {
  const length = cache.lookup(key, now, out, words, 0, 0)
  return length === 0 ? null : readUint32(cache.oversize, 12 + key.length + 12)
}

suite('many threads', () => {
  test('readers never see half an answer while others write, evict and flush', async () => {
    const memory = allocateCache(256 * 1024)
    const workers = Array.from(
      { length: 3 },
      (_, thread) =>
        new Worker(new URL('./torture.ts', import.meta.url), {
          workerData: { memory, thread, secret: SECRET, rounds: 60_000 },
        }),
    )
    const results = await Promise.all(
      workers.map(
        (worker) =>
          new Promise<{ hits: number; wrong: number }>((resolve, reject) => {
            worker.once('message', resolve)
            worker.once('error', reject)
          }),
      ),
    )
    await Promise.all(workers.map((worker) => worker.terminate()))
    assert.equal(
      results.reduce((sum, { wrong }) => sum + wrong, 0),
      0,
    )
    assert.ok(results.every(({ hits }) => hits > 0))
    assertConsistent(memory)
  })

  test('a shard whose writer died is emptied and serves again', () => {
    const memory = allocateCache(MIB)
    const cache = new AnswerCache({ memory, thread: 0 })
    const key = keyOf('example.org')
    cache.put(key, answerFor(key, 1, 60), 0)
    const shard = new Shard(memory.shards[0]!, 99, 0)
    Atomics.store(shard.control, Control.Lock, 8)
    Atomics.add(shard.control, Control.Version, 1)
    assert.equal(look(cache, key), null)
    assert.equal(cache.put(key, answerFor(key, 2, 60), 0), false)
    assert.equal(cache.recover(3), 0)
    assert.equal(cache.recover(7), 1)
    assert.equal(cache.put(key, answerFor(key, 3, 60), 0), true)
    assert.equal(look(cache, key), 3)
  })
})

suite('answers for networks (RFC 7871)', () => {
  const within = (subnet: readonly number[]): QuestionKey => {
    const key = keyOf('example.org')
    key.within(Uint8Array.from(subnet))
    return key
  }
  const one = [0, 1, 24, 0, 198, 51, 100]
  const other = [0, 1, 24, 0, 198, 51, 101]

  test('another network, and none at all, is another key, even where it hashes alike', () => {
    const cache = newCache()
    const keys = [
      keyOf('example.org'),
      within(one),
      within(other),
      within([0, 1, 23, 0, 198, 51, 100]),
    ]
    for (const [i, key] of keys.entries()) {
      key.hash = keys[0]!.hash
      cache.put(key, answerFor(key, i, 60), 0)
    }
    for (const [i, key] of keys.entries()) assert.equal(look(cache, key), i)
  })

  test('what is for all networks is kept by family, and is not what nobody’s network gets', () => {
    const cache = newCache()
    const [all, all6] = [keyOf('example.org'), keyOf('example.org')]
    all.takeWidened(within(one))
    all6.takeWidened(within([0, 2, 32, 0, 0x20, 1, 0x0d, 0xb8]))
    cache.put(all, answerFor(all, 4, 60), 0)
    assert.equal(look(cache, all6), null)
    assert.equal(look(cache, within([0, 1, 0, 0])), null)
    const again = keyOf('example.org')
    again.takeWidened(within(other))
    assert.equal(look(cache, again), 4)
  })

  test('come over to a cache of another size, odd numbers of records or not', () => {
    const small = newCache()
    const moved = new AnswerCache({ memory: allocateCache(2 * MIB, SECRET), thread: 0 })
    for (const [i, subnet] of [one, other].entries()) {
      const key = within(subnet)
      const answer = answerFor(key, i, 60)
      answer.ttlCount += i
      answer.ttlOffsets[1] = answer.ttlOffsets[0]!
      assert.ok(small.put(key, answer, 10))
    }
    assert.equal(allOf(moveEntries(small, moved, SECRET)), 2)
    assert.equal(look(moved, within(one), 10), 0)
    assert.equal(look(moved, within(other), 10), 1)
    assert.equal(flushName(moved, 'example.org'), 2)
  })
})
