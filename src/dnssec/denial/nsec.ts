// What the NSEC records of one zone prove (RFC 4034 §4, RFC 4035 §5.4, RFC 6840 §4, RFC 9824). Each names
// its owner's types, and says that no name lies between its owner and the next one.

import { RecordType } from '../../wire/record-type.ts'
import {
  commonAncestor,
  compareNames,
  isAtOrBelow,
  isBelow,
  type Name,
  nameText,
  parentOf,
  readName,
  wildcardOf,
} from '../name.ts'
import type { Rrset } from '../rrset.ts'
import {
  type CutOutcome,
  NO_CUT,
  NO_NAME,
  type Outcome,
  PROVEN,
  unproven,
  UNSIGNED,
} from './outcome.ts'
import { TypeBits } from './type-bits.ts'

interface Nsec {
  readonly owner: Name
  readonly next: Name
  readonly types: TypeBits
}

export class NsecProofs {
  readonly #zone: Name
  readonly #records: readonly Nsec[]

  /** @param sets signed by the zone; those that are no NSEC, or not in the zone, are left out */
  constructor(zone: Name, sets: readonly Rrset[]) {
    this.#zone = zone
    this.#records = readRecords(zone, sets)
  }

  get isEmpty(): boolean {
    return this.#records.length === 0
  }

  /** That there are no records of a type at a name, or at the wildcard that stands for it. */
  denyType(name: Name, type: number): Outcome {
    const own = this.#at(name)
    if (own !== null) return denyAt(own, name, type)
    const cover = this.#covering(name)
    if (cover === null) return noCover(name)
    if (isBelow(cover.next, name)) return PROVEN
    const wildcard = wildcardAt(encloserBy(cover, name))
    const source = this.#at(wildcard)
    if (source !== null) return denyAt(source, wildcard, type)
    const above = this.#covering(wildcard)
    // The wildcard may be an empty non-terminal itself (RFC 4592 §2.2.2).
    return above !== null && isBelow(above.next, wildcard) ? PROVEN : noCover(wildcard)
  }

  /** That a name does not exist, nor a wildcard for it. */
  denyName(name: Name): Outcome {
    const own = this.#at(name)
    if (own !== null) {
      return own.types.isNoName ? PROVEN : unproven(`there is an NSEC of ${nameText(name)}`)
    }
    const cover = this.#covering(name)
    if (cover === null) return noCover(name)
    if (isBelow(cover.next, name)) return existsAbove(cover)
    const wildcard = wildcardAt(encloserBy(cover, name))
    const above = this.#covering(wildcard)
    if (above === null) return noCover(wildcard)
    return isBelow(above.next, wildcard) ? existsAbove(above) : PROVEN
  }

  /** That a wildcard stands for a name with right: there is nothing closer (RFC 4035 §5.3.4). */
  denyCloser(name: Name, wildcard: Name): Outcome {
    const cover = this.#covering(name)
    if (cover === null) return noCover(name)
    if (isBelow(cover.next, name)) return existsAbove(cover)
    const encloser = encloserBy(cover, name)
    if (encloser === parentOf(wildcard)) return PROVEN
    return unproven(`${nameText(encloser)} is closer than ${nameText(wildcard)}`)
  }

  /** What is at a name below the zone's apex: a zone cut without DS, or none. */
  cutAt(name: Name): CutOutcome {
    const own = this.#at(name)
    if (own !== null) return cutBy(own)
    const cover = this.#covering(name)
    if (cover === null) return noCover(name)
    return isBelow(cover.next, name) ? NO_CUT : NO_NAME
  }

  #at(name: Name): Nsec | null {
    for (const record of this.#records) if (record.owner === name) return record
    return null
  }

  #covering(name: Name): Nsec | null {
    for (const record of this.#records) if (covers(record, name, this.#zone)) return record
    return null
  }
}

function readRecords(zone: Name, sets: readonly Rrset[]): Nsec[] {
  const records: Nsec[] = []
  for (const { type, owner, records: all } of sets) {
    if (type !== RecordType.NSEC) continue
    for (const rdata of all) {
      const record = readNsec(owner, rdata, zone)
      if (record !== null) records.push(record)
    }
  }
  return records
}

/** Null when it is not in the zone, with both its names. */
export function readNsec(owner: Name, rdata: Uint8Array, zone: Name): Nsec | null {
  const next = readName(rdata, 0, 0)
  if (!isAtOrBelow(owner, zone) || !isAtOrBelow(next, zone)) return null
  return { owner, next, types: new TypeBits(rdata, next.length) }
}

/** Whether the name lies between owner and next name, and the zone has the say there. */
export function covers({ owner, next, types }: Nsec, name: Name, zone: Name): boolean {
  if (compareNames(owner, name) >= 0) return false
  // The last one leads back to the apex (RFC 4034 §4.1.1).
  if (next !== zone && compareNames(name, next) >= 0) return false
  // RFC 6840 §4.1: those of a zone cut and of a DNAME say nothing of the names below.
  return !(isBelow(name, owner) && types.endsHere)
}

/** The closest encloser of a name that an NSEC covers: both ends of its gap exist. */
function encloserBy({ owner, next }: Nsec, name: Name): Name {
  const left = commonAncestor(name, owner)
  const right = commonAncestor(name, next)
  return left.length > right.length ? left : right
}

/** Of an encloser of some name, so that there is room for the asterisk. */
function wildcardAt(encloser: Name): Name {
  return wildcardOf(encloser)!
}

function denyAt({ types }: Nsec, owner: Name, type: number): Outcome {
  if (types.denies(owner, type)) return PROVEN
  return unproven(`the NSEC of ${nameText(owner)} does not rule it out`)
}

function cutBy({ owner, types }: Nsec): CutOutcome {
  if (types.has(RecordType.SOA))
    return unproven(`the NSEC of ${nameText(owner)} is of its own zone`)
  if (types.has(RecordType.DS)) return unproven(`the NSEC of ${nameText(owner)} lists DS`)
  if (types.has(RecordType.NS)) return UNSIGNED
  return types.isNoName ? NO_NAME : NO_CUT
}

function noCover(name: Name): ReturnType<typeof unproven> {
  return unproven(`no NSEC covers ${nameText(name)}`)
}

function existsAbove({ next }: Nsec): Outcome {
  return unproven(`it exists, for ${nameText(next)} does`)
}
