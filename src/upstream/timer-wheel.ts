// All deadlines of a worker on one hashed wheel (Varghese and Lauck, 1987, scheme 6): setting and
// cancelling cost a few pointer writes and allocate nothing. The one timer underneath runs only
// while something waits, and sleeps until the next bucket that holds anything.

import type { Clock } from './clock.ts'

/** Milliseconds that a deadline may be late: small beside any network time-out. */
export const RESOLUTION = 10

/** Buckets, a power of two: a turn of 5.12 s, so that usual deadlines stay within one turn. */
const BUCKETS = 512
const MASK = BUCKETS - 1

/** The bucket of entries whose time has come and that are being called. */
const EXPIRED = BUCKETS
const NOWHERE = -1

/** Something with a deadline. It hangs on the wheel itself, at most once at a time. */
export abstract class TimerEntry {
  wheelNext: TimerEntry | null = null
  wheelPrevious: TimerEntry | null = null
  wheelBucket: number = NOWHERE
  /** When it is due, in ticks of `RESOLUTION`. */
  wheelTick = 0

  /** Called once the deadline has passed. Must not throw. */
  abstract expire(): void
}

/** A deadline that calls a function: for things that are few. */
export class Timer extends TimerEntry {
  readonly #callback: () => void

  constructor(callback: () => void) {
    super()
    this.#callback = callback
  }

  override expire(): void {
    this.#callback()
  }
}

export class TimerWheel {
  readonly #clock: Clock
  readonly #heads: (TimerEntry | null)[] = Array.from({ length: BUCKETS + 1 }, () => null)
  #count = 0
  /** Every tick up to this one has been served. */
  #tick = 0
  #timer: unknown = null
  #timerTick = Infinity
  readonly #onTimer = (): void => {
    this.#timer = null
    this.#timerTick = Infinity
    this.advance()
  }

  constructor(options: { clock: Clock }) {
    this.#clock = options.clock
  }

  /** Entries that wait. */
  get size(): number {
    return this.#count
  }

  /** Sets or moves the entry's deadline to `at`, in milliseconds of the clock. */
  schedule(entry: TimerEntry, at: number): void {
    if (entry.wheelBucket !== NOWHERE) this.#unlink(entry)
    else if (this.#count++ === 0) this.#tick = Math.floor(this.#clock.now() / RESOLUTION)
    const due = Math.ceil(at / RESOLUTION)
    const tick = due > this.#tick ? due : this.#tick + 1
    entry.wheelTick = tick
    this.#link(entry, tick & MASK)
    if (tick < this.#timerTick) this.#arm(tick)
  }

  /** Takes the entry off. Does nothing when it does not wait. */
  cancel(entry: TimerEntry): void {
    if (entry.wheelBucket === NOWHERE) return
    this.#unlink(entry)
    this.#count--
  }

  /** Calls every entry whose deadline has passed. The timer does this; tests may. */
  advance(): void {
    const now = Math.floor(this.#clock.now() / RESOLUTION)
    const turn = now - BUCKETS
    for (let tick = this.#tick > turn ? this.#tick + 1 : turn + 1; tick <= now; tick++) {
      this.#collect(tick & MASK, now)
    }
    if (now > this.#tick) this.#tick = now
    // An entry may cancel or set any other while it is called, so each is taken from the head.
    for (;;) {
      const entry = this.#heads[EXPIRED]!
      if (entry === null) break
      this.cancel(entry)
      entry.expire()
    }
    this.#armNext()
  }

  #collect(bucket: number, now: number): void {
    let entry: TimerEntry | null = this.#heads[bucket]!
    while (entry !== null) {
      const next: TimerEntry | null = entry.wheelNext
      if (entry.wheelTick <= now) {
        this.#unlink(entry)
        this.#link(entry, EXPIRED)
      }
      entry = next
    }
  }

  #link(entry: TimerEntry, bucket: number): void {
    const head = this.#heads[bucket]!
    entry.wheelBucket = bucket
    entry.wheelNext = head
    if (head !== null) head.wheelPrevious = entry
    this.#heads[bucket] = entry
  }

  #unlink(entry: TimerEntry): void {
    const { wheelNext: next, wheelPrevious: previous } = entry
    if (previous === null) this.#heads[entry.wheelBucket] = next
    else previous.wheelNext = next
    if (next !== null) next.wheelPrevious = previous
    entry.wheelNext = null
    entry.wheelPrevious = null
    entry.wheelBucket = NOWHERE
  }

  #arm(tick: number): void {
    if (this.#timer !== null) this.#clock.stopTimer(this.#timer)
    const wait = Math.ceil(tick * RESOLUTION - this.#clock.now())
    this.#timerTick = tick
    this.#timer = this.#clock.startTimer(this.#onTimer, wait > 1 ? wait : 1)
  }

  /** Sleeps until the next bucket that holds anything, if only entries of a later turn. */
  #armNext(): void {
    if (this.#count === 0) return
    for (let tick = this.#tick + 1; tick <= this.#tick + BUCKETS; tick++) {
      if (this.#heads[tick & MASK] === null) continue
      if (tick < this.#timerTick) this.#arm(tick)
      return
    }
  }
}
