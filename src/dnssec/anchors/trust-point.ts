// What is known of the keys of a zone with trust anchors (RFC 5011 §1.1 calls it a trust point): the
// anchors that were configured, and the keys that were seen since.

import { hash } from 'node:crypto'
import { Dnskey } from '../dnskey.ts'
import { matchesDs } from '../ds.ts'
import type { Name } from '../name.ts'
import type { ZoneAnchors } from './trust-anchors.ts'

/** RFC 5011 §4.2. */
export const KeyState = {
  /** New, and not trusted yet ("AddPend"). */
  Pending: 'pending',
  Valid: 'valid',
  /** Gone without having been revoked: still trusted. */
  Missing: 'missing',
  /** Never trusted again. */
  Revoked: 'revoked',
  /** Revoked, and gone for long. */
  Removed: 'removed',
} as const
export type KeyState = (typeof KeyState)[keyof typeof KeyState]

/** Times are seconds since 1970. */
export interface KnownKey {
  /** Of the DNSKEY record, its REVOKE bit clear. */
  readonly rdata: Uint8Array
  readonly state: KeyState
  /** When it came into this state. */
  readonly since: number
  /** When it was in a valid set last. */
  readonly seen: number
  /** Whether it is trusted for being configured, and only as long as it is. */
  readonly configured: boolean
  /** Of pending keys alone. */
  readonly holdDown: HoldDown | null
}

/** How long a new key must still wait (RFC 5011 §2.2). In seconds. */
export interface HoldDown {
  /**
   * That it was seen to be there. Between two sets no more is counted than the longest interval of
   * queries, so that a clock which jumps does not make a key old.
   */
  readonly held: number
  readonly needed: number
  /** Ids of the keys that had signed the set which it was first seen in. */
  readonly vouchers: readonly string[]
}

export class TrustPoint {
  readonly configured: ZoneAnchors
  readonly keys: readonly KnownKey[]

  /** @param keys what was known before, all of one zone */
  constructor(configured: ZoneAnchors, keys: readonly KnownKey[] = []) {
    this.configured = configured
    this.keys = keys
  }

  get zone(): Name {
    return this.configured.zone
  }

  with(keys: readonly KnownKey[]): TrustPoint {
    return new TrustPoint(this.configured, keys)
  }

  /** Whether the key is one of the configured anchors. @param key must not have REVOKE set */
  isConfigured(key: Dnskey): boolean {
    const { zone, ds, keys } = this.configured
    return (
      ds.some((one) => matchesDs(zone, key, one)) || keys.some((one) => isEqual(one, key.rdata))
    )
  }

  /** Whether the key is trusted now. @param key must not have REVOKE set */
  trusts(key: Dnskey): boolean {
    const id = keyId(key.rdata)
    const known = this.keys.find(({ rdata }) => keyId(rdata) === id)
    return known === undefined ? this.isConfigured(key) : isAlive(known)
  }

  /**
   * What is known, under other configured anchors. Trust that came from an anchor which is configured
   * no more ends with it, and what was learnt ends when there is none left that it was learnt from.
   */
  under(configured: ZoneAnchors): TrustPoint {
    const point = new TrustPoint(configured)
    const keys = this.keys.map((known) => ({
      ...known,
      wasConfigured: known.configured,
      configured: point.isConfigured(new Dnskey(known.rdata)),
    }))
    const isRelated = keys.some((known) => known.configured)
    return point.with(
      keys.flatMap(({ wasConfigured, ...known }) => {
        if (isDead(known)) return [known]
        if (known.configured) return [trusted(known)]
        return isRelated && !wasConfigured ? [known] : []
      }),
    )
  }

  /** What is to be trusted of the zone now; null when all of it was revoked (RFC 5011 §5). */
  anchors(): ZoneAnchors | null {
    const dead = this.keys.filter(isDead).map(({ rdata }) => new Dnskey(rdata))
    const { zone } = this.configured
    const ds = this.configured.ds.filter((one) => !dead.some((key) => matchesDs(zone, key, one)))
    const learnt = this.keys.filter((known) => !known.configured && isAlive(known))
    const keys = [...this.configured.keys, ...learnt.map(({ rdata }) => rdata)].filter(
      (one) => !dead.some(({ rdata }) => isEqual(one, rdata)),
    )
    return ds.length + keys.length === 0 ? null : { zone, ds, keys }
  }
}

/** What is configured need not wait. */
function trusted(known: KnownKey): KnownKey {
  if (known.state !== KeyState.Pending) return known
  return { ...known, state: KeyState.Valid, holdDown: null }
}

function isAlive({ state }: KnownKey): boolean {
  return state === KeyState.Valid || state === KeyState.Missing
}

function isDead({ state }: KnownKey): boolean {
  return state === KeyState.Revoked || state === KeyState.Removed
}

const REVOKE_AT = 1
const REVOKE_BIT = 0x80

/** The same key as it was before it was revoked: its tag is another one. */
export function withoutRevocation(key: Dnskey): Dnskey {
  return new Dnskey(clear(key.rdata))
}

/** Tells a key from all others, revoked or not: key tags collide. */
export function keyId(rdata: Uint8Array): string {
  return hash('sha256', clear(rdata), 'hex').slice(0, 32)
}

function clear(rdata: Uint8Array): Uint8Array {
  const plain = new Uint8Array(rdata)
  plain[REVOKE_AT]! &= ~REVOKE_BIT
  return plain
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
