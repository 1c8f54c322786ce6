// What is true in a world of zones, looked up in their records alone (RFC 1034 §4.3.2, RFC 4592,
// RFC 6672), and whether an answer that was called secure says just that. It knows nothing of keys,
// signatures or proofs, so that it cannot share a mistake with what checks them.

import type { Message, ResourceRecord } from '../../../src/wire/codec/message.ts'
import { canonicalRdata } from '../../../src/wire/codec/rdata-codec.ts'
import { RecordClass, RecordType } from '../../../src/wire/record-type.ts'
import {
  countAllLabels,
  isAtOrBelow,
  isBelow,
  type Name,
  nameText,
  parentOf,
  readName,
  replaceEnd,
  ROOT,
  wildcardOf,
} from '../../../src/dnssec/name.ts'

export interface TrueZone {
  readonly apex: Name
  /** Whether a chain of trust leads to it. */
  readonly isSecure: boolean
  /** All of them, without those of DNSSEC but DS and DNSKEY. */
  readonly records: readonly ResourceRecord[]
  /** Whether unsigned delegations may be at any name that it does not have (RFC 5155 §6). */
  readonly hasOptOut?: boolean
  /** Whether its keys are the attacker's: what is in it is true as soon as it says so. */
  readonly isHostile?: boolean
}

type Fact =
  /** RDATA in canonical form, as hexadecimal text. */
  | { readonly kind: 'data'; readonly rdata: ReadonlySet<string>; readonly ttl: number }
  | { readonly kind: 'alias'; readonly target: Name | null; readonly ttl: number }
  | { readonly kind: 'no type' | 'no name' | 'anything' | 'whatever it says' }

const MAX_HOPS = 32

export class Truth {
  readonly #zones: readonly Zone[]

  constructor(zones: readonly TrueZone[]) {
    this.#zones = zones.map((zone) => new Zone(zone))
  }

  of(name: Name, type: number): Fact {
    const zone = this.#zoneFor(name, type)
    if (zone?.isHostile === true) return { kind: 'whatever it says' }
    return zone === undefined || !zone.isSecure ? { kind: 'anything' } : zone.fact(name, type)
  }

  /** Whether nothing that a zone signs tells if an unsigned one begins at or above a name. */
  mayHaveCutAt(name: Name): boolean {
    return this.#zoneFor(name, RecordType.NS)?.mayHaveCutAt(name) === true
  }

  /**
   * What an answer that was called insecure, or indeterminate, says of names whose zones are secure, and
   * is not true; null when all is. Nobody may take for unsigned what is not.
   */
  downgrade(message: Message): string | null {
    for (const record of message.answers) {
      if (PROOFS.has(record.type) || record.class !== RecordClass.IN) continue
      const owner = readName(record.name, 0, 0)
      const zone = this.#zoneFor(owner, record.type)
      if (zone === undefined || !zone.isSecure || zone.mayHaveCutAt(owner)) continue
      const fact = this.of(owner, record.type)
      if (fact.kind === 'anything' || fact.kind === 'whatever it says') continue
      const isTrue =
        fact.kind === 'alias'
          ? record.type === RecordType.CNAME && readName(record.rdata, 0, 0) === fact.target
          : fact.kind === 'data' && fact.rdata.has(form(record))
      if (!isTrue) return `${nameText(owner)} ${record.type}: unsigned, in truth ${fact.kind}`
    }
    return message.answers.length > 0 ? null : this.#downgradedDenial(message)
  }

