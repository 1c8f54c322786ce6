import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { DNSSEC_OK, OptionCode } from '../wire/edns.ts'
import { Flag, Rcode } from '../wire/header.ts'
import type { EdnsOption, Message } from '../wire/codec/message.ts'
import { encodeMessage } from '../wire/codec/message-encode.ts'
import { QueryFault, QueryScan } from '../wire/query-scan.ts'
import { RecordType } from '../wire/record-type.ts'
import { emptyAnswer, Finish } from './finish.ts'
import { Transport } from './query.ts'
import { type Asked, GuardedRoom, nameOf, queryOf, read } from './testing.ts'
import { truncate } from './truncate.ts'

const finish = new Finish({ maxUdpSize: 1_232, maxUnverifiedUdpSize: 1_232, keepalive: () => 123 })

function scanOf(asked: Asked): QueryScan {
  const scan = new QueryScan()
  const message = queryOf(asked)
  assert.equal(scan.scan(message, 0, message.length), QueryFault.None)
  return scan
}

/** A record of TXT that takes so many octets in all, its owner compressed to the question. */
function filler(length: number, type: number = RecordType.NULL) {
  const rdata = new Uint8Array(length - 12).fill(0x5a)
  return { name: nameOf('www.example.org'), type, class: 1, ttl: 60, rdata }
}

/** An answer to www.example.org A of exactly so many octets. */
function answerOf(length: number, changes: Partial<Message> = {}): Uint8Array {
  const { id, flags, questions } = read(queryOf())
  const bare = { id, flags: flags | Flag.QR, opcode: 0, rcode: 0, questions, edns: null }
  const none = { answers: [], authorities: [], additionals: [], ...changes }
  const least = encodeMessage({ ...bare, ...none }).length
  const answers = length === least ? [] : [filler(length - least)]
  const octets = encodeMessage({ ...bare, ...none, answers })
  assert.equal(octets.length, length)
  return octets
}

interface Finishing {
  readonly transport?: Transport
  /** What the guard made of the client's cookie. */
  readonly cookie?: Pick<QueryScan, 'answerCookie' | 'answerCookieLength'>
  readonly rcode?: number
  readonly error?: number
  readonly text?: string
  readonly passing?: Uint8Array
}

/** Finishes an answer in a room of the client's limit, nothing beyond which may be touched. */
function finished(
  answer: Uint8Array,
  asked: Asked,
  how: Finishing = {},
): Message & { size: number } {
  const { transport = Transport.Udp, rcode = 0, error = -1, text = '', passing, cookie } = how
  const scan = Object.assign(scanOf(asked), cookie)
  const limit = finish.limit(scan, transport)
  const room = new GuardedRoom(Math.max(limit, answer.length))
  room.bytes.set(answer, room.offset)
  const size = finish.apply(
    room.bytes,
    room.offset,
    answer.length,
    scan,
    transport,
    rcode,
    error,
    Buffer.from(text),
    passing,
  )
  room.check()
  assert.ok(size <= limit, `${size} octets for a client that takes ${limit}`)
  return { ...read(room.bytes.slice(room.offset, room.offset + size)), size }
}

const optionsOf = ({ edns }: Message): readonly EdnsOption[] => edns!.options
const padding = { code: OptionCode.Padding, data: new Uint8Array(20) }
const keepalive = { code: OptionCode.TcpKeepalive, data: new Uint8Array(0) }

