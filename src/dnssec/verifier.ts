// Whether a set of records is what its zone signed (RFC 4035 §5.3). One good signature is enough
// (RFC 6840 §5.4, §5.11); how many are tried is bounded. Cryptography leaves the event loop.

import { randomInt } from 'node:crypto'

import { ExtendedError } from '../wire/edns.ts'
import type { AlgorithmPolicy } from './algorithms.ts'
import type { Budget } from './budget.ts'
import { Candidates, Reason } from './candidates.ts'
import { checkSignature } from './check-signature.ts'
import type { ZoneKeys } from './dnskey.ts'
import { HeldSignatures } from './held-signatures.ts'
import type { Name } from './name.ts'
import type { Rrset, Rrsig } from './rrset.ts'
import { serialDistance, signedData, signedOwner } from './signature.ts'
import { type Check, Turns } from './turns.ts'
import type { Fault } from './verdict.ts'

/** A set was signed by its zone. */
export interface Proof {
  /** Seconds that it may be kept: no longer than the signer meant, nor than the signature holds. */
  readonly ttl: number
  /** What it was expanded from, such as "*.example."; null when its own name was signed. */
  readonly wildcard: Name | null
  readonly signature: Rrsig
}

export interface VerifierMetrics {
  signatureChecked(isGood: boolean): void
}

export interface VerifierLimits {
  /** Checks of signatures under way at the same time. */
  readonly underWay: number
  /** Checks that may wait for that. */
  readonly waiting: number
  /** Octets for signatures that held. */
  readonly memory: number
}

/**
 * All threads of a process share the four that do cryptography, unless told otherwise: more than that
 * under way would keep others from their turns. What waits is done in a tenth of a second. A megabyte
 * is some 2,000 signatures.
 */
export const DEFAULT_VERIFIER_LIMITS: VerifierLimits = {
  underWay: 4,
  waiting: 1_024,
  memory: 1_048_576,
}

export interface VerifierOptions {
  /** Seconds since 1970. */
  readonly now: () => number
  readonly policy: AlgorithmPolicy
  readonly limits?: VerifierLimits
  readonly metrics?: VerifierMetrics
}

/** What there is instead of a check when too many wait: that says nothing about the data. */
const OVERLOADED: Fault = {
  code: ExtendedError.Other,
  text: 'too many signatures wait to be checked',
}

const noMetrics: VerifierMetrics = { signatureChecked() {} }

export class Verifier {
  readonly policy: AlgorithmPolicy
  readonly metrics: VerifierMetrics
  readonly turns: Turns
  readonly held: HeldSignatures
  readonly #now: () => number

  constructor(options: VerifierOptions) {
    const { now, policy, limits = DEFAULT_VERIFIER_LIMITS, metrics = noMetrics } = options
    this.policy = policy
    this.metrics = metrics
    this.turns = new Turns(limits)
    this.held = new HeldSignatures({ memory: limits.memory, seed: randomInt(0x1_0000_0000) })
    this.#now = now
  }

  /**
   * Whether one of the set's signatures holds with one of the zone's keys, and if not, why. At once,
   * unless cryptography must tell. Rejects never.
   */
  verify(set: Rrset, zone: ZoneKeys, budget: Budget): Proof | Fault | Promise<Proof | Fault> {
    const candidates = new Candidates({
      set,
      zone,
      now: this.#now(),
      policy: this.policy,
      keysPerTag: budget.limits.keysPerTag,
      revoked: false,
    })
    if (!candidates.next()) return candidates.fault()
    if (this.held.has(set, candidates.signature!, candidates.key!)) return proofOf(candidates)
    return new Promise((resolve) => new Attempt(this, candidates, budget, resolve).next())
  }
}

export function isFault(result: Proof | Fault): result is Fault {
  return 'code' in result
}

/** Whether a set could not be checked for want of time: it is neither proven nor bogus. */
export function isOverload(fault: Fault): boolean {
  return fault === OVERLOADED
}

/** The tries to prove one set, one after the other. */
class Attempt implements Check {
  readonly budget: Budget
  behind: Check | null = null
  readonly #verifier: Verifier
  readonly #candidates: Candidates
  readonly #resolve: (result: Proof | Fault) => void
  #data: Uint8Array | null = null
  #bad = 0

  constructor(
    verifier: Verifier,
    candidates: Candidates,
    budget: Budget,
    resolve: (result: Proof | Fault) => void,
  ) {
    this.budget = budget
    this.#verifier = verifier
    this.#candidates = candidates
    this.#resolve = resolve
  }

  next(): void {
    const { budget } = this
    if (this.#bad >= budget.limits.badSignatures || !budget.take('signatures')) {
      this.#candidates.reject(Reason.TooMuch)
      this.#resolve(this.#candidates.fault())
    } else if (!this.#verifier.turns.take(this)) this.#resolve(OVERLOADED)
  }

  start(): void {
    const { set, signature, key } = this.#candidates
    const { algorithm, signature: octets } = signature!
    const data = signedData(set, signature!)
    this.#data = data
    checkSignature(algorithm, key!.key!, data, octets, (isGood) => this.#done(isGood))
  }

  #done(isGood: boolean): void {
    const { turns, metrics, held } = this.#verifier
    const candidates = this.#candidates
    turns.done()
    metrics.signatureChecked(isGood)
    if (isGood) {
      held.add(candidates.set, candidates.signature!, candidates.key!, this.#data!)
      this.#resolve(proofOf(candidates))
      return
    }
    this.#bad++
    candidates.reject(Reason.Bad)
    if (candidates.next()) this.next()
    else this.#resolve(candidates.fault())
  }
}

/** The TTL is bounded by all that RFC 4035 §5.3.3 names. */
function proofOf({ set, signature, now }: Candidates): Proof {
  const sig = signature!
  let ttl = set.ttl < sig.originalTtl ? set.ttl : sig.originalTtl
  if (sig.ttl < ttl) ttl = sig.ttl
  const left = serialDistance(now, sig.expiration)
  if (left < ttl) ttl = left < 0 ? 0 : left
  const owner = signedOwner(set.owner, sig)
  return { ttl, wildcard: owner === set.owner ? null : owner, signature: sig }
}
