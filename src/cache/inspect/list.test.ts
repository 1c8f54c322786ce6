import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Rcode } from '../../wire/header.ts'
import { Variant } from '../../wire/question-key.ts'
import { RecordType } from '../../wire/record-type.ts'
import { AnswerCache, allocateCache } from '../answer-cache.ts'
import { Provenance } from '../layout.ts'
import { packFailure } from '../pack.ts'
import { PackedAnswer } from '../packed-answer.ts'
import { Pacer } from '../pacer.ts'
import { answerFor, keyOf } from '../testing.ts'
import type { CacheEntry } from './describe.ts'
import { type EntryQuery, type Listed, listEntries } from './list.ts'

const NOW = 1_000
const UPSTREAMS = ['one', 'two']

function list(cache: AnswerCache, query: EntryQuery = {}, pacer = new Pacer()): Promise<Listed> {
  return listEntries(query, { cache, upstreams: UPSTREAMS, now: NOW, pacer })
}

async function entriesOf(cache: AnswerCache, query: EntryQuery = {}): Promise<CacheEntry[]> {
  const listed = await list(cache, query)
  assert.ok(listed.ok, listed.ok ? '' : listed.problem)
  return listed.entries.toSorted((a, b) => a.name.localeCompare(b.name))
}

function newCache(): AnswerCache {
  return new AnswerCache({ memory: allocateCache(1024 * 1024), thread: 0 })
}

function put(cache: AnswerCache, name: string, options: Partial<Put> = {}): void {
  const { type, variant, ttl, at, provenance } = { ...PUT, ...options }
  const key = keyOf(name, type, variant)
  const answer = answerFor(key, 0xc0_00_02_01, ttl)
  answer.provenance = provenance
  cache.put(key, answer, at)
}

const PUT = { type: RecordType.A as number, variant: 0, ttl: 60, at: NOW - 10, provenance: 0 }
type Put = typeof PUT

suite('an entry', () => {
  test('is shown with all that is known of it', async () => {
    const cache = newCache()
    const provenance = 2 | Provenance.Shared | (2 << Provenance.ValidationShift)
    put(cache, 'www.example.org', { variant: Variant.DnssecOk, provenance })
    assert.deepEqual(await entriesOf(cache), [
      {
        name: 'www.example.org.',
        type: 'A',
        class: 'IN',
        dnssecOk: true,
        checkingDisabled: false,
        subnet: null,
        state: 'fresh',
        rcode: 'NOERROR',
        data: ['A 192.0.2.1'],
        records: 1,
        age: 10,
        left: 50,
        hits: 0,
        upstream: 'two',
        shared: true,
        synthesized: false,
        validation: 'secure',
        extendedError: null,
        reason: null,
        size: 88,
      },
    ])
  })

  test('past its time is stale, its time left negative', async () => {
    const cache = newCache()
    put(cache, 'www.example.org', { ttl: 4 })
    const [entry] = await entriesOf(cache)
    assert.deepEqual([entry!.state, entry!.left], ['stale', -6])
  })

  test('of a failure is one, with its code and its extended error (RFC 8914)', async () => {
    const cache = newCache()
    const key = keyOf('www.example.org', RecordType.A, Variant.Failure)
    const failure = new PackedAnswer()
    packFailure(key, 22, failure)
    cache.put(key, failure, NOW)
    const [entry] = await entriesOf(cache)
    assert.deepEqual(
      [entry!.state, entry!.rcode, entry!.extendedError],
      ['failure', 'SERVFAIL', 22],
    )
    assert.equal(Rcode.ServFail, 2)
  })

  test('tells about how often it was asked for, and keeps half of that when it is renewed', async () => {
    const cache = newCache()
    const words = new Uint32Array(512)
    const uses = 2_000
    put(cache, 'www.example.org')
    for (let i = 0; i < uses; i++) {
      cache.lookup(keyOf('www.example.org'), NOW, new Uint8Array(words.buffer), words, 0, 512)
    }
    const [{ hits }] = (await entriesOf(cache)) as [CacheEntry]
    assert.ok(hits > uses / 8 && hits < uses * 8, String(hits))
    put(cache, 'www.example.org', { at: NOW })
    const [renewed] = (await entriesOf(cache)) as [CacheEntry]
    assert.equal(renewed.hits, (hits + 1) / 2 - 1)
  })
})

suite('a search', () => {
  const cache = newCache()
  put(cache, 'example.org')
  put(cache, 'www.example.org', { type: RecordType.AAAA, provenance: 1 })
  put(cache, 'a.www.example.org', { ttl: 5 })
  put(cache, 'wwwexample.org', { provenance: 2 })

  const cases: [what: string, query: EntryQuery, names: string[]][] = [
    ['by name', { name: 'WWW.example.org' }, ['www']],
    ['by subtree', { name: 'example.org', subtree: true }, ['a.www', '', 'www']],
    ['by type', { type: 'aaaa' }, ['www']],
    ['by upstream', { upstream: 'two' }, ['wwwexample.org.']],
    ['by state', { state: 'stale' }, ['a.www']],
    [
      'by several',
      { name: '.', subtree: true, state: 'fresh', type: 'A' },
      ['', 'wwwexample.org.'],
    ],
  ]
  for (const [what, query, names] of cases) {
    test(`${what} finds what is meant, and nothing else`, async () => {
      const expected = names.map((name) =>
        name.endsWith('.') ? name : `${name}${name === '' ? '' : '.'}example.org.`,
      )
      const found = (await entriesOf(cache, query)).map(({ name }) => name)
      assert.deepEqual(found.toSorted(), expected.toSorted())
    })
  }

  test('for what cannot be says what is wrong', async () => {
    for (const [query, problem] of [
      [{ name: 'a..b' }, 'a..b is no name: a label must not be empty'],
      [{ type: 'AAAAA' }, 'AAAAA is no record type'],
      [{ upstream: 'three' }, 'no upstream is called three'],
      [{ limit: 0 }, 'limit must be a whole number from 1 to 1000'],
      [{ limit: 1_001 }, 'limit must be a whole number from 1 to 1000'],
      [{ cursor: '1.1.1' }, 'the cursor is none of this cache'],
      [{ cursor: '99.1' }, 'the cursor is none of this cache'],
      [{ cursor: '0.999999999' }, 'the cursor is none of this cache'],
    ] as const) {
      assert.deepEqual(await list(cache, query), { ok: false, problem })
    }
  })
})

suite('pages', () => {
  test('one after the other show each entry once', async () => {
    const cache = newCache()
    for (let i = 0; i < 1_000; i++) put(cache, `n${i}.example.org`)
    const names = new Set<string>()
    let pages = 0
    for (let cursor: string | null = '0.0'; cursor !== null; pages++) {
      const page = await list(cache, { cursor, limit: 64 })
      assert.ok(page.ok)
      for (const { name } of page.entries) {
        assert.ok(!names.has(name))
        names.add(name)
      }
      cursor = page.cursor
    }
    assert.equal(names.size, 1_000)
    assert.equal(pages, Math.ceil(1_000 / 64))
  })

  test('leave the thread to others after each spell of work', async () => {
    const cache = newCache()
    for (let i = 0; i < 1_000; i++) put(cache, `n${i}.example.org`)
    let time = 0
    let rests = 0
    const rest = (): Promise<void> => {
      rests++
      return Promise.resolve()
    }
    // Each look at the clock finds it a tenth of a millisecond later.
    await list(cache, { limit: 1_000 }, new Pacer({ now: () => (time += 0.1), rest }))
    assert.ok(rests >= 1_000 / 11, String(rests))
  })
})
