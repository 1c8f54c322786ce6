import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { AnswerFault, AnswerScan } from '../wire/answer-scan.ts'
import { Flag, Rcode, readUint16 } from '../wire/header.ts'
import { decodeMessage, type Message, type ResourceRecord } from '../wire/codec/message.ts'
import { encodeMessage } from '../wire/codec/message-encode.ts'
import { QuestionKey, Variant } from '../wire/question-key.ts'
import { RecordType } from '../wire/record-type.ts'
import { parseZone } from '../wire/text/zone-text.ts'
import { Kind, pack, packFailure, type TtlBounds } from './pack.ts'
import { PackedAnswer } from './packed-answer.ts'
import { keyOf, nameOf, SECRET } from './testing.ts'

const BOUNDS: TtlBounds = { minTtl: 0, maxTtl: 86_400, negativeMaxTtl: 3_600, failureTtl: 5 }

function records(text: string): readonly ResourceRecord[] {
  const { records: read, errors } = parseZone(text)
  assert.deepEqual(errors, [])
  return read
}

interface Given extends Partial<Message> {
  readonly name?: string
  readonly type?: number
  readonly dnssecOk?: boolean
  readonly bounds?: Partial<TtlBounds>
}

interface Packed {
  readonly kind: Kind | null
  readonly lifetime: number
  readonly message: Message
  readonly packed: PackedAnswer
}

function encode(given: Given): Uint8Array {
  const { name = 'www.example.org', type = RecordType.A, ...message } = given
  return encodeMessage({
    id: 99,
    flags: Flag.QR | Flag.RD | Flag.RA,
    opcode: 0,
    rcode: Rcode.NoError,
    questions: [{ name: nameOf(name), type, class: 1 }],
    answers: [],
    authorities: [],
    additionals: [],
    edns: { udpSize: 1232, version: 0, flags: 0, options: [] },
    ...message,
  })
}

/** Packs a message that does not start where its memory starts. */
function packOctets(octets: Uint8Array, given: Given = {}): Packed {
  const { dnssecOk = false, bounds = {} } = given
  const memory = new Uint8Array(octets.length + 3)
  memory.set(octets, 3)
  const answer = new AnswerScan()
  assert.equal(answer.scan(memory, 3, octets.length), AnswerFault.None)
  const key = new QuestionKey(SECRET)
  const variant = dnssecOk ? Variant.DnssecOk : 0
  key.take(memory, 15, answer.questionEnd - 16, variant)
  const packed = new PackedAnswer()
  packed.bytes.fill(0xee)
  const kind = pack(answer, key, { ...BOUNDS, ...bounds }, packed)
  const message = decodeMessage(packed.bytes.slice(0, packed.length))
  if (typeof message === 'string') assert.fail(message)
  assert.equal(packed.nameLength, key.length - 4)
  const scan = new AnswerScan()
  assert.equal(scan.scan(packed.bytes, 0, packed.length), AnswerFault.None)
  const offsets = scan.ttlOffsets.slice(0, scan.ttlCount)
  assert.deepEqual(packed.ttlOffsets.slice(0, packed.ttlCount), offsets, 'TTL offsets')
  return { kind, lifetime: packed.lifetime, message, packed }
}

const packed = (given: Given): Packed => packOctets(encode(given), given)

const ttls = ({ message }: Packed): number[] =>
  [...message.answers, ...message.authorities, ...message.additionals].map(({ ttl }) => ttl)

const soa = (ttl: number, minimum: number) =>
  records(`example.org. ${ttl} IN SOA ns.example.org. host.example.org. 1 2 3 4 ${minimum}`)
const a = (ttl: number) => records(`www.example.org. ${ttl} IN A 192.0.2.1`)
const CHAIN = records('www.example.org. 700 IN CNAME a.example.org.')

