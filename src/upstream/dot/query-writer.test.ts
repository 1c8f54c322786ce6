import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { questionFor } from '../../../test/support/exchanges.ts'
import type { UpstreamQuestion } from '../exchange.ts'
import { queryLength, writeQuery } from './query-writer.ts'

function write(question: UpstreamQuestion, id = 0x1234): Buffer {
  const length = queryLength(question)
  const out = new Uint8Array(length + 2 + 16).fill(0xaa)
  assert.equal(writeQuery(out, 8, id, question, length), 8 + 2 + length)
  assert.ok(
    out.subarray(10 + length).every((octet) => octet === 0xaa),
    'wrote too far',
  )
  return Buffer.from(out.subarray(8, 10 + length))
}

/** What follows the header: question, then an OPT record up to its options. */
function body(dnssecOk: boolean): string {
  const question = '076578616d706c65036f726700001c0001'
  const opt = `00002904d00000${dnssecOk ? '8000' : '0000'}`
  return `${question}${opt}`
}

test('writes RD and AD, one question and one OPT record (RFC 1035 §4.1, RFC 6840 §5.7)', () => {
  const frame = write(questionFor('example.org', 28))
  assert.equal(frame.toString('hex', 0, 2), '0080')
  assert.equal(frame.toString('hex', 2, 14), '123401200001000000000001')
  assert.equal(frame.toString('hex', 14, 40), body(false))
  const rdata = 14 + 17 + 11
  assert.equal(frame.readUInt16BE(rdata - 2), frame.length - rdata)
})

test('sets CD and DO as asked (RFC 4035 §3.2.2, RFC 3225 §3)', () => {
  const question = questionFor('example.org', 28)
  const frame = write({ ...question, dnssecOk: true, checkingDisabled: true })
  assert.equal(frame.toString('hex', 2, 14), '123401300001000000000001')
  assert.equal(frame.toString('hex', 14, 40), body(true))
})

test('sends an empty keepalive option and padding of zeros (RFC 7828 §3.2.1, RFC 7830 §3)', () => {
  const frame = write(questionFor('example.org'))
  const at = 14 + 17 + 11
  assert.deepEqual([...frame.subarray(at, at + 4)], [0, 11, 0, 0])
  assert.equal(frame.readUInt16BE(at + 4), 12)
  assert.equal(frame.readUInt16BE(at + 6), frame.length - at - 8)
  assert.ok(frame.subarray(at + 8).every((octet) => octet === 0))
})

test('carries options byte for byte', () => {
  const options = Uint8Array.of(0, 8, 0, 7, 0, 1, 24, 0, 192, 0, 2, 0xff, 0xfe, 0, 1, 0xff)
  const frame = write({ ...questionFor('example.org'), options })
  const at = 14 + 17 + 11 + 4
  assert.deepEqual(frame.subarray(at, at + options.length), Buffer.from(options))
  assert.equal(frame.readUInt16BE(at + options.length), 12)
})

test('pads every query to a multiple of 128 octets (RFC 8467 §4.1)', () => {
  const octets = fc.uint8Array({ maxLength: 300 })
  fc.assert(
    fc.property(octets, octets, (name, data) => {
      const question = { ...questionFor('example.org'), question: name }
      const options = Uint8Array.from([0, 99, data.length >> 8, data.length & 255, ...data])
      for (const asked of [question, { ...question, options }]) {
        const frame = write(asked)
        assert.equal(frame.readUInt16BE(0), frame.length - 2)
        assert.equal((frame.length - 2) % 128, 0)
      }
    }),
  )
})

test('pads to the longest message where the next multiple is beyond it', () => {
  const fixed = 12 + 17 + 11 + 8
  const withOptions = (length: number): UpstreamQuestion => ({
    ...questionFor('example.org'),
    options: new Uint8Array(length - fixed),
  })
  assert.equal(queryLength(withOptions(65_408)), 65_408)
  assert.equal(queryLength(withOptions(65_409)), 65_535)
  assert.equal(write(withOptions(65_535)).length, 65_537)
  assert.ok(queryLength(withOptions(65_536)) > 65_535)
})
