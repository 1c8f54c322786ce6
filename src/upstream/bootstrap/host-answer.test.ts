import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type HostRecord, makeHostAnswer } from '../../../test/support/host-records.ts'
import { AnswerFault, AnswerScan } from '../../wire/answer-scan.ts'
import { RecordType } from '../../wire/record-type.ts'
import { type AddressType, type HostAnswer, hostAnswer, hostQuestion } from './host-answer.ts'

function read(
  records: readonly HostRecord[],
  { type = RecordType.A, rcode = 0 }: { type?: AddressType; rcode?: number } = {},
): HostAnswer | null {
  const { question } = hostQuestion('Dot.Example.org', type)
  const message = makeHostAnswer(1, question, records, rcode)
  const scan = new AnswerScan()
  // What does not even hold together as an answer never gets further.
  return scan.scan(message, 0, message.length) === AnswerFault.None ? hostAnswer(scan, type) : null
}

test('asks for the name in lower case', () => {
  const { question } = hostQuestion('Dot.Example.ORG', RecordType.AAAA)
  assert.equal(Buffer.from(question).toString('latin1'), '\x03dot\x07example\x03org\0\0\x1c\0\x01')
})

test('takes addresses, and the smallest TTL of all', () => {
  const records = [
    { address: '192.0.2.1', ttl: 300 },
    { address: '192.0.2.2', ttl: 60 },
  ]
  assert.deepEqual(read(records), { addresses: ['192.0.2.1', '192.0.2.2'], ttl: 60 })
  const six = read([{ address: '2001:db8::1', ttl: 7 }], { type: RecordType.AAAA })
  assert.deepEqual(six, { addresses: ['2001:db8::1'], ttl: 7 })
})

test('follows aliases, whatever their order, and their TTLs count (RFC 1034 §3.6.2)', () => {
  const records = [
    { owner: 'c.example', address: '192.0.2.1', ttl: 300 },
    { owner: 'b.example', alias: 'C.example', ttl: 20 },
    { alias: 'b.example', ttl: 500 },
  ]
  assert.deepEqual(read(records), { addresses: ['192.0.2.1'], ttl: 20 })
})

test('does not take what was not asked for (RFC 5452 §6)', () => {
  assert.equal(read([{ owner: 'other.example', address: '192.0.2.1' }]), null)
  assert.equal(read([{ alias: 'b.example' }, { owner: 'c.example', address: '192.0.2.1' }]), null)
})

test('a circle of aliases leads nowhere', () => {
  const records = [{ alias: 'b.example' }, { owner: 'b.example', alias: 'dot.example.org' }]
  assert.equal(read(records), null)
})

test('no addresses, or an error, is no answer', () => {
  assert.equal(read([]), null)
  assert.equal(read([{ address: '192.0.2.1' }], { rcode: 2 }), null)
  assert.equal(read([{ address: '192.0.2.1' }], { rcode: 3 }), null)
})

test('a TTL with the top bit set counts as zero (RFC 2181 §8)', () => {
  assert.equal(read([{ address: '192.0.2.1', ttl: 0x8000_0001 }])?.ttl, 0)
})

test('leaves out addresses that no host has', () => {
  for (const address of ['0.0.0.0', '224.0.0.1', '255.255.255.255']) {
    assert.equal(read([{ address }]), null)
    assert.deepEqual(read([{ address }, { address: '192.0.2.1' }])?.addresses, ['192.0.2.1'])
  }
  for (const address of ['::', 'ff02::1', 'fe80::1', '::ffff:192.0.2.1']) {
    assert.equal(read([{ address }], { type: RecordType.AAAA }), null)
  }
})

test('takes 16 addresses at the most', () => {
  const records = Array.from({ length: 40 }, (_, i) => ({ address: `192.0.2.${i + 1}` }))
  assert.equal(read(records)?.addresses.length, 16)
})

test('refuses what is no name', () => {
  assert.throws(() => hostQuestion(`${'a'.repeat(64)}.example`, RecordType.A), /no host name/)
})