suite('the size of an answer', () => {
  test('over UDP is that of the client, 512 to ours; over streams that of a message (RFC 6891 §6.2.3, RFC 1035 §4.2.1)', () => {
    const limit = (edns: Asked['edns'], transport: Transport = Transport.Udp) =>
      finish.limit(scanOf({ edns: edns ?? null }), transport)
    assert.equal(limit(null), 512)
    for (const [udpSize, size] of [
      [0, 512],
      [511, 512],
      [513, 513],
      [1_232, 1_232],
      [65_535, 1_232],
    ] as const) {
      assert.equal(limit({ udpSize }), size)
      assert.equal(limit({ udpSize }, Transport.Tcp), 65_535)
    }
  })

  test('that just fits with OPT stays whole; one octet more costs its records and sets TC (RFC 2181 §9)', () => {
    for (const [transport, limit] of [
      [Transport.Udp, 1_232],
      [Transport.Tcp, 65_535],
    ] as const) {
      const whole = finished(answerOf(limit - 11), { edns: {} }, { transport })
      assert.equal(whole.size, limit)
      assert.equal(whole.answers.length, 1)
      assert.equal(whole.flags & Flag.TC, 0)
      const cut = finished(answerOf(limit - 10), { edns: {} }, { transport })
      assert.deepEqual([cut.answers, cut.flags & Flag.TC], [[], Flag.TC])
      assert.ok(cut.edns !== null)
    }
    assert.equal(finished(answerOf(512), {}).answers.length, 1)
    assert.equal(finished(answerOf(65_535), {}, { transport: Transport.Tcp }).size, 65_535)
  })

  test('is made to fit by its options first, then by additional records, then by the rest', () => {
    const query = { edns: { options: [keepalive] } }
    const how = { transport: Transport.Tcp, error: 6, text: 'why' }
    const all = finished(answerOf(65_535 - 11 - 6 - 9), query, how)
    assert.deepEqual([all.size, optionsOf(all).length], [65_535, 2])
    const bare = finished(answerOf(65_535 - 11 - 6 - 8), query, how)
    assert.deepEqual([bare.answers.length, optionsOf(bare).length], [1, 0])
    const additionals = [filler(100)]
    const less = finished(answerOf(65_535 - 10, { additionals }), query, how)
    assert.deepEqual([less.answers.length, less.additionals.length], [1, 0])
    assert.deepEqual([less.flags & Flag.TC, optionsOf(less).length], [0, 2])
  })

  test('fits whatever is asked for and however large it is', () => {
    const sizes = fc.oneof(fc.integer({ min: 46, max: 1_400 }), fc.constantFrom(65_500, 65_535))
    fc.assert(
      fc.property(
        sizes,
        fc.option(fc.record({ udpSize: fc.integer({ min: 0, max: 1_500 }) })),
        fc.constantFrom(...Object.values(Transport)),
        fc.nat(3_000),
        fc.boolean(),
        (length, edns, transport, passing, withError) => {
          const error = withError ? 22 : -1
          const octets = Buffer.alloc(passing + 4, 1)
          octets.writeUInt16BE(passing, 2)
          const how = { transport, error, passing: octets, text: withError ? 'x'.repeat(40) : '' }
          const asked = { edns: edns === null ? null : { ...edns, options: [padding, keepalive] } }
          const result = finished(answerOf(Math.max(length, 47)), asked, how)
          assert.equal(result.edns === null, edns === null)
        },
      ),
    )
  })
})

