// A file on this machine's disk as a store, by LMDB: for a warm start without a server. All workers
// have it open at once, and so may other processes of the machine.

import { createRequire } from 'node:module'
import type * as Lmdb from 'lmdb'
import type { Flush, Store, StoredEntry } from './store.ts'

export interface DiskStoreOptions {
  /** The folder; it is made where it is missing. */
  readonly path: string
  /** Octets that the file may grow to. */
  readonly size: number
}

/** Milliseconds between looks at the flushes of others. */
const FLUSH_INTERVAL = 1_000

/** Milliseconds between looks for what may be forgotten, and entries looked at each time. */
const SWEEP_INTERVAL = 10_000
const SWEEP_ENTRIES = 5_000

/** What stands before a record: when it may be forgotten, in milliseconds since 1970. */
const EXPIRY_LENGTH = 8

export class DiskStore implements Store {
  readonly #root: Lmdb.RootDatabase<Buffer, string>
  readonly #answers: Lmdb.Database<Buffer, string>
  readonly #claims: Lmdb.Database<Buffer, string>
  readonly #flushes: Lmdb.Database<string, string>
  readonly #timers: NodeJS.Timeout[] = []
  #seenFlush = Date.now()
  /** Where the sweep goes on. */
  #swept = ''

  /** @throws when the package `lmdb` is not installed, or the folder cannot be used */
  constructor({ path, size }: DiskStoreOptions) {
    const { open } = createRequire(import.meta.url)('lmdb') as typeof Lmdb
    this.#root = open({ path, mapSize: size, maxDbs: 3 })
    this.#answers = this.#root.openDB({ name: 'answers', encoding: 'binary' })
    this.#claims = this.#root.openDB({ name: 'claims', encoding: 'binary' })
    this.#flushes = this.#root.openDB({ name: 'flushes', encoding: 'string' })
    this.#timers.push(setInterval(() => this.#sweep(), SWEEP_INTERVAL).unref())
  }

  get(key: string): Promise<Uint8Array | null> {
    const value = this.#answers.get(key)
    const isThere = value !== undefined && value.readDoubleBE(0) > Date.now()
    return Promise.resolve(isThere ? value.subarray(EXPIRY_LENGTH) : null)
  }

  async put(entries: readonly StoredEntry[]): Promise<void> {
    const written = entries.map(({ key, record, expiresAt }) => {
      const value = Buffer.allocUnsafe(EXPIRY_LENGTH + record.length)
      value.writeDoubleBE(expiresAt, 0)
      value.set(record, EXPIRY_LENGTH)
      return this.#answers.put(key, value)
    })
    await Promise.all(written)
  }

  claim(key: string, ttl: number): Promise<boolean> {
    const now = Date.now()
    return this.#claims.transaction(() => {
      const held = this.#claims.get(key)
      if (held !== undefined && held.readDoubleBE(0) > now) return false
      const value = Buffer.allocUnsafe(EXPIRY_LENGTH)
      value.writeDoubleBE(now + ttl, 0)
      void this.#claims.put(key, value)
      return true
    })
  }

  async flush(flush: Flush, expiresAt: number): Promise<void> {
    const key = `${flush.at} ${flush.subtree ? '*.' : ''}${flush.name}`
    await this.#flushes.put(key, JSON.stringify({ ...flush, expiresAt }))
  }

  flushes(): Promise<readonly Flush[]> {
    return Promise.resolve(this.#flushesSince(0))
  }

  onFlush(listener: (flush: Flush) => void): void {
    const look = () => {
      for (const flush of this.#flushesSince(this.#seenFlush)) {
        this.#seenFlush = Math.max(this.#seenFlush, flush.at)
        listener(flush)
      }
    }
    this.#timers.push(setInterval(look, FLUSH_INTERVAL).unref())
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await this.#root.close()
  }

  #flushesSince(at: number): Flush[] {
    const now = Date.now()
    const found: Flush[] = []
    for (const { key, value } of this.#flushes.getRange()) {
      const flush = JSON.parse(value) as Flush & { readonly expiresAt: number }
      if (flush.expiresAt <= now) void this.#flushes.remove(key)
      else if (flush.at > at) found.push({ name: flush.name, subtree: flush.subtree, at: flush.at })
    }
    return found
  }

  /** Forgets what is past its time among the next few entries. */
  #sweep(): void {
    const now = Date.now()
    let last = ''
    for (const { key, value } of this.#answers.getRange({
      start: this.#swept,
      limit: SWEEP_ENTRIES,
    })) {
      if (value.readDoubleBE(0) <= now) void this.#answers.remove(key)
      last = key
    }
    this.#swept = last
  }
}
