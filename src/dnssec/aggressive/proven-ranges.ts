// Aggressive use of what was proven (RFC 8198): ranges of names that zones say are not there, and sets at
// wildcards, kept with their signatures, so that other names in these ranges need no question. In bounded
// memory, for one worker.

import { readUint16, readUint32 } from '../../wire/header.ts'
import { RecordType } from '../../wire/record-type.ts'
import { type HashParameters, hashName } from '../denial/nsec3-hash.ts'
import { type Name, readName, wildcardOf } from '../name.ts'
import type { Rrset, SignedMessage } from '../rrset.ts'
import { HeldSets } from './held-sets.ts'
import type { HeldSoa, HeldZone } from './held-zone.ts'
import { deduceByNsec, deniesWildcard } from './nsec-ranges.ts'
import { deduceByNsec3 } from './nsec3-ranges.ts'
import { Range } from './range.ts'
import { lengthOf, MAX_SET_LENGTH, storeSet } from './set-octets.ts'
import { sortKeyOf } from './sort-key.ts'
import { mayBeSynthesized, type Synthesis, synthesisOf } from './synthesis.ts'
import { usefulNsec, usefulNsec3 } from './useful-ranges.ts'
import { Views } from './views.ts'
import { encloserOfSource, Wildcard } from './wildcard.ts'

/**
 * Octets for one worker: some 4,000 sets that were of use, and 800 zones. The root zone has 1,400 ranges,
 * of 700 octets each.
 */
const MEMORY = 4 * 2 ** 20

/** The part of its life after which what comes again is taken anew. */
const RENEWAL_SHARE = 1 / 8

export interface ProvenRangesOptions {
  /** Whole seconds that never go back. */
  readonly clock: { seconds(): number }
  /** Whether a name counts as unsigned, whatever is proven above it (RFC 7646). */
  readonly isNegative: (name: Name) => boolean
  /** See `Views`. */
  readonly borders: readonly Name[]
  /** Seconds that what is not there is kept at the most. */
  readonly maxTtl: number
  /** 32 random bits. */
  readonly seed: number
  /** Octets. */
  readonly memory?: number
}

/** What was found of a message that is learnt from. */
interface Lesson {
  readonly authority: readonly Rrset[]
  /** See `Verdict`. */
  readonly ttls: Int32Array
  /** In seconds. */
  readonly now: number
}

export class ProvenRanges {
  readonly #options: ProvenRangesOptions
  readonly #held: HeldSets
  readonly #views: Views
  #flushes = 0

  constructor(options: ProvenRangesOptions) {
    const { borders, seed, memory = MEMORY } = options
    this.#options = options
    this.#held = new HeldSets({ memory, seed })
    this.#views = new Views(borders)
  }

  /** Zones of which anything is held. */
  get zones(): number {
    return this.#held.zones.count
  }

  /** Octets of all that is held, more or less. */
  get size(): number {
    return this.#held.size
  }

  /**
   * Takes what a secure answer proves of names besides its own.
   * @param ttls see `Verdict`
   * @param isForAll whether its data are for all networks (RFC 7871 §7.2.1)
   */
  learn(message: SignedMessage, ttls: Int32Array, isForAll: boolean): void {
    const { answer, authority } = message
    if (isForAll) {
      for (let i = 0; i < answer.length; i++) {
        const set = answer[i]!
        const encloser = encloserOfSource(set)
        if (encloser !== null) this.#learn(message, set, ttls, encloser)
      }
    }
    for (let i = 0; i < authority.length; i++) {
      const set = authority[i]!
      if (set.type !== RecordType.NSEC && set.type !== RecordType.NSEC3) continue
      if (set.records.length === 1) this.#learn(message, set, ttls, null)
    }
  }

  /**
   * What can be said to a question without asking.
   * @param question its section, in lower case, of class IN
   */
  synthesize(question: Uint8Array): Synthesis | null {
    const { zones } = this.#held
    if (zones.count === 0) return null
    const type = readUint16(question, question.length - 4)
    if (!mayBeSynthesized(type)) return null
    // DS records are the parent's (RFC 4035 §3.1.4.1).
    const isAbove = type === RecordType.DS && question[0] !== 0
    const zone = zones.closest(question, isAbove ? 1 : 0)
    return zone === null ? null : this.#synthesizeIn(zone, readName(question, 0, 0), type)
  }

