import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { AnswerFault, AnswerScan } from '../wire/answer-scan.ts'
import { decodeMessage, type Message } from '../wire/codec/message.ts'
import { encodeMessage } from '../wire/codec/message-encode.ts'
import { RecordType } from '../wire/record-type.ts'
import { ProvenPart } from './proven-part.ts'
import { nameOf, recordsOf } from './testing.ts'

const proven = new ProvenPart()

function messageOf(sections: Partial<Message>): Uint8Array {
  return encodeMessage({
    id: 7,
    flags: 0x8180,
    opcode: 0,
    rcode: 0,
    questions: [{ name: nameOf('www.example.org'), type: RecordType.A, class: 1 }],
    answers: [],
    authorities: [],
    additionals: [],
    edns: { udpSize: 1232, version: 0, flags: 0x8000, options: [] },
    ...sections,
  })
}

/** What goes on of a message that lies in the middle of other memory. */
function take(octets: Uint8Array, ttls: readonly number[]): Message | null {
  const memory = Uint8Array.of(0xff, 0xff, 0xff, ...octets, 0xff)
  const scan = new AnswerScan()
  assert.equal(scan.scan(memory, 3, octets.length), AnswerFault.None)
  const found = proven.take(scan, Int32Array.from(ttls))
  if (found === null) return null
  const { bytes, start, length } = found
  const message = decodeMessage(bytes.slice(start, start + length))
  assert.ok(typeof message !== 'string')
  const times = [...message.answers, ...message.authorities].map(({ ttl }) => ttl)
  assert.equal(found.minTtl, Math.min(0x7fff_ffff, ...times))
  return message
}

suite('the proven part of an answer', () => {
  const a = recordsOf('www.example.org. 60 IN A 192.0.2.1')
  const ns = recordsOf('example.org. 60 IN NS ns.example.org.')
  const soa = recordsOf('example.org. 60 IN SOA ns.example.org. a.example.org. 1 2 3 4 5')

  test('has its EDNS, and no additional section (RFC 4035 §3.2.3)', () => {
    const additionals = recordsOf('ns.example.org. 60 IN A 192.0.2.53')
    const message = take(messageOf({ answers: a, authorities: ns, additionals }), [60, 60])
    assert.deepEqual([message!.answers, message!.authorities], [a, ns])
    assert.deepEqual(message!.additionals, [])
    assert.equal(message!.edns!.flags, 0x8000)
  })

  test('has no TTL longer than was proven, also of those with the top bit set (RFC 2181 §8)', () => {
    const long = messageOf({ answers: a, authorities: soa })
    assert.equal(take(long, [10, 20])!.answers[0]!.ttl, 10)
    const odd = messageOf({ answers: [{ ...a[0]!, ttl: 0xffff_ffff }] })
    assert.equal(take(odd, [5])!.answers[0]!.ttl, 5)
  })

  test('is written anew where a name of it leads into what goes', () => {
    const authorities = [
      ...recordsOf('only.here.example.org. 60 IN NS ns.only.here.example.org.'),
      ...recordsOf('only.here.example.org. 60 IN DS 1 13 2 ' + 'ab'.repeat(32)),
    ]
    const message = take(messageOf({ authorities }), [-1, 60])
    assert.deepEqual(message!.authorities, authorities.slice(1))
    assert.equal(message!.edns!.flags, 0x8000)
  })

  test('is none where it is too long without what goes: no part of it is cut off', () => {
    const count = 400
    const long = `${'a'.repeat(60)}.`.repeat(3)
    const authorities = recordsOf(`${long}example.org. 60 IN TXT "unproven"`)
    const head = Buffer.from(messageOf({ authorities, edns: null }))
    const name = 12 + nameOf('www.example.org').length + 4
    // A target that leads to the name of what goes: it takes two octets, and would take two hundred.
    const fixed = Buffer.from('c00c002100010000003c0008000000000000', 'hex')
    const service = Buffer.of(...fixed, 0xc0, name)
    const octets = Buffer.concat([head, ...Array.from({ length: count }, () => service)])
    octets.writeUInt16BE(1 + count, 8)
    const ttls = [-1, ...Array.from({ length: count }, () => 60)]
    assert.ok(take(octets, ttls) === null)
  })

  test('is what was proven and nothing else, whatever that is', () => {
    const lines = [
      'host.example.org. 60 IN NSEC a.example.org. A',
      'host.example.org. 60 IN RRSIG NSEC 13 3 60 20300101000000 20200101000000 1 example.org. AA==',
      'deep.host.example.org. 60 IN NS ns.deep.host.example.org.',
      'example.org. 60 IN SOA ns.deep.host.example.org. a.host.example.org. 1 2 3 4 5',
      'example.org. 60 IN MX 1 mail.host.example.org.',
      'ns.deep.host.example.org. 60 IN A 192.0.2.53',
    ]
    const order = fc.shuffledSubarray(lines, { minLength: 1 })
    const times = fc.array(fc.constantFrom(-1, 5, 90), { minLength: 6, maxLength: 6 })
    fc.assert(
      fc.property(order, times, fc.nat({ max: 6 }), (shown, ttls, extra) => {
        const authorities = recordsOf(shown.join('\n'))
        const additionals = recordsOf(lines.slice(extra).join('\n'))
        const kept = authorities.flatMap((record, i) =>
          ttls[i] === -1 ? [] : [{ ...record, ttl: Math.min(record.ttl, ttls[i]!) }],
        )
        const message = take(messageOf({ authorities, additionals }), ttls)
        assert.deepEqual(message!.authorities, kept)
        assert.deepEqual([message!.answers, message!.additionals], [[], []])
      }),
    )
  })

  test('is no answer where what leads to it was not proven', () => {
    const answers = [
      ...recordsOf('www.example.org. 60 IN CNAME host.example.org.'),
      ...recordsOf('host.example.org. 60 IN A 192.0.2.1'),
    ]
    assert.equal(take(messageOf({ answers }), [-1, 60]), null)
  })
})
