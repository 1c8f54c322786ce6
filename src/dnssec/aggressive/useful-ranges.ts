// Which proven NSEC and NSEC3 sets say something of other names than the one that was asked for, and
// may be used so (RFC 8198 §5.1, §5.2).

import { groupNsec3, type Nsec3Group } from '../denial/nsec3-group.ts'
import { MAX_ITERATIONS, NSEC3_HASH_LENGTH } from '../denial/nsec3-hash.ts'
import { readNsec } from '../denial/nsec.ts'
import { compareNames, type Name } from '../name.ts'
import type { Rrset } from '../rrset.ts'
import type { HashParameters } from './held-zone.ts'

export interface UsefulRange {
  readonly owner: string
  readonly next: string
  /** Where in the RDATA the types begin. */
  readonly typesAt: number
  /** Null of an NSEC record. */
  readonly parameters: HashParameters | null
}

/** What follows a name at once in the canonical order begins with this label (RFC 4471 §3.1.2). */
const FIRST_LABEL = '\x01\0'

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
  if (nsec === null) return null
  const { next, types } = nsec
  // RFC 4470, RFC 9824: it covers no other name, or stands for one that is not there.
  if (next === FIRST_LABEL + owner || types.isNoName) return null
  if (next !== zone && compareNames(owner, next) >= 0) return null
  return { owner, next, typesAt: next.length, parameters: null }
}

/** The same for NSEC3. What may have unsigned delegations in it denies nothing (RFC 5155 §6). */
export function usefulNsec3(set: Rrset, zone: Name): UsefulRange | null {
  const groups: readonly Nsec3Group[] = groupNsec3(zone, [set])
  const group = groups[0]
  if (group === undefined || group.iterations > MAX_ITERATIONS) return null
  const { hash: owner, next, types, isOptOut } = group.records[0]!
  if (isOptOut || types.isNoName || isMadeUp(owner, next)) return null
  const typesAt = TYPES_AT + group.salt.length
  return { owner, next, typesAt, parameters: group }
}

/** A zone with but one name has one range, all around. */
function isMadeUp(owner: string, next: string): boolean {
  if (owner === next) return false
  return owner.slice(0, SHARED_BY_WHITE_LIES) === next.slice(0, SHARED_BY_WHITE_LIES)
}
