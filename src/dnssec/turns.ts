// Whose signature is checked next. The threads that do cryptography are few and shared by the whole
// process, so a worker has only some checks under way; the others wait, and questions take turns: one
// that needs many checks does not keep those from it that need one.

import type { Budget } from './budget.ts'

/** A check that waits for its turn. */
export interface Check {
  readonly budget: Budget
  /** The one behind it in its line. */
  behind: Check | null
  start(): void
}

/** The checks of one question that wait, in their order. */
export interface Line {
  readonly budget: Budget
  first: Check
  last: Check
  /** The line whose turn comes after it. */
  behind: Line | null
}

export interface TurnsOptions {
  /** Checks under way at the same time. */
  readonly underWay: number
  /** Checks that may wait. */
  readonly waiting: number
}

/**
 * Checks that a question may have had before the other half of the room is none for it: most need fewer,
 * and what is made to need many would otherwise fill it, for those that need one to be refused.
 */
const MODEST = 8

export class Turns {
  readonly #reserve: number
  #free: number
  #room: number
  #first: Line | null = null
  #last: Line | null = null

  constructor({ underWay, waiting }: TurnsOptions) {
    this.#free = underWay
    this.#room = waiting
    this.#reserve = waiting >> 1
  }

  /** Starts the check, now or when its turn comes. @returns false when too many wait already */
  take(check: Check): boolean {
    if (this.#free > 0) {
      this.#free--
      check.start()
      return true
    }
    const isModest = check.budget.spent('signatures') <= MODEST
    if (this.#room <= (isModest ? 0 : this.#reserve)) return false
    this.#room--
    this.#wait(check)
    return true
  }

  /** To be called when a check that was started is over. */
  done(): void {
    const line = this.#first
    if (line === null) {
      this.#free++
      return
    }
    const check = line.first
    this.#first = line.behind
    if (this.#first === null) this.#last = null
    line.behind = null
    if (check.behind === null) {
      line.budget.line = null
    } else {
      line.first = check.behind
      check.behind = null
      this.#append(line)
    }
    this.#room++
    check.start()
  }

  #wait(check: Check): void {
    const { budget } = check
    const { line } = budget
    if (line === null) {
      budget.line = { budget, first: check, last: check, behind: null }
      this.#append(budget.line)
    } else {
      line.last.behind = check
      line.last = check
    }
  }

  #append(line: Line): void {
    if (this.#last === null) this.#first = line
    else this.#last.behind = line
    this.#last = line
  }
}
