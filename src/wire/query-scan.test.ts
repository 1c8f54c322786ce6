import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { DNSSEC_OK, OptionCode } from './edns.ts'
import { Flag, HEADER_LENGTH, Opcode, readUint16, writeUint16 } from './header.ts'
import { decodeMessage, type Edns, type Message, MessageFault } from './codec/message.ts'
import { encodeMessage } from './codec/message-encode.ts'
import { parseName } from './text/name-text.ts'
import { QueryFault, QueryScan } from './query-scan.ts'
import { NXNAME, RecordType } from './record-type.ts'

const name = parseName('www.Example.org') as Uint8Array
const root = Uint8Array.of(0)

function query(changes: Partial<Message> = {}): Uint8Array {
  return encodeMessage({
    id: 4711,
    flags: Flag.RD,
    opcode: Opcode.Query,
    rcode: 0,
    questions: [{ name, type: RecordType.AAAA, class: 1 }],
    answers: [],
    authorities: [],
    additionals: [],
    edns: null,
    ...changes,
  })
}

function edns(changes: Partial<Edns> = {}): Edns {
  return { udpSize: 1400, version: 0, flags: 0, options: [], ...changes }
}

const option = (code: number, ...data: number[]) => ({ code, data: Uint8Array.from(data) })

/** A record with any RDATA, as others may put it into a query. */
function record(type: number, rdata: readonly number[] = [], owner: Uint8Array = root) {
  return { name: owner, type, class: 1, ttl: 0, rdata: Uint8Array.from(rdata) }
}

/** Scans a message that does not start where its memory starts. */
function scan(message: Uint8Array): { fault: QueryFault; scan: QueryScan } {
  const memory = new Uint8Array(message.length + 7).fill(0xc0)
  memory.set(message, 5)
  const scanned = new QueryScan()
  return { fault: scanned.scan(memory, 5, message.length), scan: scanned }
}

const faultOf = (message: Uint8Array): QueryFault => scan(message).fault

const VALID = [
  query(),
  query({ edns: edns({ flags: DNSSEC_OK, options: [option(OptionCode.Padding, 0, 0, 0)] }) }),
  query({
    flags: Flag.RD | Flag.CD | Flag.AD,
    edns: edns({ options: [option(OptionCode.Nsid), option(OptionCode.TcpKeepalive)] }),
    additionals: [record(RecordType.A, [192, 0, 2, 1], name)],
  }),
]

/** What the scan says of a message must be what the codec says of it. */
function assertAgreement(message: Uint8Array): void {
  const { fault, scan: found } = scan(message)
  if (message.length < HEADER_LENGTH || (message[2]! & 0x80) !== 0) {
    assert.equal(fault, QueryFault.Silent)
    return
  }
  if (fault !== QueryFault.None) return
  const decoded = decodeMessage(message)
  if (typeof decoded === 'string') {
    assert.equal(decoded, MessageFault.BadRdata, 'RDATA alone is not looked into')
    return
  }
  assert.equal(found.id, decoded.id)
  assert.equal(decoded.opcode, Opcode.Query)
  assert.equal(found.checkingDisabled, (decoded.flags & Flag.CD) !== 0)
  const [question, ...more] = decoded.questions
  assert.deepEqual(more, [])
  const at = found.start + HEADER_LENGTH
  assert.deepEqual(found.bytes.slice(at, at + found.nameLength), question!.name)
  assert.deepEqual([found.type, found.class], [question!.type, question!.class])
  assert.equal(found.hasOpt, decoded.edns !== null)
  assert.equal(found.udpSize, decoded.edns?.udpSize ?? 0)
  assert.equal(found.dnssecOk, ((decoded.edns?.flags ?? 0) & DNSSEC_OK) !== 0)
  assert.equal(decoded.edns?.version ?? 0, 0)
}

