import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { AnswerFault, AnswerScan } from './answer-scan.ts'
import { DNSSEC_OK, OptionCode } from './edns.ts'
import { Flag, Rcode, readUint16, writeUint16 } from './header.ts'
import type { EdnsOption, Message, ResourceRecord } from './codec/message.ts'
import { encodeMessage } from './codec/message-encode.ts'
import { parseName } from './text/name-text.ts'
import { RecordType } from './record-type.ts'
import { parseZone } from './text/zone-text.ts'

const name = parseName('www.example.org') as Uint8Array

function records(text: string): readonly ResourceRecord[] {
  const { records: read, errors } = parseZone(text)
  assert.deepEqual(errors, [])
  return read
}

function answer(changes: Partial<Message> = {}): Uint8Array {
  return encodeMessage({
    id: 4711,
    flags: Flag.QR | Flag.RD | Flag.RA,
    opcode: 0,
    rcode: Rcode.NoError,
    questions: [{ name, type: RecordType.A, class: 1 }],
    answers: [],
    authorities: [],
    additionals: [],
    edns: null,
    ...changes,
  })
}

function edns(...options: readonly EdnsOption[]): Message['edns'] {
  return { udpSize: 1232, version: 0, flags: DNSSEC_OK, options }
}

function scanned(bytes: Uint8Array): AnswerScan {
  const scan = new AnswerScan()
  assert.equal(scan.scan(bytes, 0, bytes.length), AnswerFault.None)
  return scan
}

function faultOf(bytes: Uint8Array): AnswerFault {
  return new AnswerScan().scan(bytes, 0, bytes.length)
}

const cname = records(`
www.example.org. 300 CNAME web.example.org.
web.example.org. 60 A 192.0.2.1
`)
const soa = records('example.org. 900 SOA ns.example.org. mail.example.org. 1 7200 900 1209600 600')

suite('an answer', () => {
  test('shows its header, its question and the bounds of its sections (RFC 1035 §4.1)', () => {
    const bytes = answer({ answers: cname, authorities: soa, rcode: Rcode.NXDomain })
    const scan = scanned(bytes)
    assert.equal(scan.id, 4711)
    assert.equal(scan.rcode, Rcode.NXDomain)
    assert.equal(scan.type, RecordType.A)
    assert.equal(scan.questionEnd, 12 + name.length + 4)
    assert.deepEqual([scan.answerCount, scan.authorityCount, scan.additionalCount], [2, 1, 0])
    assert.ok(scan.questionEnd < scan.answerEnd && scan.answerEnd < scan.authorityEnd)
    assert.equal(scan.authorityEnd, bytes.length)
    assert.ok(!scan.truncated)
    assert.ok(scanned(answer({ flags: Flag.QR | Flag.TC })).truncated)
  })

  test('counts its offsets from where it starts', () => {
    const bytes = answer({ answers: cname, edns: edns() })
    const shifted = new Uint8Array(bytes.length + 20).fill(0xff)
    shifted.set(bytes, 10)
    const scan = new AnswerScan()
    assert.equal(scan.scan(shifted, 10, bytes.length), AnswerFault.None)
    const plain = scanned(bytes)
    assert.deepEqual(scan.ttlOffsets, plain.ttlOffsets)
    assert.deepEqual(
      [scan.questionEnd, scan.answerEnd, scan.optStart, scan.optEnd],
      [plain.questionEnd, plain.answerEnd, plain.optStart, plain.optEnd],
    )
  })

  test('shows where its TTLs stand, and the smallest (RFC 2181 §8)', () => {
    const bytes = answer({ answers: cname, authorities: soa, edns: edns() })
    const scan = scanned(bytes)
    const ttls = [...scan.ttlOffsets.subarray(0, scan.ttlCount)].map(
      (offset) => readUint16(bytes, offset) * 0x1_0000 + readUint16(bytes, offset + 2),
    )
    assert.deepEqual(ttls, [300, 60, 900])
    assert.equal(scan.minTtl, 60)
  })

  test('with a TTL whose top bit is set counts it as zero (RFC 2181 §8)', () => {
    const answers = cname.map((record) => ({ ...record, ttl: 0x8000_0000 }))
    assert.equal(scanned(answer({ answers })).minTtl, 0)
  })

  test('may be cached negatively for the smaller of SOA TTL and MINIMUM (RFC 2308 §5)', () => {
    assert.equal(scanned(answer({ authorities: soa })).negativeTtl, 600)
    const short = soa.map((record) => ({ ...record, ttl: 30 }))
    assert.equal(scanned(answer({ authorities: short })).negativeTtl, 30)
    const own = soa.map((record) => ({ ...record, name }))
    assert.equal(scanned(answer({ answers: own })).negativeTtl, -1)
  })

  test('tells whether it holds RRSIG, NSEC or NSEC3 (RFC 4035 §3.2.1)', () => {
    assert.ok(!scanned(answer({ answers: cname })).hasDnssecRecords)
    const nsec = records('example.org. 60 NSEC a.example.org. A')
    assert.ok(scanned(answer({ authorities: nsec })).hasDnssecRecords)
  })
})

