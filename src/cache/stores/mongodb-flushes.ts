// Flushes of others: a replica set tells of them at once by a change stream, any other server is asked
// every second. A stream that breaks is taken up again by the driver where it left off; where that
// cannot be, we ask, and try a stream again later.

import type * as Driver from 'mongodb'
import type { FlushDocument } from './mongodb.ts'
import type { Flush } from './store.ts'

export interface FlushWatchOptions {
  readonly collection: Pick<Driver.Collection<FlushDocument>, 'watch'>
  /** Flushes of some time and later. */
  readonly since: (at: number) => Promise<readonly Flush[]>
  readonly onFlush: (flush: Flush) => void
  readonly onNotice: (error: unknown) => void
}

/** Milliseconds between questions where there is no stream. */
const POLL_INTERVAL = 1_000

/** Milliseconds that a server waits for something to tell; so long it takes to see that it is gone. */
const STREAM_WAIT = 1_000

/** Milliseconds until a stream is tried again. */
const STREAM_AGAIN = 60_000

/** Milliseconds that a flush is told of, for the clocks of proxies differ, and they may be cut off. */
const NEWS_FOR = 60_000

type Stream = Driver.ChangeStream<FlushDocument, Driver.ChangeStreamDocument<FlushDocument>>

export class FlushWatch {
  readonly #options: FlushWatchOptions
  #stream: Stream | null = null
  #timer: NodeJS.Timeout | null = null
  #streamAgainAt = 0
  #closed = false

  constructor(options: FlushWatchOptions) {
    this.#options = options
    void this.#watch()
  }

  close(): void {
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#stream?.close().catch(() => {})
  }

  async #watch(): Promise<void> {
    if (performance.now() >= this.#streamAgainAt) await this.#follow()
    if (this.#closed) return
    await this.#poll()
    if (!this.#closed) this.#timer = setTimeout(() => void this.#watch(), POLL_INTERVAL).unref()
  }

  /** Follows a stream until there is none. */
  async #follow(): Promise<void> {
    const { collection, onFlush, onNotice } = this.#options
    const stream: Stream = collection.watch([{ $match: { operationType: 'insert' } }], {
      maxAwaitTimeMS: STREAM_WAIT,
    })
    this.#stream = stream
    try {
      let change = await stream.tryNext()
      // Those of the time before the stream.
      await this.#poll()
      for (;;) {
        if (change?.operationType === 'insert') onFlush(flushOf(change.fullDocument))
        change = await stream.next()
      }
    } catch (error) {
      if (!this.#closed) onNotice(error)
    }
    this.#stream = null
    this.#streamAgainAt = performance.now() + STREAM_AGAIN
    await stream.close().catch(() => {})
  }

  async #poll(): Promise<void> {
    try {
      const flushes = await this.#options.since(Date.now() - NEWS_FOR)
      if (!this.#closed) flushes.forEach(this.#options.onFlush)
    } catch {
      // There is a next time.
    }
  }
}

function flushOf({ name, subtree, at }: FlushDocument): Flush {
  return { name, subtree, at }
}
