// What is held of one zone: its SOA set, which goes with every denial, and its ranges.

import { compareNames, type Name, nameOctets } from '../name.ts'
import { hashName, isBetween, type NameHash } from '../denial/nsec3-hash.ts'
import type { HeldSet } from './held-set.ts'
import { type Bounds, RangeList } from './range.ts'

export interface HeldSoa {
  readonly set: HeldSet
  /** Seconds that denials may be kept by it: the smaller one of its TTL and its minimum (RFC 9077 §3). */
  readonly ttl: number
  readonly expiresAt: number
}

/** What NSEC3 hashes of a zone are made with. */
export interface HashParameters {
  readonly iterations: number
  readonly salt: Uint8Array
}

export class HeldZone {
  readonly name: Name
  readonly octets: Uint8Array
  readonly hash: number
  /** The next one of its bucket. */
  following: HeldZone | null = null
  soa: HeldSoa
  readonly nsec: RangeList
  readonly nsec3: RangeList
  parameters: HashParameters | null = null
  #apexHash: NameHash | null = null

  constructor(name: Name, hash: number, soa: HeldSoa) {
    this.name = name
    this.octets = Uint8Array.from(nameOctets(name))
    this.hash = hash
    this.soa = soa
    this.nsec = new RangeList({
      compare: compareNames,
      isInside: (at, range) => isNameInside(at, range, name),
    })
    this.nsec3 = new RangeList({
      compare: (a, b) => (a < b ? -1 : a > b ? 1 : 0),
      isInside: (at, { owner, next }) => isBetween(at, owner, next),
    })
  }

  get isEmpty(): boolean {
    return this.nsec.size + this.nsec3.size === 0
  }

  /** Octets of memory besides those of its ranges, more or less. */
  get size(): number {
    return OVERHEAD + 2 * this.name.length + this.soa.set.length
  }

  /** The apex's hash by `parameters`, which must be there. */
  get apexHash(): NameHash {
    const { iterations, salt } = this.parameters!
    this.#apexHash ??= hashName(this.name, iterations, salt)
    return this.#apexHash
  }

  hashesWith({ iterations, salt }: HashParameters): boolean {
    const own = this.parameters
    return own?.iterations === iterations && Buffer.compare(own.salt, salt) === 0
  }

  /** Ranges of other parameters must be gone. */
  setParameters({ iterations, salt }: HashParameters): void {
    this.parameters = { iterations, salt: salt.slice() }
    this.#apexHash = null
  }
}

/** Octets of a zone besides its names and its SOA set. */
const OVERHEAD = 600

/** The last one leads back to the apex (RFC 4034 §4.1.1). */
function isNameInside(at: Name, { owner, next }: Bounds, zone: Name): boolean {
  return compareNames(owner, at) < 0 && (next === zone || compareNames(at, next) < 0)
}