  #downgradedDenial({ questions: [question] }: Message): string | null {
    const { type } = question!
    const name = readName(question!.name, 0, 0)
    const zone = this.#zoneFor(name, type)
    if (zone === undefined || !zone.isSecure || zone.mayHaveCutAt(name)) return null
    const { kind } = this.of(name, type)
    const isSigned = kind !== 'anything' && kind !== 'whatever it says'
    return isSigned ? `${nameText(name)} ${type}: unsigned denial, in truth ${kind}` : null
  }

  /**
   * What a secure answer says that is not true; null when all is.
   * @param ttls of the verdict: see `Verdict`
   */
  lie(message: Message, ttls: Int32Array): string | null {
    const records = [...message.answers, ...message.authorities]
    for (const [place, record] of records.entries()) {
      const lie = ttls[place]! < 0 ? null : this.#lieOf(record, ttls[place]!, records, ttls)
      if (lie !== null) return lie
    }
    return this.#lieOfAll(message, ttls)
  }

  /** A record that is proven must be one of the true set, and the true set be there whole. */
  #lieOf(
    record: ResourceRecord,
    ttl: number,
    records: readonly ResourceRecord[],
    ttls: Int32Array,
  ): string | null {
    if (PROOFS.has(record.type)) return null
    const owner = readName(record.name, 0, 0)
    const fact = this.of(owner, record.type)
    const what = `${nameText(owner)} ${record.type}`
    if (fact.kind === 'alias' && record.type === RecordType.CNAME) {
      const target = readName(record.rdata, 0, 0)
      if (target !== fact.target) return `${what}: ${nameText(target)} is not its target`
      return ttl > fact.ttl ? `${what}: ${ttl} s are too long` : null
    }
    if (fact.kind === 'whatever it says') return null
    if (fact.kind !== 'data') return `${what}: proven, in truth ${fact.kind}`
    if (ttl > fact.ttl) return `${what}: ${ttl} s are too long`
    const proven = records.filter(
      (other, i) =>
        ttls[i]! >= 0 && other.type === record.type && readName(other.name, 0, 0) === owner,
    )
    const found = new Set(proven.map((other) => form(other)))
    if (found.size !== fact.rdata.size) return `${what}: not all of the set`
    return [...found].every((rdata) => fact.rdata.has(rdata)) ? null : `${what}: not the true data`
  }

  /** Where the answer ends must be where the truth does. */
  #lieOfAll(message: Message, ttls: Int32Array): string | null {
    const question = message.questions[0]!
    let name = readName(question.name, 0, 0)
    for (let hops = 0; hops < MAX_HOPS; hops++) {
      const has = (type: number): boolean =>
        message.answers.some(
          (record, i) =>
            ttls[i]! >= 0 &&
            (record.type === type ||
              (type === RecordType.ANY && record.type !== RecordType.RRSIG)) &&
            readName(record.name, 0, 0) === name,
        )
      const { type } = question
      const fact = this.of(name, type)
      if (has(type)) return null
      if (type === RecordType.RRSIG || type === RecordType.NSEC || type === RecordType.NSEC3) {
        return null
      }
      if (fact.kind === 'whatever it says') {
        const target = aliasIn(message, ttls, name)
        if (target === null) return null
        name = target
        continue
      }
      if (fact.kind === 'alias' && aliasIn(message, ttls, name) !== null) {
        if (fact.target === null) return null
        name = fact.target
        continue
      }
      if (fact.kind === 'alias' && fact.target === null && message.rcode === 6) return null
      const says = message.rcode === 3 ? 'no name' : message.rcode === 0 ? 'no type' : 'an error'
      if (fact.kind === 'anything')
        return `${nameText(name)} ${type}: ${says}, and it is not secure`
      return fact.kind === says ? null : `${nameText(name)} ${type}: ${says}, in truth ${fact.kind}`
    }
    return 'a loop'
  }

  #zoneFor(name: Name, type: number): Zone | undefined {
    let found: Zone | undefined
    for (const zone of this.#zones) {
      const { apex } = zone
      // A zone cut's DS records are the parent's (RFC 4035 §3.1.4.1); the root has none.
      const isAbove = type === RecordType.DS && name !== ROOT
      const holds = isAbove ? isBelow(name, apex) : isAtOrBelow(name, apex)
      if (holds && (found === undefined || apex.length > found.apex.length)) found = zone
    }
    return found
  }
}

