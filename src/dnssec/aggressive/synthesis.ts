// What is said to a question without asking, as it goes into a message.

import { RecordType } from '../../wire/record-type.ts'
import type { Name } from '../name.ts'
import type { Deduction, DeductionKind } from './deduction.ts'
import type { SetOctets } from './set-octets.ts'

export interface Synthesis {
  readonly kind: DeductionKind
  readonly zone: Name
  /** Seconds that all of it may be kept. */
  readonly ttl: number
  /** The records that a wildcard has for the name; null where there is nothing. */
  readonly answer: SetOctets | null
  /** The zone's, where there is nothing; null with an answer. */
  readonly soa: SetOctets | null
  readonly proofs: readonly SetOctets[]
}

/** Null when any of it is over, or missing. @param now in seconds */
export function synthesisOf(deduction: Deduction, now: number): Synthesis | null {
  const { kind, zone, ranges, wildcard } = deduction
  const soa = wildcard === null ? zone.soa : null
  const expiresAt = endOf(deduction)
  if (expiresAt <= now) return null
  for (const range of ranges) range.isUsed = true
  if (wildcard !== null) wildcard.isUsed = true
  const ttl = expiresAt - now
  return { kind, zone: zone.name, ttl, answer: wildcard, soa, proofs: ranges }
}

/** Until when all of it holds, in seconds; 0 when something is missing. */
function endOf({ zone, ranges, wildcard }: Deduction): number {
  const { soa } = zone
  if (wildcard === null && soa === null) return 0
  let end = wildcard === null ? soa!.expiresAt : wildcard.expiresAt
  for (const { since, expiresAt } of ranges) {
    if (expiresAt < end) end = expiresAt
    // It may have come without the SOA, which has the say about denials (RFC 8198 §5.4, RFC 9077 §3).
    if (wildcard === null && since + soa!.ttl < end) end = since + soa!.ttl
  }
  return end
}

/**
 * Whether the records at a name tell whether the type is there. Of signatures (RFC 4035 §2.2) and of
 * NSEC3 records, which are at no name that is theirs (RFC 5155 §7.2.8), they do not; questions for
 * types from 128 to 255 are for something else (RFC 6895 §3.1).
 */
export function mayBeSynthesized(type: number): boolean {
  if (type === 0 || type === RecordType.OPT || (type >= 128 && type <= 255)) return false
  return type !== RecordType.RRSIG && type !== RecordType.NSEC3 && type !== RecordType.SIG
}
