// What one NSEC or NSEC3 record says: which types its owner has, and that nothing is between its owner
// and the next one.

import { TypeBits } from '../denial/type-bits.ts'
import type { Name } from '../name.ts'
import { HeldSet, type HeldSetOptions } from './held-set.ts'
import { rdataOf } from './set-octets.ts'

/** Octets of a range besides its set and its names, measured: most of it is the array around its octets. */
const OVERHEAD = 420

export interface RangeOptions extends HeldSetOptions {
  readonly isHashed: boolean
  readonly owner: string
  readonly next: string
  readonly endsHere: boolean
  readonly typesAt: number
}

export class Range extends HeldSet {
  readonly isHashed: boolean
  /** A `SortKey` (NSEC) or a `NameHash` (NSEC3), as `next` is. */
  readonly owner: string
  readonly next: string
  /** Whether names below the owner are none of its business (RFC 6840 §4.1). */
  readonly endsHere: boolean
  /** Where in the RDATA its types begin. */
  readonly typesAt: number
  /** NSEC3: the hash of the wildcard below the owner; null until somebody wanted it. */
  wildcardHash: string | null = null

  constructor(options: RangeOptions) {
    super(options)
    this.isHashed = options.isHashed
    this.owner = options.owner
    this.next = options.next
    this.endsHere = options.endsHere
    this.typesAt = options.typesAt
  }

  /** Whether it denies a type at its own name. */
  denies(name: Name, type: number): boolean {
    return this.#types.denies(name, type)
  }

  /** Whether it says that its own name has a type. */
  has(type: number): boolean {
    return this.#types.has(type)
  }

  override get overhead(): number {
    return OVERHEAD + this.owner.length + this.next.length
  }

  override leaveZone(): void {
    this.zone.listOf(this.isHashed).remove(this)
  }

  get #types(): TypeBits {
    return new TypeBits(rdataOf(this), this.typesAt)
  }
}
