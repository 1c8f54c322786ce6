// Ranges that were of use, in bounded memory. When there is no room for another, the oldest goes that
// was of no use since it was looked at last.

import type { Range } from './range.ts'

export interface KeptRangesOptions {
  /** Octets. */
  readonly memory: number
  /** Takes a range that has to go. */
  readonly onDropped: (range: Range) => void
}

export class KeptRanges {
  readonly #options: KeptRangesOptions
  /** Octets that they take, more or less. */
  size = 0
  #oldest: Range | null = null
  #newest: Range | null = null

  constructor(options: KeptRangesOptions) {
    this.#options = options
  }

  /** Octets that they may take. */
  get memory(): number {
    return this.#options.memory
  }

  /** Its octets must be its own. */
  add(range: Range): void {
    range.isKept = true
    range.isUsed = false
    this.#append(range)
    while (this.size > this.#options.memory) this.#passOldest()
  }

  /** Has one go, if there is one. */
  dropOldest(): void {
    const { size } = this
    while (this.#oldest !== null && this.size === size) this.#passOldest()
  }

  remove(range: Range): void {
    if (range.older === null) this.#oldest = range.newer
    else range.older.newer = range.newer
    if (range.newer === null) this.#newest = range.older
    else range.newer.older = range.older
    range.older = null
    range.newer = null
    range.isKept = false
    this.size -= range.size
  }

  clear(): void {
    this.size = 0
    this.#oldest = null
    this.#newest = null
  }

  #append(range: Range): void {
    range.older = this.#newest
    if (this.#newest === null) this.#oldest = range
    else this.#newest.newer = range
    this.#newest = range
    this.size += range.size
  }

  #passOldest(): void {
    const range = this.#oldest!
    this.remove(range)
    if (range.isUsed) {
      range.isUsed = false
      range.isKept = true
      this.#append(range)
    } else this.#options.onDropped(range)
  }
}
