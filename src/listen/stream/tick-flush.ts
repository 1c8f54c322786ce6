// Gathers what was written in one turn of the event loop, so that each connection makes one system
// call for all its answers. setImmediate runs when the turn's I/O has been handled.

export interface Flushable {
  flush(): void
}

export class TickFlush {
  #waiting: Flushable[] = []

  /** Flushes at the end of this turn. The caller adds itself once for a turn. */
  add(item: Flushable): void {
    if (this.#waiting.push(item) === 1) setImmediate(this.#run)
  }

  readonly #run = (): void => {
    const items = this.#waiting
    this.#waiting = []
    for (const item of items) item.flush()
  }
}
