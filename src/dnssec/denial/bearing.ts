// Which of many NSEC and NSEC3 sets can have anything to do with a name, told before a signature of
// theirs is checked: what others stand in an answer, by mistake or so that there is too much to check,
// is as if it was not there.

import { RecordType } from '../../wire/record-type.ts'
import type { Budget } from '../budget.ts'
import { isAtOrBelow, type Name, parentOf, wildcardOf } from '../name.ts'
import type { Rrset } from '../rrset.ts'
import { covers, readNsec } from './nsec.ts'
import { groupNsec3, type Nsec3Group } from './nsec3-group.ts'
import {
  areAlike,
  hashName,
  isBetween,
  MAX_ITERATIONS,
  type NameHash,
  roundsOf,
} from './nsec3-hash.ts'

/**
 * The sets that one denial needs at the most: for the closest encloser, the next closer name and the
 * wildcard (RFC 5155 §7.2.2). So many are checked without a look.
 */
const ENOUGH = 3

/** Hashes computed for one look, every iteration counted. What is not hashed may bear on the name. */
const MAX_HASHES = 512

/** Names held against sets: a millisecond. What comes then is one of hundreds, and left out. */
const MAX_COMPARISONS = 4_096

/**
 * @param sets of `zone`, of the types NSEC and NSEC3
 * @param budget each set costs as much as a hash, so that looks for hundreds of names come to an end
 */
export function bearingOn(
  name: Name,
  zone: Name,
  sets: readonly Rrset[],
  budget: Budget,
): readonly Rrset[] {
  if (sets.length <= ENOUGH || !isAtOrBelow(name, zone)) return sets
  if (!budget.take('hashes', sets.length)) return sets
  const look = new Look(name, zone, budget)
  return sets.filter((set) => look.bears(set))
}

class Look {
  readonly #zone: Name
  readonly #budget: Budget
  /** The name, and wildcards that may stand for it. */
  readonly #names: readonly Name[]
  /** Those that may be its closest encloser, or the next closer name. */
  readonly #above: readonly Name[]
  readonly #hashes: { readonly group: Nsec3Group; readonly all: readonly NameHash[] }[] = []
  #hashesLeft = MAX_HASHES
  #comparisonsLeft = MAX_COMPARISONS

  constructor(name: Name, zone: Name, budget: Budget) {
    const names = [name]
    const above: Name[] = []
    for (let at = name; at !== zone; ) {
      at = parentOf(at)
      above.push(at)
      names.push(wildcardOf(at)!)
    }
    this.#zone = zone
    this.#budget = budget
    this.#names = names
    this.#above = above
  }

  bears(set: Rrset): boolean {
    this.#comparisonsLeft -= set.records.length * (this.#names.length + this.#above.length)
    if (this.#comparisonsLeft < 0) return false
    return set.type === RecordType.NSEC ? this.#nsec(set) : this.#nsec3(set)
  }

  #nsec({ owner, records }: Rrset): boolean {
    const zone = this.#zone
    return records.some((rdata) => {
      const record = readNsec(owner, rdata, zone)
      if (record === null) return false
      return this.#names.some((name) => owner === name || covers(record, name, zone))
    })
  }

  #nsec3(set: Rrset): boolean {
    return groupNsec3(this.#zone, [set]).some((group) => {
      // It says by itself that the zone counts as unsigned.
      if (group.iterations > MAX_ITERATIONS) return true
      const hashes = this.#hashesBy(group)
      if (hashes === null) return true
      return group.records.some((record) =>
        hashes.some((hash) => record.hash === hash || isBetween(hash, record.hash, record.next)),
      )
    })
  }

  #hashesBy(group: Nsec3Group): readonly NameHash[] | null {
    const known = this.#hashes.find((each) => areAlike(each.group, group))
    if (known !== undefined) return known.all
    const names = [...this.#names, ...this.#above]
    const work = names.length * roundsOf(group)
    this.#hashesLeft -= work
    if (this.#hashesLeft < 0 || !this.#budget.take('hashes', work)) return null
    const all = names.map((name) => hashName(name, group))
    this.#hashes.push({ group, all })
    return all
  }
}
