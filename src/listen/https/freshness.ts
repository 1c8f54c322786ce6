// How long an HTTP cache may keep an answer: `cache-control: max-age`.

import { HEADER_LENGTH, readUint16, readUint32 } from '../../wire/header.ts'
import { skipName } from '../../wire/name.ts'
import { RecordType } from '../../wire/record-type.ts'

/** RFC 2181 §8: a TTL with the top bit set counts as zero. */
const MAX_TTL = 0x7fff_ffff

/** Octets of a record between its name and its data. */
const FIXED_LENGTH = 10

/**
 * The smallest TTL of the answer section; where that is empty, the least of the SOA record's TTL and
 * its MINIMUM field (RFC 8484 §5.1, RFC 2308 §5); else 0, for nothing says how long it holds.
 *
 * @param bytes holds the answer, finished, `length` octets from `start` on
 * @returns seconds
 */
export function freshness(bytes: Uint8Array, start: number, length: number): number {
  const end = start + length
  const answers = readUint16(bytes, start + 6)
  let at = start + HEADER_LENGTH
  for (let left = readUint16(bytes, start + 4); left > 0; left--) {
    at = skipName(bytes, start, at, end)
    if (at === -1) return 0
    at += 4
  }
  if (answers === 0) return negativeFreshness(bytes, start, at, end)
  let least = MAX_TTL
  for (let left = answers; left > 0; left--) {
    // An owner is nearly always a pointer to the question's name.
    const nameEnd = bytes[at]! >= 0xc0 ? at + 2 : skipName(bytes, start, at, end)
    if (nameEnd === -1 || nameEnd + FIXED_LENGTH > end) return 0
    const ttl = readUint32(bytes, nameEnd + 4)
    if (ttl < least) least = ttl
    else if (ttl > MAX_TTL) return 0
    at = nameEnd + FIXED_LENGTH + readUint16(bytes, nameEnd + 8)
  }
  return least
}

/** @param at where the authority section begins, there being no answers */
function negativeFreshness(bytes: Uint8Array, start: number, at: number, end: number): number {
  let record = at
  for (let left = readUint16(bytes, start + 8); left > 0; left--) {
    const nameEnd = skipName(bytes, start, record, end)
    if (nameEnd === -1 || nameEnd + FIXED_LENGTH > end) return 0
    const rdata = nameEnd + FIXED_LENGTH
    record = rdata + readUint16(bytes, nameEnd + 8)
    if (readUint16(bytes, nameEnd) !== RecordType.SOA) continue
    if (record > end || record - rdata < 4) return 0
    const ttl = readUint32(bytes, nameEnd + 4)
    const minimum = readUint32(bytes, record - 4)
    const least = ttl < minimum ? ttl : minimum
    return least > MAX_TTL ? 0 : least
  }
  return 0
}
