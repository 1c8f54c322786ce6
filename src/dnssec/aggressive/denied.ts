// That something is not there, by what was proven of other names before.

import type { HeldZone } from './held-zone.ts'
import type { Range } from './range.ts'

export const DeniedKind = {
  /** No such name. */
  Name: 'nxdomain',
  /** The name is there, or a wildcard for it, and no records of the type. */
  Type: 'nodata',
} as const
export type DeniedKind = (typeof DeniedKind)[keyof typeof DeniedKind]

export interface Denied {
  readonly kind: DeniedKind
  readonly zone: HeldZone
  /** What proves it, none twice. */
  readonly ranges: readonly Range[]
}

export function deniedName(zone: HeldZone, ranges: readonly Range[]): Denied {
  return { kind: DeniedKind.Name, zone, ranges: distinct(ranges) }
}

export function deniedType(zone: HeldZone, ranges: readonly Range[]): Denied {
  return { kind: DeniedKind.Type, zone, ranges: distinct(ranges) }
}

function distinct(ranges: readonly Range[]): readonly Range[] {
  return ranges.filter((range, i) => ranges.indexOf(range) === i)
}
