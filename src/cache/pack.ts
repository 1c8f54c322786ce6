// From an upstream's answer to what is kept and served: OPT taken off, DNSSEC records taken out for
// those who did not ask, question lower-cased, TTLs within bounds, and how long it may be kept.

import type { AnswerScan } from '../wire/answer-scan.ts'
import { copyOctets } from '../wire/copy.ts'
import {
  Flag,
  HEADER_LENGTH,
  OPCODE_MASK,
  RCODE_MASK,
  Rcode,
  readUint16,
  readUint32,
  writeUint16,
  writeUint32,
} from '../wire/header.ts'
import { type QuestionKey, Variant } from '../wire/question-key.ts'
import { RecordType } from '../wire/record-type.ts'
import type { PackedAnswer } from './packed-answer.ts'
import { rebuildAnswer } from './rebuild.ts'

/** Bounds on times to live, in seconds. */
export interface TtlBounds {
  readonly minTtl: number
  readonly maxTtl: number
  /** For NXDOMAIN and NODATA (RFC 2308 §5). */
  readonly negativeMaxTtl: number
  /** For SERVFAIL and other failures (RFC 9520 §3.2: from 1 s to 5 min; we stay at or below 30 s). */
  readonly failureTtl: number
}

export const Kind = { Positive: 0, Negative: 1, Failure: 2 } as const
export type Kind = (typeof Kind)[keyof typeof Kind]

/** @returns what kind of answer it is, for the cache's key; null when it is malformed after all */
export function pack(
  answer: AnswerScan,
  key: QuestionKey,
  bounds: TtlBounds,
  into: PackedAnswer,
): Kind | null {
  const wantsDnssec = (key.variant & Variant.DnssecOk) !== 0
  const optIsLast = answer.optStart === -1 || answer.optEnd === answer.length
  if (optIsLast && (wantsDnssec || !answer.hasDnssecRecords || asksForDnssec(answer.type))) {
    into.length = answer.optStart === -1 ? answer.length : answer.optStart
    copyOctets(answer.bytes, answer.start, into.bytes, 0, into.length)
    writeUint16(into.bytes, 10, answer.additionalCount)
    into.ttlCount = answer.ttlCount
    for (let i = 0; i < answer.ttlCount; i++) into.ttlOffsets[i] = answer.ttlOffsets[i]!
  } else if (!rebuildAnswer(answer, wantsDnssec || asksForDnssec(answer.type), into)) {
    return null
  }
  into.nameLength = key.length - 4
  into.extendedError = answer.extendedError
  const { bytes } = into
  copyOctets(key.bytes, 0, bytes, HEADER_LENGTH, key.length)
  const kept = readUint16(bytes, 2) & ~(OPCODE_MASK | Flag.AA | Flag.TC | Flag.RD | Flag.CD)
  writeUint16(bytes, 0, 0)
  writeUint16(bytes, 2, kept | Flag.QR | Flag.RA)
  // Codes beyond four bits speak of the hop to the upstream (BADVERS, BADCOOKIE), not of the name.
  if (answer.rcode > RCODE_MASK) bytes[3] = (bytes[3]! & ~RCODE_MASK) | Rcode.ServFail
  return setLifetime(answer, bounds, into)
}

function setLifetime(answer: AnswerScan, bounds: TtlBounds, into: PackedAnswer): Kind {
  const { minTtl, maxTtl, negativeMaxTtl, failureTtl } = bounds
  if (answer.rcode !== Rcode.NoError && answer.rcode !== Rcode.NXDomain) {
    into.lifetime = answer.truncated ? 0 : failureTtl
    return Kind.Failure
  }
  // A SOA in the authority section marks a negative answer, be it at the end of a CNAME chain
  // (RFC 2308 §2). Without one, NXDOMAIN and NODATA are not kept (§5).
  const negative = answer.negativeTtl >= 0 && !holdsType(answer)
  if (negative) {
    const ttl = Math.min(answer.negativeTtl, answer.minTtl)
    into.lifetime = Math.min(Math.max(ttl, minTtl), negativeMaxTtl)
    clampTtls(into, 0, into.lifetime)
  } else if (answer.answerCount === 0 || answer.rcode === Rcode.NXDomain) {
    into.lifetime = 0
  } else {
    into.lifetime = Math.min(Math.max(answer.minTtl, minTtl), maxTtl)
    clampTtls(into, minTtl, maxTtl)
  }
  if (answer.truncated) into.lifetime = 0
  return negative || answer.answerCount === 0 || answer.rcode === Rcode.NXDomain
    ? Kind.Negative
    : Kind.Positive
}

/** Whether the answer section ends in the type asked for; false at the end of a chain to nothing. */
function holdsType(answer: AnswerScan): boolean {
  if (answer.rcode === Rcode.NXDomain) return false
  const { type, bytes, start } = answer
  for (let i = 0; i < answer.answerCount; i++) {
    const found = readUint16(bytes, start + answer.ttlOffsets[i]! - 4)
    if (found === type || type === RecordType.ANY) return true
  }
  return false
}

/** Types that a client without DO gets all the same when it asks for them (RFC 4035 §3.2.1). */
function asksForDnssec(type: number): boolean {
  return (
    type === RecordType.RRSIG ||
    type === RecordType.NSEC ||
    type === RecordType.NSEC3 ||
    type === RecordType.ANY
  )
}

function clampTtls(answer: PackedAnswer, lowest: number, highest: number): void {
  const { bytes, ttlOffsets } = answer
  for (let i = 0; i < answer.ttlCount; i++) {
    const at = ttlOffsets[i]!
    let ttl = readUint32(bytes, at)
    // RFC 2181 §8: with the top bit set, a TTL counts as zero.
    if (ttl > 0x7fff_ffff) ttl = 0
    writeUint32(bytes, at, Math.min(Math.max(ttl, lowest), highest))
  }
}
