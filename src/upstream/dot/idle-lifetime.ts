// How long connections to one upstream may lie idle: what is configured, or less where the upstream
// was seen to close sooner. A query written into a closing connection has to be sent twice.

/** Of the time after which an idle connection was seen to be closed by the upstream, ours. */
const SHARE = 0.75

/** Closed sooner than this after the last octet, a connection did not die of idleness. */
const MIN_LIFETIME = 1_000

/** A restart of the upstream looks the same, so what was learned is forgotten in time. */
const REMEMBERED = 600_000

export class IdleLifetime {
  readonly #configured: number
  #learned = 0
  #learnedUntil = -Infinity

  /** @param options.configured milliseconds */
  constructor(options: { readonly configured: number }) {
    this.#configured = options.configured
  }

  /** Milliseconds after which an idle connection should be closed. */
  timeout(now: number): number {
    return now < this.#learnedUntil ? this.#learned : this.#configured
  }

  /** The upstream closed a connection that had been idle for so many milliseconds. */
  onClosed(idle: number, now: number): void {
    const learned = idle * SHARE
    if (idle < MIN_LIFETIME || learned >= this.timeout(now)) return
    this.#learned = learned
    this.#learnedUntil = now + REMEMBERED
  }
}
