// What the NSEC ranges of a zone deny (RFC 8198 §5.1, §5.3, by the rules of RFC 4035 §5.4 and
// RFC 6840 §4.1).

import { covers, encloserBy } from '../denial/nsec.ts'
import { isBelow, type Name, wildcardOf } from '../name.ts'
import { type Denied, deniedName, deniedType } from './denied.ts'
import type { HeldZone } from './held-zone.ts'

/**
 * @param now seconds, on the clock of `ProvenRanges`
 * @returns null when nothing can be said
 */
export function denyByNsec(zone: HeldZone, name: Name, type: number, now: number): Denied | null {
  const range = zone.nsec.around(name, now)
  if (range === null) return null
  if (range.owner === name) return range.types.denies(name, type) ? deniedType(zone, [range]) : null
  if (!covers(range, name, zone.name)) return null
  // An empty non-terminal (RFC 4592 §2.2.2).
  if (isBelow(range.next, name)) return deniedType(zone, [range])
  // Of an encloser of some name, so that there is room for the asterisk.
  const wildcard = wildcardOf(encloserBy(range, name))!
  const source = zone.nsec.around(wildcard, now)
  if (source === null) return null
  if (source.owner === wildcard) {
    // What a delegation or a DNAME there would mean nobody knows (RFC 4592 §4.2, §4.4).
    if (source.types.endsHere || !source.types.denies(wildcard, type)) return null
    return deniedType(zone, [range, source])
  }
  if (!covers(source, wildcard, zone.name)) return null
  const ranges = [range, source]
  return isBelow(source.next, wildcard) ? deniedType(zone, ranges) : deniedName(zone, ranges)
}
