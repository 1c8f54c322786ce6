// How long an upstream is usually silent while queries wait, so that unusual silence is noticed
// soon: on a busy connection after some ten milliseconds, on one with a slow name now and then
// later. Silence alone condemns nobody; it is the reason to ask for a sign of life.

/** Milliseconds. Schedulers and collectors of either side take so much now and then. */
const FLOOR = 80

/** Of each new observation so much counts, as for round trips in RFC 6298 §2. */
const GAIN = 1 / 8
const DEVIATION_GAIN = 1 / 4
const DEVIATIONS = 4

/** Round trips that an answer to a sign of life may take. */
const ROUND_TRIPS = 2

export class Silence {
  readonly #limit: number
  #mean = 0
  #deviation = 0
  #roundTrip = 0
  #signsCount = true
  /** Connections in a row that were given up before an octet came. */
  #givenUp = 0

  /** @param options.limit milliseconds of silence after which a connection is given up anyway */
  constructor(options: { readonly limit: number }) {
    this.#limit = options.limit
  }

  /** Octets came after so many milliseconds without any, while queries waited. */
  onOctets(silence: number): void {
    this.#givenUp = 0
    const error = silence - this.#mean
    this.#mean += error * GAIN
    this.#deviation += ((error < 0 ? -error : error) - this.#deviation) * DEVIATION_GAIN
  }

  /** A TCP handshake took so many milliseconds: one round trip. */
  onConnected(roundTrip: number): void {
    this.#roundTrip = roundTrip
  }

  /**
   * A connection was given up for its silence. The upstream may be far behind whoever shakes hands for
   * it, so that nothing ever comes in the time that its handshakes suggest: the next gets twice that.
   */
  onGivenUp(): void {
    this.#givenUp++
  }

  /** The upstream answers queries, but not what is asked as a sign of life. */
  onSignIgnored(): void {
    this.#signsCount = false
  }

  /** Milliseconds of silence after which a sign of life is asked for. */
  get unusual(): number {
    const half = this.#limit / 2
    if (!this.#signsCount) return half
    const usual = this.#mean + DEVIATIONS * this.#deviation
    return Math.min(Math.max(FLOOR, usual), half)
  }

  /** Milliseconds that the sign of life may take. */
  get grace(): number {
    const half = this.#limit / 2
    if (!this.#signsCount) return half
    return Math.min((FLOOR + ROUND_TRIPS * this.#roundTrip) * 2 ** this.#givenUp, half)
  }
}
