// A message as octets (RFC 1035 §4.1), cut to a size when it must be (RFC 2181 §9).

import { OPT_LENGTH, OPTION_HEADER_LENGTH } from '../edns.ts'
import { Flag, HEADER_LENGTH, MAX_MESSAGE_LENGTH, OPCODE_MASK, RCODE_MASK } from '../header.ts'
import type { Edns, Message, ResourceRecord } from './message.ts'
import { equalIgnoringCase } from '../name.ts'
import { OctetWriter } from './octet-writer.ts'
import { appendRdata } from './rdata-codec.ts'
import { RecordType } from '../record-type.ts'

export interface EncodeOptions {
  /** The most octets to write; 65,535 by default. Header, questions and OPT are always written. */
  readonly maxLength?: number
  /** Whether to compress names where receivers must expand them (RFC 3597 §4); true by default. */
  readonly compress?: boolean
}

/** A name that any sender may compress: a question's or an owner. */
const OWNER = { compressed: true, lowerCased: true }

/**
 * Writes a message. When it does not fit, the RRset that is too much and all behind it stay out;
 * TC is set unless only additional records are missing. OPT comes last, but before a TSIG.
 *
 * Names and RDATA must be well-formed; upper rcode bits are lost without EDNS.
 */
export function encodeMessage(message: Message, options: EncodeOptions = {}): Uint8Array {
  const { maxLength = MAX_MESSAGE_LENGTH, compress = true } = options
  const writer = new OctetWriter({ names: compress ? 'compressed' : 'plain' })
  writeHeader(writer, message)
  for (const question of message.questions) {
    writer.name(question.name, OWNER)
    writer.uint16(question.type)
    writer.uint16(question.class)
  }
  const tsig = trailingTsig(message)
  const limit = maxLength - optLength(message.edns) - (tsig === null ? 0 : plainLength(tsig))
  const sections = [
    message.answers,
    message.authorities,
    tsig === null ? message.additionals : message.additionals.slice(0, -1),
  ]
  let full = false
  for (const [index, records] of sections.entries()) {
    const written = full ? 0 : writeRecords(writer, records, limit)
    writer.patchUint16(6 + 2 * index, written)
    if (!full && written < records.length) {
      full = true
      if (index < 2) writer.patchUint16(2, headerWord(message) | Flag.TC)
    }
    if (index < 2) continue
    const others = (message.edns === null ? 0 : 1) + (tsig === null ? 0 : 1)
    writer.patchUint16(10, written + others)
  }
  if (message.edns !== null) writeOpt(writer, message.edns, message.rcode)
  if (tsig !== null) writeRecord(writer, tsig)
  return writer.finish()
}

function headerWord(message: Message): number {
  const bits = message.flags & ~(OPCODE_MASK | RCODE_MASK)
  return bits | ((message.opcode << 11) & OPCODE_MASK) | (message.rcode & RCODE_MASK)
}

/** The header; its three record counts are patched in later. */
function writeHeader(writer: OctetWriter, message: Message): void {
  writer.uint16(message.id)
  writer.uint16(headerWord(message))
  writer.uint16(message.questions.length)
  writer.octets(new Uint8Array(HEADER_LENGTH - writer.length))
}

/** Writes whole RRsets while they end before `limit`; returns how many records stand there. */
function writeRecords(
  writer: OctetWriter,
  records: readonly ResourceRecord[],
  limit: number,
): number {
  let setStart = 0
  let setOffset = writer.length
  for (const [index, record] of records.entries()) {
    if (!sameSet(records[setStart]!, record)) {
      setStart = index
      setOffset = writer.length
    }
    writeRecord(writer, record)
    if (writer.length > limit) {
      writer.truncate(setOffset)
      return setStart
    }
  }
  return records.length
}

function sameSet(a: ResourceRecord, b: ResourceRecord): boolean {
  return (
    a.type === b.type &&
    a.class === b.class &&
    a.name.length === b.name.length &&
    equalIgnoringCase(a.name, 0, b.name, 0, a.name.length)
  )
}

function writeRecord(writer: OctetWriter, record: ResourceRecord): void {
  writer.name(record.name, OWNER)
  writer.uint16(record.type)
  writer.uint16(record.class)
  writer.uint32(record.ttl)
  const lengthAt = writer.length
  writer.uint16(0)
  appendRdata(record.type, record.rdata, writer)
  writer.patchUint16(lengthAt, writer.length - lengthAt - 2)
}

function writeOpt(writer: OctetWriter, edns: Edns, rcode: number): void {
  writer.uint8(0)
  writer.uint16(RecordType.OPT)
  writer.uint16(edns.udpSize)
  writer.uint8(rcode >>> 4)
  writer.uint8(edns.version)
  writer.uint16(edns.flags)
  writer.uint16(optLength(edns) - OPT_LENGTH)
  for (const { code, data } of edns.options) {
    writer.uint16(code)
    writer.uint16(data.length)
    writer.octets(data)
  }
}

function optLength(edns: Edns | null): number {
  if (edns === null) return 0
  return edns.options.reduce(
    (sum, { data }) => sum + OPTION_HEADER_LENGTH + data.length,
    OPT_LENGTH,
  )
}

/** The signature of the message, which must stand last (RFC 8945 §5.1). */
function trailingTsig(message: Message): ResourceRecord | null {
  const last = message.additionals.at(-1)
  return last?.type === RecordType.TSIG ? last : null
}

/** The octets of a record without compression. */
function plainLength(record: ResourceRecord): number {
  return record.name.length + 10 + record.rdata.length
}
