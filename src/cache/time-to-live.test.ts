// Times to live from an upstream's answer to what clients are told, held against rules written down as
// plainly as can be.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { AnswerFault, AnswerScan } from '../wire/answer-scan.ts'
import type { ResourceRecord } from '../wire/codec/message.ts'
import { decodeMessage } from '../wire/codec/message.ts'
import { encodeMessage } from '../wire/codec/message-encode.ts'
import { Flag, MAX_MESSAGE_LENGTH, Rcode } from '../wire/header.ts'
import { RecordType } from '../wire/record-type.ts'
import { AnswerCache, allocateCache, STALE_TTL } from './answer-cache.ts'
import { Kind, pack, type TtlBounds } from './pack.ts'
import { PackedAnswer } from './packed-answer.ts'
import { keyOf, nameOf } from './testing.ts'

const NAME = 'www.example.org'
const TARGET = 'a.example.org'

const anyTtl = fc.oneof(
  fc.constantFrom(0, 1, 2, 30, 86_400, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff),
  fc.integer({ min: 0, max: 4_000 }),
)

interface Answer {
  readonly rcode: number
  /** TTLs of a CNAME before the rest, of addresses, and of addresses of others. */
  readonly cname: number | null
  readonly addresses: readonly number[]
  readonly glue: readonly number[]
  readonly soa: { readonly ttl: number; readonly minimum: number } | null
}

const anyAnswer: fc.Arbitrary<Answer> = fc.record({
  rcode: fc.constantFrom(Rcode.NoError, Rcode.NoError, Rcode.NXDomain),
  cname: fc.option(anyTtl),
  addresses: fc.array(anyTtl, { maxLength: 4 }),
  glue: fc.array(anyTtl, { maxLength: 3 }),
  soa: fc.option(fc.record({ ttl: anyTtl, minimum: anyTtl })),
})

const anyBounds: fc.Arbitrary<TtlBounds> = fc
  .record({
    minTtl: fc.constantFrom(0, 0, 5, 60),
    maxTtl: fc.constantFrom(60, 600, 86_400),
    negativeMaxTtl: fc.constantFrom(1, 60, 3_600),
  })
  .map((bounds) => ({ ...bounds, failureTtl: 5 }))

function record(name: string, type: number, ttl: number, rdata: readonly number[]): ResourceRecord {
  return { name: nameOf(name), type, class: 1, ttl, rdata: Uint8Array.from(rdata) }
}

function soaRecord({ ttl, minimum }: NonNullable<Answer['soa']>): ResourceRecord {
  const numbers = [1, 2, 3, 4, minimum].flatMap((n) => [n >>> 24, n >>> 16, n >>> 8, n])
  const names = [...nameOf('ns.example.org'), ...nameOf('host.example.org')]
  return record('example.org', RecordType.SOA, ttl, [...names, ...numbers])
}

function encode({ rcode, cname, addresses, glue, soa }: Answer): Uint8Array {
  const owner = cname === null ? NAME : TARGET
  const alias = cname === null ? [] : [record(NAME, RecordType.CNAME, cname, [...nameOf(TARGET)])]
  return encodeMessage({
    id: 1,
    flags: Flag.QR | Flag.RD | Flag.RA,
    opcode: 0,
    rcode,
    questions: [{ name: nameOf(NAME), type: RecordType.A, class: 1 }],
    answers: [
      ...alias,
      ...addresses.map((ttl, i) => record(owner, RecordType.A, ttl, [192, 0, 2, i])),
    ],
    authorities: soa === null ? [] : [soaRecord(soa)],
    additionals: glue.map((ttl, i) => record('ns.example.org', RecordType.A, ttl, [192, 0, 2, i])),
    edns: null,
  })
}

/** RFC 2181 §8. */
const sound = (ttl: number): number => (ttl >= 2 ** 31 ? 0 : ttl)

const bounded = (ttl: number, least: number, most: number): number =>
  ttl === 0 ? 0 : Math.min(Math.max(ttl, least), most)

interface Expected {
  /** Seconds; 0 for not at all. */
  readonly lifetime: number
  /** Of all records, in their order. */
  readonly ttls: readonly number[]
}

/** What the RFCs say, record by record. */
function expect(answer: Answer, { minTtl, maxTtl, negativeMaxTtl }: TtlBounds): Expected {
  const { rcode, cname, addresses, glue, soa } = answer
  const alias = cname === null ? [] : [[sound(cname)]]
  const start = soa === null ? [] : [[sound(soa.ttl)]]
  // Each set has one TTL, its shortest (RFC 2181 §5.2).
  const sets = [...alias, addresses.map(sound), ...start, glue.map(sound)]
  const ttls = sets.flatMap((set) => set.map(() => Math.min(...set)))
  if (rcode !== Rcode.NXDomain && addresses.length > 0) {
    return {
      lifetime: bounded(Math.min(...ttls), minTtl, maxTtl),
      ttls: ttls.map((ttl) => bounded(ttl, minTtl, maxTtl)),
    }
  }
  // Without a SOA nobody knows how long there will be nothing (RFC 2308 §5).
  if (soa === null) return { lifetime: 0, ttls: ttls.map((ttl) => bounded(ttl, 0, maxTtl)) }
  const lifetime = bounded(Math.min(sound(soa.minimum), ...ttls), minTtl, negativeMaxTtl)
  const least = Math.min(minTtl, lifetime)
  return { lifetime, ttls: ttls.map((ttl) => bounded(ttl, least, lifetime)) }
}

