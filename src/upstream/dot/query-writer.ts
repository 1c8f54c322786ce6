// A query as it goes upstream: two octets of length (RFC 1035 §4.2.2), header, question, OPT with
// the keepalive option (RFC 7828 §3.2.1), carried options and padding (RFC 7830).

import {
  DNSSEC_OK,
  OPT_LENGTH,
  OPTION_HEADER_LENGTH,
  OptionCode,
  UDP_PAYLOAD_SIZE,
} from '../../wire/edns.ts'
import { Flag, HEADER_LENGTH, MAX_MESSAGE_LENGTH, writeUint16 } from '../../wire/header.ts'
import { RecordType } from '../../wire/record-type.ts'
import type { UpstreamQuestion } from '../exchange.ts'

/** Octets of a stream frame's length field (RFC 1035 §4.2.2). */
export const FRAME_HEADER_LENGTH = 2

/** Queries are padded to a multiple of this (RFC 8467 §4.1). */
const BLOCK_LENGTH = 128

/** OPT with an empty keepalive option and an empty padding option. */
const FIXED_OPT_LENGTH = OPT_LENGTH + 2 * OPTION_HEADER_LENGTH

/** AD asks the upstream to tell its verdict even where DO is not set (RFC 6840 §5.7). */
const FLAGS = Flag.RD | Flag.AD

/** Octets of the padded query without its frame's length; more than 65,535 when it cannot be sent. */
export function queryLength(question: UpstreamQuestion): number {
  const options = question.options === null ? 0 : question.options.length
  const bare =
    HEADER_LENGTH +
    question.question.length +
    FIXED_OPT_LENGTH +
    options +
    subnetOptionLength(question)
  const padded = (bare + BLOCK_LENGTH - 1) & -BLOCK_LENGTH
  return padded > MAX_MESSAGE_LENGTH && bare <= MAX_MESSAGE_LENGTH ? MAX_MESSAGE_LENGTH : padded
}

/**
 * Writes a query with its frame's length before it.
 *
 * @param length what `queryLength` said, at most 65,535
 * @param offset where `FRAME_HEADER_LENGTH + length` octets are free
 * @returns the offset behind the query
 */
export function writeQuery(
  out: Uint8Array,
  offset: number,
  id: number,
  question: UpstreamQuestion,
  length: number,
): number {
  const start = offset + FRAME_HEADER_LENGTH
  const end = start + length
  writeUint16(out, offset, length)
  writeUint16(out, start, id)
  writeUint16(out, start + 2, question.checkingDisabled ? FLAGS | Flag.CD : FLAGS)
  writeUint16(out, start + 4, 1)
  writeUint16(out, start + 6, 0)
  writeUint16(out, start + 8, 0)
  writeUint16(out, start + 10, 1)
  const at = copy(question.question, out, start + HEADER_LENGTH)
  writeOpt(out, at, end, question)
  return end
}

function writeOpt(out: Uint8Array, offset: number, end: number, question: UpstreamQuestion): void {
  out[offset] = 0
  writeUint16(out, offset + 1, RecordType.OPT)
  writeUint16(out, offset + 3, UDP_PAYLOAD_SIZE)
  writeUint16(out, offset + 5, 0)
  writeUint16(out, offset + 7, question.dnssecOk ? DNSSEC_OK : 0)
  writeUint16(out, offset + 9, end - offset - OPT_LENGTH)
  let at = offset + OPT_LENGTH
  writeUint16(out, at, OptionCode.TcpKeepalive)
  writeUint16(out, at + 2, 0)
  at += OPTION_HEADER_LENGTH
  if (question.options !== null) at = copy(question.options, out, at)
  at = writeSubnet(question, out, at)
  writeUint16(out, at, OptionCode.Padding)
  writeUint16(out, at + 2, end - at - OPTION_HEADER_LENGTH)
  out.fill(0, at + OPTION_HEADER_LENGTH, end)
}

/** Octets of the client subnet option, its code and length included. */
export function subnetOptionLength({ subnet }: UpstreamQuestion): number {
  return subnet === null ? 0 : OPTION_HEADER_LENGTH + subnet.length
}

/** @returns the offset behind the client subnet option, if there is one */
export function writeSubnet({ subnet }: UpstreamQuestion, out: Uint8Array, at: number): number {
  if (subnet === null) return at
  writeUint16(out, at, OptionCode.ClientSubnet)
  writeUint16(out, at + 2, subnet.length)
  return copy(subnet, out, at + OPTION_HEADER_LENGTH)
}

/** Copies by hand: for the few octets of a question that is faster than `set`. */
function copy(from: Uint8Array, out: Uint8Array, offset: number): number {
  const { length } = from
  for (let i = 0; i < length; i++) out[offset + i] = from[i]!
  return offset + length
}
