// What a parent zone says of a name: which keys a zone there has, or that none begins there
// (RFC 4035 §5.2). Only the parent's signatures count: a server that has both zones may answer for the
// wrong one, and so may one that lies.

import { ExtendedError } from '../../wire/edns.ts'
import { Rcode } from '../../wire/header.ts'
import { RecordType } from '../../wire/record-type.ts'
import { formatRcode } from '../../wire/text/type-text.ts'
import { isSupported } from '../algorithms.ts'
import type { Budget } from '../budget.ts'
import { delegationOf, denyCloser } from '../denial/denial.ts'
import { verifyDenial } from '../denial-sets.ts'
import type { ZoneKeys } from '../dnskey.ts'
import { type DelegationSigner, readDs, usableDs } from '../ds.ts'
import { isBelow, type Name, nameText } from '../name.ts'
import type { Rrset, SignedMessage } from '../rrset.ts'
import { settled, type Steps } from '../steps.ts'
import type { Fault } from '../verdict.ts'
import { isFault, type Proof, type Verifier } from '../verifier.ts'

export type Delegation = SignedDelegation | UnsignedDelegation | NoDelegation

/** There is a zone, and these say by which keys. At least one. */
export interface SignedDelegation {
  readonly kind: 'signed'
  readonly ds: readonly DelegationSigner[]
  /** Seconds. */
  readonly ttl: number
}

/** There may be a zone, and it counts as not signed. */
export interface UnsignedDelegation {
  readonly kind: 'unsigned'
  /** Why nobody here can read what is signed; null where nothing is. */
  readonly fault: Fault | null
  readonly ttl: number
}

/** The name is the parent zone's own. */
export interface NoDelegation {
  readonly kind: 'none'
  /** Whether the names below are none of another zone's either. */
  readonly isEmptyBelow: boolean
  readonly ttl: number
}

export class DelegationReader {
  readonly #verifier: Verifier

  constructor(verifier: Verifier) {
    this.#verifier = verifier
  }

  /**
   * @param message the answer to the question for the child's DS
   * @param parent the closest zone above
   */
  *read(
    message: SignedMessage,
    child: Name,
    parent: ZoneKeys,
    budget: Budget,
  ): Steps<Delegation | Fault> {
    const { rcode, answer } = message
    if (rcode !== Rcode.NoError && rcode !== Rcode.NXDomain) {
      const text = `${nameText(child)} DS: the upstream says ${formatRcode(rcode)}`
      return { code: ExtendedError.DnssecIndeterminate, text }
    }
    const ds = answer.find(({ owner, type }) => owner === child && type === RecordType.DS)
    if (ds !== undefined) return yield* this.#signed(ds, parent, budget)
    const alias = answer.find((set) => isAliasOf(set, child))
    if (alias !== undefined) return yield* this.#alias(alias, message, parent, budget)
    return yield* this.#denied(message, child, parent, budget)
  }

  *#signed(set: Rrset, parent: ZoneKeys, budget: Budget): Steps<Delegation | Fault> {
    const proof = yield* settled(this.#verifier.verify(set, parent, budget))
    if (isFault(proof)) return proof
    if (proof.wildcard !== null) return expandedFault(set)
    const { policy } = this.#verifier
    const all = readDs(set)
    const ds = usableDs(all, policy)
    if (ds.length > 0) return { kind: 'signed', ds, ttl: proof.ttl }
    const known = all.filter(({ algorithm }) => isSupported(algorithm, policy))
    return { kind: 'unsigned', fault: unsupportedFault(set.owner, known, all), ttl: proof.ttl }
  }

