// Aggressive use of what was proven (RFC 8198): ranges of names that zones say are not there, kept with
// their signatures, so that other names in them need no question. In bounded memory, for one worker.

import { readUint16, readUint32 } from '../../wire/header.ts'
import { RecordType } from '../../wire/record-type.ts'
import { TypeBits } from '../denial/type-bits.ts'
import { isDenialType } from '../denial-sets.ts'
import { type Name, parentOf, readName, ROOT } from '../name.ts'
import type { Rrset, SignedMessage } from '../rrset.ts'
import type { Denied, DeniedKind } from './denied.ts'
import { HeldSet } from './held-set.ts'
import type { HashParameters, HeldZone } from './held-zone.ts'
import { denyByNsec } from './nsec-ranges.ts'
import { denyByNsec3 } from './nsec3-ranges.ts'
import { Range } from './range.ts'
import { Retention } from './retention.ts'
import { usefulNsec, usefulNsec3, type UsefulRange } from './useful-ranges.ts'
import { ZoneIndex } from './zone-index.ts'

/** Octets for one worker: some 6,000 ranges. The root zone has 1,400, of 700 octets each. */
const MEMORY = 4 * 2 ** 20

/** What is held already is replaced by the same when that makes its life so much longer. */
const WORTHWHILE_GAIN = 0.1

export interface ProvenRangesOptions {
  /** Whole seconds that never go back. */
  readonly clock: { seconds(): number }
  /** Whether a name counts as unsigned, whatever is proven above it (RFC 7646). */
  readonly isNegative: (name: Name) => boolean
  /**
   * Domains that other upstreams are asked for, or that are trusted by anchors of their own: what is
   * proven on one side of such a border says nothing of names on the other.
   */
  readonly borders: readonly Name[]
  /** Seconds that anything is kept at the most. */
  readonly maxTtl: number
  /** 32 random bits. */
  readonly seed: number
  /** Octets. */
  readonly memory?: number
}

/** A name, or a type at it, that is not there. */
export interface Denial {
  readonly kind: DeniedKind
  readonly zone: Name
  /** Seconds that all of it may be kept. */
  readonly ttl: number
  readonly soa: HeldSet
  readonly proofs: readonly HeldSet[]
}

/** The SOA of a zone, as it comes with a denial. */
interface ZoneSoa {
  /** Null when it is the one that is held. */
  readonly set: Rrset | null
  /** Seconds that denials may be kept by it (RFC 2308 §5, RFC 9077 §3). */
  readonly ttl: number
}

export class ProvenRanges {
  readonly #options: ProvenRangesOptions
  readonly #zones: ZoneIndex
  readonly #retention: Retention
  readonly #borders: ReadonlySet<Name>
  #flushes = 0

  constructor(options: ProvenRangesOptions) {
    const { borders, seed, memory = MEMORY } = options
    this.#options = options
    this.#zones = new ZoneIndex(seed)
    this.#borders = new Set(borders)
    this.#retention = new Retention({ memory, onDropped: (range) => this.#evicted(range) })
  }

  /** Octets of memory, more or less. */
  get size(): number {
    return this.#retention.size
  }

  get zones(): number {
    return this.#zones.size
  }