suite('a positive answer', () => {
  test('lives as long as its shortest TTL (RFC 1035 §3.2.1, RFC 2181 §5.2)', () => {
    const glue = records('ns.example.org. 100 IN A 192.0.2.1')
    const both = packed({ answers: a(300), additionals: glue })
    assert.deepEqual([both.kind, both.lifetime], [Kind.Positive, 100])
    assert.deepEqual(ttls(both), [300, 100])
  })

  test('has one TTL for all records of a set, the shortest (RFC 2181 §5.2)', () => {
    const set = [...a(300), ...a(200), ...a(250)]
    assert.deepEqual(ttls(packed({ answers: set })), [200, 200, 200])
    const others = records('a.example.org. 90 IN A 192.0.2.1\nA.EXAMPLE.org. 80 IN A 192.0.2.2')
    const chain = packed({ answers: [...CHAIN, ...others] })
    assert.deepEqual(ttls(chain), [700, 80, 80])
    const one = packed({ answers: [...a(300), ...a(0), ...a(250)] })
    assert.deepEqual([one.lifetime, ...ttls(one)], [0, 0, 0, 0])
    const far = a(1).map((record) => ({ ...record, ttl: 0x8000_0000 }))
    assert.deepEqual(ttls(packed({ answers: [...a(300), ...far] })), [0, 0])
  })

  test('has signatures that live as long as what each signs (RFC 4034 §3)', () => {
    const signed = records(`www.example.org. 300 IN A 192.0.2.1
www.example.org. 300 IN RRSIG A 8 3 300 20300101000000 20200101000000 1 example.org. AAAA
www.example.org. 60 IN RRSIG TXT 8 3 60 20300101000000 20200101000000 1 example.org. AAAA`)
    assert.deepEqual(ttls(packed({ answers: signed, dnssecOk: true })), [300, 300, 60])
  })

  test('with a TTL of 0 is not kept, whatever the minimum (RFC 1035 §3.2.1)', () => {
    const other = records('ns.example.org. 300 IN A 192.0.2.1')
    for (const minTtl of [0, 30]) {
      const zero = packed({ answers: [...a(0), ...a(300)], additionals: other, bounds: { minTtl } })
      assert.deepEqual([zero.lifetime, ...ttls(zero)], [0, 0, 0, 300])
    }
  })

  test('with a TTL whose top bit is set has one of 0 (RFC 2181 §8)', () => {
    const odd = a(1).map((record) => ({ ...record, ttl: 0x8000_0001 }))
    const zero = packed({ answers: odd })
    assert.deepEqual([zero.lifetime, ...ttls(zero)], [0, 0])
    const raised = packed({ answers: odd, bounds: { minTtl: 30 } })
    assert.deepEqual([raised.lifetime, ...ttls(raised)], [0, 0])
  })

  test('has its TTLs within bounds, each set for itself (RFC 8767 §4)', () => {
    const bounds = { minTtl: 60, maxTtl: 500 }
    const chain = records(`www.example.org. 10 IN CNAME a.example.org.
a.example.org. 2147483647 IN CNAME b.example.org.
b.example.org. 100 IN A 192.0.2.1`)
    const bounded = packed({ answers: chain, bounds })
    assert.deepEqual(ttls(bounded), [60, 500, 100])
    assert.equal(bounded.lifetime, 60)
    assert.equal(packed({ answers: a(1_000), bounds }).lifetime, 500)
  })

  test('at the end of a chain is one, a SOA beside it or not', () => {
    const end = records('a.example.org. 50 IN A 192.0.2.1')
    for (const authorities of [[], soa(20, 10)]) {
      const chain = packed({ answers: [...CHAIN, ...end], authorities })
      assert.equal(chain.kind, Kind.Positive)
      assert.equal(chain.lifetime, authorities.length === 0 ? 50 : 20)
    }
  })

  test('to ANY is one, whatever it holds (RFC 8482 §4)', () => {
    const any = packed({
      type: RecordType.ANY,
      answers: records('www.example.org. 9 IN HINFO a b'),
    })
    assert.deepEqual([any.kind, any.lifetime], [Kind.Positive, 9])
  })

  test('to CNAME is one', () => {
    assert.equal(packed({ type: RecordType.CNAME, answers: CHAIN }).lifetime, 700)
  })
})

