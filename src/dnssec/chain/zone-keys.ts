// A zone's keys (RFC 4035 §5.2): the DNSKEY set must be signed by a key that its parent vouches for,
// or a trust anchor. Any one such key is enough (RFC 6840 §5.11).

import { ExtendedError } from '../../wire/edns.ts'
import { Rcode } from '../../wire/header.ts'
import { RecordType } from '../../wire/record-type.ts'
import { formatRcode } from '../../wire/text/type-text.ts'
import { algorithmName, isSupported } from '../algorithms.ts'
import type { Budget } from '../budget.ts'
import { type Dnskey, readDnskeys } from '../dnskey.ts'
import { type DelegationSigner, matchesDs } from '../ds.ts'
import { type Name, nameText } from '../name.ts'
import { KeyFault } from '../public-key.ts'
import type { SignedMessage } from '../rrset.ts'
import { settled, type Steps } from '../steps.ts'
import type { Fault } from '../verdict.ts'
import { isFault, type Verifier } from '../verifier.ts'

/**
 * Digests computed to find the keys that DS records mean. Their tags are the same by chance alone, so
 * that who needs more has made them so (CVE-2023-50387).
 */
const MAX_DIGESTS = 16

/** Keys kept of one zone: two algorithms amid all roll-overs at once have about a dozen. */
const MAX_KEYS = 32

/** Octets of all of these: sixteen RSA keys of the longest kind. Thousands of zones' are kept. */
const MAX_OCTETS = 8_192

/** Keys that a text for people names: the others are more of the same. */
const MAX_NAMED = 4

/** What vouches for a zone's keys: DS records of its parent, or a trust anchor. */
export interface EntryPoints {
  readonly ds: readonly DelegationSigner[]
  /** RDATA of DNSKEY records. */
  readonly keys: readonly Uint8Array[]
}

export type ZoneKeysFound =
  | { readonly kind: 'keys'; readonly keys: readonly Dnskey[]; readonly ttl: number }
  /** All keys that count are of sizes that do not: as if their algorithm was not known. */
  | { readonly kind: 'unsupported'; readonly fault: Fault }

export class ZoneKeysReader {
  readonly #verifier: Verifier

  constructor(verifier: Verifier) {
    this.#verifier = verifier
  }

