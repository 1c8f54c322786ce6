// Which ranges stay when there is no room for all. New ones wait in a queue of their own, and move to
// the main one when they were of use meanwhile; the others are forgotten but for their hashes. So a flood
// of ranges that are good for one name each (RFC 4470, RFC 9824) pushes out but its like
// (S3-FIFO, as in the cache).

import type { Range } from './range.ts'

/** The part of the memory that ranges may have which were of no use yet. */
const TRIAL_SHARE = 0.1

/** Hashes of ranges that were forgotten, a power of two: some of all ranges that there is room for. */
const GHOSTS = 4_096

class Queue {
  size = 0
  #oldest: Range | null = null
  #newest: Range | null = null

  get oldest(): Range | null {
    return this.#oldest
  }

  push(range: Range): void {
    range.older = this.#newest
    range.newer = null
    if (this.#newest === null) this.#oldest = range
    else this.#newest.newer = range
    this.#newest = range
    this.size += range.size
  }

  remove(range: Range): void {
    if (range.older === null) this.#oldest = range.newer
    else range.older.newer = range.newer
    if (range.newer === null) this.#newest = range.older
    else range.newer.older = range.older
    range.older = null
    range.newer = null
    this.size -= range.size
  }

  clear(): void {
    this.size = 0
    this.#oldest = null
    this.#newest = null
  }
}

export interface RetentionOptions {
  /** Octets that all ranges may take. */
  readonly memory: number
  /** Takes a range out of its zone. It has left its queue already. */
  readonly onDropped: (range: Range) => void
}

export class Retention {
  readonly #options: RetentionOptions
  readonly #ghosts = new Int32Array(GHOSTS)
  readonly #onTrial = new Queue()
  readonly #proven = new Queue()
  /** Octets of what belongs to ranges, such as their zones. */
  extra = 0

  constructor(options: RetentionOptions) {
    this.#options = options
  }

  /** Octets. */
  get size(): number {
    return this.#onTrial.size + this.#proven.size + this.extra
  }

  add(range: Range): void {
    const hash = range.hash()
    range.isProven = this.#ghosts[hash & (GHOSTS - 1)] === hash
    this.#queueOf(range).push(range)
    this.#makeRoom()
  }

  /** Changes a range that is there. */
  update(range: Range, change: () => void): void {
    const queue = this.#queueOf(range)
    queue.size -= range.size
    change()
    queue.size += range.size
    this.#makeRoom()
  }

  remove(range: Range): void {
    this.#queueOf(range).remove(range)
  }

  clear(): void {
    this.#onTrial.clear()
    this.#proven.clear()
    this.extra = 0
  }

  #remember(hash: number): void {
    this.#ghosts[hash & (GHOSTS - 1)] = hash
  }

  #queueOf({ isProven }: Range): Queue {
    return isProven ? this.#proven : this.#onTrial
  }

  #makeRoom(): void {
    const { memory } = this.#options
    while (this.size > memory) {
      const isTrial = this.#onTrial.size > memory * TRIAL_SHARE || this.#proven.oldest === null
      const range = (isTrial ? this.#onTrial : this.#proven).oldest
      if (range === null) return
      this.remove(range)
      if (range.isUsed) {
        range.isUsed = false
        range.isProven = true
        this.#proven.push(range)
      } else {
        if (isTrial) this.#remember(range.hash())
        this.#options.onDropped(range)
      }
    }
  }
}
