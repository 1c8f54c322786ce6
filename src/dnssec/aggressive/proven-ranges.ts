// Aggressive use of what was proven (RFC 8198): ranges of names that zones say are not there, kept with
// their signatures, so that other names in them need no question. In bounded memory, for one worker.

import { readUint16, readUint32 } from '../../wire/header.ts'
import { RecordType } from '../../wire/record-type.ts'
import { type Name, parentOf, readName, ROOT } from '../name.ts'
import type { Rrset, SignedMessage } from '../rrset.ts'
import type { Denied, DeniedKind } from './denied.ts'
import type { HashParameters, HeldSoa, HeldZone } from './held-zone.ts'
import { KeptRanges } from './kept-ranges.ts'
import { denyByNsec } from './nsec-ranges.ts'
import { denyByNsec3 } from './nsec3-ranges.ts'
import { Range } from './range.ts'
import { SeenSets } from './seen-sets.ts'
import { lengthOf, MAX_SET_LENGTH, type SetOctets, storeSet } from './set-octets.ts'
import { TrialRing } from './trial-ring.ts'
import { usefulNsec, usefulNsec3 } from './useful-ranges.ts'
import { ZoneIndex } from './zone-index.ts'

/**
 * Octets for one worker: some 4,000 ranges that were of use, and 800 zones. The root zone has 1,400
 * ranges, of 700 octets each.
 */
const MEMORY = 4 * 2 ** 20

/** The part of the memory for the sets of ranges that were of no use yet (S3-FIFO, as in the cache). */
const TRIAL_SHARE = 1 / 8

/** Ranges that find a place beside those of zones that were of use, however many these are. */
const MIN_ON_TRIAL = 16

/** The part for zones with their SOA sets. */
const ZONES_SHARE = 1 / 4

/** The part of its life after which what comes again is taken anew. */
const RENEWAL_SHARE = 1 / 8

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
  readonly soa: SetOctets
  readonly proofs: readonly SetOctets[]
}

export class ProvenRanges {
  readonly #options: ProvenRangesOptions
  readonly #zones: ZoneIndex
  readonly #seen: SeenSets
  readonly #trial: TrialRing
  readonly #kept: KeptRanges
  readonly #borders: ReadonlySet<Name>
  readonly #memoryForZones: number
  #flushes = 0

