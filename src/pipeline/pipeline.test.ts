import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { FailureKind } from '../upstream/exchange.ts'
import { DNSSEC_OK, ExtendedError, OptionCode } from '../wire/edns.ts'
import { Flag, Rcode, writeUint16 } from '../wire/header.ts'
import { QueryFault } from '../wire/query-scan.ts'
import { RecordType } from '../wire/record-type.ts'
import {
  type Answered,
  answer,
  answerWith,
  Bench,
  extendedErrorsOf,
  fail,
  flagsOf,
  nameOf,
  queryOf,
  read,
  recordsOf,
  withFlags,
} from './testing.ts'

const A: Answered = { answers: recordsOf('www.example.org. 300 IN A 192.0.2.1') }
const EDNS = { edns: {} }
const DO = { edns: { flags: DNSSEC_OK } }
const SOA = recordsOf('example.org. 900 IN SOA ns.example.org. host.example.org. 1 2 3 4 60')

/** A bench whose cache holds the answer to www.example.org A. */
function filled(answered: Answered = A): Bench {
  const bench = new Bench()
  bench.ready({}, answered)
  return bench
}

suite('what is no query', () => {
  test('drops a message with QR=1, whatever else it says (RFC 1035 §4.1.1)', () => {
    const bench = new Bench()
    for (const flags of [Flag.QR, Flag.QR | Flag.RD | Flag.RA, 0xffff]) {
      assert.equal(bench.udp.send(withFlags(queryOf(), flags)), null)
    }
    assert.equal(bench.counts.of(`rejected:${QueryFault.Silent}`), 3)
  })

  test('drops what is shorter than a header, for there is nobody to answer', () => {
    const bench = new Bench()
    for (let length = 0; length < 12; length++) {
      assert.equal(bench.udp.send(queryOf().subarray(0, length)), null)
    }
  })

  test('answers FORMERR with the header alone for QDCOUNT other than 1 (RFC 9619 §4)', () => {
    const bench = new Bench()
    for (const count of [0, 2, 0xffff]) {
      const query = queryOf(EDNS)
      writeUint16(query, 4, count)
      const bytes = bench.udp.send(query)
      assert.deepEqual(bytes, Uint8Array.of(0x12, 0x34, 0x81, 0x81, 0, 0, 0, 0, 0, 0, 0, 0))
    }
  })

  test('answers FORMERR with the question when that much was sound', () => {
    const bench = new Bench()
    const bytes = bench.udp.send(Uint8Array.of(...queryOf({ name: 'Www.Example.ORG' }), 0))
    const message = read(bytes as Uint8Array)
    assert.equal(message.rcode, Rcode.FormErr)
    assert.deepEqual(message.questions[0]!.name, nameOf('Www.Example.ORG'))
    assert.equal(message.edns, null)
  })

  test('answers FORMERR with OPT where OPT was what was wrong (RFC 6891 §6.1.1)', () => {
    const opt = { name: Uint8Array.of(0), type: RecordType.OPT, class: 4_096, ttl: 0 }
    const twice = [
      { ...opt, rdata: new Uint8Array(0) },
      { ...opt, rdata: new Uint8Array(0) },
    ]
    for (const additionals of [twice, [{ ...opt, rdata: Uint8Array.of(0, 3, 0) }]]) {
      const message = new Bench().udp.ask(queryOf({ additionals }))
      assert.equal(message.rcode, Rcode.FormErr)
      assert.ok(message.edns !== null)
    }
  })

  test('answers BADVERS in an OPT of version 0 (RFC 6891 §6.1.3)', () => {
    const bench = new Bench()
    for (const version of [1, 255]) {
      const message = bench.udp.ask(queryOf({ edns: { version, flags: DNSSEC_OK } }))
      assert.equal(message.rcode, Rcode.BadVers)
      assert.deepEqual([message.edns!.version, message.edns!.flags], [0, DNSSEC_OK])
      assert.deepEqual(message.questions[0]!.name, nameOf('www.example.org'))
    }
    assert.equal(bench.counts.of(`answered:${Rcode.BadVers}`), 2)
  })

  test('answers NOTIMP for another opcode with the bare header, no flag of QUERY in it (RFC 2136 §2.2, RFC 8490 §5.4)', () => {
    const bench = new Bench()
    for (let opcode = 1; opcode < 16; opcode++) {
      // The sections of an UPDATE are zone, prerequisites, updates: nothing to echo.
      const query = queryOf({ opcode, flags: Flag.RD | Flag.CD | Flag.AD | 0x40, ...EDNS })
      writeUint16(query, 4, opcode & 1)
      writeUint16(query, 8, 7)
      assert.deepEqual(
        bench.udp.send(query),
        Uint8Array.of(0x12, 0x34, 0x80 | (opcode << 3), Rcode.NotImp, 0, 0, 0, 0, 0, 0, 0, 0),
      )
    }
  })

  test('answers NOTIMP with an extended error for zone transfers (RFC 8914 §4.22)', () => {
    for (const type of [RecordType.AXFR, RecordType.IXFR]) {
      const message = new Bench().tcp.ask(queryOf({ type, ...EDNS }))
      assert.equal(message.rcode, Rcode.NotImp)
      assert.deepEqual(extendedErrorsOf(message), [ExtendedError.NotSupported])
    }
  })

  test('asks nobody about any of these', () => {
    const bench = new Bench()
    for (let length = 0; length < queryOf().length; length++) {
      bench.udp.send(queryOf().subarray(0, length))
    }
    assert.deepEqual(bench.resolver.exchanges, [])
    assert.equal(bench.counts.of('miss'), 0)
  })
})

