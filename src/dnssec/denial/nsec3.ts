// What NSEC3 records of one zone prove that were made with the same parameters (RFC 5155 §8, RFC 6840
// §4.1). Names are known by their hashes only, so that the closest encloser has to be searched for.

import { RecordType } from '../../wire/record-type.ts'
import type { Budget } from '../budget.ts'
import { childTowards, type Name, nameText, parentOf, wildcardOf } from '../name.ts'
import { hashName, isBetween, type NameHash, roundsOf } from './nsec3-hash.ts'
import type { Nsec3, Nsec3Group } from './nsec3-group.ts'
import {
  type CutOutcome,
  NO_CUT,
  NO_NAME,
  OPT_OUT,
  type Outcome,
  PROVEN,
  unproven,
  UNSIGNED,
} from './outcome.ts'

/** Why the proof of a closest encloser fails, or what it found (RFC 5155 §8.3). */
interface Encloser {
  readonly name: Name
  /** Covers the next closer name. */
  readonly cover: Nsec3
}

const TOO_MUCH = unproven('there are too many names to hash')

export class Nsec3Proofs {
  readonly #zone: Name
  readonly #group: Nsec3Group
  readonly #budget: Budget
  readonly #hashes = new Map<Name, NameHash>()
  /** Whether a name was not hashed. What comes out then means nothing. */
  #isSpent = false

  constructor(zone: Name, group: Nsec3Group, budget: Budget) {
    this.#zone = zone
    this.#group = group
    this.#budget = budget
  }

  /** As `NsecProofs.denyType`. */
  denyType(name: Name, type: number): Outcome {
    const outcome = this.#denyType(name, type)
    return this.#isSpent ? TOO_MUCH : outcome
  }

  /** As `NsecProofs.denyName` (RFC 5155 §8.4). */
  denyName(name: Name): Outcome {
    const outcome = this.#denyName(name)
    return this.#isSpent ? TOO_MUCH : outcome
  }

  /** As `NsecProofs.denyCloser` (RFC 5155 §8.8). */
  denyCloser(name: Name, wildcard: Name): Outcome {
    const cover = this.#covering(childTowards(name, parentOf(wildcard)))
    if (this.#isSpent) return TOO_MUCH
    return cover === null ? noCover(name) : orOptOut(cover)
  }

  /** As `NsecProofs.cutAt` (RFC 5155 §8.6, §8.9). */
  cutAt(name: Name): CutOutcome {
    const outcome = this.#cutAt(name)
    return this.#isSpent ? TOO_MUCH : outcome
  }

  #denyType(name: Name, type: number): Outcome {
    const own = this.#at(name)
    if (own !== null) return denyAt(own, name, type)
    const encloser = this.#encloser(name)
    if ('reason' in encloser) return encloser
    const wildcard = wildcardOf(encloser.name)!
    const source = this.#at(wildcard)
    if (source !== null) {
      const outcome = denyAt(source, wildcard, type)
      return outcome.kind === 'proven' ? orOptOut(encloser.cover) : outcome
    }
    // It may be an unsigned delegation, or what only such ones are below (RFC 5155 §7.1, §8.6).
    return encloser.cover.isOptOut ? OPT_OUT : noMatch(name)
  }

  #denyName(name: Name): Outcome {
    const own = this.#at(name)
    if (own !== null) {
      return own.types.isNoName ? PROVEN : unproven(`there is an NSEC3 of ${nameText(name)}`)
    }
    const encloser = this.#encloser(name)
    if ('reason' in encloser) return encloser
    const wildcard = wildcardOf(encloser.name)!
    return this.#covering(wildcard) === null ? noCover(wildcard) : orOptOut(encloser.cover)
  }

  #cutAt(name: Name): CutOutcome {
    const own = this.#at(name)
    if (own !== null) return cutBy(own, name)
    const encloser = this.#encloser(name)
    if ('reason' in encloser) return encloser
    return encloser.cover.isOptOut ? OPT_OUT : NO_NAME
  }

  /** The closest encloser of a name that has no record itself (RFC 5155 §8.3). */
  #encloser(name: Name): Encloser | ReturnType<typeof unproven> {
    for (let at = name; at !== this.#zone && !this.#isSpent; ) {
      const nextCloser = at
      at = parentOf(at)
      const match = this.#at(at)
      if (match === null) continue
      if (match.types.endsHere) return unproven(`${nameText(at)} is where the zone ends`)
      const cover = this.#covering(nextCloser)
      return cover === null ? noCover(nextCloser) : { name: at, cover }
    }
    return noMatch(this.#zone)
  }

  #at(name: Name): Nsec3 | null {
    const hash = this.#hash(name)
    for (const record of this.#group.records) if (record.hash === hash) return record
    return null
  }

  #covering(name: Name): Nsec3 | null {
    const hash = this.#hash(name)
    for (const record of this.#group.records) {
      if (isBetween(hash, record.hash, record.next)) return record
    }
    return null
  }

  #hash(name: Name): NameHash {
    const known = this.#hashes.get(name)
    if (known !== undefined) return known
    if (!this.#budget.take('hashes', roundsOf(this.#group))) {
      this.#isSpent = true
      return ''
    }
    const hash = hashName(name, this.#group)
    this.#hashes.set(name, hash)
    return hash
  }
}

/** What a covered next closer name proves: names without signatures may be in between (RFC 5155 §6). */
function orOptOut(cover: Nsec3): Outcome {
  return cover.isOptOut ? OPT_OUT : PROVEN
}

function denyAt({ types }: Nsec3, owner: Name, type: number): Outcome {
  if (types.denies(owner, type)) return PROVEN
  return unproven(`the NSEC3 of ${nameText(owner)} does not rule it out`)
}

function cutBy({ types }: Nsec3, owner: Name): CutOutcome {
  if (types.has(RecordType.SOA))
    return unproven(`the NSEC3 of ${nameText(owner)} is of its own zone`)
  if (types.has(RecordType.DS)) return unproven(`the NSEC3 of ${nameText(owner)} lists DS`)
  if (types.has(RecordType.NS)) return UNSIGNED
  return types.isNoName ? NO_NAME : NO_CUT
}

function noCover(name: Name): ReturnType<typeof unproven> {
  return unproven(`no NSEC3 covers ${nameText(name)}`)
}

function noMatch(name: Name): ReturnType<typeof unproven> {
  return unproven(`no NSEC3 matches ${nameText(name)}`)
}
