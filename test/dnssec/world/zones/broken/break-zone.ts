// How the broken zones are written down: each is sound but for one thing.

import type { ZoneSpec } from '../../zone-spec.ts'
import { bogus, makeZone, singleKey, type ZoneSketch } from '../make-zone.ts'

export interface Break extends Omit<ZoneSketch, 'name' | 'probes'> {
  /** Owner, relative to the zone, and type, as in `www A`: what shows that the zone is broken. */
  readonly ask: string
  /** Extended errors of which one must be told. */
  readonly ede: readonly number[]
  readonly because: string
}

/** @param label the zone is `LABEL.broken.example.`; it has one key, `csk`, unless told otherwise */
export function breakZone(label: string, { ask, ede, because, ...sketch }: Break): ZoneSpec {
  const name = `${label}.broken.example.`
  const [owner, type] = ask.split(' ') as [string, string]
  const asked = owner === '@' ? name : `${owner}.${name}`
  return makeZone({
    keys: singleKey(),
    ...sketch,
    name,
    probes: [bogus(asked, type, { ede, because })],
  })
}

export function breakZones(breaks: Readonly<Record<string, Break>>): readonly ZoneSpec[] {
  return Object.entries(breaks).map(([label, wrong]) => breakZone(label, wrong))
}

/** Extended errors (RFC 8914 §4, IANA), by what they are called there. */
export const Ede = {
  DnssecBogus: 6,
  Expired: 7,
  NotYetValid: 8,
  DnskeyMissing: 9,
  RrsigsMissing: 10,
  NoZoneKeyBit: 11,
  NsecMissing: 12,
  ExpiredBeforeValid: 25,
} as const
