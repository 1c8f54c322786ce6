// Records on their way into the store: gathered for a moment, written many at a time, and dropped
// rather than waited for. Nothing that clients wait for passes here.

import type { Store, StoredEntry } from './store.ts'

export interface WriteQueueOptions {
  readonly store: Pick<Store, 'put'>
  /** Whether the store is worth the try. */
  readonly admits: () => boolean
  readonly onWritten: (records: number) => void
  readonly onDropped: (records: number) => void
  readonly onFailure: (error: unknown) => void
}

/** What waits at the most: answers of some hundred octets, or fewer of the long ones. */
const MAX_WAITING = 8_192
const MAX_WAITING_OCTETS = 8 * 1024 * 1024

/** What goes in one write: lookups may have to stand behind it. */
const MAX_BATCH = 256
const MAX_BATCH_OCTETS = 256 * 1024

/**
 * Milliseconds that records are gathered for: those who wait for what another proxy asks look for it
 * after three, and it should be there by then. While a write is under way, more gather by themselves.
 */
const GATHERING = 1

/** Milliseconds after which a write has failed, though its engine says nothing. */
const PATIENCE = 2_000

export class WriteQueue {
  readonly #options: WriteQueueOptions
  #waiting: StoredEntry[] = []
  #octets = 0
  #writing = false
  #timer: NodeJS.Timeout | null = null
  #closed = false

  constructor(options: WriteQueueOptions) {
    this.#options = options
  }

  add(entry: StoredEntry): void {
    const octets = this.#octets + entry.record.length
    if (this.#closed || this.#waiting.length >= MAX_WAITING || octets > MAX_WAITING_OCTETS) {
      this.#options.onDropped(1)
      return
    }
    this.#octets = octets
    this.#waiting.push(entry)
    this.#schedule()
  }

  /** Drops what waits. */
  close(): void {
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#drop(this.#waiting.splice(0))
  }

  #schedule(): void {
    if (this.#timer !== null || this.#writing) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      void this.#write()
    }, GATHERING).unref()
  }

  async #write(): Promise<void> {
    const { store, admits, onWritten, onFailure } = this.#options
    this.#writing = true
    const batch = this.#take()
    try {
      if (admits()) {
        await within(store.put(batch), PATIENCE)
        onWritten(batch.length)
      } else {
        this.#drop(batch)
      }
    } catch (error) {
      this.#drop(batch)
      onFailure(error)
    }
    this.#writing = false
    if (this.#waiting.length > 0 && !this.#closed) this.#schedule()
  }

  #take(): StoredEntry[] {
    let [count, octets] = [0, 0]
    for (const { record } of this.#waiting) {
      if (count === MAX_BATCH || (count > 0 && octets + record.length > MAX_BATCH_OCTETS)) break
      count++
      octets += record.length
    }
    this.#octets -= octets
    return this.#waiting.splice(0, count)
  }

  #drop(batch: readonly StoredEntry[]): void {
    if (batch.length > 0) this.#options.onDropped(batch.length)
  }
}

async function within(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms).unref()
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
