// Zones of which something is held, found by a question's octets: the closest one above a name, without
// a string for each name on the way up.
//
// A chained hash table of fixed width, for the reason in pipeline/under-way.ts.

import type { Name } from '../name.ts'
import { HeldZone, type HeldSoa } from './held-zone.ts'

/** Buckets, a power of two: about as many as zones when each has but a few ranges. */
const BUCKETS = 2_048

const MAX_LABELS = 127

export class ZoneIndex {
  readonly #buckets: (HeldZone | null)[] = Array.from({ length: BUCKETS }, () => null)
  readonly #starts = new Uint8Array(MAX_LABELS + 1)
  readonly #hashes = new Int32Array(MAX_LABELS + 1)
  readonly #seed: number
  count = 0
  /** Octets of all zones, more or less. */
  size = 0

  /** @param seed 32 random bits, so that nobody outside knows which zones share a bucket */
  constructor(seed: number) {
    this.#seed = seed
  }

  /**
   * The closest zone at or above a name.
   * @param name uncompressed and in lower case, perhaps with more octets behind
   * @param above how many labels of the name must not be the zone's
   */
  closest(name: Uint8Array, above: number): HeldZone | null {
    if (this.count === 0) return null
    const count = this.#hashSuffixes(name)
    const end = this.#starts[count]! + 1
    for (let i = above; i <= count; i++) {
      const hash = this.#hashes[i]!
      const start = this.#starts[i]!
      let zone = this.#buckets[hash & (BUCKETS - 1)] ?? null
      for (; zone !== null; zone = zone.following) {
        if (zone.hash === hash && isAt(zone.octets, name, start, end)) return zone
      }
    }
    return null
  }

  get(name: Name): HeldZone | null {
    const hash = this.#hashOf(name)
    let zone = this.#buckets[hash & (BUCKETS - 1)] ?? null
    while (zone !== null && (zone.hash !== hash || zone.name !== name)) zone = zone.following
    return zone
  }

  /** There must be none of this name. */
  add(name: Name, soa: HeldSoa | null): HeldZone {
    const zone = new HeldZone(name, this.#hashOf(name), soa)
    const bucket = zone.hash & (BUCKETS - 1)
    zone.following = this.#buckets[bucket] ?? null
    this.#buckets[bucket] = zone
    this.count++
    this.size += zone.size
    return zone
  }

  renew(zone: HeldZone, soa: HeldSoa): void {
    this.size -= zone.size
    zone.soa = soa
    this.size += zone.size
  }

  /** @returns whether it was there */
  remove(zone: HeldZone): boolean {
    const bucket = zone.hash & (BUCKETS - 1)
    let before = this.#buckets[bucket] ?? null
    if (before === zone) this.#buckets[bucket] = zone.following
    else {
      while (before !== null && before.following !== zone) before = before.following
      if (before === null) return false
      before.following = zone.following
    }
    zone.following = null
    this.count--
    this.size -= zone.size
    return true
  }

  clear(): void {
    this.#buckets.fill(null)
    this.count = 0
    this.size = 0
  }

  #hashOf(name: Name): number {
    let hash = this.#seed | 0
    for (let i = name.length - 2; i >= 0; i--) hash = mix(hash, name.charCodeAt(i))
    return hash
  }

  /** Hashes a name and all names above it, from the root down. @returns its labels */
  #hashSuffixes(name: Uint8Array): number {
    let count = 0
    let at = 0
    for (; name[at] !== 0; at += name[at]! + 1) this.#starts[count++] = at
    this.#starts[count] = at
    let hash = this.#seed | 0
    this.#hashes[count] = hash
    for (let label = count - 1; label >= 0; label--) {
      const start = this.#starts[label]!
      for (let i = this.#starts[label + 1]! - 1; i >= start; i--) hash = mix(hash, name[i]!)
      this.#hashes[label] = hash
    }
    return count
  }
}

function mix(hash: number, octet: number): number {
  const product = Math.imul(hash ^ octet, 0x0100_0193)
  return product ^ (product >>> 15)
}

function isAt(zone: Uint8Array, name: Uint8Array, start: number, end: number): boolean {
  if (zone.length !== end - start) return false
  for (let i = 0; i < zone.length; i++) if (zone[i] !== name[start + i]) return false
  return true
}
