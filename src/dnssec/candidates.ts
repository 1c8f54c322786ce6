// Which signatures over a set may prove it, and with which keys: all that can be told without
// cryptography (RFC 4035 §5.3.1). What fails is remembered for its most telling reason.

import { formatType } from '../wire/text/type-text.ts'
import { ExtendedError } from '../wire/edns.ts'
import { algorithmName, type AlgorithmPolicy, isSupported, traitsOf } from './algorithms.ts'
import type { Dnskey, ZoneKeys } from './dnskey.ts'
import { countLabels, isAtOrBelow, nameText } from './name.ts'
import { KeyFault } from './public-key.ts'
import type { Rrset, Rrsig } from './rrset.ts'
import { serialDistance, timeText, Validity, validityOf } from './signature.ts'
import type { Fault } from './verdict.ts'

/** Why a signature proves nothing: the more was right before, the more it tells, and the higher it is. */
export const Reason = {
  None: 0,
  Unsigned: 1,
  Signer: 2,
  Labels: 3,
  Algorithm: 4,
  NoKey: 5,
  Revoked: 6,
  NoZoneKey: 7,
  KeySize: 8,
  BadKey: 9,
  NeverValid: 10,
  Expired: 11,
  NotYetValid: 12,
  Bad: 13,
  TooMuch: 14,
  TooLong: 15,
} as const
export type Reason = (typeof Reason)[keyof typeof Reason]

/** Codes 1 and 2 are for zones in which nothing can be read, which then count as unsigned. */
const codes: Readonly<Record<Reason, number>> = {
  [Reason.None]: ExtendedError.DnssecBogus,
  [Reason.Unsigned]: ExtendedError.RrsigsMissing,
  [Reason.Signer]: ExtendedError.RrsigsMissing,
  [Reason.Labels]: ExtendedError.DnssecBogus,
  [Reason.Algorithm]: ExtendedError.RrsigsMissing,
  [Reason.NoKey]: ExtendedError.DnskeyMissing,
  [Reason.Revoked]: ExtendedError.DnskeyMissing,
  [Reason.NoZoneKey]: ExtendedError.NoZoneKeyBitSet,
  [Reason.KeySize]: ExtendedError.DnssecBogus,
  [Reason.BadKey]: ExtendedError.DnssecBogus,
  [Reason.NeverValid]: ExtendedError.SignatureExpiredBeforeValid,
  [Reason.Expired]: ExtendedError.SignatureExpired,
  [Reason.NotYetValid]: ExtendedError.SignatureNotYetValid,
  [Reason.Bad]: ExtendedError.DnssecBogus,
  [Reason.TooMuch]: ExtendedError.DnssecBogus,
  [Reason.TooLong]: ExtendedError.DnssecBogus,
}

export interface CandidatesOptions {
  readonly set: Rrset
  readonly zone: ZoneKeys
  /** Seconds since 1970. */
  readonly now: number
  readonly policy: AlgorithmPolicy
  /** Keys tried for one signature: those of one algorithm and key tag. */
  readonly keysPerTag: number
  /** Whether a revoked key counts: for the proof that it is revoked alone. */
  readonly revoked: boolean
}

/** Signatures of a set with their keys, one pair after the other. */
export class Candidates {
  readonly set: Rrset
  readonly zone: ZoneKeys
  readonly now: number
  /** The pair that `next` found. */
  signature: Rrsig | null = null
  key: Dnskey | null = null

  readonly #policy: AlgorithmPolicy
  readonly #keysPerTag: number
  readonly #revoked: boolean
  readonly #signatures: readonly Rrsig[]
  #taken = 0
  #keysTaken = 0
  #keysOfTag = 0
  #reason: Reason = Reason.None
  #blamed: Rrsig | null = null

  constructor({ set, zone, now, policy, keysPerTag, revoked }: CandidatesOptions) {
    this.set = set
    this.zone = zone
    this.now = now
    this.#policy = policy
    this.#keysPerTag = keysPerTag
    this.#revoked = revoked
    // Of loose signatures there is nothing to prove.
    const signatures = set.records.length === 0 ? [] : set.signatures
    this.#signatures = signatures.length < 2 ? signatures : preferred(signatures)
  }

