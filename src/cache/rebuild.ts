// The rare answers that cannot be kept as they came, because records must be taken out of their
// middle and compression pointers may lead there: they are decoded and written anew.

import { AnswerFault, AnswerScan } from '../wire/answer-scan.ts'
import { decodeMessage, type ResourceRecord } from '../wire/codec/message.ts'
import { encodeMessage } from '../wire/codec/message-encode.ts'
import { RecordType } from '../wire/record-type.ts'
import type { PackedAnswer } from './packed-answer.ts'

const scan = new AnswerScan()

/**
 * Writes an answer without OPT and, unless wanted, without RRSIG, NSEC and NSEC3 records other than
 * those that were asked for by their type (RFC 4035 §3.2.1).
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
  const asked = answer.type
  const all = wantsDnssec || asked === RecordType.ANY
  const keep = ({ type }: ResourceRecord) => all || type === asked || !isDnssecRecord(type)
  const rebuilt = encodeMessage({
    ...message,
    answers: message.answers.filter(keep),
    authorities: message.authorities.filter(keep),
    additionals: message.additionals.filter(keep),
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

/** What those do not get who did not ask for it (RFC 4035 §3.2.1, RFC 5155 §7.3). */
export function isDnssecRecord(type: number): boolean {
  return type === RecordType.RRSIG || type === RecordType.NSEC || type === RecordType.NSEC3
}
