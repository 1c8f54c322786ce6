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
  /** CNAME and DNAME records followed. */
  readonly hops: number
}

/**
 * Honest answers need fewer than 10 signatures, one key for each, and 20 questions with a chain of 8
 * zones from scratch. With every iteration that RFC 9276 lets pass, 50, a name of 40 labels can be hashed.
 */
export const DEFAULT_WORK: WorkLimits = {
  signatures: 32,
  badSignatures: 4,
  keysPerTag: 2,
  hashes: 2_048,
  questions: 48,
  hops: 16,
}

/** What of a kind of work is left to a question. */
export type Work = 'signatures' | 'hashes' | 'questions' | 'hops'

export class Budget {
  readonly limits: WorkLimits
  /** Its checks of signatures that wait for their turns. */
  line: Line | null = null
  /** Whether there was not enough for something. */
  isSpent = false
  readonly #left: Record<Work, number>

  constructor(limits: WorkLimits = DEFAULT_WORK) {
    const { signatures, hashes, questions, hops } = limits
    this.limits = limits
    this.#left = { signatures, hashes, questions, hops }
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