  /** Goes to the next pair. @returns false when there is none */
  next(): boolean {
    for (;;) {
      if (this.signature !== null && this.#nextKey(this.signature)) return true
      const signature = this.#signatures[this.#taken++]
      if (signature === undefined) return false
      this.signature = null
      const reason = this.#check(signature)
      if (reason === Reason.None) {
        this.signature = signature
        this.#keysTaken = 0
        this.#keysOfTag = 0
        this.#note(Reason.NoKey, signature)
      } else this.#note(reason, signature)
    }
  }

  /** Notes why the pair did not prove the set, or was not tried. */
  reject(reason: Reason): void {
    this.#note(reason, this.signature)
  }

  get reason(): Reason {
    return this.#reason
  }

  /** Why no pair proves the set. */
  fault(): Fault {
    const { set } = this
    const reason = this.#reason === Reason.None ? Reason.Unsigned : this.#reason
    const what = `${nameText(set.owner)} ${formatType(set.type)}`
    return { code: codes[reason], text: `${what}: ${this.#explain(reason, this.#blamed)}` }
  }

  #note(reason: Reason, signature: Rrsig | null): void {
    if (reason <= this.#reason) return
    this.#reason = reason
    this.#blamed = signature
  }

  #check(sig: Rrsig): Reason {
    const { set, zone } = this
    if (sig.signer !== zone.zone || !isAtOrBelow(set.owner, zone.zone)) return Reason.Signer
    if (sig.typeCovered !== set.type || sig.labels > countLabels(set.owner)) return Reason.Labels
    // A zone's wildcards are in the zone.
    if (sig.labels < countLabels(zone.zone)) return Reason.Labels
    if (!isSupported(sig.algorithm, this.#policy)) return Reason.Algorithm
    switch (validityOf(sig, this.now)) {
      case Validity.Now:
        return Reason.None
      case Validity.Expired:
        return Reason.Expired
      case Validity.NotYet:
        return Reason.NotYetValid
      case Validity.Never:
        return Reason.NeverValid
    }
  }

  #nextKey(sig: Rrsig): boolean {
    const { keys } = this.zone
    while (this.#keysTaken < keys.length) {
      const key = keys[this.#keysTaken++]!
      if (key.tag !== sig.keyTag || key.algorithm !== sig.algorithm) continue
      if (++this.#keysOfTag > this.#keysPerTag) {
        this.#note(Reason.TooMuch, sig)
        return false
      }
      const reason = this.#checkKey(key)
      if (reason === Reason.None) {
        this.key = key
        return true
      }
      this.#note(reason, sig)
    }
    return false
  }

  #checkKey(key: Dnskey): Reason {
    if (!key.isZoneKey) return Reason.NoZoneKey
    if (key.isRevoked && !this.#revoked) return Reason.Revoked
    if (key.key !== null) return Reason.None
    return key.fault === KeyFault.Malformed ? Reason.BadKey : Reason.KeySize
  }

  #explain(reason: Reason, sig: Rrsig | null): string {
    if (sig === null) return 'is not signed'
    const by = `signature by ${nameText(sig.signer)} key ${sig.keyTag} (${algorithmName(sig.algorithm)})`
    switch (reason) {
      case Reason.None:
      case Reason.Unsigned:
        return 'is not signed'
      case Reason.Signer:
        return `${by} is not one of ${nameText(this.zone.zone)}`
      case Reason.Labels:
        return `${by} is over another name`
      case Reason.Algorithm:
        return `${by} is of an algorithm that is not supported`
      case Reason.NoKey:
        return `${by} is by a key that the zone does not have`
      case Reason.Revoked:
        return `${by} is by a key that was revoked`
      case Reason.NoZoneKey:
        return `${by} is by a key that may not sign zones`
      case Reason.KeySize:
        return `${by} is by a key whose size is not supported`
      case Reason.BadKey:
        return `${by} is by a key that is malformed`
      case Reason.NeverValid:
        return `${by} expired before it became valid`
      case Reason.Expired:
        return `${by} expired at ${this.#time(sig.expiration)}`
      case Reason.NotYetValid:
        return `${by} is not valid before ${this.#time(sig.inception)}`
      case Reason.Bad:
        return `${by} does not match the data`
      case Reason.TooMuch:
        return `${by} is one more than may be tried`
      case Reason.TooLong:
        return `${by} is over more octets than are looked at`
    }
  }

  /** The moment closest to now that the 32 bits may mean (RFC 4034 §3.1.5). */
  #time(serial: number): string {
    return timeText(this.now + serialDistance(this.now, serial))
  }
}

/** The strong and cheap ones first. */
function preferred(signatures: readonly Rrsig[]): readonly Rrsig[] {
  return signatures.toSorted((a, b) => rankOf(a.algorithm) - rankOf(b.algorithm))
}

function rankOf(algorithm: number): number {
  return traitsOf(algorithm)?.rank ?? Number.MAX_SAFE_INTEGER
}
