// Whether an upstream is to be asked last for now. After some failures in a row it is demoted, and
// no client's query waits for it; a probe now and then, sent only while there are queries at all,
// finds out when it is back. One answer restores it.

/** Failures in a row: one or two happen to any upstream. */
const FAILURES = 3

/** Milliseconds between probes of a demoted upstream. */
const PROBE_INTERVAL = 2_000

export class Demotion {
  #failures = 0
  #probeAt = 0

  get demoted(): boolean {
    return this.#failures >= FAILURES
  }

  onAnswer(): void {
    this.#failures = 0
  }

  onFailure(now: number): void {
    if (++this.#failures === FAILURES) this.#probeAt = now + PROBE_INTERVAL
  }

  /** Whether a probe should be sent now; saying so counts as sending it. */
  takeProbe(now: number): boolean {
    if (!this.demoted || now < this.#probeAt) return false
    this.#probeAt = now + PROBE_INTERVAL
    return true
  }
}
