// What a new configuration trusts otherwise than the one before: answers there that are in the cache were
// judged by what is trusted no more, or not yet.

import { isDeepStrictEqual } from 'node:util'
import type { ZoneAnchors } from '../dnssec/anchors/trust-anchors.ts'
import { type Name, nameText } from '../dnssec/name.ts'
import type { DnssecPlan } from '../worker/plan.ts'

/** Zones that are told one by one; when there are more, it is the root. */
const MAX_ZONES = 32

type Trusted = Pick<DnssecPlan, 'anchors' | 'acceptSha1'>

/**
 * Zones to be forgotten with all names below. Where keys roll over, and some are trusted before and
 * after, what was proven stays so.
 * @param before null when there was nothing before
 */
export function changedTrust(before: Trusted | null, after: Trusted): readonly string[] {
  if (before === null) return []
  if (before.acceptSha1 !== after.acceptSha1) return ['.']
  const [old, next] = [byZone(before), byZone(after)]
  const zones = new Set([...old.keys(), ...next.keys()])
  const changed = [...zones].filter((zone) => !haveCommon(old.get(zone), next.get(zone)))
  return changed.length > MAX_ZONES ? ['.'] : changed.map(nameText)
}

function byZone({ anchors }: Trusted): ReadonlyMap<Name, ZoneAnchors> {
  return new Map(anchors.map((one) => [one.zone, one]))
}

function haveCommon(a: ZoneAnchors | undefined, b: ZoneAnchors | undefined): boolean {
  if (a === undefined || b === undefined) return false
  return (
    a.ds.some((one) => b.ds.some((other) => isDeepStrictEqual(one, other))) ||
    a.keys.some((one) => b.keys.some((other) => Buffer.compare(one, other) === 0))
  )
}
