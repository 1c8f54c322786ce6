// What must hold for any octets at all, in property tests and under the fuzzer: functions that
// throw an AssertionError when it does not.

import assert from 'node:assert/strict'
import { AnswerFault, AnswerScan } from '../../src/wire/answer-scan.ts'
import { OptionCode } from '../../src/wire/edns.ts'
import { Flag } from '../../src/wire/header.ts'
import { decodeMessage, type Message, type MessageFault } from '../../src/wire/codec/message.ts'
import { encodeMessage } from '../../src/wire/codec/message-encode.ts'
import { formatMessage, formatRecord } from '../../src/wire/text/message-text.ts'
import { formatName, parseName } from '../../src/wire/text/name-text.ts'
import { canonicalRdata, isValidRdata } from '../../src/wire/codec/rdata-codec.ts'
import { RecordType } from '../../src/wire/record-type.ts'
import { parseRecord, parseZone } from '../../src/wire/text/zone-text.ts'

const scan = new AnswerScan()

/** What a message that can be read may still be refused for as an answer. */
const faultsOfMeaning: ReadonlySet<AnswerFault> = new Set([
  AnswerFault.None,
  AnswerFault.NotData,
  AnswerFault.Unasked,
])

/** Octets that may be a message: both parsers come to an end and agree, and nothing is lost. */
export function checkOctets(bytes: Uint8Array): void {
  const message = decodeMessage(bytes)
  const fault = scan.scan(bytes, 0, bytes.length)
  if (fault === AnswerFault.None) checkScanTaken(message)
  if (typeof message === 'string') return
  if ((message.flags & Flag.QR) !== 0 && message.opcode === 0 && message.questions.length === 1) {
    assert.ok(faultsOfMeaning.has(fault), String(fault))
  }
  checkMessage(message)
}

/** What the fast lane took, the codec takes too. */
function checkScanTaken(message: Message | MessageFault): void {
  if (typeof message === 'string') assert.fail(message)
  const { answers, authorities, additionals } = message
  const records = [...answers, ...authorities, ...additionals]
  const ttls = records.map(({ ttl }) => (ttl > 0x7fff_ffff ? 0 : ttl))
  assert.deepEqual(
    [scan.id, scan.rcode, scan.answerCount, scan.authorityCount, scan.additionalCount],
    [message.id, message.rcode, answers.length, authorities.length, additionals.length],
  )
  assert.equal(scan.ttlCount, records.length)
  assert.equal(scan.minTtl, Math.min(0x7fff_ffff, ...ttls))
  assert.equal(scan.optStart !== -1, message.edns !== null)
  const subnet = message.edns?.options.find(({ code }) => code === OptionCode.ClientSubnet)
  assert.equal(scan.subnetStart !== -1, subnet !== undefined)
  if (subnet === undefined) return
  const at = scan.start + scan.subnetStart
  assert.deepEqual(scan.bytes.slice(at, at + scan.subnetLength), subnet.data)
}

/** A message survives the wire, compressed and plain, and its records survive text. */
export function checkMessage(message: Message): void {
  for (const compress of [true, false]) {
    // Without a limit: names that came compressed may take more room than a message has.
    const bytes = encodeMessage(message, { compress, maxLength: Number.POSITIVE_INFINITY })
    assert.deepEqual(decodeMessage(bytes), message)
  }
  assert.notEqual(formatMessage(message), '')
  for (const record of [...message.answers, ...message.authorities, ...message.additionals]) {
    const text = formatRecord(record)
    const canonical = canonicalRdata(record.type, record.rdata)
    assert.deepEqual(canonicalRdata(record.type, canonical), canonical)
    // RDATA that does not fit its type prints as octets, which readers must refuse (RFC 3597 §5);
    // the ports of WKS lose zero octets at their end.
    if (record.type === RecordType.WKS || !isValidRdata(record.type, record.rdata)) continue
    assert.deepEqual(parseRecord(text), record, text)
  }
}

/** Text of any kind: the parsers give values, and what they take prints back to the same. */
export function checkText(text: string): void {
  const name = parseName(text)
  if (typeof name !== 'string') assert.deepEqual(parseName(formatName(name)), name)
  for (const record of parseZone(text).records) {
    assert.deepEqual(parseRecord(formatRecord(record)), record, text)
  }
}
