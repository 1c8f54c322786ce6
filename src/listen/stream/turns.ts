// How the stream connections of a worker share the turns of the event loop. Nobody else is looked at
// while one is served, datagrams least of all, and one read brings a thousand queries: so each
// connection takes a few at a time, and whoever has more waits for the others. What was written in a
// turn leaves at its end, so that each connection makes one system call for all its answers.
//
// setImmediate runs when the turn's I/O has been handled.

/** Queries, or what costs as much, that a connection takes before others have theirs. */
export const SLICE = 32

/** Milliseconds of a turn for those who wait: a fifth of what a client at the door may notice. */
const SHARE = 1

export interface Flushable {
  flush(): void
}

/** Has more to do than fits into one slice. */
export interface Waiter {
  /** Its next slice; if that is not its last, it waits again. */
  goOn(): void
}

export class Turns {
  readonly #clock: () => number
  readonly #waiting = new Queue()
  readonly #beginning = new Queue()
  #flushing: Flushable[] = []
  #isDue = false

  /** @param clock milliseconds that only grow */
  constructor(clock: () => number) {
    this.#clock = clock
  }

  /** Flushes at the end of this turn. The caller adds itself once for a turn. */
  add(item: Flushable): void {
    this.#flushing.push(item)
    this.#come()
  }

  /** Has somebody go on after the others who wait. The caller adds itself once. */
  wait(item: Waiter): void {
    this.#waiting.push(item)
    this.#come()
  }

  /** As `wait`, for a TLS handshake. It takes as long as hundreds of queries: one for each turn. */
  waitToBegin(item: Waiter): void {
    this.#beginning.push(item)
    this.#come()
  }

  #come(): void {
    if (this.#isDue) return
    this.#isDue = true
    setImmediate(this.#run)
  }

  readonly #run = (): void => {
    this.#isDue = false
    this.#beginning.shift()?.goOn()
    this.#serve()
    const items = this.#flushing
    this.#flushing = []
    for (const item of items) item.flush()
    if (this.#beginning.length + this.#waiting.length > 0) this.#come()
  }

  #serve(): void {
    if (this.#waiting.length === 0) return
    const end = this.#clock() + SHARE
    do this.#waiting.shift()?.goOn()
    while (this.#waiting.length > 0 && this.#clock() < end)
  }
}

/** First in, first out. */
class Queue {
  #items: Waiter[] = []
  #next = 0

  get length(): number {
    return this.#items.length - this.#next
  }

  push(item: Waiter): void {
    this.#items.push(item)
  }

  shift(): Waiter | undefined {
    const item = this.#items[this.#next]
    // What was taken goes when it is the greater part: each item moves once at the most.
    if (item !== undefined && ++this.#next * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#next)
      this.#next = 0
    }
    return item
  }
}