  /**
   * Where an alias is, no zone begins (RFC 2181 §10.1); below a DNAME there is nothing at all
   * (RFC 6672 §2.4).
   */
  *#alias(
    set: Rrset,
    message: SignedMessage,
    parent: ZoneKeys,
    budget: Budget,
  ): Steps<Delegation | Fault> {
    const proof = yield* settled(this.#verifier.verify(set, parent, budget))
    if (isFault(proof)) return proof
    const isEmptyBelow = set.type === RecordType.DNAME
    if (proof.wildcard === null) return { kind: 'none', isEmptyBelow, ttl: proof.ttl }
    if (isEmptyBelow) return expandedFault(set)
    return yield* this.#expanded(set, proof, message, parent, budget)
  }

  /** A wildcard that stands for the name: there is no such name then, let alone a zone. */
  *#expanded(
    { owner }: Rrset,
    { wildcard, ttl }: Proof,
    { authority }: SignedMessage,
    parent: ZoneKeys,
    budget: Budget,
  ): Steps<Delegation | Fault> {
    const found = yield* verifyDenial(authority, owner, parent, this.#verifier, budget)
    const denial = { zone: parent.zone, sets: found.sets }
    const denied = denyCloser(denial, owner, wildcard!, budget)
    const least = Math.min(ttl, found.ttl)
    switch (denied.kind) {
      case 'proven':
        return { kind: 'none', isEmptyBelow: true, ttl: least }
      case 'opt-out':
        return { kind: 'unsigned', fault: null, ttl: least }
      case 'insecure':
        return { kind: 'unsigned', fault: denied.fault, ttl: least }
      case 'unproven':
        return found.fault ?? denied.fault
    }
  }

  *#denied(
    { authority }: SignedMessage,
    child: Name,
    parent: ZoneKeys,
    budget: Budget,
  ): Steps<Delegation | Fault> {
    const found = yield* verifyDenial(authority, child, parent, this.#verifier, budget)
    if (found.sets.length === 0) return found.fault ?? noDenialFault(authority, child, parent)
    const { ttl } = found
    const delegated = delegationOf({ zone: parent.zone, sets: found.sets }, child, budget)
    switch (delegated.kind) {
      case 'no-cut':
        return { kind: 'none', isEmptyBelow: false, ttl }
      case 'no-name':
        return { kind: 'none', isEmptyBelow: true, ttl }
      case 'opt-out':
        return { kind: 'unsigned', fault: null, ttl }
      case 'insecure':
        return { kind: 'unsigned', fault: delegated.fault, ttl }
      case 'unproven':
        return found.fault ?? delegated.fault
    }
  }
}

function isAliasOf({ owner, type }: Rrset, name: Name): boolean {
  if (type === RecordType.CNAME) return owner === name
  return type === RecordType.DNAME && isBelow(name, owner)
}

function expandedFault({ owner }: Rrset): Fault {
  const text = `${nameText(owner)}: wildcards make no zone cuts`
  return { code: ExtendedError.DnssecBogus, text }
}

function noDenialFault(authority: readonly Rrset[], child: Name, { zone }: ZoneKeys): Fault {
  const what = whatInstead(authority.flatMap(({ signatures }) => signatures)[0]?.signer, zone)
  const text = `${nameText(child)} DS: no proof by ${nameText(zone)} that there is none: the answer ${what}`
  return { code: ExtendedError.NsecMissing, text }
}

/** @param signer of the first set that is signed */
function whatInstead(signer: Name | undefined, zone: Name): string {
  if (signer === undefined) return 'is not signed'
  return signer === zone ? 'has no NSEC or NSEC3 of that zone' : `is signed by ${nameText(signer)}`
}

/** RFC 4035 §5.2: without an algorithm or a digest that is known here, a zone counts as not signed. */
export function unsupportedFault(
  zone: Name,
  known: readonly DelegationSigner[],
  all: readonly DelegationSigner[],
): Fault {
  const what = `${nameText(zone)} DS`
  if (known.length > 0) {
    const types = numbers(known.map(({ digestType }) => digestType))
    const text = `${what}: digests of type ${types} are not supported`
    return { code: ExtendedError.UnsupportedDsDigest, text }
  }
  const types = numbers(all.map(({ algorithm }) => algorithm))
  const text = `${what}: algorithm ${types} is not supported`
  return { code: ExtendedError.UnsupportedDnskeyAlgorithm, text }
}

function numbers(all: readonly number[]): string {
  return [...new Set(all)].join(', ')
}
