// Counts what is taken from all budgets, those for what questions share too.

import { Budget, DEFAULT_WORK, type Work } from '../src/dnssec/budget.ts'

/**
 * Names whose state one question of a fuzz world may have found out: names have few labels, and answers
 * lead through few zones. Each has work of its own, which all share who ask about it.
 */
const MAX_PROVEN = 8

/**
 * Questions to the upstream for one: each that is taken from a budget may be asked once more when its
 * answer is bad, and six names are asked about ahead for every zone that an answer leads through.
 */
const MAX_ASKED = 2 * DEFAULT_WORK.questions * (1 + MAX_PROVEN)

/** What one answer of a fuzz world may take. */
export const WORK_LIMITS: Readonly<Record<Work | 'asked', number>> = {
  signatures: DEFAULT_WORK.signatures * (1 + MAX_PROVEN),
  hashes: DEFAULT_WORK.hashes * (1 + MAX_PROVEN),
  questions: DEFAULT_WORK.questions * (1 + MAX_PROVEN),
  chainSignatures: DEFAULT_WORK.chainSignatures * (1 + MAX_PROVEN),
  chainHashes: DEFAULT_WORK.chainHashes * (1 + MAX_PROVEN),
  hops: DEFAULT_WORK.hops,
  asked: MAX_ASKED,
}

export class WorkMeter {
  taken: Record<string, number> = {}
  readonly #take = Object.getOwnPropertyDescriptor(Budget.prototype, 'take')!

  constructor() {
    const note = (work: Work, amount: number): void => this.note(work, amount)
    const take = this.#take.value as Budget['take']
    Budget.prototype.take = function (this: Budget, work: Work, amount = 1): boolean {
      const isThere = take.call(this, work, amount)
      if (isThere) note(work, amount)
      return isThere
    }
  }

  /** Another input. */
  begin(): void {
    this.taken = {}
  }

  note(work: Work | 'asked', amount = 1): void {
    this.taken[work] = (this.taken[work] ?? 0) + amount
  }

  /** Budgets are as they were before. */
  end(): void {
    Object.defineProperty(Budget.prototype, 'take', this.#take)
  }
}
