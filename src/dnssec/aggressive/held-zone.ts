// What is held of one zone: its SOA set, which goes with every denial, its ranges, and sets at wildcards.

import { areAlike, type HashParameters, hashName, type NameHash } from '../denial/nsec3-hash.ts'
import { type Name, nameOctets } from '../name.ts'
import { RangeList } from './range-list.ts'
import type { SetOctets } from './set-octets.ts'
import type { SortKey } from './sort-key.ts'
import type { Wildcard } from './wildcard.ts'

export interface HeldSoa extends SetOctets {
  /** Seconds that denials may be kept by it: the smaller one of its TTL and its minimum (RFC 9077 §3). */
  readonly ttl: number
  readonly expiresAt: number
  /** From when on a new one takes its place. */
  readonly renewAt: number
}

/** Octets of a zone besides its names and its SOA set, measured. */
const OVERHEAD = 1_000

export class HeldZone {
  readonly name: Name
  readonly octets: Uint8Array
  readonly hash: number
  /** The next one of its bucket. */
  following: HeldZone | null = null
  /** Null while nothing was denied: what wildcards are expanded to comes without it. */
  soa: HeldSoa | null
  /** By `SortKey`. */
  readonly nsec = new RangeList()
  /** By `NameHash`. */
  readonly nsec3 = new RangeList()
  parameters: HashParameters | null = null
  #apexHash: NameHash | null = null
  /** Null where there are none, as in most zones. */
  #wildcards: Map<string, Wildcard> | null = null

  constructor(name: Name, hash: number, soa: HeldSoa | null) {
    this.name = name
    this.octets = Uint8Array.from(nameOctets(name))
    this.hash = hash
    this.soa = soa
  }

  listOf(isHashed: boolean): RangeList {
    return isHashed ? this.nsec3 : this.nsec
  }

  get isEmpty(): boolean {
    return this.nsec.size + this.nsec3.size === 0 && !this.hasWildcards
  }

  get hasWildcards(): boolean {
    return this.#wildcards !== null
  }

  /** The set of a type at a wildcard, if it is held. */
  wildcardAt(key: SortKey, type: number): Wildcard | null {
    return this.#wildcards?.get(wildcardId(key, type)) ?? null
  }

  /** @returns the set that it replaces, if there was one */
  addWildcard(wildcard: Wildcard): Wildcard | null {
    const id = wildcardId(wildcard.key, wildcard.type)
    this.#wildcards ??= new Map()
    const replaced = this.#wildcards.get(id) ?? null
    this.#wildcards.set(id, wildcard)
    return replaced
  }

  removeWildcard(wildcard: Wildcard): void {
    const id = wildcardId(wildcard.key, wildcard.type)
    if (this.#wildcards?.get(id) !== wildcard) return
    this.#wildcards.delete(id)
    if (this.#wildcards.size === 0) this.#wildcards = null
  }

  /** Octets of memory besides those of its ranges, more or less. */
  get size(): number {
    return OVERHEAD + 2 * this.name.length + (this.soa?.bytes.length ?? 0)
  }

  /** The apex's hash by `parameters`, which must be there. */
  get apexHash(): NameHash {
    this.#apexHash ??= hashName(this.name, this.parameters!)
    return this.#apexHash
  }

  hashesWith(parameters: HashParameters): boolean {
    return this.parameters !== null && areAlike(this.parameters, parameters)
  }

  /** Ranges of other parameters must be gone. */
  setParameters({ iterations, salt }: HashParameters): void {
    this.parameters = { iterations, salt: salt.slice() }
    this.#apexHash = null
    if (this.#wildcards === null) return
    for (const wildcard of this.#wildcards.values()) wildcard.wildcardHash = null
  }
}

function wildcardId(key: SortKey, type: number): string {
  return `${type} ${key}`
}