suite('EDNS', () => {
  test('adds eight bits to the response code (RFC 6891 §6.1.3)', () => {
    assert.equal(scanned(answer({ rcode: Rcode.BadCookie, edns: edns() })).rcode, Rcode.BadCookie)
  })

  test('shows the bounds of OPT, which is no record with a TTL (RFC 6891 §6.1)', () => {
    const bytes = answer({ answers: cname, edns: edns() })
    const scan = scanned(bytes)
    assert.deepEqual([scan.optStart, scan.optEnd], [bytes.length - 11, bytes.length])
    assert.deepEqual([scan.additionalCount, scan.ttlCount], [0, 2])
    assert.equal(scanned(answer()).optStart, -1)
  })

  test('shows keepalive (RFC 7828 §3.1) and the first extended error (RFC 8914 §2)', () => {
    const scan = scanned(
      answer({
        edns: edns(
          { code: OptionCode.TcpKeepalive, data: Uint8Array.of(0x01, 0x2c) },
          { code: OptionCode.ExtendedError, data: Uint8Array.of(0, 6, 0x68) },
          { code: OptionCode.ExtendedError, data: Uint8Array.of(0, 7) },
        ),
      }),
    )
    assert.deepEqual([scan.keepalive, scan.extendedError], [300, 6])
    const bare = scanned(answer({ edns: edns({ code: OptionCode.TcpKeepalive, data: name }) }))
    assert.deepEqual([bare.keepalive, bare.extendedError], [-1, -1])
  })

  test('is refused twice, outside the additional section, and below a name (RFC 6891 §6.1)', () => {
    const opt = { name: Uint8Array.of(0), type: RecordType.OPT, class: 1232, ttl: 0, rdata: name }
    const plain = { ...opt, rdata: new Uint8Array(0) }
    assert.equal(faultOf(answer({ additionals: [plain] })), AnswerFault.None)
    assert.equal(faultOf(answer({ additionals: [plain], edns: edns() })), AnswerFault.BadOpt)
    assert.equal(faultOf(answer({ answers: [plain] })), AnswerFault.BadOpt)
    assert.equal(faultOf(answer({ authorities: [plain] })), AnswerFault.BadOpt)
    assert.equal(faultOf(answer({ additionals: [{ ...plain, name }] })), AnswerFault.BadOpt)
    assert.equal(faultOf(answer({ additionals: [opt] })), AnswerFault.BadOpt)
  })
})

suite('an answer is refused', () => {
  test('without QR (RFC 1035 §4.1.1)', () => {
    assert.equal(faultOf(answer({ flags: Flag.RD })), AnswerFault.NotAnAnswer)
  })

  test('with another opcode than QUERY (RFC 1035 §4.1.1)', () => {
    assert.equal(faultOf(answer({ opcode: 4 })), AnswerFault.NotAnAnswer)
  })

  test('with records of types that no record has, or of another class (RFC 6895 §3.1, §3.2)', () => {
    const [record] = cname
    for (const type of [RecordType.TSIG, RecordType.AXFR, RecordType.ANY]) {
      const answers = [{ ...record!, type, rdata: new Uint8Array(0) }]
      assert.equal(faultOf(answer({ answers })), AnswerFault.NotData)
    }
    const others = [{ ...record!, class: 3 }]
    assert.equal(faultOf(answer({ answers: others })), AnswerFault.NotData)
    const anyClass = [{ name, type: RecordType.A, class: 255 }]
    assert.equal(faultOf(answer({ questions: anyClass, answers: others })), AnswerFault.None)
  })

  test('with no question or with two (RFC 9619 §4)', () => {
    const question = { name, type: RecordType.A, class: 1 }
    assert.equal(faultOf(answer({ questions: [] })), AnswerFault.NotOneQuestion)
    assert.equal(faultOf(answer({ questions: [question, question] })), AnswerFault.NotOneQuestion)
  })

  test('when it is cut anywhere, or has octets left over', () => {
    const bytes = answer({ answers: cname, authorities: soa, edns: edns() })
    for (let length = 0; length < bytes.length; length++) {
      assert.notEqual(faultOf(bytes.slice(0, length)), AnswerFault.None, String(length))
    }
    assert.equal(faultOf(Uint8Array.from([...bytes, 0])), AnswerFault.LeftOver)
    assert.equal(faultOf(bytes.slice(0, 11)), AnswerFault.TooShort)
  })

  test('when a record runs over the end or its name is malformed (RFC 1035 §3.2.1, §4.1.4)', () => {
    const bytes = answer({ answers: cname })
    const long = bytes.slice()
    writeUint16(long, long.length - 6, 5)
    assert.equal(faultOf(long), AnswerFault.BadBounds)
    const forwards = bytes.slice()
    writeUint16(forwards, 12 + name.length + 4, 0xffff)
    assert.equal(faultOf(forwards), AnswerFault.BadName)
  })

  test('when RDATA does not fit its type (RFC 1035 §3.3, §3.4)', () => {
    for (const type of ['A', 'AAAA', 'NS', 'CNAME', 'PTR', 'DNAME', 'MX', 'SRV', 'SOA', 'TXT']) {
      const number = RecordType[type as keyof typeof RecordType]
      for (const rdata of [new Uint8Array(0), Uint8Array.of(1, 2, 3), new Uint8Array(17).fill(9)]) {
        const answers = [{ name, type: number, class: 1, ttl: 60, rdata }]
        assert.equal(faultOf(answer({ answers })), AnswerFault.BadRdata, type)
      }
    }
  })

  test('but one with unknown types passes, whatever its RDATA (RFC 3597 §3)', () => {
    const answers = [{ name, type: 65_280, class: 1, ttl: 60, rdata: Uint8Array.of(0xc0) }]
    assert.equal(scanned(answer({ answers })).answerCount, 1)
  })
})

