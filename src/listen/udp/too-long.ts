// The answer to a query that is longer than we take over UDP: "ask again over TCP".

import { Flag, HEADER_LENGTH, OPCODE_MASK, readUint16, writeUint16 } from '../../wire/header.ts'

/**
 * Writes a bare header with QR and TC: a true client comes back over TCP (RFC 7766 §5), and
 * whoever forged the query gained nothing, for the answer is a hundredth of its size.
 *
 * @param bytes at least 12 octets of the query from `start`
 * @returns octets written, or 0 for a message that must not be answered (QR=1)
 */
export function answerTooLong(
  bytes: Uint8Array,
  start: number,
  out: Uint8Array,
  outStart: number,
): number {
  const flags = readUint16(bytes, start + 2)
  if ((flags & Flag.QR) !== 0) return 0
  out.fill(0, outStart, outStart + HEADER_LENGTH)
  out[outStart] = bytes[start]!
  out[outStart + 1] = bytes[start + 1]!
  writeUint16(out, outStart + 2, (flags & (OPCODE_MASK | Flag.RD)) | Flag.QR | Flag.TC)
  return HEADER_LENGTH
}