suite('EDNS of an answer', () => {
  test('tells our size and version, the client’s DO, and all 12 bits of the response code (RFC 6891 §6.1.3)', () => {
    const { edns, rcode } = finished(
      answerOf(33),
      { edns: { flags: DNSSEC_OK | 0x7fff } },
      { rcode: Rcode.BadCookie },
    )
    assert.equal(rcode, Rcode.BadCookie)
    assert.deepEqual(edns, { udpSize: 1_232, version: 0, flags: DNSSEC_OK, options: [] })
  })

  test('tells the idle time-out over streams to those who ask, never over UDP (RFC 7828 §3.2.2, §3.3.2)', () => {
    const told = { code: OptionCode.TcpKeepalive, data: Uint8Array.of(0, 123) }
    const query = { edns: { options: [keepalive] } }
    for (const transport of [Transport.Tcp, Transport.Tls]) {
      assert.deepEqual(optionsOf(finished(answerOf(33), query, { transport })), [told])
    }
    assert.deepEqual(optionsOf(finished(answerOf(33), query)), [])
    const silent = finished(answerOf(33), { edns: {} }, { transport: Transport.Tcp })
    assert.deepEqual(optionsOf(silent), [])
  })

  test('tells an extended error with its text (RFC 8914 §2), and nothing without EDNS', () => {
    const how = { error: 22, text: 'no reachable authority' }
    const [option] = optionsOf(finished(answerOf(33), { edns: {} }, how))
    assert.equal(option!.code, OptionCode.ExtendedError)
    assert.deepEqual(Buffer.from(option!.data), Buffer.from(`\0\x16${how.text}`))
    assert.equal(finished(answerOf(33), {}, how).edns, null)
  })

  test('is padded to blocks of 468 over TLS when the query was padded, else never (RFC 8467 §4.1, RFC 7830 §4)', () => {
    const padded = { edns: { options: [padding] } }
    for (const length of [33, 400, 452, 453, 454, 468, 900, 30_000]) {
      for (const transport of [Transport.Tls, Transport.Https]) {
        assert.equal(finished(answerOf(Math.max(length, 46)), padded, { transport }).size % 468, 0)
      }
    }
    for (const transport of [Transport.Udp, Transport.Tcp]) {
      assert.equal(finished(answerOf(100), padded, { transport }).size, 111)
    }
    assert.equal(finished(answerOf(100), { edns: {} }, { transport: Transport.Tls }).size, 111)
  })

  test('is padded as far as a message goes where the next block is beyond it', () => {
    const padded = { edns: { options: [padding] } }
    const how = { transport: Transport.Tls }
    assert.equal(finished(answerOf(65_520), padded, how).size, 65_535)
    assert.equal(finished(answerOf(65_521), padded, how).size, 65_532, 'no room for the option')
  })

  test('has options and padding in one record of the right length', () => {
    const query = { edns: { options: [keepalive, padding] } }
    const passing = Uint8Array.of(0xfd, 0xe9, 0, 1, 7)
    const how = { transport: Transport.Tls, error: 4, text: 'x', passing }
    const codes = optionsOf(finished(answerOf(100), query, how)).map(({ code }) => code)
    assert.deepEqual(codes, [15, 11, 0xfde9, 12])
  })
})

suite('the cookie of an answer (RFC 7873)', () => {
  const answerCookie = Uint8Array.from({ length: 24 }, (_, i) => i)
  const cookie = { answerCookie, answerCookieLength: 24 }
  const OPT_AND_COOKIE = 11 + 28

  test('goes to those who sent one, before all other options, over any transport', () => {
    for (const transport of Object.values(Transport)) {
      const asked = { edns: { options: [keepalive] } }
      const how = { cookie, transport, error: 22, text: 'why' }
      const [first, ...others] = optionsOf(finished(answerOf(100), asked, how))
      assert.deepEqual(first, { code: OptionCode.Cookie, data: answerCookie })
      assert.equal(others[0]!.code, OptionCode.ExtendedError)
    }
  })

  test('stays when other options go, and when records go', () => {
    const whole = 1_232 - OPT_AND_COOKIE
    const how = { cookie, error: 22, text: 'x'.repeat(100) }
    const full = finished(answerOf(whole), { edns: {} }, how)
    assert.deepEqual([full.size, full.answers.length], [1_232, 1])
    assert.deepEqual(optionsOf(full), [{ code: OptionCode.Cookie, data: answerCookie }])
    const cut = finished(answerOf(whole + 1), { edns: {} }, { cookie })
    assert.deepEqual([cut.flags & Flag.TC, cut.answers.length], [Flag.TC, 0])
    assert.equal(optionsOf(cut).length, 1)
  })

  test('has its length counted where the answer is padded', () => {
    const asked = { edns: { options: [padding, keepalive] } }
    const how = { cookie, transport: Transport.Tls, error: 3, text: 'ü' }
    const answer = finished(answerOf(100), asked, how)
    assert.equal(answer.size, 468)
    assert.deepEqual(
      optionsOf(answer).map(({ code }) => code),
      [OptionCode.Cookie, OptionCode.ExtendedError, OptionCode.TcpKeepalive, OptionCode.Padding],
    )
  })

  test('has room beside the longest question in the smallest answer that may be set', () => {
    const small = new Finish({ maxUdpSize: 1_232, maxUnverifiedUdpSize: 310, keepalive: () => 0 })
    const name = `${`${'x'.repeat(63)}.`.repeat(3)}${'x'.repeat(61)}`
    const asked = { name, edns: {} }
    const scan = Object.assign(scanOf(asked), cookie)
    const room = new GuardedRoom(310)
    const length = emptyAnswer(room.bytes, room.offset, scan)
    assert.equal(length, 12 + 259)
    assert.equal(small.apply(room.bytes, room.offset, length, scan, Transport.Udp, 23, 4), 310)
    room.check()
  })
})

