// Whether a set of records is what its zone signed (RFC 4035 §5.3). One good signature is enough
// (RFC 6840 §5.4, §5.11); how many are tried is bounded. Cryptography leaves the event loop, but for
// what is done sooner than handed over.

import { randomInt } from 'node:crypto'

import type { AlgorithmPolicy } from './algorithms.ts'
import { Attempt, OVERLOADED, proofOf } from './attempt.ts'
import type { Budget } from './budget.ts'
import { Candidates } from './candidates.ts'
import type { ZoneKeys } from './dnskey.ts'
import { HeldSignatures } from './held-signatures.ts'
import type { Name } from './name.ts'
import { QuickChecks } from './quick-checks.ts'
import type { Rrset, Rrsig } from './rrset.ts'
import { Turns } from './turns.ts'
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
  /** Checks of signatures under way at the same time, off the event loop. */
  readonly underWay: number
  /** Checks on the event loop, in each of its turns. */
  readonly perTurn: number
  /** Checks that may wait for that, of either kind. */
  readonly waiting: number
  /** Octets for signatures that held. */
  readonly memory: number
}

/**
 * All threads of a process share the four that do cryptography, unless told otherwise: more than that
 * under way would keep others from their turns. What waits is done in a tenth of a second. Those of one
 * turn take half a millisecond, as long as what is read at once. A megabyte is some 2,000 signatures.
 */
export const DEFAULT_VERIFIER_LIMITS: VerifierLimits = {
  underWay: 4,
  perTurn: 32,
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

const noMetrics: VerifierMetrics = { signatureChecked() {} }

export class Verifier {
  readonly policy: AlgorithmPolicy
  readonly metrics: VerifierMetrics
  readonly turns: Turns
  readonly held: HeldSignatures
  readonly quick: QuickChecks
  readonly #now: () => number

  constructor(options: VerifierOptions) {
    const { now, policy, limits = DEFAULT_VERIFIER_LIMITS, metrics = noMetrics } = options
    this.policy = policy
    this.metrics = metrics
    this.turns = new Turns(limits)
    this.quick = new QuickChecks(limits)
    this.held = new HeldSignatures({ memory: limits.memory, seed: randomInt(0x1_0000_0000) })
    this.#now = now
  }

  /**
   * Whether one of the set's signatures holds with one of the zone's keys, and if not, why. At once,
   * unless cryptography must tell that takes long. Rejects never.
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
    const attempt = new Attempt(this, candidates, budget)
    return attempt.next() ?? attempt.later()
  }
}

export function isFault(result: Proof | Fault): result is Fault {
  return 'code' in result
}

/** Whether a set could not be checked for want of time: it is neither proven nor bogus. */
export function isOverload(fault: Fault): boolean {
  return fault === OVERLOADED
}
