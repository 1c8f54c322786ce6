// The NSEC and NSEC3 sets of a message that one zone vouches for: what denial is proven with.

import { RecordType } from '../wire/record-type.ts'
import type { Budget } from './budget.ts'
import { bearingOn } from './denial/bearing.ts'
import type { ZoneKeys } from './dnskey.ts'
import type { Name } from './name.ts'
import type { Rrset } from './rrset.ts'
import { settled, type Steps } from './steps.ts'
import type { Fault } from './verdict.ts'
import { isFault, type Proof, type Verifier } from './verifier.ts'

/**
 * Records of one set, of which an honest one has just one, and sets of one answer: a chain of aliases
 * through sixteen wildcards has that many. All are compared with each name that is denied, which must
 * cost no more than it takes to check their signatures.
 */
const MAX_RECORDS = 4
const MAX_SETS = 64

export interface DenialSets {
  readonly sets: readonly Rrset[]
  /** Of each set. */
  readonly proofs: readonly Proof[]
  /** Seconds that all of them may be kept. */
  readonly ttl: number
  /** Why the first of those that do not hold does not; null when all do. */
  readonly fault: Fault | null
}

export function isDenialType(type: number): boolean {
  return type === RecordType.NSEC || type === RecordType.NSEC3
}

/** Whether a signature says that it is the zone's. */
function isSignedBy(set: Rrset, zone: Name): boolean {
  return set.signatures.some(({ signer }) => signer === zone)
}

/** Those that say that they are the zone's. */
function claimedSets(section: readonly Rrset[], zone: Name): readonly Rrset[] {
  return section.filter(
    (set) => isDenialType(set.type) && set.records.length <= MAX_RECORDS && isSignedBy(set, zone),
  )
}

/**
 * Checks the sets that the zone signed, of many those that can tell of the name. Sets of other zones
 * prove nothing about it, and neither do those that wildcards were expanded to: nobody signed that
 * owner (RFC 4035 §5.4).
 */
export function* verifyDenial(
  section: readonly Rrset[],
  name: Name,
  zone: ZoneKeys,
  verifier: Verifier,
  budget: Budget,
): Steps<DenialSets> {
  const sets: Rrset[] = []
  const proofs: Proof[] = []
  let ttl = Infinity
  let fault: Fault | null = null
  const claimed = claimedSets(section, zone.zone)
  for (const set of bearingOn(name, zone.zone, claimed, budget)) {
    if (sets.length === MAX_SETS) break
    const proof = yield* settled(verifier.verify(set, zone, budget))
    if (isFault(proof)) fault ??= proof
    else if (proof.wildcard === null) {
      sets.push(set)
      proofs.push(proof)
      if (proof.ttl < ttl) ttl = proof.ttl
    }
  }
  return { sets, proofs, ttl, fault }
}