suite('the answer section', () => {
  const faultWith = (text: string): AnswerFault =>
    faultOf(answer({ answers: records(text.replaceAll(/^ +/gm, '')) }))

  test('may hold what CNAMEs lead to, in any order and letter case (RFC 1034 §3.6.2)', () => {
    assert.equal(
      faultWith(`
        web.EXAMPLE.org. 60 CNAME host.example.com.
        host.example.com. 60 A 192.0.2.1
        host.example.com. 60 A 192.0.2.2
        WWW.example.org. 60 CNAME WEB.example.org.
      `),
      AnswerFault.None,
    )
  })

  test('may hold a DNAME of a name above, and its signature (RFC 6672 §3.1)', () => {
    assert.equal(
      faultWith(`
        example.org. 60 DNAME example.com.
        example.org. 60 RRSIG DNAME 8 2 60 20300101000000 20200101000000 1 example.org. AAAA
        www.example.org. 60 CNAME www.example.com.
        www.example.com. 60 A 192.0.2.1
      `),
      AnswerFault.None,
    )
    assert.equal(faultWith('org.example. 60 DNAME example.com.'), AnswerFault.Unasked)
  })

  test('is refused with records of a name that nothing leads to (RFC 2181 §5.4.1)', () => {
    assert.equal(faultWith('www.example.com. 60 A 192.0.2.1'), AnswerFault.Unasked)
    assert.equal(faultWith('example.org. 60 A 192.0.2.1'), AnswerFault.Unasked)
    assert.equal(
      faultWith(`
        www.example.org. 60 CNAME web.example.org.
        other.example.org. 60 A 192.0.2.1
        web.example.org. 60 A 192.0.2.1
      `),
      AnswerFault.Unasked,
    )
  })

  test('is refused with CNAMEs that lead back', () => {
    assert.equal(faultWith('www.example.org. 60 CNAME www.example.org.'), AnswerFault.Unasked)
    assert.equal(
      faultWith(`
        www.example.org. 60 CNAME a.example.org.
        a.example.org. 60 CNAME b.example.org.
        b.example.org. 60 CNAME a.example.org.
      `),
      AnswerFault.Unasked,
    )
  })

  test('may hold an alias to itself for who asks for aliases (RFC 1034 §3.6.2)', () => {
    const answers = records('www.example.org. 60 CNAME www.example.org.')
    for (const type of [RecordType.CNAME, RecordType.ANY]) {
      const questions = [{ name, type, class: 1 }]
      assert.equal(faultOf(answer({ questions, answers })), AnswerFault.None)
    }
  })

  test('is refused when it takes too many comparisons', () => {
    const lines = Array.from({ length: 63 }, (_, i) => `c${i + 1} 60 CNAME c${i}`)
    const many = Array.from({ length: 400 }, () => 'c0 60 A 192.0.2.1')
    const text = ['$ORIGIN example.org.', ...many, ...lines, 'www 60 CNAME c63'].join('\n')
    assert.equal(faultWith(text), AnswerFault.Unasked)
  })
})

test('one scan takes message after message, and nothing of the last is left', () => {
  const scan = new AnswerScan()
  const full = answer({ answers: cname, authorities: soa, edns: edns() })
  const empty = answer()
  assert.equal(scan.scan(full, 0, full.length), AnswerFault.None)
  assert.equal(scan.scan(empty, 0, empty.length), AnswerFault.None)
  assert.deepEqual(
    [scan.ttlCount, scan.minTtl, scan.negativeTtl, scan.optStart, scan.answerEnd],
    [0, 0x7fff_ffff, -1, -1, empty.length],
  )
})