suite('a query', () => {
  test('is seen as it stands: header, question, EDNS', () => {
    const { fault, scan: found } = scan(VALID[2]!)
    assert.equal(fault, QueryFault.None)
    assert.equal(found.id, 4711)
    assert.deepEqual([found.type, found.class], [RecordType.AAAA, 1])
    assert.equal(found.nameLength, name.length)
    assert.ok(found.hasOpt && found.checkingDisabled && found.wantsAuthenticData)
    assert.ok(found.wantsKeepalive && found.hasForeignOptions)
    assert.ok(!found.dnssecOk && !found.padded)
    assert.equal(found.udpSize, 1400)
  })

  test('cut anywhere is a fault', () => {
    for (const whole of VALID) {
      for (let length = 0; length < whole.length; length++) {
        const expected = length < HEADER_LENGTH ? QueryFault.Silent : QueryFault.Malformed
        assert.equal(faultOf(whole.subarray(0, length)), expected, `${length} octets`)
      }
    }
  })

  test('with any octet changed to any other is a value that agrees with the codec', () => {
    for (const whole of VALID) {
      const message = Uint8Array.from(whole)
      for (let at = 0; at < message.length; at++) {
        for (let octet = 0; octet < 256; octet++) {
          message[at] = octet
          assertAgreement(message)
        }
        message[at] = whole[at]!
      }
    }
  })

  test('of random octets, or with many changed, agrees with the codec', () => {
    const changes = fc.array(fc.tuple(fc.nat(80), fc.integer({ min: 0, max: 255 })), {
      maxLength: 6,
    })
    fc.assert(
      fc.property(fc.constantFrom(...VALID), changes, fc.nat(90), (whole, edits, length) => {
        const message = Uint8Array.from(whole.subarray(0, length))
        for (const [at, octet] of edits) if (at < message.length) message[at] = octet
        assertAgreement(message)
      }),
      { numRuns: 2_000 },
    )
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), assertAgreement))
  })

  test('leaves nothing of itself to the next one', () => {
    const shared = new QueryScan()
    for (const message of [VALID[1]!, VALID[2]!, VALID[0]!]) {
      shared.scan(message, 0, message.length)
      const fresh = new QueryScan()
      fresh.scan(message, 0, message.length)
      // Where options lie means nothing without any.
      const { optionsStart: _s, optionsEnd: _e, ...a } = shared
      const { optionsStart: _t, optionsEnd: _f, ...b } = fresh
      assert.deepEqual(a, b)
    }
  })

  test('that is kept holds header and question in memory of its own', () => {
    const { scan: found } = scan(VALID[1]!)
    const kept = found.keep()
    const before = kept.bytes.slice()
    found.bytes.fill(0xff)
    assert.deepEqual(kept.bytes, before)
    assert.deepEqual(kept.bytes, VALID[1]!.subarray(0, HEADER_LENGTH + name.length + 4))
    assert.ok(kept.dnssecOk && kept.padded && kept.hasOpt)
    assert.deepEqual([kept.start, kept.udpSize], [0, 1400])
  })
})