suite('a negative answer (RFC 2308)', () => {
  test('lives for the smaller of the SOA’s TTL and its MINIMUM, which becomes its TTL (§3, §5)', () => {
    for (const rcode of [Rcode.NXDomain, Rcode.NoError]) {
      for (const [ttl, minimum] of [
        [900, 60],
        [60, 900],
      ] as const) {
        const negative = packed({ rcode, authorities: soa(ttl, minimum) })
        assert.deepEqual([negative.kind, negative.lifetime], [Kind.Negative, 60])
        assert.deepEqual(ttls(negative), [60])
        assert.equal(negative.message.rcode, rcode)
      }
    }
  })

  test('is NXDOMAIN or NODATA at the end of a CNAME chain, too (§2.1, §2.2)', () => {
    for (const rcode of [Rcode.NXDomain, Rcode.NoError]) {
      const chain = packed({ rcode, answers: CHAIN, authorities: soa(900, 60) })
      assert.deepEqual([chain.kind, chain.lifetime], [Kind.Negative, 60])
      assert.deepEqual(ttls(chain), [60, 60])
    }
    const short = records('www.example.org. 7 IN CNAME a.example.org.')
    assert.equal(packed({ answers: short, authorities: soa(900, 60) }).lifetime, 7)
  })

  test('without a SOA is not kept (§5): NXDOMAIN, NODATA, a chain to nowhere, a referral', () => {
    const ns = records('example.org. 900 IN NS ns.example.org.')
    for (const given of [
      { rcode: Rcode.NXDomain },
      { rcode: Rcode.NXDomain, answers: CHAIN },
      {},
      { answers: CHAIN },
      { authorities: ns },
    ]) {
      const negative = packed(given)
      assert.deepEqual([negative.kind, negative.lifetime], [Kind.Negative, 0])
    }
  })

  test('is bounded: not above negativeMaxTtl, not below minTtl, its TTLs likewise (§5)', () => {
    const long = packed({ authorities: soa(90_000, 90_000) })
    assert.deepEqual([long.lifetime, ...ttls(long)], [3_600, 3_600])
    const short = packed({ authorities: soa(5, 5), bounds: { minTtl: 30 } })
    assert.deepEqual([short.lifetime, ...ttls(short)], [30, 30])
    const both = packed({ authorities: soa(5, 5), bounds: { minTtl: 30, negativeMaxTtl: 20 } })
    assert.deepEqual([both.lifetime, ...ttls(both)], [20, 20])
  })

  test('with a SOA of TTL 0 or MINIMUM 0 is not kept, whatever the minimum', () => {
    for (const minTtl of [0, 30]) {
      for (const authorities of [soa(0, 60), soa(60, 0)]) {
        const zero = packed({ authorities, bounds: { minTtl } })
        assert.deepEqual([zero.lifetime, ...ttls(zero)], [0, 0])
      }
    }
  })

  test('with a MINIMUM whose top bit is set has one of 0 (RFC 2181 §8, RFC 2308 §4)', () => {
    assert.equal(packed({ authorities: soa(60, 0x8000_0000) }).lifetime, 0)
    assert.equal(packed({ authorities: soa(60, 0x7fff_ffff) }).lifetime, 60)
  })
})

suite('a failure', () => {
  test('is kept for its own time, whatever records say (RFC 2308 §7.1, RFC 9520 §3.2)', () => {
    for (const rcode of [Rcode.ServFail, Rcode.Refused, Rcode.FormErr, Rcode.NotImp]) {
      const failure = packed({ rcode, authorities: soa(900, 900) })
      assert.deepEqual([failure.kind, failure.lifetime], [Kind.Failure, 5])
      assert.equal(failure.message.rcode, rcode)
    }
  })

  test('is kept for a second at the least, of which the first has begun (RFC 9520 §3.2)', () => {
    const bounds = { failureTtl: 1 }
    assert.equal(packed({ rcode: Rcode.ServFail, bounds }).lifetime, 2)
  })

  test('of the hop to the upstream is SERVFAIL to clients (RFC 6891 §6.1.3, RFC 7873 §5.3)', () => {
    for (const rcode of [Rcode.BadVers, Rcode.BadCookie]) {
      const failure = packed({ rcode, answers: a(300) })
      assert.deepEqual([failure.kind, failure.message.rcode], [Kind.Failure, Rcode.ServFail])
      assert.deepEqual(failure.message.answers, [], 'no data goes with it')
      assert.notEqual(failure.packed.extendedError, -1)
    }
  })

  test('of ours is SERVFAIL to the question, with its extended error', () => {
    const key = keyOf('WWW.example.org', RecordType.AAAA)
    const into = packed({ answers: a(300) }).packed
    packFailure(key, 23, into)
    const message = decodeMessage(into.bytes.slice(0, into.length))
    assert.ok(typeof message !== 'string')
    assert.equal(message.rcode, Rcode.ServFail)
    const question = { name: nameOf('www.example.org'), type: RecordType.AAAA, class: 1 }
    assert.deepEqual(message.questions, [question])
    assert.deepEqual([message.answers, message.authorities, message.additionals], [[], [], []])
    assert.deepEqual([into.ttlCount, into.extendedError, into.nameLength], [0, 23, 17])
    assert.ok(into.lifetime >= 2 && into.lifetime <= 30)
  })
})

