// How much a client may do that asks nothing. Each such thing is allowed and many have their uses; it
// is the number that makes an attack of them: streams reset as soon as opened (CVE-2023-44487) or made
// to be reset by us (CVE-2025-8671), floods of PING, SETTINGS, PRIORITY, empty frames, and windows
// opened octet by octet. Every answer earns some of it back, and so does time.

/** What one thing of a kind costs. */
export const Cost = {
  /** PRIORITY, a window update, a frame of an unknown type, one for a stream that is no more. */
  Frame: 1,
  /** Calls for an answer. */
  Ping: 2,
  Empty: 2,
  /** The client gives up what it asked; all that it may ask at once, when an upstream hangs. */
  Cancel: 3,
  /** Calls for an answer, and may change every stream. */
  Settings: 10,
  /** A stream that we have to reset, since it breaks a rule. */
  Reset: 10,
} as const

/** What is left to a client that did nothing of the kind yet. */
const FULL = 1_000

const PER_ANSWER = 2
const PER_SECOND = 50

export class Patience {
  #left = FULL

  /** Whether it has come to its end. */
  get lost(): boolean {
    return this.#left < 0
  }

  spend(cost: number): void {
    this.#left -= cost
  }

  /** A request has been answered. */
  answered(): void {
    if (this.#left < FULL) this.#left = Math.min(FULL, this.#left + PER_ANSWER)
  }

  /** A second has passed. */
  rest(): void {
    this.#left = Math.min(FULL, this.#left + PER_SECOND)
  }
}