  /**
   * Takes what a secure answer proves of names besides its own.
   * @param ttls see `Verdict`
   */
  learn({ name, authority }: SignedMessage, ttls: Int32Array): void {
    for (const set of authority) {
      if (!isDenialType(set.type) || set.records.length !== 1) continue
      const ttl = ttls[set.places[0]!]!
      const zone = signerOf(set)
      if (ttl <= 0 || zone === null || this.#borderOf(name) !== this.#borderOf(zone)) continue
      const soa = this.#soaOf(zone, authority, ttls)
      if (soa !== null) this.#take(set, zone, soa, ttl)
    }
  }

  /**
   * What can be said of a question without asking.
   * @param question its section, in lower case, of class IN
   */
  deny(question: Uint8Array): Denial | null {
    if (this.#zones.size === 0) return null
    const type = readUint16(question, question.length - 4)
    if (!isDeniable(type)) return null
    // DS records are the parent's (RFC 4035 §3.1.4.1).
    const isAbove = type === RecordType.DS && question[0] !== 0
    const zone = this.#zones.closest(question, isAbove ? 1 : 0)
    return zone === null ? null : this.#denyIn(zone, readName(question, 0, 0), type)
  }

  /** Forgets everything, if that number is another one than before. */
  clearSince(flushes: number): void {
    if (flushes === this.#flushes) return
    this.#flushes = flushes
    this.#zones.clear()
    this.#retention.clear()
  }

  #denyIn(zone: HeldZone, name: Name, type: number): Denial | null {
    const now = this.#options.clock.seconds()
    if (zone.soa.expiresAt <= now || this.#options.isNegative(name)) return null
    if (this.#borderOf(name) !== this.#borderOf(zone.name)) return null
    const denied = denyByNsec(zone, name, type, now) ?? denyByNsec3(zone, name, type, now)
    return denied && denialOf(denied, now)
  }

  /** That of the same answer; else the one that is held. */
  #soaOf(zone: Name, authority: readonly Rrset[], ttls: Int32Array): ZoneSoa | null {
    const set = authority.find(({ type, owner }) => type === RecordType.SOA && owner === zone)
    if (set === undefined) {
      const held = this.#zones.get(zone)?.soa
      const isFresh = held !== undefined && held.expiresAt > this.#options.clock.seconds()
      return isFresh ? { set: null, ttl: held.ttl } : null
    }
    if (set.records.length !== 1 || signerOf(set) !== zone) return null
    const rdata = set.records[0]!
    const minimum = readUint32(rdata, rdata.length - 4)
    const ttl = Math.min(ttls[set.places[0]!]!, minimum, this.#options.maxTtl)
    return ttl > 0 ? { set, ttl } : null
  }

  #take(set: Rrset, name: Name, soa: ZoneSoa, ttl: number): void {
    const found = set.type === RecordType.NSEC ? usefulNsec(set, name) : usefulNsec3(set, name)
    const zone = found && this.#zoneWith(name, soa)
    if (zone === null) return
    this.#put(set, found!, zone, Math.min(ttl, soa.ttl))
    this.#leaveIfEmpty(zone)
  }

  /** @param ttl seconds that the set may be kept */
  #put(set: Rrset, found: UsefulRange, zone: HeldZone, ttl: number): void {
    const { owner, next, typesAt, parameters } = found
    if (parameters !== null) this.#adopt(zone, parameters)
    const list = parameters === null ? zone.nsec : zone.nsec3
    const expiresAt = this.#options.clock.seconds() + ttl
    const held = list.at(owner)
    if (held !== null && held.content.set.isOf(set)) {
      held.isUsed = true
      if (!isWorthwhile(expiresAt - held.content.expiresAt, ttl)) return
    }
    const copy = HeldSet.of(set, zone.name)
    if (copy === null) return
    const content = { types: new TypeBits(copy.rdata, typesAt), set: copy, expiresAt }
    if (held !== null && held.next === next) {
      this.#retention.update(held, () => (held.content = content))
      return
    }
    if (held !== null) this.#drop(held)
    for (const range of list.contradicted(found)) this.#drop(range)
    const range = new Range({ zone, list, owner, next, ...content })
    list.add(range)
    this.#retention.add(range)
  }

  /** The zone with the SOA at hand; null when that cannot be kept. */
  #zoneWith(name: Name, { set, ttl }: ZoneSoa): HeldZone | null {
    const zone = this.#zones.get(name)
    if (set === null) return zone
    const expiresAt = this.#options.clock.seconds() + ttl
    if (zone !== null) {
      const { soa } = zone
      if (soa.set.isOf(set) && !isWorthwhile(expiresAt - soa.expiresAt, ttl)) return zone
    }
    const copy = HeldSet.of(set, name)
    if (copy === null) return null
    const soa = { set: copy, ttl, expiresAt }
    if (zone === null) {
      const made = this.#zones.add(name, soa)
      this.#retention.extra += made.size
      return made
    }
    this.#retention.extra -= zone.size
    zone.soa = soa
    this.#retention.extra += zone.size
    return zone
  }

  /** Ranges by other parameters than the zone's new ones are over (RFC 5155 §8.2). */
  #adopt(zone: HeldZone, parameters: HashParameters): void {
    if (zone.hashesWith(parameters)) return
    for (const range of zone.nsec3.all()) this.#drop(range)
    zone.setParameters(parameters)
  }

  #evicted(range: Range): void {
    range.list.remove(range)
    this.#leaveIfEmpty(range.zone)
  }

  #drop(range: Range): void {
    this.#retention.remove(range)
    range.list.remove(range)
  }

  #leaveIfEmpty(zone: HeldZone): void {
    // It may have been, when its only range found no room.
    if (zone.isEmpty && this.#zones.remove(zone)) this.#retention.extra -= zone.size
  }

  /** The closest border at or above a name; null when there is none. */
  #borderOf(name: Name): Name | null {
    if (this.#borders.size === 0) return null
    for (let at = name; ; at = parentOf(at)) {
      if (this.#borders.has(at)) return at
      if (at === ROOT) return null
    }
  }
}

function denialOf({ kind, zone, ranges }: Denied, now: number): Denial {
  let { expiresAt } = zone.soa
  for (const range of ranges) {
    range.isUsed = true
    if (range.content.expiresAt < expiresAt) ({ expiresAt } = range.content)
  }
  const proofs = ranges.map(({ content }) => content.set)
  return { kind, zone: zone.name, ttl: expiresAt - now, soa: zone.soa.set, proofs }
}

function isWorthwhile(gain: number, ttl: number): boolean {
  return gain >= ttl * WORTHWHILE_GAIN
}

/** Who signed a set, when all its signatures are of one zone, as they are but by mistake. */
function signerOf({ signatures }: Rrset): Name | null {
  const signer = signatures[0]?.signer
  return signer !== undefined && signatures.every((one) => one.signer === signer) ? signer : null
}

/**
 * Whether the records at a name tell whether the type is there. Of signatures (RFC 4035 §2.2) and of
 * NSEC3 records, which are at no name that is theirs (RFC 5155 §7.2.8), they do not; questions for
 * types from 128 to 255 are for something else (RFC 6895 §3.1).
 */
function isDeniable(type: number): boolean {
  if (type === 0 || type === RecordType.OPT || (type >= 128 && type <= 255)) return false
  return type !== RecordType.RRSIG && type !== RecordType.NSEC3 && type !== RecordType.SIG
}
