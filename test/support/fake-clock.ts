// A clock that stands still until a test moves it.

interface FakeTimer {
  readonly at: number
  readonly callback: () => void
}

export class FakeClock {
  #now: number
  readonly #timers = new Set<FakeTimer>()

  constructor(now = 1_000) {
    this.#now = now
  }

  /** Timers that wait. */
  get timers(): number {
    return this.#timers.size
  }

  now(): number {
    return this.#now
  }

  startTimer(callback: () => void, ms: number): unknown {
    const timer = { at: this.#now + ms, callback }
    this.#timers.add(timer)
    return timer
  }

  stopTimer(timer: unknown): void {
    this.#timers.delete(timer as FakeTimer)
  }

  /** Moves on as a clock does while the machine sleeps: no timer is called. */
  jump(ms: number): void {
    this.#now += ms
  }

  /** Moves on by so many milliseconds, calling timers in their order on the way. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.at <= end)
      const next = due.sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.#timers.delete(next)
      this.#now = next.at
      next.callback()
    }
    this.#now = end
  }
}
