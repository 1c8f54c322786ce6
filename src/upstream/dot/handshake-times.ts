// How long handshakes with one upstream take, and so how long queries should wait for one.

/** Milliseconds: two or three round trips to a server on the other side of the world. */
const FIRST_PATIENCE = 300
const MIN_PATIENCE = 100

/** Times the usual handshake. */
const PATIENCE = 3

/** Of each new handshake so much counts. */
const GAIN = 1 / 4

export class HandshakeTimes {
  readonly #limit: number
  #usual = 0

  /** @param options.limit milliseconds of patience at the most */
  constructor(options: { readonly limit: number }) {
    this.#limit = options.limit
  }

  /** A handshake, of TCP and TLS, took so many milliseconds. */
  onDone(milliseconds: number): void {
    this.#usual += (milliseconds - this.#usual) * (this.#usual === 0 ? 1 : GAIN)
  }

  /** Milliseconds that a query waits for a handshake before it is better off elsewhere. */
  get patience(): number {
    const patience = this.#usual === 0 ? FIRST_PATIENCE : PATIENCE * this.#usual
    return Math.min(Math.max(MIN_PATIENCE, patience), this.#limit)
  }
}
