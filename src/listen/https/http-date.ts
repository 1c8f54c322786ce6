// The time as HTTP writes it (RFC 9110 §5.6.7), made once a second: an answer that may be cached must
// say when it was made (§6.6.1).

const SECOND = 1_000

export class HttpDate {
  readonly #now: () => number
  #second = -1
  #octets: Uint8Array = new Uint8Array(0)

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now
  }

  /** The present second, 29 octets of ASCII. */
  get octets(): Uint8Array {
    const second = Math.floor(this.#now() / SECOND)
    if (second !== this.#second) {
      this.#second = second
      this.#octets = new Uint8Array(Buffer.from(new Date(second * SECOND).toUTCString(), 'latin1'))
    }
    return this.#octets
  }
}
