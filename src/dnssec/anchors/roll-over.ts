// How the keys of a zone with trust anchors come and go while they are watched (RFC 5011): pure, one
// DNSKEY set after the other. RFC 5011 §4 draws the states; a key in its state "Start" is one that
// nothing is known of, and stands nowhere here.

import type { Dnskey } from '../dnskey.ts'
import type { Rrsig } from '../rrset.ts'
import { serialDistance } from '../signature.ts'
import {
  KeyState,
  type KnownKey,
  keyId,
  type TrustPoint,
  withoutRevocation,
} from './trust-point.ts'

const HOUR = 3_600
const DAY = 86_400

/** Seconds that a new key must have been there before it is trusted, at the least (§2.4.1). */
const ADD_HOLD_DOWN = 30 * DAY

/** Seconds that a revoked key must be gone before it is no longer looked for (§2.4.2). */
const REMOVE_HOLD_DOWN = 30 * DAY

/** Bounds of the seconds between two queries, and between a failed one and the next (§2.3). */
const MIN_INTERVAL = HOUR
const MAX_INTERVAL = 15 * DAY
const MAX_RETRY = DAY

/**
 * Keys of one zone that are remembered; §2.4.3 asks for five that are trusted. Whoever can sign the
 * zone's keys could otherwise fill the memory with new ones.
 */
const MAX_KEYS = 32

/** A set of keys that a zone was found to have. */
export interface Sighting {
  readonly keys: readonly Dnskey[]
  /** The signature by that key over the whole set that holds now; null when there is none. */
  signatureBy(key: Dnskey): Rrsig | null
}

/** A key of a zone went from one state to another; null where nothing was, or is, known of it. */
export interface KeyChange {
  readonly rdata: Uint8Array
  readonly from: KeyState | null
  readonly to: KeyState | null
}

export interface Observation {
  /** What is known now. */
  readonly point: TrustPoint
  readonly changes: readonly KeyChange[]
  /** Of the set; null when no trusted key has signed it, so that it told of revocations at best. */
  readonly times: SetTimes | null
}

/** In seconds. */
export interface SetTimes {
  readonly originalTtl: number
  /** Until the first of the signatures by trusted keys ends. */
  readonly life: number
}

/** Seconds to the next query after one that brought a valid set (§2.3). */
export function refreshAfter({ originalTtl, life }: SetTimes): number {
  return Math.max(MIN_INTERVAL, Math.min(MAX_INTERVAL, originalTtl / 2, life / 2))
}

/** Seconds to the next query after one that did not (§2.3). @param times of the last valid set */
export function retryAfter(times: SetTimes | null): number {
  if (times === null) return MIN_INTERVAL
  return Math.max(MIN_INTERVAL, Math.min(MAX_RETRY, times.originalTtl / 10, times.life / 10))
}

/** @param now seconds since 1970 */
export function observe(point: TrustPoint, sighting: Sighting, now: number): Observation {
  const ledger = new Ledger(point, now)
  for (const key of sighting.keys) {
    // Who can sign with the key may say that it is not to be trusted any more: no other has to agree.
    if (key.isRevoked && ledger.mayRevoke(key) && sighting.signatureBy(key) !== null) {
      ledger.revoke(withoutRevocation(key))
    }
  }
  const vouchers = new Map<string, Rrsig>()
  for (const key of sighting.keys) {
    if (key.isRevoked || !ledger.isTrusted(key)) continue
    const signature = sighting.signatureBy(key)
    if (signature !== null) vouchers.set(keyId(key.rdata), signature)
  }
  const times = timesOf([...vouchers.values()], now)
  if (times !== null) {
    const present = sighting.keys.filter((key) => !key.isRevoked)
    ledger.compare(present, new Set(sighting.keys.map((key) => keyId(key.rdata))))
    ledger.add(present, [...vouchers.keys()], times)
  }
  return ledger.finish(times)
}

function timesOf(signatures: readonly Rrsig[], now: number): SetTimes | null {
  if (signatures.length === 0) return null
  return {
    originalTtl: Math.min(...signatures.map((one) => one.originalTtl)),
    life: Math.max(0, Math.min(...signatures.map((one) => serialDistance(now, one.expiration)))),
  }
}

/** What is known, while a set is held against it. */
class Ledger {
  readonly #point: TrustPoint
  readonly #now: number
  readonly #keys: Map<string, KnownKey>
  readonly #changes: KeyChange[] = []

  constructor(point: TrustPoint, now: number) {
    this.#point = point
    this.#now = now
    this.#keys = new Map(point.keys.map((known) => [keyId(known.rdata), known]))
  }