suite('what cannot be asked of anybody', () => {
  test('silence for QR=1, whatever else stands there (RFC 1035 §4.1.1)', () => {
    for (const opcode of [0, 4, 5, 15]) {
      assert.equal(faultOf(query({ flags: Flag.QR, opcode })), QueryFault.Silent)
    }
  })

  test('NOTIMP for every other opcode, whatever its sections hold (RFC 2136 §2, RFC 8490 §5)', () => {
    for (let opcode = 1; opcode < 16; opcode++) {
      const message = query({ opcode })
      message.fill(0xff, HEADER_LENGTH)
      writeUint16(message, 4, 0)
      const { fault, scan: found } = scan(message)
      assert.equal(fault, QueryFault.NotImplemented)
      assert.equal(found.nameLength, 0, 'its question is not to be echoed')
    }
  })

  test('FORMERR for any number of questions but one (RFC 9619 §4)', () => {
    for (const count of [0, 2, 0xffff]) {
      const message = query()
      writeUint16(message, 4, count)
      assert.equal(faultOf(message), QueryFault.Malformed)
    }
    const question = { name, type: RecordType.A, class: 1 }
    assert.equal(faultOf(query({ questions: [question, question] })), QueryFault.Malformed)
  })

  test('FORMERR for octets behind the last record', () => {
    for (const whole of VALID) {
      assert.equal(faultOf(Uint8Array.of(...whole, 0)), QueryFault.Malformed)
    }
  })

  test('FORMERR for a compressed question: there is nothing before it to point to', () => {
    const message = Uint8Array.of(0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1)
    assert.equal(faultOf(message), QueryFault.Malformed)
  })

  test('FORMERR for two OPT records, and for one that is out of place (RFC 6891 §6.1.1)', () => {
    const opt = record(RecordType.OPT)
    assert.equal(faultOf(query({ additionals: [opt, opt] })), QueryFault.Malformed)
    assert.equal(faultOf(query({ answers: [opt] })), QueryFault.Malformed)
    assert.equal(faultOf(query({ authorities: [opt] })), QueryFault.Malformed)
    const below = record(RecordType.OPT, [], name)
    assert.equal(faultOf(query({ additionals: [below] })), QueryFault.Malformed)
  })

  test('FORMERR, with OPT in it, for options that run over their record (RFC 6891 §6.1.2)', () => {
    for (const rdata of [[0], [0, 3, 0], [0, 3, 0, 1], [0, 3, 0, 0, 0]]) {
      const { fault, scan: found } = scan(query({ additionals: [record(RecordType.OPT, rdata)] }))
      assert.equal(fault, QueryFault.Malformed)
      assert.ok(found.hasOpt)
    }
  })

  test('BADVERS for an EDNS version above 0, its options unread (RFC 6891 §6.1.3)', () => {
    for (const version of [1, 255]) {
      assert.equal(faultOf(query({ edns: edns({ version }) })), QueryFault.BadVersion)
    }
    const odd = { ...record(RecordType.OPT, [1, 2, 3]), ttl: 0x0001_8000 }
    const { fault, scan: found } = scan(query({ additionals: [odd] }))
    assert.equal(fault, QueryFault.BadVersion)
    assert.ok(found.hasOpt && found.dnssecOk)
  })

  test('BADVERS comes before NOTIMP, but not before FORMERR', () => {
    const bad = edns({ version: 1 })
    const transfer = [{ name, type: RecordType.AXFR, class: 1 }]
    assert.equal(faultOf(query({ edns: bad, questions: transfer })), QueryFault.BadVersion)
    const signed = { edns: bad, additionals: [record(RecordType.TSIG, [], name)] }
    assert.equal(faultOf(query(signed)), QueryFault.BadVersion)
    assert.equal(faultOf(Uint8Array.of(...query({ edns: bad }), 0)), QueryFault.Malformed)
  })

  test('NOTIMP for zone transfers and signed transactions', () => {
    for (const type of [RecordType.AXFR, RecordType.IXFR]) {
      assert.equal(faultOf(query({ questions: [{ name, type, class: 1 }] })), 3)
    }
    assert.equal(faultOf(query({ additionals: [record(RecordType.TSIG, [], name)] })), 3)
  })

  test('FORMERR for the type that compact denials say “no such name” with (RFC 9824 §3.5)', () => {
    const questions = [{ name, type: NXNAME, class: 1 }]
    assert.equal(faultOf(query({ questions })), QueryFault.Malformed)
    assert.equal(faultOf(query({ questions, edns: edns({}) })), QueryFault.Malformed)
  })
})

suite('EDNS options', () => {
  test('that are not ours pass through byte for byte, in their order (RFC 6891 §6.1.2)', () => {
    const all = fc.array(
      fc.record({ code: fc.integer({ min: 0, max: 65_535 }), data: fc.uint8Array() }),
      { maxLength: 8 },
    )
    const ours = new Set<number>([
      OptionCode.ClientSubnet,
      OptionCode.Cookie,
      OptionCode.TcpKeepalive,
      OptionCode.Padding,
      OptionCode.ExtendedError,
    ])
    fc.assert(
      fc.property(all, (options) => {
        const { fault, scan: found } = scan(query({ edns: edns({ options }) }))
        assert.equal(fault, QueryFault.None)
        const wanted = options.filter(({ code }) => !ours.has(code))
        const passed = found.foreignOptions()
        assert.equal(found.hasForeignOptions, wanted.length > 0)
        assert.equal(passed === null, wanted.length === 0)
        const read = []
        const left = passed ?? new Uint8Array(0)
        for (let at = 0; at < left.length; at += 4 + readUint16(left, at + 2)) {
          const data = left.slice(at + 4, at + 4 + readUint16(left, at + 2))
          read.push({ code: readUint16(left, at), data })
        }
        assert.deepEqual(
          read.map(({ code, data }) => [code, [...data]]),
          wanted.map(({ code, data }) => [code, [...data]]),
        )
      }),
    )
  })

  test('between neighbours stay here: cookie, keepalive, padding, subnet (RFC 7873, 7828, 7830, 7871)', () => {
    const options = [8, 10, 11, 12, 15].map((code) => option(code, 1, 2, 3, 4, 5, 6, 7, 8))
    const { scan: found } = scan(query({ edns: edns({ options }) }))
    assert.equal(found.foreignOptions(), null)
    assert.ok(found.wantsKeepalive && found.padded)
  })
})

