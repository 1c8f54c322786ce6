// How much work one question may cause, however its answer is made (CVE-2023-50387, "KeyTrap";
// CVE-2023-50868). What exceeds it is bogus.

import type { Line } from './turns.ts'

export interface WorkLimits {
  /** Signatures checked, good or bad. */
  readonly signatures: number
  /** Signatures over one set that turn out bad before it is given up. */
  readonly badSignatures: number
  /** Keys tried for one signature: those of one algorithm and key tag. */
  readonly keysPerTag: number
  /** Hashes of NSEC3, every iteration counted. */
  readonly hashes: number
  /** DNSKEY and DS records asked for. */
  readonly questions: number
  /** Signatures checked to prove keys and delegations on the way. */
  readonly chainSignatures: number
  /** The same for hashes. */
  readonly chainHashes: number
  /** CNAME and DNAME records followed. */
  readonly hops: number
}

/**
 * Honest answers need fewer than 10 signatures, one key for each, and 20 questions with a chain of 8
 * zones from scratch. With every iteration that RFC 9276 lets pass, 50, a name of 40 labels can be hashed.
 * The longest chains are those of IPv6 addresses: 34 labels, most of which only exist.
 */
export const DEFAULT_WORK: WorkLimits = {
  signatures: 32,
  badSignatures: 4,
  keysPerTag: 2,
  hashes: 2_048,
  questions: 48,
  chainSignatures: 64,
  chainHashes: 4_096,
  hops: 16,
}

/**
 * What it may take to prove one delegation and the keys there, which many questions share: the same for
 * all of them, so that none finds it too much for having asked for much before. A proof that there is no
 * delegation has three sets, and keys and algorithms that change double them.
 */
export const ZONE_WORK: WorkLimits = { ...DEFAULT_WORK, signatures: 16, hashes: 1_024 }

/** What of a kind of work is left to a question. */
export type Work =
  | 'signatures'
  | 'hashes'
  | 'questions'
  | 'chainSignatures'
  | 'chainHashes'
  | 'hops'

export class Budget {
  readonly limits: WorkLimits
  /** Its checks of signatures that wait for their turns. */
  line: Line | null = null
  /** Whether there was not enough for something. */
  isSpent = false
  /** When no more may be asked for, in seconds of the chain's clock; null before anything was. */
  endsAt: number | null = null
  readonly #left: Record<Work, number>

  constructor(limits: WorkLimits = DEFAULT_WORK) {
    const { signatures, hashes, questions, chainSignatures, chainHashes, hops } = limits
    this.limits = limits
    this.#left = { signatures, hashes, questions, chainSignatures, chainHashes, hops }
  }

  /** How much of it was taken. */
  spent(work: Work): number {
    return this.limits[work] - this.#left[work]
  }

  /** Whether there was that much left, which is then taken. */
  take(work: Work, amount = 1): boolean {
    if (this.#left[work] < amount) {
      this.isSpent = true
      return false
    }
    this.#left[work] -= amount
    return true
  }
}
