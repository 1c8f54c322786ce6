// Which proven NSEC and NSEC3 sets say something of other names than the one that was asked for, and
// may be used so (RFC 8198 §5.1, §5.2).

import { groupNsec3, type Nsec3Group } from '../denial/nsec3-group.ts'
import { type HashParameters, NSEC3_HASH_LENGTH } from '../denial/nsec3-hash.ts'
import { readNsec } from '../denial/nsec.ts'
import type { Name } from '../name.ts'
import type { Rrset } from '../rrset.ts'
import { APEX_KEY, sortKeyOf } from './sort-key.ts'

export interface UsefulRange {
  /** A `SortKey` (NSEC) or a `NameHash` (NSEC3), as `next` is. */
  readonly owner: string
  readonly next: string
  /** Whether names below the owner are none of its business (RFC 6840 §4.1). */
  readonly endsHere: boolean
  /** Where in the RDATA the types begin. */
  readonly typesAt: number
  /** Null of an NSEC record. */
  readonly parameters: HashParameters | null
}

/** What follows a name at once in the canonical order begins with this label (RFC 4471 §3.1.2). */
const FIRST_LABEL = '\x01\0'

/**
 * RFC 9276 §3.1 wants none. Each question below such a zone is hashed, those for names that are there
 * for nothing: with the 50 that validation lets pass (§3.2), for a fifth of a millisecond.
 */
const MAX_ITERATIONS = 10

/** Octets of NSEC3 before the types, without the salt: see nsec3-group.ts, and two lengths. */
const TYPES_AT = 6 + NSEC3_HASH_LENGTH

/**
 * Octets that the two hashes of a range may not share: no zone has so many names that 64 bits are
 * alike in two of them, but for those made up on the spot (RFC 7129, appendix B).
 */
const SHARED_BY_WHITE_LIES = 8

/** @param set NSEC with one record; null when it is of no use */
export function usefulNsec({ owner, records }: Rrset, zone: Name): UsefulRange | null {
  const nsec = readNsec(owner, records[0]!, zone)
  // RFC 4470, RFC 9824: it covers no other name, or stands for one that is not there.
  if (nsec === null || nsec.next === FIRST_LABEL + owner || nsec.types.isNoName) return null
  const { next, types } = nsec
  const keys = { owner: sortKeyOf(owner, zone), next: sortKeyOf(next, zone) }
  // The last one alone leads back, to the apex (RFC 4034 §4.1.1).
  if (keys.next !== APEX_KEY && keys.owner >= keys.next) return null
  return { ...keys, endsHere: types.endsHere, typesAt: next.length, parameters: null }
}

/** The same for NSEC3. What may have unsigned delegations in it denies nothing (RFC 5155 §6). */
export function usefulNsec3(set: Rrset, zone: Name): UsefulRange | null {
  const groups: readonly Nsec3Group[] = groupNsec3(zone, [set])
  const group = groups[0]
  if (group === undefined || group.iterations > MAX_ITERATIONS) return null
  const { hash: owner, next, types, isOptOut } = group.records[0]!
  if (isOptOut || types.isNoName || isMadeUp(owner, next)) return null
  const typesAt = TYPES_AT + group.salt.length
  return { owner, next, endsHere: types.endsHere, typesAt, parameters: group }
}

/** A zone with but one name has one range, all around. */
function isMadeUp(owner: string, next: string): boolean {
  if (owner === next) return false
  return owner.slice(0, SHARED_BY_WHITE_LIES) === next.slice(0, SHARED_BY_WHITE_LIES)
}
