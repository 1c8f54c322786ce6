// What an authoritative server of a signed zone answers (RFC 1034 §4.3.2, RFC 4592 §3.3, RFC 6672 §3.2,
// RFC 4035 §3.1).

import type { ResourceRecord } from '../../wire/codec/message.ts'
import { Rcode } from '../../wire/header.ts'
import { RecordType } from '../../wire/record-type.ts'
import {
  isAtOrBelow,
  type Name,
  nameOctets,
  parentOf,
  readName,
  replaceEnd,
  wildcardOf,
} from '../name.ts'
import type { SignedZone } from './signed-zone.ts'
import type { ZoneNode, ZoneSet } from './zone-tree.ts'

export interface ZoneAnswer {
  readonly rcode: number
  readonly answer: readonly ResourceRecord[]
  readonly authority: readonly ResourceRecord[]
  /** A name outside of this zone, or below a cut in it, that an alias leads to. */
  readonly next: Name | null
  /** Whether a zone below this one knows more. */
  readonly isReferral: boolean
}

/** Aliases followed inside of one zone. */
const MAX_ALIASES = 16

/** The name must be at or below the zone's apex. */
export function lookUp(zone: SignedZone, name: Name, type: number): ZoneAnswer {
  const lookup = new Lookup(zone, type)
  let next: Name | null = name
  for (let left = MAX_ALIASES; left > 0; left--) {
    next = lookup.step(next)
    if (next === null || !isWithin(zone, next)) break
  }
  const { rcode, answer, authority, isReferral } = lookup
  return { rcode, answer, authority, next, isReferral }
}

function isWithin({ apex, tree }: SignedZone, name: Name): boolean {
  return isAtOrBelow(name, apex) && tree.cutAbove(name) === null
}

class Lookup {
  readonly answer: ResourceRecord[] = []
  readonly authority: ResourceRecord[] = []
  rcode: number = Rcode.NoError
  isReferral = false
  readonly #zone: SignedZone
  readonly #type: number

  constructor(zone: SignedZone, type: number) {
    this.#zone = zone
    this.#type = type
  }

  /** Adds what there is for a name. @returns the name to go on with, null when there is none */
  step(name: Name): Name | null {
    const { tree } = this.#zone
    const cut = tree.cutAbove(name)
    const dname = this.#dnameAbove(name, cut)
    if (dname !== null) return this.#dname(name, dname)
    // A zone cut's own DS records are the parent's (RFC 4035 §3.1.4.1).
    if (cut !== null && !(cut === name && this.#type === RecordType.DS)) return this.#refer(cut)
    const node = tree.node(name)
    if (node !== undefined) return this.#found(name, name, node)
    const encloser = tree.closestEncloser(name)
    const wildcard = wildcardOf(encloser)
    const source = wildcard === null ? undefined : tree.node(wildcard)
    if (wildcard !== null && source !== undefined) return this.#found(name, wildcard, source)
    this.rcode = Rcode.NXDomain
    this.#deny(this.#zone.denial?.noName(name, encloser))
    return null
  }

  /** @param source the name itself, or the wildcard that stands for it */
  #found(name: Name, source: Name, node: ZoneNode): Name | null {
    const sets = this.#wanted(source, node)
    const cname = node.get(RecordType.CNAME)
    const encloser = parentOf(source)
    const { denial } = this.#zone
    if (sets.length === 0 && cname === undefined) {
      this.#deny(source === name ? denial?.noType(name) : denial?.wildcardNoType(name, encloser))
      return null
    }
    for (const set of sets.length > 0 ? sets : [cname!]) {
      const records = this.#zone.signed(set, name === source ? set.owner : nameOctets(name))
      const onlySignatures = this.#type === RecordType.RRSIG
      this.answer.push(...records.filter((record) => !onlySignatures || record.type === this.#type))
    }
    if (source !== name) this.#prove(denial?.noCloser(name, encloser))
    return sets.length > 0 ? null : readName(cname!.rdata[0]!, 0, 0)
  }

  #wanted(name: Name, node: ZoneNode): readonly ZoneSet[] {
    if (this.#type === RecordType.ANY || this.#type === RecordType.RRSIG) {
      return [...node.values(), ...this.#nsec(name)]
    }
    if (this.#type === RecordType.NSEC) return this.#nsec(name)
    const set = node.get(this.#type)
    return set === undefined ? [] : [set]
  }

  #nsec(name: Name): readonly ZoneSet[] {
    const set = this.#zone.denial?.at(name) ?? null
    return set === null ? [] : [set]
  }

  #refer(cut: Name): null {
    const { tree, denial } = this.#zone
    const node = tree.node(cut)!
    this.isReferral = true
    this.authority.push(...this.#zone.signed(node.get(RecordType.NS)!))
    const ds = node.get(RecordType.DS)
    if (ds === undefined) this.#prove(denial?.noType(cut))
    else this.authority.push(...this.#zone.signed(ds))
    return null
  }

  /** The highest DNAME above a name, unless it is below a zone cut. */
  #dnameAbove(name: Name, cut: Name | null): ZoneSet | null {
    const { tree } = this.#zone
    let found: ZoneSet | null = null
    for (let at = cut ?? name; at !== tree.apex; ) {
      at = parentOf(at)
      found = tree.node(at)?.get(RecordType.DNAME) ?? found
    }
    return found
  }

  #dname(name: Name, set: ZoneSet): Name | null {
    this.answer.push(...this.#zone.signed(set))
    const target = replaceEnd(name, set.name, readName(set.rdata[0]!, 0, 0))
    if (target === null) {
      this.rcode = Rcode.YXDomain
      return null
    }
    const { class: recordClass, ttl } = set
    // RFC 6672 §5.3.1: the CNAME made of it is not signed.
    const type = RecordType.CNAME
    const rdata = nameOctets(target)
    this.answer.push({ name: nameOctets(name), type, class: recordClass, ttl, rdata })
    return target
  }

  #deny(sets: readonly ZoneSet[] | undefined): void {
    this.authority.push(...this.#zone.negativeSoa())
    this.#prove(sets)
  }

  #prove(sets: readonly ZoneSet[] = []): void {
    for (const set of sets) this.authority.push(...this.#zone.signed(set))
  }
}