  /** Forgets everything, if that number is another one than before. */
  clearSince(flushes: number): void {
    if (flushes === this.#flushes) return
    this.#flushes = flushes
    this.#held.clear()
  }

  #synthesizeIn(zone: HeldZone, name: Name, type: number): Synthesis | null {
    const found = deduceByNsec(zone, name, type) ?? deduceByNsec3(zone, name, type)
    if (found === null) return null
    if (this.#options.isNegative(name) || !this.#views.areOne(name, zone.name)) return null
    return synthesisOf(found, this.#options.clock.seconds())
  }

  /** @param encloser of the wildcard that it is from; null of an NSEC or NSEC3 set */
  #learn(
    { name, authority }: SignedMessage,
    set: Rrset,
    ttls: Int32Array,
    encloser: Name | null,
  ): void {
    const ttl = ttls[set.places[0]!]!
    const zone = signerOf(set)
    if (ttl <= 0 || zone === null) return
    const now = this.#options.clock.seconds()
    const { seen } = this.#held
    const id = seen.idOf(set)
    if (seen.isFresh(id, now) || !this.#views.areOne(name, zone)) return
    const lesson = { authority, ttls, now }
    const isOfUse =
      encloser === null
        ? this.#takeRange(set, id, zone, lesson)
        : this.#takeWildcard(set, id, zone, lesson, encloser)
    if (!isOfUse) seen.note(id, now + ttl)
  }

  /** @returns false when it need not be looked at again */
  #takeRange(set: Rrset, id: number, name: Name, lesson: Lesson): boolean {
    const { ttls, now } = lesson
    const found = set.type === RecordType.NSEC ? usefulNsec(set, name) : usefulNsec3(set, name)
    const prefix = set.owner.length - name.length
    const length = lengthOf(set, prefix)
    if (found === null || !this.#held.fits(length)) return false
    const zone = this.#zoneWith(name, lesson, false)
    if (zone === null) return true
    const { parameters, ...said } = found
    const isHashed = parameters !== null
    if (isHashed) this.#adopt(zone, parameters)
    const life = Math.min(ttls[set.places[0]!]!, zone.soa?.ttl ?? this.#options.maxTtl)
    const { bytes } = this.#held
    const lasting = { since: now, expiresAt: now + life }
    const range = new Range({ zone, id, ...lasting, length, bytes, isHashed, ...said })
    const replaced = zone.listOf(isHashed).add(range, this.#held.drop)
    this.#held.add(range, set, prefix, replaced !== null, renewalOf(now, life))
    return true
  }

  /** As `#takeRange`. */
  #takeWildcard(set: Rrset, id: number, name: Name, lesson: Lesson, encloser: Name): boolean {
    const { ttls, now } = lesson
    const { type } = set
    // Its owner is each time another one.
    const length = lengthOf(set, 0)
    const source = wildcardOf(encloser)
    if (source === null || !this.#held.fits(length)) return false
    const zone = this.#zoneWith(name, lesson, true)!
    const life = ttls[set.places[0]!]!
    const key = sortKeyOf(source, name)
    const { bytes } = this.#held
    const lasting = { since: now, expiresAt: now + life }
    const wildcard = new Wildcard({ zone, id, ...lasting, length, bytes, key, type })
    this.#dropDenialOf(wildcard, source)
    const replaced = zone.addWildcard(wildcard)
    if (replaced !== null) this.#held.drop(replaced)
    this.#held.add(wildcard, set, 0, replaced !== null, renewalOf(now, life))
    return true
  }

  /** What said before that there is no such wildcard, or no such records at it, is over. */
  #dropDenialOf({ zone, key, type }: Wildcard, source: Name): void {
    const { parameters } = zone
    const byName = zone.nsec.around(key)
    if (byName !== null && deniesWildcard(byName, key, type)) this.#drop(byName)
    if (parameters === null || zone.nsec3.size === 0) return
    const hash = hashName(source, parameters)
    const byHash = zone.nsec3.around(hash)!
    if (deniesWildcard(byHash, hash, type)) this.#drop(byHash)
  }

  /**
   * The zone with a SOA that holds; null when there is none.
   * @param isWildcard whether it is for a wildcard, which needs none
   */
  #zoneWith(name: Name, lesson: Lesson, isWildcard: boolean): HeldZone | null {
    const { zones } = this.#held
    const { now } = lesson
    const zone = zones.get(name)
    const held = zone?.soa ?? null
    if (zone !== null && held !== null && held.renewAt > now) return zone
    const soa = this.#soaIn(name, lesson, held?.expiresAt ?? now)
    if (zone === null) return soa === null && !isWildcard ? null : zones.add(name, soa)
    if (soa !== null) zones.renew(zone, soa)
    const last = soa ?? held
    const isOfUse = isWildcard || zone.hasWildcards || (last !== null && last.expiresAt > now)
    return isOfUse ? zone : null
  }

  /** @param after it must hold longer: what upstreams have had for a while is over sooner */
  #soaIn(zone: Name, { authority, ttls, now }: Lesson, after: number): HeldSoa | null {
    const set = authority.find(({ type, owner }) => type === RecordType.SOA && owner === zone)
    if (set === undefined || set.records.length !== 1 || signerOf(set) !== zone) return null
    const rdata = set.records[0]!
    const minimum = readUint32(rdata, rdata.length - 4)
    const ttl = Math.min(ttls[set.places[0]!]!, minimum, this.#options.maxTtl)
    const length = lengthOf(set, 0)
    if (ttl <= 0 || now + ttl <= after || length > MAX_SET_LENGTH) return null
    const bytes = new Uint8Array(length)
    storeSet(set, 0, bytes, 0)
    return { bytes, at: 0, ttl, expiresAt: now + ttl, renewAt: renewalOf(now, ttl) }
  }

  /** Ranges by other parameters than the zone's new ones are over (RFC 5155 §8.2). */
  #adopt(zone: HeldZone, parameters: HashParameters): void {
    if (zone.hashesWith(parameters)) return
    for (const range of zone.nsec3.all()) this.#drop(range)
    zone.setParameters(parameters)
  }

  #drop(range: Range): void {
    range.leaveZone()
    this.#held.drop(range)
  }
}

/** @param life in seconds */
function renewalOf(now: number, life: number): number {
  return now + Math.ceil(life * RENEWAL_SHARE)
}

/** Who signed a set, when all its signatures are of one zone, as they are but by mistake. */
function signerOf({ signatures }: Rrset): Name | null {
  const signer = signatures[0]?.signer
  return signer !== undefined && signatures.every((one) => one.signer === signer) ? signer : null
}
