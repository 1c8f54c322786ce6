// The rare answers that cannot be kept as they came, because records must be taken out of their
// middle and compression pointers may lead there: they are decoded and written anew.

import { AnswerFault, AnswerScan } from '../wire/answer-scan.ts'
import { decodeMessage, type ResourceRecord } from '../wire/codec/message.ts'
import { encodeMessage } from '../wire/codec/message-encode.ts'
import { RecordType } from '../wire/record-type.ts'
import type { PackedAnswer } from './packed-answer.ts'

const scan = new AnswerScan()

/**
 * Writes an answer without OPT and, unless wanted, without DNSSEC records that were not asked for.
 * @returns false when it does not hold together after all, or fits no message any more
 */
export function rebuildAnswer(
  answer: AnswerScan,
  wantsDnssec: boolean,
  into: PackedAnswer,
): boolean {
  const { bytes, start, length } = answer
  const message = decodeMessage(bytes.slice(start, start + length))
  if (typeof message === 'string') return false
  const stay = (records: readonly ResourceRecord[], wanted: number | null) =>
    wantsDnssec ? records : records.filter(({ type }) => !isUnasked(type, wanted))
  const rebuilt = encodeMessage({
    ...message,
    answers: stay(message.answers, answer.type),
    authorities: stay(message.authorities, null),
    additionals: stay(message.additionals, null),
    edns: null,
  })
  if (scan.scan(rebuilt, 0, rebuilt.length) !== AnswerFault.None) return false
  // Names that came compressed where we may not compress them can make it too long (RFC 3597 §4).
  if (scan.truncated && !answer.truncated) return false
  into.length = rebuilt.length
  into.bytes.set(rebuilt)
  into.ttlCount = scan.ttlCount
  into.ttlOffsets.set(scan.ttlOffsets.subarray(0, scan.ttlCount))
  return true
}

/**
 * Whether a record is of DNSSEC and its client did not ask for it, neither with DO nor by its type
 * (RFC 4035 §3.2.1, RFC 5155 §7.3).
 * @param wanted the type asked for, of the answer section; null of the others, which nobody asks for
 */
export function isUnasked(type: number, wanted: number | null): boolean {
  if (type === wanted || wanted === RecordType.ANY) return false
  return type === RecordType.RRSIG || type === RecordType.NSEC || type === RecordType.NSEC3
}
