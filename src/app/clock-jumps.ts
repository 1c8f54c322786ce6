// Notices that the system's clock was set: it is held against one that only goes forward.

import type { Clock } from '../upstream/clock.ts'

/** Milliseconds between two looks. */
const INTERVAL = 60_000

/** Milliseconds from which on it counts. What adjusts clocks all the time does so by less. */
const MIN_JUMP = 3_600_000

export interface ClockJumpsOptions {
  readonly clock: Clock
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** The clock was set to another time, or the machine slept. */
  readonly onJump: () => void
}

export class ClockJumps {
  readonly #options: ClockJumpsOptions
  #difference = 0
  #timer: unknown = null

  constructor(options: ClockJumpsOptions) {
    this.#options = options
  }

  /** Looks from now on; does nothing while it does already. */
  start(): void {
    if (this.#timer !== null) return
    this.#difference = this.#measure()
    this.#wait()
  }

  stop(): void {
    if (this.#timer !== null) this.#options.clock.stopTimer(this.#timer)
    this.#timer = null
  }

  #wait(): void {
    this.#timer = this.#options.clock.startTimer(() => {
      this.#wait()
      const difference = this.#measure()
      const jump = Math.abs(difference - this.#difference)
      if (jump >= MIN_JUMP) this.#options.onJump()
      this.#difference = difference
    }, INTERVAL)
  }

  #measure(): number {
    return this.#options.now() - this.#options.clock.now()
  }
}
