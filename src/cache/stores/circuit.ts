// Whether the store is worth asking. It is a convenience: a store that hangs or fails must not cost
// queries more than a bounded few milliseconds, so after a few failures in a row it is left alone,
// and one question now and then finds out whether it is back.

/** Failures in a row, too late answers among them, after which the store is left alone. */
const FAILURES = 5

/** Milliseconds until it is tried again; doubled at each failure. */
const FIRST_BACK_OFF = 100
const LAST_BACK_OFF = 2_000

/**
 * Milliseconds that a store must have been well for to be trusted as before: one that is only just
 * too slow answers in time now and then, and would come and go ten times a second.
 */
const STEADY = 10_000

export interface CircuitOptions {
  /** Milliseconds that only grow. */
  readonly now: () => number
  readonly onOpened: () => void
  readonly onClosed: () => void
}

export class Circuit {
  readonly #options: CircuitOptions
  #failures = 0
  #failedAt = -Infinity
  #open = false
  #backOff = FIRST_BACK_OFF
  #openedAt = 0
  #closedAt = -STEADY
  #retryAt = 0

  constructor(options: CircuitOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#open
  }

  /** Whether to ask now. While the circuit is open, true for one caller at the end of each back-off. */
  admits(): boolean {
    if (!this.#open) return true
    const now = this.#options.now()
    if (now < this.#retryAt) return false
    this.#retryAt = now + this.#backOff
    return true
  }

  onSuccess(): void {
    this.#failures = 0
    if (!this.#open) return
    this.#open = false
    this.#closedAt = this.#options.now()
    this.#options.onClosed()
  }

  /** @param begunAt when the store was asked */
  onFailure(begunAt: number): void {
    if (!this.#open) {
      // Those that were under way together tell no more than one of them: a moment may have been bad.
      if (begunAt < this.#failedAt) return
      this.#failedAt = this.#options.now()
      if (++this.#failures >= FAILURES) this.open()
    } else if (begunAt >= this.#openedAt) {
      // Of those that were under way when it opened, many may follow: they tell nothing new.
      this.#backOff = Math.min(2 * this.#backOff, LAST_BACK_OFF)
      this.#retryAt = this.#options.now() + this.#backOff
    }
  }

  /** The store is known to be out. */
  open(): void {
    if (this.#open) return
    const now = this.#options.now()
    const wasWell = now - this.#closedAt >= STEADY
    this.#backOff = wasWell ? FIRST_BACK_OFF : Math.min(2 * this.#backOff, LAST_BACK_OFF)
    this.#open = true
    this.#failures = 0
    this.#openedAt = now
    this.#retryAt = now + this.#backOff
    this.#options.onOpened()
  }

  /** Something speaks for its being back: the next may ask. */
  hurry(): void {
    this.#retryAt = 0
  }
}
