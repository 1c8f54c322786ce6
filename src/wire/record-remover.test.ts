import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { AnswerFault, AnswerScan } from './answer-scan.ts'
import { decodeMessage, type Message } from './codec/message.ts'
import { encodeMessage } from './codec/message-encode.ts'
import { readUint16 } from './header.ts'
import { RecordRemover } from './record-remover.ts'
import { parseName } from './text/name-text.ts'
import { parseZone } from './text/zone-text.ts'

const remover = new RecordRemover()

const LINES = [
  'www.example.org. 60 IN CNAME host.other.example.org.',
  'host.other.example.org. 60 IN MX 5 mail.other.example.org.',
  'host.other.example.org. 60 IN SRV 1 2 3 srv.other.example.org.',
  'host.other.example.org. 60 IN NAPTR 1 2 "a" "bc" "def" naptr.srv.example.org.',
  'host.other.example.org. 60 IN RRSIG A 13 3 60 20300101000000 20200101000000 1 example.org. AAAA',
  'host.other.example.org. 60 IN A 192.0.2.1',
  'example.org. 60 IN SOA ns.other.example.org. admin.srv.other.example.org. 1 2 3 4 5',
  'deep.ns.other.example.org. 60 IN NSEC a.example.org. A RRSIG',
  'deep.ns.other.example.org. 60 IN NS ns.deep.ns.other.example.org.',
  'rp.example.org. 60 IN RP host.other.example.org. srv.other.example.org.',
]

function recordsOf(lines: readonly string[]): Message['answers'] {
  const { records, errors } = parseZone(lines.join('\n'))
  assert.deepEqual(errors, [])
  return records
}

function messageOf(sections: Partial<Message>): Message {
  return {
    id: 7,
    flags: 0x8180,
    opcode: 0,
    rcode: 0,
    questions: [{ name: parseName('www.example.org') as Uint8Array, type: 255, class: 1 }],
    answers: [],
    authorities: [],
    additionals: [],
    edns: null,
    ...sections,
  }
}

interface Removed {
  readonly message: Message | null
  readonly types: readonly number[]
}

function remove(octets: Uint8Array, gone: readonly number[], keepsOpt: boolean): Removed {
  const memory = Uint8Array.of(0xff, 0xff, ...octets, 0xff)
  const scan = new AnswerScan()
  assert.equal(scan.scan(memory, 2, octets.length), AnswerFault.None)
  for (const place of gone) remover.gone[place] = 1
  const out = new Uint8Array(octets.length + 1).fill(0xaa)
  const ttlOffsets = new Uint16Array(100)
  const length = remover.remove(scan, keepsOpt, out, ttlOffsets)
  assert.ok(remover.gone.every((octet) => octet === 0))
  if (length === -1) return { message: null, types: [] }
  const message = decodeMessage(out.slice(0, length))
  assert.ok(typeof message !== 'string')
  const count = message.answers.length + message.authorities.length + message.additionals.length
  const types = Array.from(ttlOffsets.subarray(0, count), (at) => readUint16(out, at - 4))
  return { message, types }
}

const without = (records: Message['answers'], from: number, gone: readonly number[]) =>
  records.filter((_, i) => !gone.includes(from + i))

suite('records are taken out of a message', () => {
  test('and what stays is what it was, or names that stay lead into what goes', () => {
    let removed = 0
    const places = fc.uniqueArray(fc.nat({ max: LINES.length - 1 }))
    const order = fc.shuffledSubarray(LINES.slice(1), { minLength: 1 })
    fc.assert(
      fc.property(order, places, fc.boolean(), fc.boolean(), (lines, gone, hasOpt, keepsOpt) => {
        const first = Math.floor(lines.length / 3)
        const answers = recordsOf(lines.slice(0, 0))
        const authorities = recordsOf(lines.slice(0, first))
        const additionals = recordsOf(lines.slice(first))
        const edns = { udpSize: 1232, version: 0, flags: 0x8000, options: [] }
        const message = messageOf({
          answers,
          authorities,
          additionals,
          edns: hasOpt ? edns : null,
        })
        const octets = encodeMessage(message)
        const found = remove(
          octets,
          gone.filter((place) => place < lines.length),
          keepsOpt,
        )
        if (found.message === null) return
        removed++
        const kept = {
          authorities: without(authorities, 0, gone),
          additionals: without(additionals, first, gone),
        }
        assert.deepEqual(found.message, {
          ...message,
          ...kept,
          edns: keepsOpt ? message.edns : null,
        })
        assert.deepEqual(
          found.types,
          [...kept.authorities, ...kept.additionals].map(({ type }) => type),
        )
      }),
      { numRuns: 500 },
    )
    assert.ok(removed > 100)
  })

  test('wherever OPT stands', () => {
    const [a, b] = recordsOf(LINES.slice(5, 7))
    const octets = encodeMessage(messageOf({ additionals: [a!, b!] }))
    const opt = Uint8Array.of(0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0)
    const question = 12 + 21
    const length = readUint16(octets, 10)
    assert.equal(length, 2)
    const moved = Uint8Array.of(...octets.subarray(0, question), ...opt)
    // The second record points to the first: without that, behind OPT, it points to the question.
    const alone = encodeMessage(messageOf({ additionals: [a!] })).subarray(question)
    const whole = Uint8Array.of(...moved, ...alone)
    whole[11] = 2
    const { message } = remove(whole, [], false)
    assert.deepEqual(message!.additionals, [a])
    assert.equal(message!.edns, null)
  })

  test('but not where a name leads into one of them', () => {
    const records = recordsOf([
      'only.here.example.org. 60 IN NSEC a.example.org. A',
      'only.here.example.org. 60 IN A 192.0.2.1',
    ])
    const octets = encodeMessage(messageOf({ authorities: records }))
    assert.equal(remove(octets, [0], false).message, null)
    assert.deepEqual(remove(octets, [1], false).message!.authorities, [records[0]])
  })
})
