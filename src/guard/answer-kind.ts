// Which answers count as equal when they are limited (ISC-TN-2012-1 §2.1): random names below one
// zone make answers that differ in nothing but the name, so those are counted by their zone.

import { HEADER_LENGTH, RCODE_MASK, Rcode, readUint16 } from '../wire/header.ts'
import { skipName } from '../wire/name.ts'
import { RecordType } from '../wire/record-type.ts'

/** What is counted together for one prefix. */
export const AnswerKind = {
  /** Records, or a referral: by the question. */
  Equal: 0,
  /** No records of the type that was asked for: by the zone. */
  NoData: 1,
  /** No such name: by the zone. */
  NXDomain: 2,
  /** SERVFAIL, REFUSED and the like: all together. */
  Error: 3,
} as const
export type AnswerKind = (typeof AnswerKind)[keyof typeof AnswerKind]

/** FNV-1a, 32 bits. It needs no secret: whoever counts by it hashes it again under one. */
const FNV_BASIS = 0x811c9dc5
const FNV_PRIME = 0x01000193

/** Looks at one answer at a time; reused for all. */
export class AnswerClass {
  kind: AnswerKind = AnswerKind.Equal
  /** 32 bits that stand for the question or the zone. */
  detail = 0

  /**
   * Takes the answer of `length` octets at `start`, which has a question and may be malformed after it.
   * @param question the hash of its question
   */
  take(bytes: Uint8Array, start: number, length: number, question: number): void {
    const rcode = bytes[start + 3]! & RCODE_MASK
    this.detail = 0
    if (rcode !== Rcode.NoError && rcode !== Rcode.NXDomain) {
      this.kind = AnswerKind.Error
      return
    }
    const hasAnswers = readUint16(bytes, start + 6) > 0
    const zone = rcode === Rcode.NoError && hasAnswers ? -1 : findZone(bytes, start, length)
    if (rcode === Rcode.NXDomain) this.kind = AnswerKind.NXDomain
    else if (zone === -1) {
      this.kind = AnswerKind.Equal
      this.detail = question
      return
    } else this.kind = AnswerKind.NoData
    if (zone !== -1) this.detail = hashName(bytes, start, zone)
  }
}

/** @returns where the owner of the SOA record in the authority section stands, or -1 */
function findZone(bytes: Uint8Array, start: number, length: number): number {
  const end = start + length
  const answers = readUint16(bytes, start + 6)
  const records = answers + readUint16(bytes, start + 8)
  let at = skipName(bytes, start, start + HEADER_LENGTH, end)
  if (at === -1) return -1
  at += 4
  for (let i = 0; i < records; i++) {
    const fixed = skipName(bytes, start, at, end)
    if (fixed === -1 || fixed + 10 > end) return -1
    if (i >= answers && readUint16(bytes, fixed) === RecordType.SOA) return at
    at = fixed + 10 + readUint16(bytes, fixed + 8)
  }
  return -1
}

/** Hashes a name that `skipName` has found good, in lower case and without regard to compression. */
function hashName(bytes: Uint8Array, start: number, name: number): number {
  let hash = FNV_BASIS
  let at = name
  for (;;) {
    const size = bytes[at]!
    if (size >= 0xc0) {
      at = start + (((size & 0x3f) << 8) | bytes[at + 1]!)
      continue
    }
    if (size === 0) return hash
    for (const end = at + size; at <= end; at++) {
      let octet = bytes[at]!
      if (octet >= 0x41 && octet <= 0x5a) octet |= 0x20
      hash = Math.imul(hash ^ octet, FNV_PRIME)
    }
  }
}
