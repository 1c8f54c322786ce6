// Whether the store is worth asking. It is a convenience: a store that hangs or fails must not cost
// queries more than a bounded few milliseconds, so after a few failures in a row it is left alone,
// and one question now and then finds out whether it is back.

/** Failures in a row, too late answers among them, after which the store is left alone. */
const FAILURES = 5

/** Milliseconds until it is tried again; doubled at each failure. */
const FIRST_BACK_OFF = 100
const LAST_BACK_OFF = 5_000

export interface CircuitOptions {
  /** Milliseconds that only grow. */
  readonly now: () => number
  readonly onOpened: () => void
  readonly onClosed: () => void
}

export class Circuit {
  readonly #options: CircuitOptions
  #failures = 0
  #open = false
  #backOff = FIRST_BACK_OFF
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
    this.#backOff = FIRST_BACK_OFF
    this.#options.onClosed()
  }

  onFailure(): void {
    this.#failures++
    const now = this.#options.now()
    if (this.#open) {
      this.#backOff = Math.min(2 * this.#backOff, LAST_BACK_OFF)
      this.#retryAt = now + this.#backOff
    } else if (this.#failures >= FAILURES) {
      this.#open = true
      this.#retryAt = now + this.#backOff
      this.#options.onOpened()
    }
  }
}
