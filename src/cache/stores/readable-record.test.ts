import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readableRecord } from './readable-record.ts'
import type { AnswerRecord } from './record.ts'

const QUESTION = { name: 'www.example.org.', type: 1, class: 1 }
const WIRE_QUESTION = Buffer.from('\x03www\x07example\x03org\0\0\x01\0\x01', 'latin1')

function recordOf(message: Uint8Array): AnswerRecord {
  const [askedAt, validUntil] = [1_000, 61_000]
  return {
    variant: 0,
    validation: 2,
    extendedError: -1,
    askedAt,
    validUntil,
    upstream: 'quad9',
    message,
  }
}

/** An answer with one record of a type. */
function answerWith(type: number, rdata: Uint8Array): Buffer {
  const fixed = Buffer.from([0xc0, 12, type >> 8, type & 255, 0, 1, 0, 0, 0, 60, 0, 0])
  fixed.writeUInt16BE(rdata.length, 10)
  const header = Buffer.from([0, 0, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0])
  return Buffer.concat([header, WIRE_QUESTION, fixed, rdata])
}

test('tells of an answer what it says, when, and who said it', () => {
  assert.deepEqual(readableRecord(QUESTION, recordOf(answerWith(1, Uint8Array.of(192, 0, 2, 1)))), {
    name: 'www.example.org.',
    type: 'A',
    class: 'IN',
    data: ['A 192.0.2.1'],
    askedAt: 1_000,
    validUntil: 61_000,
    upstream: 'quad9',
    validation: 'secure',
  })
})

test('of whatever an upstream sends, it never throws (property)', () => {
  const type = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 0xffff }))
  fc.assert(
    fc.property(type, fc.uint8Array({ maxLength: 80 }), (number, rdata) => {
      const { data } = readableRecord(QUESTION, recordOf(answerWith(number, rdata)))
      assert.ok(data.length <= 1)
    }),
    { numRuns: 3_000 },
  )
})