suite('strangers', () => {
  const STRANGER = [192, 0, 2, 1]

  test('get nothing, and are counted', () => {
    const bench = filled()
    assert.equal(bench.udp.send(queryOf(), STRANGER), null)
    assert.equal(
      bench.udp.send(
        queryOf(),
        Array.from({ length: 16 }, () => 1),
      ),
      null,
    )
    assert.equal(bench.counts.of('denied:0'), 2)
    assert.equal(bench.counts.of('hit'), 0)
  })

  test('get REFUSED with an extended error where that is wanted (RFC 8914 §4.19)', () => {
    const bench = new Bench({ refuseStrangers: true })
    const bytes = bench.udp.send(queryOf({ name: 'WWW.example.org', ...EDNS }), STRANGER)
    const message = read(bytes as Uint8Array)
    assert.equal(message.rcode, Rcode.Refused)
    assert.deepEqual(extendedErrorsOf(message), [ExtendedError.Prohibited])
    assert.deepEqual(message.questions[0]!.name, nameOf('WWW.example.org'))
  })

  test('get no answer to QR=1 or to less than a header even then', () => {
    const bench = new Bench({ refuseStrangers: true })
    assert.equal(bench.udp.send(withFlags(queryOf(), Flag.QR), STRANGER), null)
    assert.equal(bench.udp.send(queryOf().subarray(0, 11), STRANGER), null)
  })

  test('get REFUSED over a connection that a certificate opened, whatever they get over UDP', () => {
    const bench = new Bench()
    const bytes = bench.tcp.send(queryOf(), STRANGER)
    assert.equal(read(bytes as Uint8Array).rcode, Rcode.Refused)
  })

  test('are not admitted to streams; others are', () => {
    const { pipeline } = new Bench()
    assert.ok(!pipeline.admits(Uint8Array.from(STRANGER), 0, 4))
    assert.ok(pipeline.admits(Uint8Array.of(9, 127, 0, 0, 1), 1, 4))
  })
})

