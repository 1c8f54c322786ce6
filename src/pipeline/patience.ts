// How long clients wait before they get a stale answer (RFC 8767 §5: the client response timer). It is
// the same for all questions, so they run out of patience in the order in which they came: a list
// and one timer serve them all.

import type { Clock } from '../upstream/clock.ts'
import type { Resolution } from './resolution.ts'

export interface PatienceOptions {
  /** Milliseconds. */
  readonly limit: number
  readonly clock: Clock
  /** A question is still open after that time. */
  readonly onOver: (resolution: Resolution) => void
}

export class Patience {
  readonly #options: PatienceOptions
  #first: Resolution | null = null
  #last: Resolution | null = null
  #timer: unknown = null

  constructor(options: PatienceOptions) {
    this.#options = options
  }

  /** Begins to wait for a question that has just begun. */
  add(resolution: Resolution): void {
    resolution.earlier = this.#last
    if (this.#last === null) this.#first = resolution
    else this.#last.later = resolution
    this.#last = resolution
    resolution.isAwaited = true
    if (this.#timer === null) this.#arm(resolution)
  }

  remove(resolution: Resolution): void {
    if (!resolution.isAwaited) return
    const { earlier, later } = resolution
    if (earlier === null) this.#first = later
    else earlier.later = later
    if (later === null) this.#last = earlier
    else later.earlier = earlier
    resolution.earlier = null
    resolution.later = null
    resolution.isAwaited = false
  }

  #arm(resolution: Resolution): void {
    const { clock, limit } = this.#options
    const left = Math.max(1, Math.ceil(resolution.startedAt + limit - clock.now()))
    this.#timer = clock.startTimer(() => this.#tick(), left)
  }

  #tick(): void {
    const { clock, limit, onOver } = this.#options
    this.#timer = null
    const due = clock.now() - limit
    while (this.#first !== null && this.#first.startedAt <= due) {
      const over = this.#first
      this.remove(over)
      onOver(over)
    }
    if (this.#first !== null) this.#arm(this.#first)
  }
}
