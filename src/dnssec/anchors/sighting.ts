// What a zone's DNSKEY set shows to those who watch its keys: which keys have signed it, and when that
// holds.

import { verify } from 'node:crypto'
import { RecordType } from '../../wire/record-type.ts'
import { type AlgorithmPolicy, traitsOf } from '../algorithms.ts'
import { Candidates } from '../candidates.ts'
import { type Dnskey, readDnskeys } from '../dnskey.ts'
import { countLabels, type Name } from '../name.ts'
import type { Rrset, Rrsig, SignedMessage } from '../rrset.ts'
import { signedData } from '../signature.ts'
import type { Sighting } from './roll-over.ts'

/** Signatures checked of one set: more than any zone has by keys that are trusted or revoked. */
const MAX_CHECKED = 16

/** Keys with one tag that are tried for a signature (CVE-2023-50387). */
const KEYS_PER_TAG = 2

/** The set of the zone's keys in the answer to the question for them; null when there is none. */
export function dnskeySet({ answer }: SignedMessage, zone: Name): Rrset | null {
  return answer.find(({ owner, type }) => owner === zone && type === RecordType.DNSKEY) ?? null
}

/** @param now seconds since 1970 */
export function sightingOf(set: Rrset, now: number, policy: AlgorithmPolicy): Sighting {
  let left = MAX_CHECKED
  return {
    keys: readDnskeys(set),
    signatureBy(key) {
      const zone = { zone: set.owner, keys: [key] }
      const revoked = key.isRevoked
      const keysPerTag = KEYS_PER_TAG
      const candidates = new Candidates({ set, zone, now, policy, keysPerTag, revoked })
      while (candidates.next() && left-- > 0) {
        if (holds(set, candidates.signature!, key)) return candidates.signature
      }
      return null
    },
  }
}

/** Whether the signature is the key's over the set, whenever it holds. */
export function holds(set: Rrset, sig: Rrsig, { key }: Dnskey): boolean {
  // A set of keys is never made from a wildcard.
  if (key === null || sig.labels !== countLabels(set.owner)) return false
  try {
    const options = { key, dsaEncoding: 'ieee-p1363' as const }
    return verify(traitsOf(sig.algorithm)!.digest, signedData(set, sig), options, sig.signature)
  } catch {
    return false
  }
}
