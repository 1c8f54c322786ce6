// The tries to prove one set of records: its signatures, each with the keys that may have made it, one
// after the other until one holds.

import { ExtendedError } from '../wire/edns.ts'
import type { Budget } from './budget.ts'
import { type Candidates, Reason } from './candidates.ts'
import { checkSignature, isGoodSignature } from './check-signature.ts'
import { serialDistance, signedData, signedLength, signedOwner } from './signature.ts'
import type { Check } from './turns.ts'
import type { Fault } from './verdict.ts'
import type { Proof, Verifier } from './verifier.ts'

/** What there is instead of a check when too many wait: that says nothing about the data. */
export const OVERLOADED: Fault = {
  code: ExtendedError.Other,
  text: 'too many signatures wait to be checked',
}

/** Octets whose digest takes no longer than the rest of a quick check. Most sets have some hundred. */
const QUICK_LENGTH = 4_096

/**
 * Octets of a set that are signed, of sets with many records. Names that are short on the wire, for being
 * compressed, can make it a megabyte, to be written and digested for each try; honest zones have not
 * even as much as one message could hold without compression.
 */
export const MAX_SIGNED_LENGTH = 131_072
const MANY_RECORDS = 128

export class Attempt implements Check {
  readonly budget: Budget
  behind: Check | null = null
  readonly #verifier: Verifier
  readonly #candidates: Candidates
  #resolve: ((result: Proof | Fault) => void) | null = null
  #bad = 0

  constructor(verifier: Verifier, candidates: Candidates, budget: Budget) {
    this.budget = budget
    this.#verifier = verifier
    this.#candidates = candidates
  }

  /** Makes the check for which there is time. @returns null when the next one has to wait */
  next(): Proof | Fault | null {
    const { budget } = this
    if (this.#isTooLong) {
      this.#candidates.reject(Reason.TooLong)
      return this.#candidates.fault()
    }
    if (this.#bad >= budget.limits.badSignatures || !budget.take('signatures')) {
      this.#candidates.reject(Reason.TooMuch)
      return this.#candidates.fault()
    }
    const isNow = this.#isQuick && this.#verifier.quick.take()
    return isNow ? (this.#check() ?? this.next()) : null
  }

  /** Makes the next check, and those after it, when it is their turn. */
  later(): Promise<Proof | Fault> {
    return new Promise((resolve) => {
      this.#resolve = resolve
      this.#wait()
    })
  }

  start(): void {
    if (this.#isQuick) {
      this.#goOn(this.#check())
      return
    }
    const { set, signature, key } = this.#candidates
    const { algorithm, signature: octets } = signature!
    const data = signedData(set, signature!)
    checkSignature(algorithm, key!.key!, data, octets, (isGood) => {
      this.#verifier.turns.done()
      this.#goOn(this.#conclude(isGood, data))
    })
  }

  /** Where one signature is bad many may be: the event loop has no time for those. */
  get #isQuick(): boolean {
    const { set, signature, key } = this.#candidates
    return this.#bad === 0 && key!.isQuick && signedLength(set, signature!) <= QUICK_LENGTH
  }

  get #isTooLong(): boolean {
    const { set, signature } = this.#candidates
    return set.records.length > MANY_RECORDS && signedLength(set, signature!) > MAX_SIGNED_LENGTH
  }

  #wait(): void {
    const { quick, turns } = this.#verifier
    const hasRoom = this.#isQuick ? quick.wait(this) : turns.take(this)
    if (!hasRoom) this.#resolve!(OVERLOADED)
  }

  #goOn(last: Proof | Fault | null): void {
    const result = last ?? this.next()
    if (result === null) this.#wait()
    else this.#resolve!(result)
  }

  /** @returns null when there is another pair to be tried */
  #check(): Proof | Fault | null {
    const { set, signature, key } = this.#candidates
    const { algorithm, signature: octets } = signature!
    const data = signedData(set, signature!)
    return this.#conclude(isGoodSignature(algorithm, key!.key!, data, octets), data)
  }

  /** @returns null when there is another pair to be tried */
  #conclude(isGood: boolean, data: Uint8Array): Proof | Fault | null {
    const { metrics, held } = this.#verifier
    const candidates = this.#candidates
    metrics.signatureChecked(isGood)
    if (isGood) {
      held.add(candidates.set, candidates.signature!, candidates.key!, data)
      return proofOf(candidates)
    }
    this.#bad++
    candidates.reject(Reason.Bad)
    return candidates.next() ? null : candidates.fault()
  }
}

/** The TTL is bounded by all that RFC 4035 §5.3.3 names. */
export function proofOf({ set, signature, now }: Candidates): Proof {
  const sig = signature!
  let ttl = set.ttl < sig.originalTtl ? set.ttl : sig.originalTtl
  if (sig.ttl < ttl) ttl = sig.ttl
  const left = serialDistance(now, sig.expiration)
  if (left < ttl) ttl = left < 0 ? 0 : left
  const owner = signedOwner(set.owner, sig)
  return { ttl, wildcard: owner === set.owner ? null : owner, signature: sig }
}
