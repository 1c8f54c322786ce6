// When to stop waiting, for many who wait equally long: they lapse in the order they came, so one
// timer serves all, and who is answered in time costs none.

/** Somebody who waits. */
export interface Waiting {
  /** Whether it has been answered. */
  readonly settled: boolean
  lapse(): void
}

export interface DeadlinesOptions {
  /** Milliseconds that each waits. */
  readonly after: number
  /** Milliseconds that only grow. */
  readonly now: () => number
}

interface Link {
  readonly waiting: Waiting
  readonly lapsesAt: number
  next: Link | null
}

export class Deadlines {
  readonly #options: DeadlinesOptions
  #first: Link | null = null
  #last: Link | null = null
  #isArmed = false

  constructor(options: DeadlinesOptions) {
    this.#options = options
  }

  /** @param now what the clock says */
  add(waiting: Waiting, now: number): void {
    const { after } = this.#options
    const link = { waiting, lapsesAt: now + after, next: null }
    if (this.#last === null) this.#first = link
    else this.#last.next = link
    this.#last = link
    if (!this.#isArmed) setTimeout(this.#expire, after)
    this.#isArmed = true
  }

  /** Where this thread was held up, answers that came meanwhile are read before anybody lapses. */
  readonly #expire = (): void => {
    setImmediate(this.#sweep)
  }

  readonly #sweep = (): void => {
    const now = this.#options.now()
    for (let link = this.#first; link !== null; link = this.#first) {
      const { waiting, lapsesAt } = link
      if (!waiting.settled && lapsesAt > now) break
      // Taken out first: who lapses may come again at once.
      this.#first = link.next
      if (this.#first === null) this.#last = null
      if (!waiting.settled) waiting.lapse()
    }
    const first = this.#first
    this.#isArmed = first !== null
    if (first !== null) setTimeout(this.#expire, first.lapsesAt - now)
  }
}