suite('an answer from the cache', () => {
  test('has the ID and the letter case of its own query (RFC 1035 §4.1.1, RFC 4343 §4.1)', () => {
    const bench = filled()
    for (const [id, name] of [
      [1, 'www.example.org'],
      [0xffff, 'WwW.eXaMpLe.OrG'],
    ] as const) {
      const message = bench.udp.ask(queryOf({ id, name }))
      assert.equal(message.id, id)
      assert.deepEqual(message.questions[0]!.name, nameOf(name))
      // The owner is compressed to the question: it shows the same letters.
      assert.deepEqual(message.answers[0]!.name, nameOf(name))
    }
    assert.equal(bench.resolver.exchanges.length, 1)
  })

  test('has its TTLs reduced by its age, to the last second (RFC 1035 §3.2.1)', () => {
    const bench = filled()
    for (const [after, ttl] of [
      [0, 300],
      [1, 299],
      [299, 1],
    ] as const) {
      bench.now = 1_000 + after
      assert.equal(bench.udp.ask(queryOf()).answers[0]!.ttl, ttl)
    }
    bench.now = 1_300
    bench.udp.wait(queryOf())
  })

  test('sets QR and RA, copies RD and CD, and has neither AA nor TC (RFC 1035 §4.1.1)', () => {
    const bench = filled({ ...A, flags: Flag.QR | Flag.AA | Flag.RD | Flag.RA | 0x40 })
    for (const flags of [0, Flag.RD]) {
      const bytes = bench.udp.send(withFlags(queryOf(), flags)) as Uint8Array
      assert.equal(flagsOf(bytes), Flag.QR | Flag.RA | flags)
    }
  })

  test('shows AD to those who set AD or DO, if the upstream set it (RFC 6840 §5.7, §5.8)', () => {
    const secure = { ...A, flags: Flag.QR | Flag.RA | Flag.AD }
    const bench = filled(secure)
    bench.ready(DO, secure)
    const adOf = (query: Uint8Array) => bench.udp.ask(query).flags & Flag.AD
    assert.equal(adOf(queryOf()), 0)
    assert.equal(adOf(queryOf(EDNS)), 0)
    assert.equal(adOf(queryOf({ flags: Flag.RD | Flag.AD })), Flag.AD)
    assert.equal(adOf(queryOf(DO)), Flag.AD)
    assert.equal(filled().udp.ask(queryOf({ flags: Flag.AD })).flags & Flag.AD, 0)
  })

  test('has OPT when the query had one, and only then, with DO copied (RFC 6891 §6.1.1, RFC 3225 §3)', () => {
    const bench = filled()
    bench.ready(DO, A)
    assert.equal(bench.udp.ask(queryOf()).edns, null)
    const { edns } = bench.udp.ask(queryOf(EDNS))
    assert.deepEqual(edns, { udpSize: 1232, version: 0, flags: 0, options: [] })
    assert.equal(bench.udp.ask(queryOf(DO)).edns!.flags, DNSSEC_OK)
  })

  test('is another one for DO, for CD, for another type and for another class (RFC 4035 §3.2)', () => {
    const bench = filled()
    const others = [
      queryOf(DO),
      queryOf({ flags: Flag.RD | Flag.CD }),
      queryOf({ ...DO, flags: Flag.RD | Flag.CD }),
      queryOf({ type: RecordType.AAAA }),
      queryOf({ questions: [{ name: nameOf('www.example.org'), type: 1, class: 3 }] }),
      queryOf({ name: 'ww.example.org' }),
    ]
    for (const other of others) bench.udp.wait(other)
    assert.equal(bench.resolver.exchanges.length, 1 + others.length)
    bench.udp.ask(queryOf())
  })

  test('has neither RRSIG nor NSEC for those who did not set DO (RFC 4035 §3.2.1)', () => {
    const signature = recordsOf(
      'www.example.org. 300 IN RRSIG A 8 3 300 20300101000000 20200101000000 1 example.org. AAAA',
    )
    const bench = new Bench()
    const signed = { answers: [...A.answers!, ...signature] }
    assert.equal(bench.ready({}, signed).answers.length, 1)
    assert.equal(bench.udp.ask(queryOf(EDNS)).answers.length, 1)
    assert.equal(bench.ready(DO, signed).answers.length, 2)
    assert.equal(bench.udp.ask(queryOf(DO)).answers.length, 2)
  })

  test('carries the extended error that came with it to those with EDNS (RFC 8914 §3)', () => {
    const bench = filled({ ...A, edns: { options: [{ code: 15, data: Uint8Array.of(0, 4, 65) }] } })
    assert.deepEqual(extendedErrorsOf(bench.udp.ask(queryOf(EDNS))), [ExtendedError.ForgedAnswer])
    assert.equal(bench.udp.ask(queryOf()).edns, null)
  })

  test('too long for UDP is cut to the client’s size or ours, with TC, and whole over TCP (RFC 7766 §5)', () => {
    const texts = Array.from(
      { length: 9 },
      (_, i) => `t.example.org. 60 IN TXT ${`${i}`.repeat(200)}`,
    )
    const asked = { name: 't.example.org', type: RecordType.TXT }
    const bench = new Bench()
    bench.ready(asked, { answers: recordsOf(texts.join('\n')) })
    for (const edns of [null, { udpSize: 100 }, { udpSize: 4_096 }]) {
      const message = bench.udp.ask(queryOf({ ...asked, edns }))
      assert.ok((message.flags & Flag.TC) !== 0)
      assert.deepEqual(message.answers, [])
      assert.equal(message.edns === null, edns === null)
      assert.equal(bench.tcp.ask(queryOf({ ...asked, edns })).answers.length, 9)
    }
    assert.equal(bench.tcp.ask(queryOf(asked)).flags & Flag.TC, 0)
  })

  test('of any length never leaves its room, whatever the client takes', () => {
    // The room is guarded; a cache that copies by words must not round up beyond it.
    for (let length = 440; length < 530; length++) {
      const bench = new Bench({ maxUdpSize: 1_231 })
      const text = [...Array.from({ length: 4 }, () => 'x'.repeat(100)), 'y'.repeat(length - 440)]
      const asked = { name: 't.example.org', type: RecordType.TXT }
      bench.ready(asked, { answers: recordsOf(`t.example.org. 60 IN TXT ${text.join(' ')}`) })
      for (const edns of [null, {}, { udpSize: 513 }, { udpSize: 514 }, { udpSize: 515 }]) {
        const bytes = bench.udp.send(queryOf({ ...asked, edns })) as Uint8Array
        assert.ok(bytes.length <= Math.max(512, edns?.udpSize ?? 1_231))
        read(bytes)
      }
    }
  })

  test('is not given to a query with EDNS options of its own, nor made of its answer', () => {
    const bench = filled()
    const asked = { edns: { options: [{ code: OptionCode.Nsid, data: new Uint8Array(0) }] } }
    bench.udp.wait(queryOf(asked))
    answer(bench.resolver.last, { answers: recordsOf('www.example.org. 300 IN A 192.0.2.9') })
    assert.deepEqual(bench.udp.ask(queryOf()).answers[0]!.rdata, Uint8Array.of(192, 0, 2, 1))
  })

  test('is a negative one with the SOA and its age (RFC 2308 §5, §6)', () => {
    const bench = new Bench()
    bench.ready({}, { rcode: Rcode.NXDomain, authorities: SOA })
    bench.now += 10
    const message = bench.udp.ask(queryOf())
    assert.equal(message.rcode, Rcode.NXDomain)
    assert.equal(message.authorities[0]!.ttl, 50)
    bench.now += 50
    bench.udp.wait(queryOf())
  })
})

