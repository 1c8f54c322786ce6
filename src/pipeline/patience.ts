// How long clients wait before they get a stale answer (RFC 8767 §5: the client response timer). It is
// the same for all questions, counted from when they began, so they run out of patience in that
// order: a list and one timer serve them all.

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
  /** When it ends. */
  #dueAt = 0

  constructor(options: PatienceOptions) {
    this.#options = options
  }

  /** Begins to wait for a question: it has just begun, or somebody has just joined it. */
  add(resolution: Resolution): void {
    let earlier = this.#last
    while (earlier !== null && earlier.startedAt > resolution.startedAt) earlier = earlier.earlier
    const later = earlier === null ? this.#first : earlier.later
    resolution.earlier = earlier
    resolution.later = later
    if (earlier === null) this.#first = resolution
    else earlier.later = resolution
    if (later === null) this.#last = resolution
    else later.earlier = resolution
    resolution.isAwaited = true
    if (earlier === null) this.#arm(resolution)
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

  /** Ends the waiting at once where it has no point any more. */
  giveUp(isPointless: (resolution: Resolution) => boolean): void {
    let next = this.#first
    while (next !== null) {
      const resolution = next
      next = resolution.later
      if (isPointless(resolution)) {
        this.remove(resolution)
        this.#options.onOver(resolution)
      }
    }
  }

  /** One timer goes on where it ends too soon: most questions are answered long before. */
  #arm({ startedAt }: Resolution): void {
    const { clock, limit } = this.#options
    const dueAt = startedAt + limit
    if (this.#timer !== null) {
      if (dueAt >= this.#dueAt) return
      clock.stopTimer(this.#timer)
    }
    this.#dueAt = dueAt
    const left = Math.max(1, Math.ceil(dueAt - clock.now()))
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
