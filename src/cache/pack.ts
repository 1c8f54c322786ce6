// From an upstream's answer to what is kept and served: OPT taken off, DNSSEC records taken out for
// those who did not ask, question lower-cased, TTLs within bounds, and how long it may be kept.

import type { AnswerScan } from '../wire/answer-scan.ts'
import { copyOctets } from '../wire/copy.ts'
import { ExtendedError } from '../wire/edns.ts'
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
import { sameName } from '../wire/name.ts'
import { type QuestionKey, Variant } from '../wire/question-key.ts'
import { RecordRemover } from '../wire/record-remover.ts'
import { RecordType } from '../wire/record-type.ts'
import type { PackedAnswer } from './packed-answer.ts'
import { isUnasked, rebuildAnswer } from './rebuild.ts'

const remover = new RecordRemover()

/** Bounds on times to live, in seconds. A time of 0 says not to keep the answer, and stays 0. */
export interface TtlBounds {
  readonly minTtl: number
  readonly maxTtl: number
  /** For NXDOMAIN and NODATA (RFC 2308 §5). */
  readonly negativeMaxTtl: number
  /** For SERVFAIL and other failures (RFC 9520 §3.2: from 1 s to 5 min; we stay at or below 30 s). */
  readonly failureTtl: number
}

/**
 * Seconds that a failure is kept at the least: RFC 9520 §3.2 wants one, and entries are dated by
 * whole seconds, of which the first has begun already.
 */
const MIN_FAILURE_LIFETIME = 2

const NOTHING = new Uint8Array(0)

/** RFC 2181 §8. */
const MAX_TTL = 0x7fff_ffff

export const Kind = { Positive: 0, Negative: 1, Failure: 2 } as const
export type Kind = (typeof Kind)[keyof typeof Kind]

/** @returns what kind of answer it is, for the cache's key; null when it is malformed after all */
export function pack(
  answer: AnswerScan,
  key: QuestionKey,
  bounds: TtlBounds,
  into: PackedAnswer,
): Kind | null {
  if (answer.rcode > RCODE_MASK) {
    // Codes beyond four bits speak of the hop to the upstream (BADVERS, BADCOOKIE), not of the name.
    const { extendedError } = answer
    packFailure(key, extendedError === -1 ? ExtendedError.Other : extendedError, into)
    return Kind.Failure
  }
  const wantsDnssec = (key.variant & Variant.DnssecOk) !== 0
  const optIsLast = answer.optStart === -1 || answer.optEnd === answer.length
  const whole = wantsDnssec || !answer.hasDnssecRecords
  if (optIsLast && whole) {
    into.length = answer.optStart === -1 ? answer.length : answer.optStart
    copyOctets(answer.bytes, answer.start, into.bytes, 0, into.length)
    writeUint16(into.bytes, 10, answer.additionalCount)
    into.ttlCount = answer.ttlCount
    for (let i = 0; i < answer.ttlCount; i++) into.ttlOffsets[i] = answer.ttlOffsets[i]!
  } else if (!takeOut(answer, wantsDnssec, into) && !rebuildAnswer(answer, wantsDnssec, into)) {
    return null
  }
  into.nameLength = key.length - 4
  into.extendedError = answer.extendedError
  const { bytes } = into
  copyOctets(key.bytes, 0, bytes, HEADER_LENGTH, key.length)
  const kept = readUint16(bytes, 2) & ~(OPCODE_MASK | Flag.AA | Flag.TC | Flag.RD | Flag.CD)
  writeUint16(bytes, 0, 0)
  writeUint16(bytes, 2, kept | Flag.QR | Flag.RA)
  equalizeTtls(into)
  return setLifetime(answer, bounds, into)
}

/** Copies an answer without OPT and unasked DNSSEC records; false when its names do not let it be. */
function takeOut(answer: AnswerScan, wantsDnssec: boolean, into: PackedAnswer): boolean {
  const { bytes, start, ttlOffsets, ttlCount, answerCount } = answer
  if (!wantsDnssec) {
    for (let place = 0; place < ttlCount; place++) {
      const type = readUint16(bytes, start + ttlOffsets[place]! - 4)
      const wanted = place < answerCount ? answer.type : null
      if (isUnasked(type, wanted)) remover.gone[place] = 1
    }
  }
  const length = remover.remove(answer, false, into.bytes, into.ttlOffsets)
  if (length === -1) return false
  into.length = length
  into.ttlCount = readUint16(into.bytes, 6) + readUint16(into.bytes, 8) + readUint16(into.bytes, 10)
  return true
}