function packed(answer: Answer, bounds: TtlBounds): { into: PackedAnswer; kind: Kind } {
  const octets = encode(answer)
  const scan = new AnswerScan()
  assert.equal(scan.scan(octets, 0, octets.length), AnswerFault.None)
  const into = new PackedAnswer()
  const kind = pack(scan, keyOf(NAME), bounds, into)
  assert.ok(kind !== null)
  return { into, kind }
}

function ttlsOf(octets: Uint8Array): number[] {
  const message = decodeMessage(octets)
  assert.ok(typeof message !== 'string')
  const { answers, authorities, additionals } = message
  return [...answers, ...authorities, ...additionals].map(({ ttl }) => ttl)
}

const words = new Uint32Array((MAX_MESSAGE_LENGTH + 1) / 4)
const out = new Uint8Array(words.buffer)

/** What clients are told at a moment; null when there is nothing to tell. */
function told(cache: AnswerCache, now: number, maxStale = 0): number[] | null {
  const length = cache.lookup(keyOf(NAME), now, out, words, 0, MAX_MESSAGE_LENGTH, maxStale)
  return length === 0 ? null : ttlsOf(out.slice(0, length))
}

const STORED_AT = 10_000

suite('times to live', () => {
  test('are as the RFCs have them when they come', () => {
    fc.assert(
      fc.property(anyAnswer, anyBounds, (answer, bounds) => {
        const { into } = packed(answer, bounds)
        const { lifetime, ttls } = expect(answer, bounds)
        assert.equal(into.lifetime, lifetime, 'lifetime')
        assert.deepEqual(ttlsOf(into.bytes.slice(0, into.length)), ttls)
      }),
    )
  })

  test('run down to the end of the answer’s life, and are never 0 before', () => {
    const cache = new AnswerCache({ memory: allocateCache(2 ** 20), thread: 0 })
    const ages = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { maxLength: 4 })
    fc.assert(
      fc.property(anyAnswer, anyBounds, ages, (answer, bounds, shares) => {
        const { into } = packed(answer, bounds)
        const { lifetime, ttls } = expect(answer, bounds)
        assert.equal(cache.put(keyOf(NAME), into, STORED_AT), lifetime > 0)
        if (lifetime === 0) return
        for (const age of [0, ...shares.map((share) => Math.floor(share * lifetime))]) {
          const now = told(cache, STORED_AT + age)
          assert.deepEqual(
            now,
            ttls.map((ttl) => ttl - age),
          )
          assert.ok(now.every((ttl) => ttl > 0))
        }
        assert.equal(told(cache, STORED_AT + lifetime), null)
      }),
    )
  })

  test('of stale answers are 30 s, for as long as bounds allow and no longer (RFC 8767 §4)', () => {
    const cache = new AnswerCache({ memory: allocateCache(2 ** 20), thread: 0 })
    fc.assert(
      fc.property(
        anyAnswer,
        anyBounds,
        fc.integer({ min: 1, max: 1_000 }),
        (answer, bounds, most) => {
          const { into } = packed(answer, bounds)
          if (!cache.put(keyOf(NAME), into, STORED_AT)) return
          const { lifetime } = into
          assert.ok(lifetime <= Math.max(bounds.maxTtl, bounds.negativeMaxTtl))
          const end = STORED_AT + lifetime
          for (const now of [end, end + most - 1]) {
            const stale = told(cache, now, most)
            assert.ok(stale !== null && stale.every((ttl) => ttl === STALE_TTL))
          }
          assert.equal(told(cache, end + most, most), null)
        },
      ),
    )
  })

  test('of 0 leave nothing, not even for when all else fails', () => {
    const cache = new AnswerCache({ memory: allocateCache(2 ** 20), thread: 0 })
    fc.assert(
      fc.property(anyAnswer, anyBounds, (answer, bounds) => {
        const zero = { ...answer, rcode: Rcode.NoError, addresses: [0, ...answer.addresses] }
        const { into, kind } = packed(zero, bounds)
        assert.equal(kind, Kind.Positive)
        assert.equal(cache.put(keyOf(NAME), into, STORED_AT), false)
        assert.equal(told(cache, STORED_AT, 86_400), null)
      }),
    )
    assert.equal(cache.state().entries, 0)
  })
})