suite('failures (RFC 9520)', () => {
  test('SERVFAIL is kept for its time, and then asked about again (§3.2)', () => {
    const bench = filled({ rcode: Rcode.ServFail })
    const message = bench.udp.ask(queryOf(EDNS))
    assert.equal(message.rcode, Rcode.ServFail)
    assert.equal(bench.counts.of('hit'), 1)
    bench.now += 5
    bench.udp.wait(queryOf())
  })

  test('SERVFAIL that the cache gives says so where the upstream said nothing (RFC 8914 §4.14)', () => {
    const message = filled({ rcode: Rcode.ServFail }).udp.ask(queryOf(EDNS))
    assert.deepEqual(extendedErrorsOf(message), [ExtendedError.CachedError])
    const bogus = { edns: { options: [{ code: 15, data: Uint8Array.of(0, 6) }] } }
    const told = filled({ rcode: Rcode.ServFail, ...bogus }).udp.ask(queryOf(EDNS))
    assert.deepEqual(extendedErrorsOf(told), [ExtendedError.DnssecBogus])
  })

  test('an upstream that cannot be reached is kept as a failure too, for at least a second (§3.1, §3.2)', () => {
    const kinds = [
      FailureKind.Timeout,
      FailureKind.Connect,
      FailureKind.Closed,
      FailureKind.Tls,
      FailureKind.Resolve,
      FailureKind.Malformed,
    ]
    for (const kind of kinds) {
      const bench = new Bench()
      const late = bench.udp.wait(queryOf(EDNS))
      fail(bench.resolver.last, kind)
      bench.now += 1
      const message = bench.udp.ask(queryOf(EDNS))
      assert.equal(message.rcode, Rcode.ServFail)
      assert.deepEqual(extendedErrorsOf(message), extendedErrorsOf(late.message))
      bench.now += 1
      bench.udp.wait(queryOf())
    }
  })

  test('our own want of room or time is not held against the name', () => {
    for (const kind of [FailureKind.Overload, FailureKind.Shutdown]) {
      const bench = new Bench()
      bench.udp.wait(queryOf())
      fail(bench.resolver.last, kind)
      bench.udp.wait(queryOf())
    }
  })

  test('a failure never takes the place of good data, and good data is given before it', () => {
    const bench = filled()
    // Another worker, or a query with options, may ask although the answer is known.
    bench.udp.wait(queryOf(DO))
    answer(bench.resolver.last, { rcode: Rcode.ServFail })
    assert.equal(bench.udp.ask(queryOf()).rcode, Rcode.NoError)
    assert.equal(bench.udp.ask(queryOf(DO)).rcode, Rcode.ServFail)
    bench.now += 6
    bench.udp.wait(queryOf(DO))
    answer(bench.resolver.last, A)
    assert.equal(bench.udp.ask(queryOf(DO)).rcode, Rcode.NoError)
  })

  test('the failure of one name with a short life does not make others forgotten', () => {
    const bench = new Bench({ bounds: { failureTtl: 30 } })
    bench.ready({ name: 'a.example.org' }, { rcode: Rcode.ServFail })
    bench.udp.wait(queryOf({ name: 'b.example.org' }))
    fail(bench.resolver.last, FailureKind.Timeout)
    bench.now += 10
    assert.equal(bench.udp.ask(queryOf({ name: 'a.example.org' })).rcode, Rcode.ServFail)
  })

  test('a truncated answer is not kept (RFC 2181 §9)', () => {
    const bench = new Bench()
    bench.udp.wait(queryOf())
    answer(bench.resolver.last, { ...A, flags: Flag.QR | Flag.TC })
    bench.udp.wait(queryOf())
  })
})

