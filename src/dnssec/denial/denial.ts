// Whether a zone's NSEC or NSEC3 records prove what an answer says is not there (RFC 4035 §5.4,
// RFC 5155 §8, RFC 6840 §4).

import { ExtendedError } from '../../wire/edns.ts'
import { formatType } from '../../wire/text/type-text.ts'
import type { Budget } from '../budget.ts'
import { isAtOrBelow, isBelow, type Name, nameText } from '../name.ts'
import type { Rrset } from '../rrset.ts'
import type { Fault } from '../verdict.ts'
import { NsecProofs } from './nsec.ts'
import { groupNsec3, type Nsec3Group } from './nsec3-group.ts'
import { MAX_ITERATIONS } from './nsec3-hash.ts'
import { Nsec3Proofs } from './nsec3.ts'
import type { CutOutcome, Outcome } from './outcome.ts'

export interface Denial {
  readonly zone: Name
  /** NSEC and NSEC3 sets, each signed by the zone with the very owner that it has: no expansions. */
  readonly sets: readonly Rrset[]
}

export type Denied =
  | { readonly kind: 'proven' }
  /** So it is among signed names, but there may be an unsigned delegation (RFC 5155 §6). */
  | { readonly kind: 'opt-out' }
  /** The zone counts as not signed (RFC 9276 §3.2). */
  | { readonly kind: 'insecure'; readonly fault: Fault }
  | { readonly kind: 'unproven'; readonly fault: Fault }

/** What there is at a name without DS. */
export type Delegated =
  /** The name is the zone's own; names below may be another zone's. */
  | { readonly kind: 'no-cut' }
  /** The name does not exist, nor do names below. */
  | { readonly kind: 'no-name' }
  /** There may be a delegation, and that is not signed (RFC 5155 §6). */
  | { readonly kind: 'opt-out' }
  /** An unsigned delegation; with a fault the zone itself counts as not signed. */
  | { readonly kind: 'insecure'; readonly fault: Fault | null }
  | { readonly kind: 'unproven'; readonly fault: Fault }

/**
 * No records of a type at a name that exists, or at the wildcard that stands for it: NODATA. For DS,
 * `denial.zone` is the parent.
 */
export function denyType(denial: Denial, name: Name, type: number, budget: Budget): Denied {
  const what = formatType(type)
  return deny(denial, name, what, budget, (proofs) => proofs.denyType(name, type))
}

/** No such name, and no wildcard that stands for it: NXDOMAIN. */
export function denyName(denial: Denial, name: Name, budget: Budget): Denied {
  return deny(denial, name, 'NXDOMAIN', budget, (proofs) => proofs.denyName(name))
}

/**
 * Nothing closer than the wildcard that a name's records were expanded from.
 * @param wildcard such as "*.example.", whose parent `name` must be below
 */
export function denyCloser(denial: Denial, name: Name, wildcard: Name, budget: Budget): Denied {
  const what = `from ${nameText(wildcard)}`
  return deny(denial, name, what, budget, (proofs) => proofs.denyCloser(name, wildcard))
}

/** What the zone says of a name below its apex in answer to a question for its DS (RFC 4035 §5.2). */
export function delegationOf(denial: Denial, name: Name, budget: Budget): Delegated {
  const { zone, sets } = denial
  if (!isBelow(name, zone)) return { kind: 'unproven', fault: outside(denial, name, 'DS') }
  const cut = new NsecProofs(zone, sets).cutAt(name)
  const groups = groupNsec3(zone, sets)
  let found: CutOutcome = cut
  for (let i = 0; found.kind === 'unproven' && i < groups.length; i++) {
    if (groups[i]!.iterations > MAX_ITERATIONS) continue
    found = new Nsec3Proofs(zone, groups[i]!, budget).cutAt(name)
  }
  if (found.kind === 'unsigned') return { kind: 'insecure', fault: null }
  if (found.kind !== 'unproven') return found
  return failed(denial, groups, name, 'DS', found.reason)
}

/** Tries the NSEC records, and then the NSEC3 records, those made alike together. */
function deny(
  denial: Denial,
  name: Name,
  what: string,
  budget: Budget,
  attempt: (proofs: NsecProofs | Nsec3Proofs) => Outcome,
): Denied {
  const { zone, sets } = denial
  if (!isAtOrBelow(name, zone)) return { kind: 'unproven', fault: outside(denial, name, what) }
  const groups = groupNsec3(zone, sets)
  let found = attempt(new NsecProofs(zone, sets))
  for (let i = 0; found.kind === 'unproven' && i < groups.length; i++) {
    if (groups[i]!.iterations > MAX_ITERATIONS) continue
    found = attempt(new Nsec3Proofs(zone, groups[i]!, budget))
  }
  return found.kind === 'unproven' ? failed(denial, groups, name, what, found.reason) : found
}

/** What nobody here may hash is as good as not signed; all else that is not proven is bogus. */
function failed(
  { zone }: Denial,
  groups: readonly Nsec3Group[],
  name: Name,
  what: string,
  reason: string,
): { readonly kind: 'insecure' | 'unproven'; readonly fault: Fault } {
  const hard = groups.find(({ iterations }) => iterations > MAX_ITERATIONS)
  if (hard === undefined) {
    const text = `${nameText(name)} ${what}: ${reason}`
    return { kind: 'unproven', fault: { code: ExtendedError.NsecMissing, text } }
  }
  const text = `${nameText(zone)} NSEC3: ${hard.iterations} iterations, more than ${MAX_ITERATIONS}`
  return { kind: 'insecure', fault: { code: ExtendedError.UnsupportedNsec3Iterations, text } }
}

function outside({ zone }: Denial, name: Name, what: string): Fault {
  const text = `${nameText(name)} ${what}: not for ${nameText(zone)} to deny`
  return { code: ExtendedError.NsecMissing, text }
}