  constructor(options: ProvenRangesOptions) {
    const { borders, seed, memory = MEMORY } = options
    const trial = Math.floor(memory * TRIAL_SHARE)
    this.#options = options
    this.#memoryForZones = Math.floor(memory * ZONES_SHARE)
    this.#zones = new ZoneIndex(seed)
    this.#seen = new SeenSets(seed)
    this.#trial = new TrialRing(trial, (range) => this.#onTried(range))
    this.#kept = new KeptRanges({
      memory: memory - trial - this.#memoryForZones,
      onDropped: (range) => this.#forget(range),
    })
    this.#borders = new Set(borders)
  }

  /** Zones of which anything is held. */
  get zones(): number {
    return this.#zones.count
  }

  /** Octets of ranges that stay, and of zones, more or less. */
  get size(): number {
    return this.#kept.size + this.#zones.size
  }

  /**
   * Takes what a secure answer proves of names besides its own.
   * @param ttls see `Verdict`
   */
  learn({ name, authority }: SignedMessage, ttls: Int32Array): void {
    for (let i = 0; i < authority.length; i++) {
      const set = authority[i]!
      if (set.type !== RecordType.NSEC && set.type !== RecordType.NSEC3) continue
      const ttl = ttls[set.places[0]!]!
      const zone = signerOf(set)
      if (ttl <= 0 || zone === null || set.records.length !== 1) continue
      const now = this.#options.clock.seconds()
      const id = this.#seen.idOf(set)
      if (this.#seen.isFresh(id, now) || !this.#isOneView(name, zone)) continue
      this.#take(set, id, zone, authority, ttls, now)
    }
  }

  /**
   * What can be said of a question without asking.
   * @param question its section, in lower case, of class IN
   */
  deny(question: Uint8Array): Denial | null {
    if (this.#zones.count === 0) return null
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
    this.#seen.clear()
    this.#trial.clear()
    this.#kept.clear()
  }

  #denyIn(zone: HeldZone, name: Name, type: number): Denial | null {
    const denied = denyByNsec(zone, name, type) ?? denyByNsec3(zone, name, type)
    if (denied === null) return null
    if (this.#options.isNegative(name) || !this.#isOneView(name, zone.name)) return null
    return denialOf(denied, this.#options.clock.seconds())
  }

  #take(
    set: Rrset,
    id: number,
    name: Name,
    authority: readonly Rrset[],
    ttls: Int32Array,
    now: number,
  ): void {
    const ttl = ttls[set.places[0]!]!
    const found = set.type === RecordType.NSEC ? usefulNsec(set, name) : usefulNsec3(set, name)
    const prefix = set.owner.length - name.length
    const length = lengthOf(set, prefix)
    if (found === null || length > MAX_SET_LENGTH || length > this.#trial.bytes.length) {
      this.#seen.note(id, now + ttl)
      return
    }
    const zone = this.#zoneWith(name, authority, ttls, now)
    if (zone === null) return
    const { owner, next, endsHere, typesAt, parameters } = found
    const isHashed = parameters !== null
    if (isHashed) this.#adopt(zone, parameters)
    const life = Math.min(ttl, zone.soa.ttl)
    const { bytes } = this.#trial
    const range = new Range({
      zone,
      isHashed,
      owner,
      next,
      id,
      expiresAt: now + life,
      endsHere,
      typesAt,
      length,
      bytes,
    })
    const replaced = zone.listOf(isHashed).add(range, this.#onOverlapped)
    // What comes back stays.
    range.isUsed = replaced !== null || this.#seen.has(id)
    this.#seen.note(id, now + Math.ceil(life * RENEWAL_SHARE))
    this.#trial.add(range, set, prefix)
    this.#makeRoomForZones()
  }

  /** Zones go with their last ranges. */
  #makeRoomForZones(): void {
    while (this.#zones.size > this.#memoryForZones) {
      const isTrial = this.#trial.count > MIN_ON_TRIAL || this.#kept.size === 0
      if (isTrial) this.#trial.dropOldest()
      else this.#kept.dropOldest()
    }
  }

  /** The zone with a SOA that holds; null when there is none. */
  #zoneWith(
    name: Name,
    authority: readonly Rrset[],
    ttls: Int32Array,
    now: number,
  ): HeldZone | null {
    const zone = this.#zones.get(name)
    if (zone !== null && zone.soa.renewAt > now) return zone
    const soa = this.#soaIn(name, authority, ttls, now, zone?.soa.expiresAt ?? now)
    if (soa === null) return zone !== null && zone.soa.expiresAt > now ? zone : null
    if (zone === null) return this.#zones.add(name, soa)
    this.#zones.renew(zone, soa)
    return zone
  }

  /** @param after it must hold longer: what upstreams have had for a while is over sooner */
  #soaIn(
    zone: Name,
    authority: readonly Rrset[],
    ttls: Int32Array,
    now: number,
    after: number,
  ): HeldSoa | null {
    const set = authority.find(({ type, owner }) => type === RecordType.SOA && owner === zone)
    if (set === undefined || set.records.length !== 1 || signerOf(set) !== zone) return null
    const rdata = set.records[0]!
    const minimum = readUint32(rdata, rdata.length - 4)
    const ttl = Math.min(ttls[set.places[0]!]!, minimum, this.#options.maxTtl)
    const length = lengthOf(set, 0)
    if (ttl <= 0 || now + ttl <= after || length > MAX_SET_LENGTH) return null
    const bytes = new Uint8Array(length)
    storeSet(set, 0, bytes, 0)
    const renewAt = now + Math.ceil(ttl * RENEWAL_SHARE)
    return { bytes, at: 0, ttl, expiresAt: now + ttl, renewAt }
  }

  /** Ranges by other parameters than the zone's new ones are over (RFC 5155 §8.2). */
  #adopt(zone: HeldZone, parameters: HashParameters): void {
    if (zone.hashesWith(parameters)) return
    for (const range of zone.nsec3.all()) {
      zone.nsec3.remove(range)
      this.#onOverlapped(range)
    }
    zone.setParameters(parameters)
  }

  /** It is in no list any more. */
  readonly #onOverlapped = (range: Range): void => {
    range.isGone = true
    this.#seen.expire(range.id)
    if (range.isKept) this.#kept.remove(range)
  }

  /** Its octets are about to be overwritten. */
  #onTried(range: Range): void {
    if (!range.isUsed && !this.#hasPlenty()) return this.#forget(range)
    range.bytes = range.bytes.slice(range.at, range.at + range.length)
    range.at = 0
    this.#kept.add(range)
  }

  /** Whether there is so much room that what was of no use yet may stay as well. */
  #hasPlenty(): boolean {
    if (this.#zones.size > this.#memoryForZones / 2) return false
    return this.#kept.size < this.#kept.memory / 2
  }

  #forget(range: Range): void {
    const { zone, isHashed, id } = range
    range.isGone = true
    this.#seen.expire(id)
    zone.listOf(isHashed).remove(range)
    if (zone.isEmpty) this.#zones.remove(zone)
  }

  /** Whether the same are asked for both, and trusted. */
  #isOneView(name: Name, zone: Name): boolean {
    return this.#borders.size === 0 || this.#borderOf(name) === this.#borderOf(zone)
  }

  /** The closest border at or above a name; null when there is none. */
  #borderOf(name: Name): Name | null {
    for (let at = name; ; at = parentOf(at)) {
      if (this.#borders.has(at)) return at
      if (at === ROOT) return null
    }
  }
}

/** Null when any of it is over. */
function denialOf({ kind, zone, ranges }: Denied, now: number): Denial | null {
  let { expiresAt } = zone.soa
  for (const range of ranges) if (range.expiresAt < expiresAt) ({ expiresAt } = range)
  if (expiresAt <= now) return null
  for (const range of ranges) range.isUsed = true
  return { kind, zone: zone.name, ttl: expiresAt - now, soa: zone.soa, proofs: ranges }
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