suite('unknown things pass through byte for byte (RFC 3597 §3, RFC 6891 §6.1.2)', () => {
  test('types and classes, from the upstream and from the cache', () => {
    const bench = new Bench()
    const rdata = Uint8Array.from({ length: 300 }, (_, i) => i)
    const name = nameOf('x.example.org')
    const record = { name, type: 0xfe01, class: 0xfe02, ttl: 77, rdata }
    const query = queryOf({ questions: [{ name, type: 0xfe01, class: 0xfe02 }], ...EDNS })
    const late = bench.udp.wait(query)
    answer(bench.resolver.last, { answers: [record], additionals: [{ ...record, type: 0xfe03 }] })
    for (const message of [late.message, bench.udp.ask(query)]) {
      assert.deepEqual(message.answers, [record])
      assert.deepEqual(message.additionals, [{ ...record, type: 0xfe03 }])
    }
  })

  test('EDNS options, to the upstream and back', () => {
    const bench = new Bench()
    const there = [
      { code: 65_001, data: Uint8Array.of(1, 2, 3) },
      { code: OptionCode.Nsid, data: new Uint8Array(0) },
    ]
    const neighbours = [OptionCode.Cookie, OptionCode.Padding].map((code) => {
      return { code, data: new Uint8Array(8) }
    })
    const late = bench.udp.wait(queryOf({ edns: { options: [...there, ...neighbours] } }))
    assert.deepEqual(
      bench.resolver.last.question.options,
      Buffer.from([0xfd, 0xe9, 0, 3, 1, 2, 3, 0, 3, 0, 0]),
    )
    const back = [
      { code: OptionCode.Nsid, data: new TextEncoder().encode('ns1.example.org') },
      { code: 65_001, data: new Uint8Array(0) },
    ]
    answer(bench.resolver.last, { ...A, edns: { options: [...back, ...neighbours] } })
    assert.deepEqual(late.message.edns!.options, back)
  })

  test('EDNS options that an upstream sends unasked stay behind', () => {
    const bench = new Bench()
    const late = bench.udp.wait(queryOf(EDNS))
    answer(bench.resolver.last, { ...A, edns: { options: [{ code: 3, data: new Uint8Array(9) }] } })
    assert.deepEqual(late.message.edns!.options, [])
  })

  test('EDNS options too long for the client are left out before records are', () => {
    const bench = new Bench()
    const options = [{ code: 65_001, data: new Uint8Array(0) }]
    for (const size of [600, 1_300, 60_000]) {
      const late = bench.udp.wait(queryOf({ edns: { options, udpSize: 700 } }))
      const long = { code: 65_001, data: new Uint8Array(size) }
      answer(bench.resolver.last, { ...A, edns: { options: [long] } })
      assert.equal(late.message.answers.length, 1)
      assert.equal(late.message.edns!.options.length, size === 600 ? 1 : 0)
    }
  })

  test('an answer without EDNS from an upstream that knows none', () => {
    const bench = new Bench()
    const options = [{ code: 65_001, data: new Uint8Array(0) }]
    const late = bench.udp.wait(queryOf({ edns: { options } }))
    answer(bench.resolver.last, { ...A, edns: null })
    assert.deepEqual(late.message.edns!.options, [])
    assert.equal(late.message.answers.length, 1)
  })
})

test('an answer with records behind OPT is put in order (RFC 6891 §6.1.1)', () => {
  const bench = new Bench()
  const late = bench.udp.wait(queryOf())
  // Question, one A record, then in the additional section OPT and behind it another A record.
  const header = [0, 0, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 2]
  const question = [...nameOf('www.example.org'), 0, 1, 0, 1]
  const record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 192, 0, 2, 1]
  const opt = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]
  answerWith(
    bench.resolver.last,
    Uint8Array.from([...header, ...question, ...record, ...opt, ...record]),
  )
  for (const message of [late.message, bench.udp.ask(queryOf())]) {
    assert.deepEqual([message.answers.length, message.additionals.length], [1, 1])
    assert.equal(message.edns, null)
  }
})
