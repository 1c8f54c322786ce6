// Long work in small pieces on a thread that has other things to do as well: after each spell of it,
// the thread's loop turns once.

import { setImmediate as turn } from 'node:timers/promises'

/** Milliseconds of work at a time: what others may have to wait. */
const SPELL = 1

export interface PacerOptions {
  /** Milliseconds that only grow. */
  readonly now?: () => number
  /** Resolves after everybody else has had a turn. */
  readonly rest?: () => Promise<unknown>
}

export class Pacer {
  readonly #now: () => number
  readonly #rest: () => Promise<unknown>
  #until: number

  constructor({ now = () => performance.now(), rest = () => turn() }: PacerOptions = {}) {
    this.#now = now
    this.#rest = rest
    this.#until = now() + SPELL
  }

  /** Whether it is time to `rest`: looked at after each small piece. */
  get isDue(): boolean {
    return this.#now() >= this.#until
  }

  async rest(): Promise<void> {
    await this.#rest()
    this.#until = this.#now() + SPELL
  }

  /** Takes all steps of some work. @returns what it comes to */
  async take<Result>(steps: Iterator<unknown, Result>): Promise<Result> {
    for (;;) {
      const step = steps.next()
      if (step.done === true) return step.value
      if (this.isDue) await this.rest()
    }
  }
}
