// Counts the work that validation is: what is taken from all budgets, those for what questions share too,
// and what is done indeed, whether it was taken from a budget or not.

import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

import { Budget, DEFAULT_WORK, type Work } from '../src/dnssec/budget.ts'
import { type Aside, heapOctets } from './costs.ts'

/**
 * Names whose state one question of a fuzz world may have found out: names have few labels, and answers
 * lead through few zones. Each has work of its own, which all share who ask about it.
 */
const MAX_PROVEN = 8

/** Hashes to find the keys that DS records mean, of one zone, whose answer may be asked for twice. */
const DIGESTS = 2 * 16

export type Counted = Work | 'asked' | 'verified' | 'hashed'

/** What one answer of a fuzz world may take. */
export const WORK_LIMITS: Readonly<Record<Counted, number>> = {
  signatures: DEFAULT_WORK.signatures * (1 + MAX_PROVEN),
  hashes: DEFAULT_WORK.hashes * (1 + MAX_PROVEN),
  questions: DEFAULT_WORK.questions * (1 + MAX_PROVEN),
  chainSignatures: DEFAULT_WORK.chainSignatures * (1 + MAX_PROVEN),
  chainHashes: DEFAULT_WORK.chainHashes * (1 + MAX_PROVEN),
  hops: DEFAULT_WORK.hops,
  // Each question that is taken may be asked once more, when its answer is bad.
  asked: 2 * DEFAULT_WORK.questions * (1 + MAX_PROVEN),
  verified: DEFAULT_WORK.signatures * (1 + MAX_PROVEN),
  hashed: (DEFAULT_WORK.hashes + DIGESTS) * (1 + MAX_PROVEN),
}

export class WorkMeter {
  taken: Partial<Record<Counted, number>> = {}
  readonly #take = Object.getOwnPropertyDescriptor(Budget.prototype, 'take')!
  readonly #crypto = { verify: crypto.verify, hash: crypto.hash }
  #isAside = false
  #asides = { cpu: 0, heap: 0 }

  constructor() {
    const note = (work: Counted, amount: number): void => this.note(work, amount)
    const take = this.#take.value as Budget['take']
    Budget.prototype.take = function (this: Budget, work: Work, amount = 1): boolean {
      const isThere = take.call(this, work, amount)
      if (isThere) note(work, amount)
      return isThere
    }
    const { verify, hash } = this.#crypto
    crypto.verify = counted(verify, () => note('verified', 1))
    crypto.hash = counted(hash, () => note('hashed', 1))
    syncBuiltinESMExports()
  }

  /** What was done aside since `begin`. */
  get asides(): Aside {
    return this.#asides
  }

  /** Another input. */
  begin(): void {
    this.taken = {}
    this.#asides = { cpu: 0, heap: 0 }
  }

  note(work: Counted, amount = 1): void {
    if (!this.#isAside) this.taken[work] = (this.taken[work] ?? 0) + amount
  }

  /** Does what is no part of validation. */
  aside<T>(task: () => T): T {
    const heap = heapOctets()
    const before = process.cpuUsage()
    this.#isAside = true
    try {
      return task()
    } finally {
      const { user, system } = process.cpuUsage(before)
      this.#asides.cpu += user + system
      // Garbage that was collected counts below zero, here and in the whole.
      this.#asides.heap += heapOctets() - heap
      this.#isAside = false
    }
  }

  /** Budgets and cryptography are as they were before. */
  end(): void {
    Object.defineProperty(Budget.prototype, 'take', this.#take)
    Object.assign(crypto, this.#crypto)
    syncBuiltinESMExports()
  }
}

function counted<F extends (...args: never[]) => unknown>(original: F, note: () => void): F {
  return ((...args: Parameters<F>) => {
    note()
    return original(...args)
  }) as F
}
