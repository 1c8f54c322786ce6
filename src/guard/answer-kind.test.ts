import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { encodeMessage } from '../wire/codec/message-encode.ts'
import { Rcode } from '../wire/header.ts'
import { RecordType } from '../wire/record-type.ts'
import { parseName } from '../wire/text/name-text.ts'
import { parseZone } from '../wire/text/zone-text.ts'
import { AnswerClass, AnswerKind } from './answer-kind.ts'

const QUESTION = 4711
const SOA = 'SOA ns.example.org. root.example.org. 1 2 3 4 5'

interface Answer {
  readonly name?: string
  readonly rcode?: number
  readonly answers?: string
  readonly authorities?: string
}

function recordsOf(text: string) {
  const { records, errors } = parseZone(text)
  assert.deepEqual(errors, [])
  return records
}

function messageOf({ name = 'a.example.org', rcode = 0, answers, authorities }: Answer) {
  const qname = parseName(name)
  assert.ok(typeof qname !== 'string')
  return encodeMessage({
    id: 1,
    flags: 0,
    opcode: 0,
    rcode,
    questions: [{ name: qname, type: RecordType.A, class: 1 }],
    answers: answers === undefined ? [] : recordsOf(answers),
    authorities: authorities === undefined ? [] : recordsOf(authorities),
    additionals: [],
    edns: null,
  })
}

function classOf(answer: Answer): { kind: AnswerKind; detail: number } {
  const message = messageOf(answer)
  const room = new Uint8Array(message.length + 7)
  room.set(message, 5)
  const found = new AnswerClass()
  found.take(room, 5, message.length, QUESTION)
  return { kind: found.kind, detail: found.detail }
}

const NXDomain = { rcode: Rcode.NXDomain, authorities: `example.org. 60 IN ${SOA}` }

suite('answers that count as equal', () => {
  test('with records: those to one question', () => {
    const answer = classOf({ answers: 'a.example.org. 60 IN A 192.0.2.1' })
    assert.deepEqual(answer, { kind: AnswerKind.Equal, detail: QUESTION })
  })

  test('a referral: those to one question', () => {
    const answer = classOf({ authorities: 'example.org. 60 IN NS ns.example.org.' })
    assert.deepEqual(answer, { kind: AnswerKind.Equal, detail: QUESTION })
  })

  test('without such names: those of one zone, whatever the name and the letters', () => {
    const first = classOf(NXDomain)
    assert.equal(first.kind, AnswerKind.NXDomain)
    assert.deepEqual(classOf({ ...NXDomain, name: 'other.b.example.org' }), first)
    const capitals = `EXAMPLE.org. 60 IN ${SOA}`
    assert.deepEqual(classOf({ ...NXDomain, name: 'c.test', authorities: capitals }), first)
    const other = classOf({ ...NXDomain, authorities: `example.com. 60 IN ${SOA}` })
    assert.equal(other.kind, AnswerKind.NXDomain)
    assert.notEqual(other.detail, first.detail)
  })

  test('without such names at the end of an alias: those of the zone there', () => {
    const answers = 'a.example.org. 60 IN CNAME b.example.com.'
    const authorities = `example.com. 60 IN ${SOA}`
    const direct = classOf({ ...NXDomain, authorities })
    assert.deepEqual(classOf({ ...NXDomain, answers, authorities }), direct)
  })

  test('the zone is found behind other records of the authority section', () => {
    const authorities = `a.example.org. 60 IN NSEC b.example.org. A\nexample.org. 60 IN ${SOA}`
    assert.deepEqual(classOf({ ...NXDomain, authorities }), classOf(NXDomain))
  })

  test('without records of the type: those of one zone, apart from names that are not there', () => {
    const answer = classOf({ authorities: NXDomain.authorities })
    assert.deepEqual(answer, { kind: AnswerKind.NoData, detail: classOf(NXDomain).detail })
  })

  test('errors: all of them', () => {
    for (const rcode of [Rcode.ServFail, Rcode.Refused, Rcode.FormErr]) {
      assert.deepEqual(classOf({ rcode }), { kind: AnswerKind.Error, detail: 0 })
    }
  })

  test('cut off anywhere or changed anywhere, an answer is of some kind', () => {
    const message = messageOf(NXDomain)
    const found = new AnswerClass()
    for (let length = 12; length <= message.length; length++) {
      found.take(message.slice(0, length), 0, length, QUESTION)
    }
    for (let at = 12; at < message.length; at++) {
      for (const octet of [0, 1, 63, 64, 0xc0, 0xff]) {
        const changed = message.slice()
        changed[at] = octet
        found.take(changed, 0, changed.length, QUESTION)
      }
    }
  })
})
