// For tests: a store in this process's memory that can be made to hang, to fail, and to lie.

import type { Flush, Store, StoredEntry } from './store.ts'

/** What several stores see of the same engine. */
export class SharedMemory {
  readonly records = new Map<string, { record: Uint8Array; expiresAt: number }>()
  readonly claims = new Map<string, number>()
  readonly flushes: { flush: Flush; expiresAt: number }[] = []
  readonly listeners: ((flush: Flush) => void)[] = []
}

export class MemoryStore implements Store {
  readonly memory: SharedMemory
  /** Every call so far, in order. */
  readonly calls: string[] = []
  /** What becomes of calls: they end, they never do, or they fail. */
  mood: 'well' | 'hung' | 'broken' = 'well'
  readonly #now: () => number
  #waiting: (() => void)[] = []

  constructor(memory: SharedMemory = new SharedMemory(), now: () => number = Date.now) {
    this.memory = memory
    this.#now = now
  }

  async get(key: string): Promise<Uint8Array | null> {
    await this.#enter('get')
    const found = this.memory.records.get(key)
    return found === undefined || found.expiresAt <= this.#now() ? null : found.record
  }

  async put(entries: readonly StoredEntry[]): Promise<void> {
    await this.#enter('put')
    for (const { key, record, expiresAt } of entries) {
      this.memory.records.set(key, { record: Uint8Array.from(record), expiresAt })
    }
  }

  async claim(key: string, ttl: number): Promise<boolean> {
    await this.#enter('claim')
    const { claims } = this.memory
    if ((claims.get(key) ?? 0) > this.#now()) return false
    claims.set(key, this.#now() + ttl)
    return true
  }

  async flush(flush: Flush, expiresAt: number): Promise<void> {
    await this.#enter('flush')
    this.memory.flushes.push({ flush, expiresAt })
    for (const listener of this.memory.listeners) listener(flush)
  }

  async flushes(): Promise<readonly Flush[]> {
    await this.#enter('flushes')
    const now = this.#now()
    return this.memory.flushes.flatMap((one) => (one.expiresAt > now ? [one.flush] : []))
  }

  onFlush(listener: (flush: Flush) => void): void {
    this.memory.listeners.push(listener)
  }

  close(): Promise<void> {
    this.mood = 'broken'
    return Promise.resolve()
  }

  /** Lets calls that hang go on. */
  release(): void {
    this.mood = 'well'
    for (const go of this.#waiting.splice(0)) go()
  }

  async #enter(call: string): Promise<void> {
    this.calls.push(call)
    if (this.mood === 'broken') throw new Error('the store is broken')
    if (this.mood === 'hung') {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
      })
    }
  }
}
