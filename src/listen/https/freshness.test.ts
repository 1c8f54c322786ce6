import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { encodeMessage } from '../../wire/codec/message-encode.ts'
import type { Message } from '../../wire/codec/message.ts'
import { RecordType } from '../../wire/record-type.ts'
import { message } from '../../../test/wire/arbitrary.ts'
import { recordsOf } from '../../pipeline/testing.ts'
import { freshness } from './freshness.ts'

const BARE: Message = {
  id: 0,
  flags: 0x8180,
  opcode: 0,
  rcode: 0,
  questions: [],
  answers: [],
  authorities: [],
  additionals: [],
  edns: null,
}

function of(changes: Partial<Message>): number {
  const octets = encodeMessage({ ...BARE, ...changes })
  const memory = Buffer.concat([Buffer.alloc(7, 0xff), octets, Buffer.alloc(9, 0xff)])
  return freshness(memory, 7, octets.length)
}

const SOA = (ttl: number, minimum: number) =>
  recordsOf(`example.org. ${ttl} IN SOA ns.example.org. admin.example.org. 1 2 3 4 ${minimum}`)

test('is the smallest TTL of the answer section, and of no other (RFC 8484 §5.1)', () => {
  const answers = recordsOf(
    'www.example.org. 300 IN CNAME web.example.org.\nweb.example.org. 60 IN A 192.0.2.1\nweb.example.org. 90 IN A 192.0.2.2',
  )
  const authorities = recordsOf('example.org. 5 IN NS ns.example.org.')
  assert.equal(of({ answers, authorities, additionals: authorities }), 60)
})

test('of an answer without records is the least of TTL and MINIMUM of its SOA (RFC 2308 §5)', () => {
  assert.equal(of({ rcode: 3, authorities: SOA(3_600, 300) }), 300)
  assert.equal(of({ authorities: SOA(120, 300) }), 120)
  const ns = recordsOf('example.org. 5 IN NS ns.example.org.')
  assert.equal(of({ authorities: [...ns, ...SOA(900, 300)] }), 300)
})

test('is none when nothing says how long the answer holds', () => {
  assert.equal(of({ rcode: 2 }), 0)
  assert.equal(of({ authorities: recordsOf('example.org. 5 IN NS ns.example.org.') }), 0)
  assert.equal(of({ authorities: SOA(0x8000_0000, 0x9000_0000) }), 0)
})

test('of any message is the smallest TTL among its answers (RFC 2181 §8)', () => {
  fc.assert(
    fc.property(message, (one) => {
      const octets = encodeMessage(one)
      const ttls = one.answers.map(({ ttl }) => (ttl > 0x7fff_ffff ? 0 : ttl))
      const found = freshness(octets, 0, octets.length)
      if (ttls.length > 0) assert.equal(found, Math.min(...ttls))
      else if (!one.authorities.some(({ type }) => type === RecordType.SOA)) assert.equal(found, 0)
    }),
  )
})

test('of octets at random is a number all the same', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 12, maxLength: 80 }), (octets) => {
      const found = freshness(octets, 0, octets.length)
      assert.ok(found >= 0 && found <= 0x7fff_ffff)
    }),
  )
})
