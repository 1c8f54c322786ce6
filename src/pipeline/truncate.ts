// Cutting an answer to the size that its client takes over UDP.

import { Flag, HEADER_LENGTH, readUint16, writeUint16 } from '../wire/header.ts'
import { skipName } from '../wire/name.ts'

/**
 * Cuts the message of `length` octets at `start` to `limit`, in place. Records of the additional
 * section go first and unmarked, since nothing that was asked for is lost (RFC 2181 §9). If that is
 * not enough, all records go and TC is set: half an RRset is of no use to a client that must come
 * back over TCP anyway.
 *
 * @returns the new length
 */
export function truncate(out: Uint8Array, start: number, length: number, limit: number): number {
  const end = start + length
  const question = skipName(out, start, start + HEADER_LENGTH, end) + 4
  const records = readUint16(out, start + 6) + readUint16(out, start + 8)
  let at = question
  for (let i = 0; i < records; i++) {
    at = skipName(out, start, at, end) + 10
    at += readUint16(out, at - 2)
  }
  writeUint16(out, start + 10, 0)
  if (at - start <= limit) return at - start
  writeUint16(out, start + 2, readUint16(out, start + 2) | Flag.TC)
  writeUint16(out, start + 6, 0)
  writeUint16(out, start + 8, 0)
  return question - start
}
