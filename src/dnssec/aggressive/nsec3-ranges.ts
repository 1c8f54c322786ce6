// What follows from the NSEC3 ranges of a zone, and its wildcards (RFC 8198 §5.2, §5.3, by the rules of
// RFC 5155 §8 and RFC 6840 §4.1).
// The closest encloser is sought from the apex down: most names that are not there are one label below
// it, and cost one hash, for the apex's own is known, and that of the wildcard as well after its first use.

import { hashName, isBetween, type NameHash, roundsOf } from '../denial/nsec3-hash.ts'
import { ancestorWith, countAllLabels, type Name, wildcardOf } from '../name.ts'
import { type Deduction, deniedName, deniedType, expanded } from './deduction.ts'
import type { HeldZone } from './held-zone.ts'
import type { Range } from './range.ts'
import { sortKeyOf } from './sort-key.ts'

/** Rounds of hashing for one question: three names with the most iterations that ranges may have. */
const MAX_ROUNDS = 33

/** As `deduceByNsec`. */
export function deduceByNsec3(zone: HeldZone, name: Name, type: number): Deduction | null {
  return zone.nsec3.size === 0 ? null : new Search(zone).deduce(name, type)
}

class Search {
  readonly #zone: HeldZone
  #left = MAX_ROUNDS

  constructor(zone: HeldZone) {
    this.#zone = zone
  }

  deduce(name: Name, type: number): Deduction | null {
    const zone = this.#zone
    let encloser = this.#around(zone.apexHash)
    if (encloser?.owner !== zone.apexHash) encloser = null
    if (name === zone.name) return encloser === null ? null : this.#denyAt(encloser, name, type)
    const last = countAllLabels(name)
    for (let labels = countAllLabels(zone.name) + 1; labels <= last; labels++) {
      // RFC 6840 §4.1: below a zone cut or a DNAME, the zone has no say.
      if (encloser?.endsHere === true) return null
      const at = ancestorWith(labels, name)
      const hash = this.#hash(at)
      if (hash === null) return null
      const range = this.#around(hash)
      if (range?.owner === hash) {
        if (labels === last) return this.#denyAt(range, name, type)
        encloser = range
      } else if (range !== null && isBetween(hash, range.owner, range.next)) {
        // RFC 5155 §8.3: the next closer name is not there.
        return this.#deduceBelow(encloser, range, ancestorWith(labels - 1, name), type)
      } else encloser = null
    }
    return null
  }

  #denyAt(range: Range, name: Name, type: number): Deduction | null {
    return range.denies(name, type) ? deniedType(this.#zone, [range]) : null
  }

  /**
   * @param encloser what is known of the closest encloser, without which there is no proof that there is
   *   nothing. That there is a wildcard below it tells as well that it exists (RFC 5155 §8.8).
   * @param cover around the name below the closest encloser
   */
  #deduceBelow(encloser: Range | null, cover: Range, name: Name, type: number): Deduction | null {
    const zone = this.#zone
    const wildcard = wildcardOf(name)!
    const set = zone.hasWildcards ? zone.wildcardAt(sortKeyOf(wildcard, zone.name), type) : null
    const known = encloser ?? set
    if (known === null) return null
    known.wildcardHash ??= this.#hash(wildcard)
    const hash = known.wildcardHash
    const source = hash === null ? null : this.#around(hash)
    if (source === null || hash === null) return null
    if (source.owner === hash) {
      // What a delegation or a DNAME there would mean nobody knows (RFC 4592 §4.2, §4.4).
      if (source.endsHere) return null
      if (source.denies(wildcard, type)) {
        return encloser && deniedType(zone, [encloser, cover, source])
      }
      return source.has(type) ? set && expanded(set, cover) : null
    }
    if (!isBetween(hash, source.owner, source.next)) return set && expanded(set, cover)
    return encloser && deniedName(zone, [encloser, cover, source])
  }

  #around(hash: NameHash): Range | null {
    return this.#zone.nsec3.around(hash)
  }

  /** Null when that would be too much work. */
  #hash(name: Name): NameHash | null {
    const parameters = this.#zone.parameters!
    this.#left -= roundsOf(parameters)
    return this.#left < 0 ? null : hashName(name, parameters)
  }
}