suite('the size of an answer over UDP to who shows no good cookie', () => {
  const capped = new Finish({ maxUdpSize: 1_232, maxUnverifiedUdpSize: 400, keepalive: () => 0 })

  test('is never above the cap for that, whatever the client takes', () => {
    for (const udpSize of [0, 511, 512, 1_232, 65_535]) {
      const scan = scanOf({ edns: { udpSize } })
      assert.equal(capped.limit(scan, Transport.Udp), 400)
      scan.hasGoodCookie = true
      assert.equal(capped.limit(scan, Transport.Udp), Math.min(1_232, Math.max(512, udpSize)))
    }
    assert.equal(capped.limit(scanOf({}), Transport.Udp), 400)
  })

  test('is not capped over streams, where no address is forged', () => {
    for (const transport of [Transport.Tcp, Transport.Tls, Transport.Https]) {
      assert.equal(capped.limit(scanOf({}), transport), 65_535)
    }
  })
})

suite('an empty answer', () => {
  test('has the question as it was asked, and no records', () => {
    const scan = scanOf({ name: 'WwW.example.org', type: 257 })
    const out = new Uint8Array(300).fill(0xff)
    const length = emptyAnswer(out, 8, scan)
    const message = read(out.slice(8, 8 + length))
    assert.deepEqual(message.questions, [{ name: nameOf('WwW.example.org'), type: 257, class: 1 }])
    assert.deepEqual([message.answers, message.additionals], [[], []])
  })

  test('is a header alone when there was no question to use', () => {
    const scan = new QueryScan()
    const bytes = Uint8Array.of(1, 2, 1, 0, 0, 7, 0, 7, 0, 7, 0, 7)
    assert.equal(scan.scan(bytes, 0, bytes.length), QueryFault.Malformed)
    const out = new Uint8Array(20).fill(0xff)
    assert.equal(emptyAnswer(out, 0, scan), 12)
    assert.deepEqual(out.slice(0, 12), new Uint8Array(12))
  })
})

suite('cutting to size (RFC 2181 §9)', () => {
  const small = filler(20)
  const cut = (limit: number) => {
    const octets = answerOf(33 + 20 + 20 + 50, { authorities: [small], additionals: [small] })
    const length = truncate(octets, 0, octets.length, limit)
    assert.ok(length <= limit)
    return read(octets.slice(0, length))
  }

  test('takes the additional section first, and does not mark that', () => {
    const message = cut(103)
    assert.deepEqual(
      [message.answers.length, message.authorities.length, message.additionals.length],
      [1, 1, 0],
    )
    assert.equal(message.flags & Flag.TC, 0)
  })

  test('takes all records rather than half an RRset, and sets TC', () => {
    const message = cut(102)
    assert.deepEqual([message.answers, message.authorities, message.additionals], [[], [], []])
    assert.equal(message.flags & Flag.TC, Flag.TC)
    assert.equal(message.questions.length, 1)
  })
})
