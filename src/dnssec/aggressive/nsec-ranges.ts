// What follows from the NSEC ranges of a zone, and its wildcards (RFC 8198 §5.1, §5.3, by the rules of
// RFC 4035 §5.3.4, §5.4 and RFC 6840 §4.1).

import { isBetween } from '../denial/nsec3-hash.ts'
import type { Name } from '../name.ts'
import { type Deduction, deniedName, deniedType, expanded } from './deduction.ts'
import type { HeldZone } from './held-zone.ts'
import type { Range } from './range.ts'
import { commonKey, isKeyBelow, type SortKey, sortKeyOf, wildcardKey } from './sort-key.ts'

/** Any wildcard: which one it is does not matter for the types that it has. */
const WILDCARD: Name = '\x01*\0'

/** @returns null when nothing can be said */
export function deduceByNsec(zone: HeldZone, name: Name, type: number): Deduction | null {
  if (zone.nsec.size === 0) return null
  const key = sortKeyOf(name, zone.name)
  const range = zone.nsec.around(key)!
  if (range.owner === key) return range.denies(name, type) ? deniedType(zone, [range]) : null
  if (!covers(range, key)) return null
  // An empty non-terminal (RFC 4592 §2.2.2).
  if (isKeyBelow(range.next, key)) return deniedType(zone, [range])
  const wildcard = wildcardKey(encloserBy(range, key))
  const source = zone.nsec.around(wildcard)!
  if (source.owner === wildcard) {
    // What a delegation or a DNAME there would mean nobody knows (RFC 4592 §4.2, §4.4).
    if (source.endsHere) return null
    if (source.denies(WILDCARD, type)) return deniedType(zone, [range, source])
    return source.has(type) ? expandedFrom(zone, wildcard, type, range) : null
  }
  if (!isBetween(wildcard, source.owner, source.next)) {
    return expandedFrom(zone, wildcard, type, range)
  }
  if (!covers(source, wildcard)) return null
  const ranges = [range, source]
  return isKeyBelow(source.next, wildcard) ? deniedType(zone, ranges) : deniedName(zone, ranges)
}

/** Whether the zone's own records deny a type at a wildcard. */
export function deniesWildcard(range: Range, key: SortKey, type: number): boolean {
  if (range.owner === key) return range.denies(WILDCARD, type)
  return isBetween(key, range.owner, range.next)
}

/** The records of a wildcard, if they are held, for a name that `cover` denies. */
function expandedFrom(
  zone: HeldZone,
  wildcard: SortKey,
  type: number,
  cover: Range,
): Deduction | null {
  const set = zone.wildcardAt(wildcard, type)
  return set && expanded(set, cover)
}

/** Whether a name lies in the gap, and the zone has the say there. */
function covers({ owner, next, endsHere }: Range, key: SortKey): boolean {
  return isBetween(key, owner, next) && !(endsHere && isKeyBelow(key, owner))
}

/** The closest encloser of a name in the gap: both ends of it exist. */
function encloserBy({ owner, next }: Range, key: SortKey): SortKey {
  const left = commonKey(key, owner)
  const right = commonKey(key, next)
  return left.length > right.length ? left : right
}