/** Where a proven alias leads, also when there is but the DNAME; null without any. */
function aliasIn(message: Message, ttls: Int32Array, name: Name): Name | null {
  const proven = message.answers.filter((_, i) => ttls[i]! >= 0)
  for (const { name: octets, type, rdata } of proven) {
    const owner = readName(octets, 0, 0)
    if (type === RecordType.CNAME && owner === name) return readName(rdata, 0, 0)
    if (type === RecordType.DNAME && isBelow(name, owner)) {
      return replaceEnd(name, owner, readName(rdata, 0, 0))
    }
  }
  return null
}

/** What proves, and is not itself data that anybody asks for. */
const PROOFS: ReadonlySet<number> = new Set([
  RecordType.RRSIG,
  RecordType.NSEC,
  RecordType.NSEC3,
  RecordType.NSEC3PARAM,
])

class Zone {
  readonly apex: Name
  readonly isSecure: boolean
  readonly isHostile: boolean
  readonly #hasOptOut: boolean
  /** Sets by owner and type; an empty non-terminal has none. */
  readonly #names = new Map<Name, Map<number, ResourceRecord[]>>()

  constructor({ apex, isSecure, records, hasOptOut = false, isHostile = false }: TrueZone) {
    this.apex = apex
    this.isSecure = isSecure
    this.isHostile = isHostile
    this.#hasOptOut = hasOptOut
    for (const record of records) {
      if (PROOFS.has(record.type)) continue
      const owner = readName(record.name, 0, 0)
      for (let name = owner; isAtOrBelow(name, apex); name = parentOf(name)) {
        if (!this.#names.has(name)) this.#names.set(name, new Map())
        if (countAllLabels(name) === 0) break
      }
      const sets = this.#names.get(owner)!
      sets.set(record.type, [...(sets.get(record.type) ?? []), record])
    }
  }

  /** Whether nothing that is signed tells if an unsigned zone begins at or above a name. */
  mayHaveCutAt(name: Name): boolean {
    if (!this.#hasOptOut) return false
    for (const [owner, sets] of this.#names) {
      if (isAtOrBelow(owner, name) && sets.size > 0 && this.#isSigned(owner)) return false
    }
    return true
  }

  #isSigned(owner: Name): boolean {
    for (let at = owner; at !== this.apex; at = parentOf(at)) {
      const sets = this.#names.get(at)!
      if (sets.has(RecordType.NS) && !(at === owner && sets.has(RecordType.DS))) return false
    }
    return true
  }

  fact(name: Name, type: number): Fact {
    for (let above = name; above !== this.apex; ) {
      // At a cut, the parent has but the DS and the denial of it.
      const at = above
      above = parentOf(above)
      if (this.#names.get(at)?.has(RecordType.NS)) {
        if (at !== name || type !== RecordType.DS) return { kind: 'anything' }
      }
      const dname = this.#names.get(above)?.get(RecordType.DNAME)?.[0]
      if (dname !== undefined) {
        const target = replaceEnd(name, above, readName(dname.rdata, 0, 0))
        return { kind: 'alias', target, ttl: dname.ttl }
      }
    }
    const sets = this.#names.get(name) ?? this.#wildcard(name)
    if (sets === undefined) return { kind: 'no name' }
    const cname = sets.get(RecordType.CNAME)?.[0]
    if (cname !== undefined) {
      return { kind: 'alias', target: readName(cname.rdata, 0, 0), ttl: cname.ttl }
    }
    const records = sets.get(type)
    if (records === undefined) return { kind: 'no type' }
    return { kind: 'data', rdata: new Set(records.map(form)), ttl: records[0]!.ttl }
  }

  #wildcard(name: Name): Map<number, ResourceRecord[]> | undefined {
    let encloser = name
    while (!this.#names.has(encloser)) encloser = parentOf(encloser)
    return this.#names.get(wildcardOf(encloser) ?? '')
  }
}

function form({ type, rdata }: ResourceRecord): string {
  return Buffer.from(canonicalRdata(type, rdata)).toString('hex')
}