/**
 * A failure of ours to get any answer, as an answer to keep (RFC 9520 §3.1): SERVFAIL. An outage may
 * end at any moment, so it is kept no longer than it must be; what is bogus may be for a while.
 * @param reason in UTF-8, for clients: kept behind the question, and no part of the message
 * @param lifetime in seconds
 */
export function packFailure(
  key: QuestionKey,
  extendedError: number,
  into: PackedAnswer,
  reason: Uint8Array = NOTHING,
  lifetime = 0,
): void {
  const { bytes } = into
  bytes.fill(0, 0, HEADER_LENGTH)
  writeUint16(bytes, 2, Flag.QR | Flag.RA | Rcode.ServFail)
  writeUint16(bytes, 4, 1)
  copyOctets(key.bytes, 0, bytes, HEADER_LENGTH, key.length)
  into.length = HEADER_LENGTH + key.length + reason.length
  copyOctets(reason, 0, bytes, HEADER_LENGTH + key.length, reason.length)
  into.nameLength = key.length - 4
  into.ttlCount = 0
  into.lifetime = Math.max(lifetime, MIN_FAILURE_LIFETIME)
  into.extendedError = extendedError
}

function setLifetime(answer: AnswerScan, bounds: TtlBounds, into: PackedAnswer): Kind {
  const { minTtl, maxTtl, negativeMaxTtl, failureTtl } = bounds
  let kind: Kind
  if (answer.rcode !== Rcode.NoError && answer.rcode !== Rcode.NXDomain) {
    kind = Kind.Failure
    into.lifetime = Math.max(failureTtl, MIN_FAILURE_LIFETIME)
    clampTtls(into, 0, maxTtl)
  } else if (holdsType(answer)) {
    kind = Kind.Positive
    into.lifetime = within(answer.minTtl, minTtl, maxTtl)
    clampTtls(into, minTtl, maxTtl)
  } else {
    // NXDOMAIN or NODATA, be it at the end of a CNAME chain (RFC 2308 §2). Without a SOA in the
    // authority section it must not be kept (§5).
    kind = Kind.Negative
    const known = answer.negativeTtl >= 0
    const ttl = Math.min(answer.negativeTtl, answer.minTtl)
    into.lifetime = known ? within(ttl, minTtl, negativeMaxTtl) : 0
    clampTtls(into, Math.min(minTtl, into.lifetime), known ? into.lifetime : maxTtl)
  }
  if (answer.truncated) into.lifetime = 0
  return kind
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

/** A time to live within bounds; 0 stays as it is (RFC 1035 §3.2.1). */
function within(ttl: number, lowest: number, highest: number): number {
  return ttl === 0 ? 0 : Math.min(Math.max(ttl, lowest), highest)
}

/**
 * Gives the records of each set the shortest TTL among them (RFC 2181 §5.2); times beyond what a TTL may
 * be count as zero (§8). Only records one after the other are taken for a set, which is how servers send
 * them. Signatures live as long as what they sign (RFC 4034 §3), be they of one name and type.
 */
function equalizeTtls({ bytes, ttlOffsets, ttlCount, nameLength }: PackedAnswer): void {
  let owner = HEADER_LENGTH + nameLength + 4
  for (let first = 0, next = 0; first < ttlCount; first = next) {
    const firstOwner = owner
    const type = readUint16(bytes, ttlOffsets[first]! - 4)
    let lowest = MAX_TTL
    do {
      const at = ttlOffsets[next++]!
      lowest = Math.min(lowest, ttlAt(bytes, at))
      owner = at + 6 + readUint16(bytes, at + 4)
    } while (
      next < ttlCount &&
      type === readUint16(bytes, ttlOffsets[next]! - 4) &&
      type !== RecordType.RRSIG &&
      sameName(bytes, 0, owner, firstOwner)
    )
    for (let i = first; i < next; i++) writeUint32(bytes, ttlOffsets[i]!, lowest)
  }
}

function ttlAt(bytes: Uint8Array, at: number): number {
  const ttl = readUint32(bytes, at)
  return ttl > MAX_TTL ? 0 : ttl
}

function clampTtls(answer: PackedAnswer, lowest: number, highest: number): void {
  const { bytes, ttlOffsets } = answer
  for (let i = 0; i < answer.ttlCount; i++) {
    const at = ttlOffsets[i]!
    writeUint32(bytes, at, within(ttlAt(bytes, at), lowest, highest))
  }
}