  isTrusted(key: Dnskey): boolean {
    const known = this.#keys.get(keyId(key.rdata))
    if (known === undefined) return this.#point.isConfigured(key)
    return known.state === KeyState.Valid || known.state === KeyState.Missing
  }

  /** Whether the key, with REVOKE set, is one that is trusted or on its way there. */
  mayRevoke(key: Dnskey): boolean {
    const state = this.#keys.get(keyId(key.rdata))?.state
    if (state === undefined) return this.#point.isConfigured(withoutRevocation(key))
    return state !== KeyState.Revoked && state !== KeyState.Removed
  }

  revoke(key: Dnskey): void {
    const configured = this.#point.isConfigured(key)
    const { rdata } = key
    this.#put({ ...this.#stamp(rdata), state: KeyState.Revoked, configured, holdDown: null })
  }

  /** The keys known so far, in the light of a valid set. */
  compare(present: readonly Dnskey[], all: ReadonlySet<string>): void {
    const there = new Set(present.map((key) => keyId(key.rdata)))
    for (const [id, known] of this.#keys) {
      if (known.state === KeyState.Pending) this.#hold(id, known, there.has(id))
      else if (known.state === KeyState.Revoked) this.#fade(known, all.has(id))
      else if (known.state !== KeyState.Removed) this.#attend(known, there.has(id))
    }
  }

  /** Keys that are new: those configured are trusted at once, entry points after a time (§2.2). */
  add(present: readonly Dnskey[], vouchers: readonly string[], times: SetTimes): void {
    const needed = Math.max(ADD_HOLD_DOWN, times.originalTtl)
    for (const key of present) {
      if (this.#keys.has(keyId(key.rdata))) continue
      const stamp = this.#stamp(key.rdata)
      if (this.#point.isConfigured(key)) {
        this.#put({ ...stamp, state: KeyState.Valid, configured: true, holdDown: null })
      } else if (key.isSecureEntryPoint && key.isZoneKey && key.key !== null && this.#hasRoom()) {
        const holdDown = { held: 0, needed, vouchers }
        this.#put({ ...stamp, state: KeyState.Pending, configured: false, holdDown })
      }
    }
  }

  finish(times: SetTimes | null): Observation {
    return { point: this.#point.with([...this.#keys.values()]), changes: this.#changes, times }
  }

  #hold(id: string, known: KnownKey, isPresent: boolean): void {
    const { held, needed, vouchers } = known.holdDown!
    // §2.2: a set without it, or the end of all that vouched for it, and it begins anew.
    if (!isPresent || !vouchers.some((one) => this.#isAlive(one))) {
      this.#forget(id, known)
      return
    }
    const passed = Math.min(MAX_INTERVAL, Math.max(0, this.#now - known.seen))
    const holdDown = { held: held + passed, needed, vouchers }
    if (holdDown.held < needed) this.#put({ ...known, seen: this.#now, holdDown })
    else this.#put({ ...known, ...this.#stamp(known.rdata), state: KeyState.Valid, holdDown: null })
  }

  #attend(known: KnownKey, isPresent: boolean): void {
    const state = isPresent ? KeyState.Valid : KeyState.Missing
    const since = state === known.state ? known.since : this.#now
    this.#put({ ...known, state, since, seen: isPresent ? this.#now : known.seen })
  }

  #fade(known: KnownKey, isPresent: boolean): void {
    if (isPresent) this.#put({ ...known, seen: this.#now })
    else if (this.#now - known.seen >= REMOVE_HOLD_DOWN) {
      this.#put({ ...known, state: KeyState.Removed, since: this.#now })
    }
  }

  #isAlive(voucher: string): boolean {
    const state = this.#keys.get(voucher)?.state
    return state === KeyState.Valid || state === KeyState.Missing
  }

  #stamp(rdata: Uint8Array) {
    return { rdata, since: this.#now, seen: this.#now }
  }

  #put(known: KnownKey): void {
    const id = keyId(known.rdata)
    const from = this.#keys.get(id)?.state ?? null
    this.#keys.set(id, known)
    if (from !== known.state) this.#changes.push({ rdata: known.rdata, from, to: known.state })
  }

  #forget(id: string, { rdata, state }: KnownKey): void {
    this.#keys.delete(id)
    this.#changes.push({ rdata, from: state, to: null })
  }

  /** Makes room, if need be, by what is longest removed: but not where it is configured still. */
  #hasRoom(): boolean {
    if (this.#keys.size < MAX_KEYS) return true
    for (const [id, { state, configured }] of this.#keys) {
      if (state === KeyState.Removed && !configured) return this.#keys.delete(id)
    }
    return false
  }
}
