// A zone whose keys are watched, under a clock of its own: for tests.

import { Dnskey } from '../dnskey.ts'
import { readDelegationSigner } from '../ds.ts'
import { type Name, ROOT } from '../name.ts'
import type { Rrsig } from '../rrset.ts'
import { KeyFlag, SigningKey } from '../signer/signing-key.ts'
import { observe, type Observation, refreshAfter, type Sighting } from './roll-over.ts'
import type { ZoneAnchors } from './trust-anchors.ts'
import { TrustPoint, withoutRevocation } from './trust-point.ts'

export const DAY = 86_400
const ED25519 = 15

/** As the root's keys are published. */
const TTL = 2 * DAY
const LIFE = 21 * DAY

/** A key that signs keys. */
export function entryKey(): SigningKey {
  return new SigningKey({ algorithm: ED25519, flags: KeyFlag.Zone | KeyFlag.EntryPoint })
}

/** A key that signs data. */
export function zoneKey(): SigningKey {
  return new SigningKey({ algorithm: ED25519 })
}

export function revoked(key: SigningKey): SigningKey {
  return key.withFlags(key.flags | KeyFlag.Revoked)
}

export function anchorsOf(zone: Name, ...keys: readonly SigningKey[]): ZoneAnchors {
  return { zone, ds: keys.map((key) => readDelegationSigner(key.ds(zone))), keys: [] }
}

/** @param signers whose signatures over the set hold */
export function sighting(
  keys: readonly SigningKey[],
  signers: readonly SigningKey[],
  expiration: number,
): Sighting {
  const signing = new Set(signers.map(({ rdata }) => textOf(rdata)))
  return {
    keys: keys.map(({ rdata }) => new Dnskey(rdata)),
    signatureBy: (key) =>
      signing.has(textOf(key.rdata)) ? ({ originalTtl: TTL, expiration } as Rrsig) : null,
  }
}

/** A watcher of the root's keys. */
export class Watcher {
  point: TrustPoint
  now: number
  readonly #names = new Map<string, string>()
  readonly changes: string[] = []

  constructor(anchors: ZoneAnchors, date: string) {
    this.point = new TrustPoint(anchors)
    this.now = Date.parse(date) / 1_000
  }

  name(name: string, key: SigningKey): SigningKey {
    this.#names.set(textOf(key.rdata), name)
    return key
  }

  /** Sees a set of keys now. */
  see(keys: readonly SigningKey[], signers: readonly SigningKey[]): Observation {
    const set = sighting(keys, signers, this.now + LIFE)
    const observation = observe(this.point, set, this.now)
    this.point = observation.point
    const date = new Date(this.now * 1_000).toISOString().slice(0, 10)
    for (const { rdata, from, to } of observation.changes) {
      const name = this.#names.get(textOf(rdata)) ?? 'another'
      this.changes.push(`${date} ${name} ${from ?? 'unknown'} to ${to ?? 'unknown'}`)
    }
    return observation
  }

  /** Sees the same set again and again, as often as is asked for it, up to a date. */
  seeUntil(date: string, keys: readonly SigningKey[], signers: readonly SigningKey[]): void {
    const end = Date.parse(date) / 1_000
    while (this.now < end) {
      const { times } = this.see(keys, signers)
      this.now += times === null ? DAY : refreshAfter(times)
    }
  }

  trusts(key: SigningKey): boolean {
    return this.point.trusts(withoutRevocation(new Dnskey(key.rdata)))
  }
}

export function rootWatcher(date: string, ...keys: readonly SigningKey[]): Watcher {
  return new Watcher(anchorsOf(ROOT, ...keys), date)
}

function textOf(rdata: Uint8Array): string {
  return Buffer.from(rdata).toString('base64')
}
