// What follows from what was proven of other names.

import type { HeldZone } from './held-zone.ts'
import type { Range } from './range.ts'
import type { Wildcard } from './wildcard.ts'

export const DeductionKind = {
  /** No such name. */
  Name: 'nxdomain',
  /** The name is there, or a wildcard for it, and no records of the type. */
  Type: 'nodata',
  /** There is no such name, and a wildcard stands for it that has records of the type. */
  Wildcard: 'wildcard',
} as const
export type DeductionKind = (typeof DeductionKind)[keyof typeof DeductionKind]

export interface Deduction {
  readonly kind: DeductionKind
  readonly zone: HeldZone
  /** What proves it, none twice. */
  readonly ranges: readonly Range[]
  /** The records that there are; null where there are none. */
  readonly wildcard: Wildcard | null
}

export function deniedName(zone: HeldZone, ranges: readonly Range[]): Deduction {
  return { kind: DeductionKind.Name, zone, ranges: distinct(ranges), wildcard: null }
}

export function deniedType(zone: HeldZone, ranges: readonly Range[]): Deduction {
  return { kind: DeductionKind.Type, zone, ranges: distinct(ranges), wildcard: null }
}

/** @param cover what denies that there is anything closer (RFC 4035 §3.1.3.3, RFC 5155 §7.2.6) */
export function expanded(wildcard: Wildcard, cover: Range): Deduction {
  return { kind: DeductionKind.Wildcard, zone: wildcard.zone, ranges: [cover], wildcard }
}

function distinct(ranges: readonly Range[]): readonly Range[] {
  return ranges.filter((range, i) => ranges.indexOf(range) === i)
}