suite('a COOKIE option', () => {
  const cookieOf = ({ bytes, cookieStart, cookieLength }: QueryScan) =>
    cookieLength === -1 ? null : [...bytes.subarray(cookieStart, cookieStart + cookieLength)]

  test('is found where it lies, whatever its length and whatever stands beside it', () => {
    for (const data of [[], [1], [1, 2, 3, 4, 5, 6, 7, 8], Array.from({ length: 60 }, () => 7)]) {
      const options = [option(65_001, 9, 9), option(OptionCode.Cookie, ...data), option(3)]
      const { fault, scan: found } = scan(query({ edns: edns({ options }) }))
      assert.equal(fault, QueryFault.None)
      assert.deepEqual(cookieOf(found), data)
    }
    for (const message of VALID) assert.equal(cookieOf(scan(message).scan), null)
  })

  test('counts once: the first of several (RFC 7873 §5.2)', () => {
    const options = [option(OptionCode.Cookie, 1), option(OptionCode.Cookie, 2, 2)]
    assert.deepEqual(cookieOf(scan(query({ edns: edns({ options }) })).scan), [1])
  })

  test('of one query is not that of the next, nor is what the guard made of it', () => {
    const options = [option(OptionCode.Cookie, 1)]
    const { scan: found } = scan(query({ edns: edns({ options }) }))
    found.answerCookieLength = 1
    found.hasGoodCookie = true
    for (const next of [query(), Uint8Array.of(1, 2), query({ questions: [] })]) {
      found.scan(next, 0, next.length)
      assert.equal(found.cookieLength, -1)
      assert.equal(found.answerCookieLength, 0)
      assert.equal(found.hasGoodCookie, false)
    }
  })

  test('answered later has the answer’s in memory of its own', () => {
    const { scan: found } = scan(query({ edns: edns() }))
    const made = Uint8Array.of(9, 1, 2, 3, 9)
    found.answerCookie = made
    found.answerCookieStart = 1
    found.answerCookieLength = 3
    found.hasGoodCookie = true
    const kept = found.keep()
    made.fill(0)
    assert.deepEqual(kept.answerCookie, Uint8Array.of(1, 2, 3))
    assert.deepEqual([kept.answerCookieStart, kept.answerCookieLength], [0, 3])
    assert.ok(kept.hasGoodCookie)
  })

  test('without a question asks for a cookie alone (RFC 7873 §5.4)', () => {
    const none = { questions: [] }
    const options = [option(OptionCode.Cookie, 1, 2, 3, 4, 5, 6, 7, 8)]
    const { fault, scan: found } = scan(query({ ...none, edns: edns({ options }) }))
    assert.equal(fault, QueryFault.CookieOnly)
    assert.equal(found.nameLength, 0)
    assert.equal(cookieOf(found)?.length, 8)
    assert.equal(faultOf(query({ ...none, edns: edns() })), QueryFault.Malformed)
    const other = edns({ version: 1, options })
    assert.equal(faultOf(query({ ...none, edns: other })), QueryFault.Malformed)
    const trailing = Uint8Array.of(...query({ ...none, edns: edns({ options }) }), 0)
    assert.equal(faultOf(trailing), QueryFault.Malformed)
  })
})
