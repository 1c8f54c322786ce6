// A proven set that is held: how long it holds, where its octets lie, and its place among those that stay.

import type { HeldZone } from './held-zone.ts'
import type { SetOctets } from './set-octets.ts'

export interface HeldSetOptions {
  readonly zone: HeldZone
  readonly id: number
  readonly since: number
  readonly expiresAt: number
  readonly length: number
  readonly bytes: Uint8Array
}

export abstract class HeldSet implements SetOctets {
  readonly zone: HeldZone
  /** What its signature is known by in `SeenSets`. */
  readonly id: number
  /** Seconds, on the clock of `ProvenRanges`: from when until when it holds. */
  readonly since: number
  readonly expiresAt: number
  readonly length: number
  /** Where the set lies: see set-octets.ts. */
  bytes: Uint8Array
  at = 0

  /** Whether it was of use since somebody wanted to forget it. */
  isUsed = false
  /** Whether it was found in the way of a newer one. */
  isGone = false
  /** Of those that stay: its place among them. */
  isKept = false
  older: HeldSet | null = null
  newer: HeldSet | null = null

  constructor(options: HeldSetOptions) {
    this.zone = options.zone
    this.id = options.id
    this.since = options.since
    this.expiresAt = options.expiresAt
    this.length = options.length
    this.bytes = options.bytes
  }

  /** Octets of memory besides those at `bytes`, more or less. */
  abstract get overhead(): number

  /** Takes it out of its zone. */
  abstract leaveZone(): void
}
