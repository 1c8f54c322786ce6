// The clock that entries are dated by: it never goes back, and is the same in all threads of the
// process. It goes on while the machine sleeps, as times to live do (RFC 1035 §3.2.1): a laptop that
// wakes up must not serve the addresses of yesterday. The monotonic clock of Node.js stands still
// meanwhile, the machine's uptime does not.

import { uptime } from 'node:os'

export interface SecondsClock {
  /** Whole seconds since some fixed moment before the process started. */
  seconds(): number
}

export interface TimeSources {
  /** Milliseconds, the same in all threads; may stand still while the machine sleeps. */
  readonly monotonic: () => number
  /** Seconds, those of sleep included. */
  readonly uptime: () => number
}

/**
 * Where the clock starts: years before the machine did, so that what outlived a restart of the machine
 * can be dated.
 */
const ORIGIN = 2 ** 28

/** Seconds by which the two sources must drift apart to mean sleep: beyond what rounding does. */
const MIN_SLEEP = 2

export function sharedSecondsClock(sources: TimeSources = systemTime()): SecondsClock {
  return new SleepAwareClock(sources)
}

/** performance.now() counts from each thread's own start; this puts all threads on one scale. */
function systemTime(): TimeSources {
  const [seconds, nanoseconds] = process.hrtime()
  const base = seconds * 1000 + nanoseconds / 1e6 - performance.now()
  return { monotonic: () => base + performance.now(), uptime }
}

class SleepAwareClock implements SecondsClock {
  readonly #sources: TimeSources
  /** By the monotonic clock, when the uptime was read last. */
  #readAt: number
  /** Whole seconds that the uptime is ahead of the monotonic clock; below zero in some containers. */
  #ahead: number

  constructor(sources: TimeSources) {
    this.#sources = sources
    this.#readAt = this.#monotonic()
    this.#ahead = this.#lead()
  }

  seconds(): number {
    const now = this.#monotonic()
    // The uptime costs a system call, so it is read once a second.
    if (now !== this.#readAt) {
      this.#readAt = now
      const lead = this.#lead()
      if (lead >= this.#ahead + MIN_SLEEP) this.#ahead = lead
    }
    return (now + this.#ahead + ORIGIN) | 0
  }

  #monotonic(): number {
    return (this.#sources.monotonic() / 1000) | 0
  }

  #lead(): number {
    return Math.round(this.#sources.uptime() - this.#sources.monotonic() / 1000)
  }
}
