// Whether queries come at all, seen by all upstreams of a worker together: one that is out of use
// gets none itself, and is worth asking after only while others do.

/** Milliseconds without a query after which nobody is waiting for anything. */
const QUIET = 5_000

export class Traffic {
  #last = -Infinity
  readonly #sleepers: (() => void)[] = []

  /** A query came. */
  note(now: number): void {
    const woken = this.#sleepers.length > 0 && now - this.#last > QUIET
    this.#last = now
    if (woken) this.#wake()
  }

  flows(now: number): boolean {
    return now - this.#last <= QUIET
  }

  /** Calls back, once, when queries come after none did. */
  whenBack(callback: () => void): void {
    this.#sleepers.push(callback)
  }

  forget(callback: () => void): void {
    const at = this.#sleepers.indexOf(callback)
    if (at !== -1) this.#sleepers.splice(at, 1)
  }

  #wake(): void {
    for (const callback of this.#sleepers.splice(0)) callback()
  }
}
