// What one NSEC or NSEC3 record says: which types its owner has, and that nothing is between its owner
// and the next one.

import { TypeBits } from '../denial/type-bits.ts'
import type { Name } from '../name.ts'
import type { HeldZone } from './held-zone.ts'
import { rdataOf, type SetOctets } from './set-octets.ts'

/** Octets of a range besides its set and its names. */
const OVERHEAD = 300

export class Range implements SetOctets {
  readonly zone: HeldZone
  readonly isHashed: boolean
  /** A `SortKey` (NSEC) or a `NameHash` (NSEC3), as `next` is. */
  readonly owner: string
  readonly next: string
  /** What its signature is known by in `SeenSets`. */
  readonly id: number
  /** Seconds, on the clock of `ProvenRanges`. */
  readonly expiresAt: number
  /** Whether names below the owner are none of its business (RFC 6840 §4.1). */
  readonly endsHere: boolean
  /** Where in the RDATA its types begin. */
  readonly typesAt: number
  readonly length: number
  /** Where the set lies: see set-octets.ts. */
  bytes: Uint8Array
  at = 0

  /** NSEC3: the hash of the wildcard below the owner; null until somebody wanted it. */
  wildcard: string | null = null
  /** Whether it was of use since somebody wanted to forget it. */
  isUsed = false
  /** Whether it was found in the way of a newer one. */
  isGone = false
  /** Of those that stay: its place among them. */
  isKept = false
  older: Range | null = null
  newer: Range | null = null

  constructor(options: {
    readonly zone: HeldZone
    readonly isHashed: boolean
    readonly owner: string
    readonly next: string
    readonly id: number
    readonly expiresAt: number
    readonly endsHere: boolean
    readonly typesAt: number
    readonly length: number
    readonly bytes: Uint8Array
  }) {
    this.zone = options.zone
    this.isHashed = options.isHashed
    this.owner = options.owner
    this.next = options.next
    this.id = options.id
    this.expiresAt = options.expiresAt
    this.endsHere = options.endsHere
    this.typesAt = options.typesAt
    this.length = options.length
    this.bytes = options.bytes
  }

  /** Whether it denies a type at its own name. */
  denies(name: Name, type: number): boolean {
    return new TypeBits(rdataOf(this), this.typesAt).denies(name, type)
  }

  /** Octets of memory, more or less. */
  get size(): number {
    return OVERHEAD + this.owner.length + this.next.length + this.length
  }
}