suite('what is kept', () => {
  test('has its question in lower case, no ID, and none of AA, TC, RD, CD (RFC 1035 §4.1.1)', () => {
    const flags = Flag.QR | Flag.AA | Flag.TC | Flag.RD | Flag.CD | Flag.AD
    const { message, lifetime } = packed({ name: 'WWW.Example.ORG', flags, answers: a(300) })
    assert.equal(message.id, 0)
    assert.equal(message.flags, Flag.QR | Flag.RA | Flag.AD)
    assert.deepEqual(message.questions[0]!.name, nameOf('www.example.org'))
    assert.equal(lifetime, 0, 'a truncated answer is not kept (RFC 2181 §9)')
  })

  test('has no OPT, whether it was last, first or in the middle (RFC 6891 §6.1.1)', () => {
    const head = Buffer.from(encode({ answers: a(300), edns: null }))
    head.writeUInt16BE(3, 10)
    const opt = Buffer.of(0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 4, 0, 15, 0, 0)
    opt.writeUInt16BE(6, 9)
    const withError = Buffer.concat([opt, Buffer.of(0, 4)])
    withError.writeUInt16BE(2, 13)
    const glue = (last: number) =>
      Buffer.of(0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 192, 0, 2, last)
    const [one, two] = [glue(1), glue(2)]
    for (const order of [
      [withError, one, two],
      [one, withError, two],
      [one, two, withError],
    ]) {
      const { message, packed: into } = packOctets(Buffer.concat([head, ...order]))
      assert.equal(message.edns, null)
      assert.deepEqual(
        message.additionals.map(({ rdata }) => rdata[3]),
        [1, 2],
      )
      assert.equal(into.extendedError, 4)
    }
  })

  test('of an answer without OPT is the same', () => {
    const { message, packed: into } = packed({ answers: a(300), edns: null })
    assert.equal(message.answers.length, 1)
    assert.equal(into.extendedError, -1)
  })

  const SIGNED = records(`www.example.org. 300 IN A 192.0.2.1
www.example.org. 300 IN RRSIG A 8 3 300 20300101000000 20200101000000 1 example.org. AAAA
www.example.org. 300 IN NSEC xxx.example.org. A RRSIG NSEC
www.example.org. 300 IN NSEC3 1 1 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr A`)
  const typesOf = ({ message }: Packed) => message.answers.map(({ type }) => type)

  test('for DO has the DNSSEC records, and else has not (RFC 4035 §3.2.1, RFC 3225 §3)', () => {
    assert.deepEqual(typesOf(packed({ answers: SIGNED, dnssecOk: true })), [1, 46, 47, 50])
    assert.deepEqual(typesOf(packed({ answers: SIGNED })), [1])
    const elsewhere = packed({ answers: a(300), authorities: SIGNED, additionals: SIGNED })
    assert.deepEqual(
      [elsewhere.message.authorities.length, elsewhere.message.additionals.length],
      [1, 1],
    )
  })

  test('without DO has DNSSEC records of the type asked for, and all for ANY (RFC 4035 §3.2.1)', () => {
    for (const type of [RecordType.RRSIG, RecordType.NSEC, RecordType.NSEC3]) {
      assert.deepEqual(typesOf(packed({ type, answers: SIGNED })), [1, type])
    }
    assert.deepEqual(typesOf(packed({ type: RecordType.ANY, answers: SIGNED })), [1, 46, 47, 50])
  })

  test('without DO has none in the other sections, whatever was asked for (RFC 4035 §3.2.1)', () => {
    for (const type of [RecordType.RRSIG, RecordType.NSEC, RecordType.NSEC3, RecordType.ANY]) {
      const { message } = packed({ type, authorities: SIGNED, additionals: SIGNED })
      const { authorities, additionals } = message
      assert.deepEqual([authorities.map(({ type: one }) => one), additionals.length], [[1], 1])
    }
  })

  test('holds together where names pointed into what was taken out', () => {
    const owner = 'deep.label.example.net'
    const { message } = packed({
      answers: a(300),
      authorities: records(`${owner}. 300 IN NSEC ns.example.net. A`),
      additionals: records(`${owner}. 300 IN A 192.0.2.7`),
    })
    assert.deepEqual(message.authorities, [])
    assert.deepEqual(
      message.additionals.map(({ name }) => name),
      [nameOf(owner)],
    )
  })

  test('of 65,535 octets is kept whole', () => {
    const question = encode({ type: RecordType.TXT, edns: null }).length
    const rest = 65_535 - question
    const strings = (length: number): Uint8Array => {
      const rdata = new Uint8Array(length)
      for (let at = 0; at < length; at += 256) rdata[at] = Math.min(255, length - at - 1)
      return rdata
    }
    const record = (length: number) => ({
      name: nameOf('www.example.org'),
      type: RecordType.TXT,
      class: 1,
      ttl: 60,
      rdata: strings(length - 12),
    })
    const answers = [record(30_000), record(rest - 30_000)]
    const { packed: into, message } = packed({ type: RecordType.TXT, answers, edns: null })
    assert.equal(into.length, 65_535)
    assert.equal(message.answers.length, 2)
    assert.equal(readUint16(into.bytes, 6), 2)
  })
})
