// Whether there is nothing where an answer says so (RFC 4035 §5.4, RFC 5155 §8): the zone that the name
// lies in must deny the name (NXDOMAIN), or the type there (NODATA).

import { ExtendedError } from '../wire/edns.ts'
import { Rcode } from '../wire/header.ts'
import { RecordType } from '../wire/record-type.ts'
import { formatType } from '../wire/text/type-text.ts'
import type { Budget } from './budget.ts'
import type { Chain } from './chain/chain.ts'
import type { SecureTrust } from './chain/trust.ts'
import { type Denial, type Denied, denyName, denyType } from './denial/denial.ts'
import { isDenialType } from './denial-sets.ts'
import { bogus, type Finding, findingOf, INSECURE, insecure, SECURE } from './finding.ts'
import { type Name, nameText, parentOf } from './name.ts'
import type { SignedMessage } from './rrset.ts'
import type { SetProofs } from './set-proofs.ts'
import { settled, type Steps } from './steps.ts'
import type { Fault } from './verdict.ts'
import { isFault as isUnproven, type Verifier } from './verifier.ts'

export interface DenialProofOptions {
  readonly chain: Chain
  readonly verifier: Verifier
  readonly message: SignedMessage
  /** Where there is nothing: the last name that aliases lead to (RFC 6604 §3). */
  readonly name: Name
  readonly proofs: SetProofs
  readonly budget: Budget
}

export function* findDenial(options: DenialProofOptions): Steps<Finding> {
  const { chain, message, name, proofs } = options
  const exempt = chain.exemption(name)
  if (exempt !== null) return exempt
  const sets = message.authority.filter(({ type }) => isDenialType(type))
  let fault: Fault | null = null
  for (const signer of proofs.signersOf(sets, name, message.type)) {
    const trust = yield* proofs.trustOf(signer)
    if (trust === null) continue
    const found = yield* findDeniedBy(trust, options)
    if (!isFault(found)) return found
    fault ??= found
    // The zone says itself that there is nothing: then no zone below it has the say.
    if (hasSoaOf(message, signer)) return bogus(fault, name)
  }
  return yield* findUndenied(options, fault)
}

/** What one zone's records prove, and if they do not, why. */
function* findDeniedBy(trust: SecureTrust, options: DenialProofOptions): Steps<Finding | Fault> {
  const { name, proofs } = options
  const found = yield* proofs.denialBy(trust, name)
  const denied = deny(options, { zone: trust.zone, sets: found.sets })
  switch (denied.kind) {
    case 'proven':
      proofs.keepDenial(found)
      return SECURE
    case 'opt-out':
      return INSECURE
    case 'insecure':
      return insecure(denied.fault, trust.zone)
    case 'unproven':
      return found.fault ?? denied.fault
  }
}

function isFault(found: Finding | Fault): found is Fault {
  return 'code' in found
}

function deny({ message, name, budget }: DenialProofOptions, denial: Denial): Denied {
  return message.rcode === Rcode.NXDomain
    ? denyName(denial, name, budget)
    : denyType(denial, name, message.type, budget)
}

function hasSoaOf({ authority }: SignedMessage, zone: Name): boolean {
  return authority.some(({ owner, type }) => type === RecordType.SOA && owner === zone)
}

/** Whether the zone's own records are there to prove something. */
function isDenied({ authority }: SignedMessage, { zone }: SecureTrust): boolean {
  return authority.some(
    ({ type, signatures }) =>
      isDenialType(type) && signatures.some(({ signer }) => signer === zone),
  )
}

/** Nothing proves it. Whether anything must is up to the zone around the name. */
function* findUndenied(options: DenialProofOptions, fault: Fault | null): Steps<Finding> {
  const { chain, message, name, budget } = options
  const inside = message.type === RecordType.DS ? parentOf(name) : name
  const trust = yield* settled(chain.trustAround(inside, budget))
  // What secure zones above it say may be about an alias that leads out of them.
  if (trust.security !== 'secure') return findingOf(trust)
  if (fault !== null) return bogus(fault, name)
  if (!isDenied(message, trust)) return bogus(yield* missing(options, trust), name)
  // Its chain was asked for before, and could be proven only now.
  const found = yield* findDeniedBy(trust, options)
  return isFault(found) ? bogus(found, name) : found
}

/** Why there is no denial that the zone vouches for. */
function* missing(options: DenialProofOptions, trust: SecureTrust): Steps<Fault> {
  const { verifier, message, name, budget } = options
  const set = message.authority.find(
    ({ type, signatures }) => isDenialType(type) && signatures.length === 0,
  )
  if (set !== undefined) {
    const found = yield* settled(verifier.verify(set, trust, budget))
    if (isUnproven(found)) return found
  }
  const what = message.rcode === Rcode.NXDomain ? 'NXDOMAIN' : formatType(message.type)
  const text = `${nameText(name)} ${what}: ${nameText(trust.zone)} is signed, and there is no proof that there is none`
  return { code: ExtendedError.NsecMissing, text }
}
