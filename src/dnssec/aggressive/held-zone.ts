// What is held of one zone: its SOA set, which goes with every denial, and its ranges.

import { hashName, type NameHash } from '../denial/nsec3-hash.ts'
import { type Name, nameOctets } from '../name.ts'
import { RangeList } from './range-list.ts'
import type { SetOctets } from './set-octets.ts'

export interface HeldSoa extends SetOctets {
  /** Seconds that denials may be kept by it: the smaller one of its TTL and its minimum (RFC 9077 §3). */
  readonly ttl: number
  readonly expiresAt: number
  /** From when on a new one takes its place. */
  readonly renewAt: number
}

/** What NSEC3 hashes of a zone are made with. */
export interface HashParameters {
  readonly iterations: number
  readonly salt: Uint8Array
}

/** Octets of a zone besides its names and its SOA set. */
const OVERHEAD = 800

export class HeldZone {
  readonly name: Name
  readonly octets: Uint8Array
  readonly hash: number
  /** The next one of its bucket. */
  following: HeldZone | null = null
  soa: HeldSoa
  /** By `SortKey`. */
  readonly nsec = new RangeList()
  /** By `NameHash`. */
  readonly nsec3 = new RangeList()
  parameters: HashParameters | null = null
  #apexHash: NameHash | null = null

  constructor(name: Name, hash: number, soa: HeldSoa) {
    this.name = name
    this.octets = Uint8Array.from(nameOctets(name))
    this.hash = hash
    this.soa = soa
  }

  listOf(isHashed: boolean): RangeList {
    return isHashed ? this.nsec3 : this.nsec
  }

  get isEmpty(): boolean {
    return this.nsec.size + this.nsec3.size === 0
  }

  /** Octets of memory besides those of its ranges, more or less. */
  get size(): number {
    return OVERHEAD + 2 * this.name.length + this.soa.bytes.length
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