  /** @param message the answer to the question for the zone's DNSKEY */
  *read(
    message: SignedMessage,
    zone: Name,
    points: EntryPoints,
    budget: Budget,
  ): Steps<ZoneKeysFound | Fault> {
    const set = message.answer.find(
      ({ owner, type }) => owner === zone && type === RecordType.DNSKEY,
    )
    if (set === undefined) return missing(zone, noSet(message))
    const keys = readDnskeys(set)
    const entries = entryKeys(zone, keys, points)
    const fault = faultInEntries(zone, entries, points)
    if (fault !== null) return fault
    if (haveOddSizes(zone, entries, points)) return unsupported(zone, entries)

    const proof = yield* settled(this.#verifier.verify(set, { zone, keys: entries }, budget))
    if (!isFault(proof)) {
      if (proof.wildcard !== null) return missing(zone, 'the set is made from a wildcard')
      return { kind: 'keys', keys: this.#kept(keys), ttl: proof.ttl }
    }
    if (proof.code !== ExtendedError.DnskeyMissing) return proof
    return missing(
      zone,
      `the set is not signed by ${namesOf(entries)}, which the parent vouches for`,
    )
  }

  /** Those of no use are kept as well, to say so of their signatures, as long as they take no room. */
  #kept(keys: readonly Dnskey[]): readonly Dnskey[] {
    const octets = keys.reduce((sum, { rdata }) => sum + rdata.length, 0)
    if (keys.length <= MAX_KEYS && octets <= MAX_OCTETS) return keys
    const { policy } = this.#verifier
    let left = MAX_OCTETS
    const fits = ({ rdata }: Dnskey): boolean => {
      if (rdata.length > left) return false
      left -= rdata.length
      return true
    }
    const usable = keys.filter(
      ({ isZoneKey, isRevoked, algorithm }) =>
        isZoneKey && !isRevoked && isSupported(algorithm, policy),
    )
    return usable.filter(fits).slice(0, MAX_KEYS)
  }
}

/** Keys that a DS record or a trust anchor stands for. */
function entryKeys(zone: Name, keys: readonly Dnskey[], points: EntryPoints): readonly Dnskey[] {
  let digests = MAX_DIGESTS
  const matches = (key: Dnskey, ds: DelegationSigner): boolean =>
    key.tag === ds.keyTag &&
    key.algorithm === ds.algorithm &&
    digests-- > 0 &&
    matchesDs(zone, key, ds)
  // Of either there may be thousands: only those that fit are held against each other.
  const wanted = new Set(points.ds.map((ds) => pairOf(ds.keyTag, ds.algorithm)))
  return keys.filter(
    (key) =>
      (digests > 0 &&
        wanted.has(pairOf(key.tag, key.algorithm)) &&
        points.ds.some((ds) => matches(key, ds))) ||
      points.keys.some((rdata) => isSame(rdata, key.rdata)),
  )
}

function pairOf(tag: number, algorithm: number): number {
  return (tag << 8) | algorithm
}

function faultInEntries(
  zone: Name,
  entries: readonly Dnskey[],
  { ds, keys }: EntryPoints,
): Fault | null {
  if (entries.length === 0) {
    const named = ds.map(({ keyTag, algorithm }) => nameOf(keyTag, algorithm))
    const wanted = ds.length > 0 ? `the DS of key ${listOf(named)}` : `${keys.length} trusted keys`
    return missing(zone, `no key in the set matches ${wanted}`)
  }
  if (entries.every(({ isZoneKey }) => !isZoneKey)) {
    const text = `${nameText(zone)} DNSKEY: ${namesOf(entries)} may not sign, as the zone key bit is not set`
    return { code: ExtendedError.NoZoneKeyBitSet, text }
  }
  if (entries.every(({ isRevoked }) => isRevoked)) {
    return missing(zone, `${namesOf(entries)} is revoked`)
  }
  return null
}

/**
 * Whether all that is vouched for is of sizes that do not count. The set is not verified: each DS must
 * have such a key in it, or leaving out the one key that counts would make the zone insecure.
 */
function haveOddSizes(zone: Name, entries: readonly Dnskey[], { ds, keys }: EntryPoints): boolean {
  const odd = entries.filter(({ fault }) => fault === KeyFault.Size)
  if (odd.length < entries.length) return false
  return (
    ds.every((one) => odd.some((key) => matchesDs(zone, key, one))) &&
    keys.every((rdata) => odd.some((key) => isSame(rdata, key.rdata)))
  )
}

function unsupported(zone: Name, entries: readonly Dnskey[]): ZoneKeysFound {
  const text = `${nameText(zone)} DNSKEY: the size of ${namesOf(entries)} is not supported`
  return { kind: 'unsupported', fault: { code: ExtendedError.UnsupportedDnskeyAlgorithm, text } }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

function missing(zone: Name, why: string): Fault {
  return { code: ExtendedError.DnskeyMissing, text: `${nameText(zone)} DNSKEY: ${why}` }
}

function noSet({ rcode }: SignedMessage): string {
  return rcode === Rcode.NoError ? 'there is none' : `the upstream says ${formatRcode(rcode)}`
}

function namesOf(keys: readonly Dnskey[]): string {
  return listOf(keys.map(({ tag, algorithm }) => `key ${nameOf(tag, algorithm)}`))
}

function nameOf(tag: number, algorithm: number): string {
  return `${tag} (${algorithmName(algorithm)})`
}

function listOf(names: readonly string[]): string {
  const more = names.length > MAX_NAMED ? [`${names.length - MAX_NAMED} more`] : []
  return [...names.slice(0, MAX_NAMED), ...more].join(', ')
}
