// Answers in a file, by LMDB. Everything here waits for the disk, so it runs in a thread of its own:
// see disk-thread.ts. It is for one process at a time: see disk-lock.ts.
//
// Nothing is flushed to the disk while the file is in use, which would cost milliseconds for each
// write and wear the disk: the kernel keeps what a killed process has written, and writes it in its
// own time. Only when the machine itself dies may the file be torn, so each boot of the machine has
// a folder of its own, and what an earlier boot left is taken over only where it was closed well.

import { chmodSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type * as Lmdb from 'lmdb'
import { BOOT, PAGE, claimFolder, markFlushed } from './disk-folder.ts'
import type { Flush, StoredEntry } from './store.ts'

export interface DiskFileOptions {
  /** The folder; it is made where it is missing. */
  readonly path: string
  /** Octets that the file may grow to. */
  readonly size: number
}

/** A record as it is put: nobody reads a file, so it has none for people. */
export type DiskEntry = Omit<StoredEntry, 'readable'>

/** What stands before a record: when it may be forgotten, in milliseconds since 1970. */
const EXPIRY_LENGTH = 8

/**
 * Shares of the file that may hold answers, and that are left when that is too much. What is changed
 * is written elsewhere first, and readers hold on to what they began to read, so some must be free.
 */
const FULL = 0.8
const ROOMY = 0.75

/** Entries that are forgotten in one go, so that lookups wait no longer than a millisecond or two. */
const MAX_FORGOTTEN = 500

/** Flushes that are kept: one more than are told apart, so that a reader sees that some are missing. */
const MAX_FLUSHES = 1_001

/** When an entry lapses, and its key. */
type Expiry = [at: number, key: string]
type FlushKey = [at: number, id: string]

export class DiskFile {
  readonly #size: number
  readonly #folder: string
  readonly #root: Lmdb.RootDatabase<Buffer, string>
  readonly #answers: Lmdb.Database<Buffer, string>
  /** Those of all answers, soonest first. */
  readonly #expiries: Lmdb.Database<string, Expiry>
  readonly #flushes: Lmdb.Database<string, FlushKey>

  /** @throws when the package `lmdb` is not installed, or the folder cannot be used */
  constructor({ path, size }: DiskFileOptions) {
    const { open } = createRequire(import.meta.url)('lmdb') as typeof Lmdb
    mkdirSync(path, { recursive: true, mode: 0o700 })
    const openIn = (folder: string) =>
      open<Buffer, string>({
        path: join(folder, 'data.mdb'),
        noSubdir: true,
        mapSize: size,
        pageSize: PAGE,
        maxDbs: 3,
        // Answers tell who looks for what.
        permissionsMode: 0o600,
        noSync: BOOT !== null,
        overlappingSync: false,
      } as Lmdb.RootDatabaseOptionsWithPath)
    this.#size = size
    this.#folder = claimFolder(path, (folder) => {
      const root = openIn(folder)
      const { lastTxnId } = root.getStats() as { lastTxnId: number }
      void root.close()
      return lastTxnId
    })
    chmodSync(this.#folder, 0o700)
    this.#root = openIn(this.#folder)
    this.#answers = this.#root.openDB({ name: 'answers', encoding: 'binary' })
    this.#expiries = this.#root.openDB({ name: 'expiries', encoding: 'string' })
    this.#flushes = this.#root.openDB({ name: 'flushes', encoding: 'string' })
  }

  /** @returns for each key its record, or null */
  get(keys: readonly string[]): (Uint8Array | null)[] {
    this.#lookAnew()
    const now = Date.now()
    return keys.map((key) => {
      const value = this.#answers.get(key)
      const isThere = value !== undefined && value.readDoubleBE(0) > now
      return isThere ? value.subarray(EXPIRY_LENGTH) : null
    })
  }

  /** @throws when there is no room for them, and none can be made; then none of them is kept */
  put(entries: readonly DiskEntry[]): void {
    const write = () => {
      for (const entry of entries) this.#write(entry)
    }
    this.tidy()
    try {
      this.#root.transactionSync(write)
    } catch {
      // A long record needs pages in a row.
      this.#forget(() => true)
      this.#root.transactionSync(write)
    }
  }

  flush(flush: Flush, expiresAt: number): void {
    const id = `${flush.subtree ? '*.' : ''}${flush.name}`
    const now = Date.now()
    this.#root.transactionSync(() => {
      void this.#flushes.put([flush.at, id], JSON.stringify({ ...flush, expiresAt }))
      // As it was before any is removed.
      const latestFirst = Array.from(this.#flushes.getRange({ reverse: true }))
      let kept = 0
      for (const { key, value } of latestFirst) {
        if (kept >= MAX_FLUSHES || readFlush(value).expiresAt <= now) void this.#flushes.remove(key)
        else kept++
      }
    })
  }

  /** Those that still matter, told at some time or later. */
  flushes(since: number): Flush[] {
    this.#lookAnew()
    const now = Date.now()
    return [...this.#flushes.getRange({ start: [since, ''] })]
      .map(({ value }) => readFlush(value))
      .filter(({ expiresAt }) => expiresAt > now)
      .map(({ name, subtree, at }) => ({ name, subtree, at }))
  }

  /** Forgets some of what is past its time and, where the file is full, of what soon will be. */
  tidy(): void {
    const now = Date.now()
    this.#forget((expiresAt) => expiresAt <= now)
    if (this.#used > FULL * this.#size) {
      // What a process that was killed had begun to read holds on to space.
      this.#root.readerCheck()
      this.#forget(() => this.#used > ROOMY * this.#size)
    }
  }

  /** To the end: what is written has reached the disk when this returns. */
  close(): void {
    const { lastTxnId } = this.#root.getStats() as { lastTxnId: number }
    markFlushed(this.#folder, lastTxnId)
    void this.#root.close()
  }

  #write({ key, record, expiresAt }: DiskEntry): void {
    this.#remove(key)
    const value = Buffer.allocUnsafeSlow(EXPIRY_LENGTH + record.length)
    value.writeDoubleBE(expiresAt, 0)
    value.set(record, EXPIRY_LENGTH)
    void this.#answers.put(key, value)
    void this.#expiries.put([expiresAt, key], '')
  }

  #remove(key: string): void {
    const old = this.#answers.get(key)
    if (old === undefined) return
    void this.#expiries.remove([old.readDoubleBE(0), key])
    void this.#answers.remove(key)
  }

  /** @param goes asked of the next to lapse, until it says no */
  #forget(goes: (expiresAt: number) => boolean): void {
    const [first] = this.#expiries.getKeys({ limit: 1 })
    if (first === undefined || !goes(first[0])) return
    this.#root.transactionSync(() => {
      const next = Array.from(this.#expiries.getKeys({ limit: MAX_FORGOTTEN }))
      for (const [expiresAt, key] of next) {
        if (!goes(expiresAt)) return
        void this.#expiries.remove([expiresAt, key])
        void this.#answers.remove(key)
      }
    })
  }

  /** Otherwise all reads of a millisecond see the same state of the file. */
  #lookAnew(): void {
    this.#root.resetReadTxn()
  }

  /** Octets that answers take. */
  get #used(): number {
    return octetsOf(this.#answers) + octetsOf(this.#expiries)
  }
}

interface TreeStats {
  readonly pageSize: number
  readonly treeBranchPageCount: number
  readonly treeLeafPageCount: number
  readonly overflowPages: number
}

function octetsOf(tree: { getStats(): object }): number {
  const { pageSize, treeBranchPageCount, treeLeafPageCount, overflowPages } =
    tree.getStats() as TreeStats
  return pageSize * (treeBranchPageCount + treeLeafPageCount + overflowPages)
}

function readFlush(text: string): Flush & { readonly expiresAt: number } {
  return JSON.parse(text) as Flush & { readonly expiresAt: number }
}
