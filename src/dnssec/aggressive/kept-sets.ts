// Sets that were of use, in bounded memory. When there is no room for another, the oldest goes that was
// of no use since it was looked at last.

import type { HeldSet } from './held-set.ts'

export interface KeptSetsOptions {
  /** Octets. */
  readonly memory: number
  /** Takes a set that has to go. */
  readonly onDropped: (set: HeldSet) => void
}

export class KeptSets {
  readonly #options: KeptSetsOptions
  /** Octets that they take, more or less. */
  size = 0
  #oldest: HeldSet | null = null
  #newest: HeldSet | null = null

  constructor(options: KeptSetsOptions) {
    this.#options = options
  }

  /** Octets that they may take. */
  get memory(): number {
    return this.#options.memory
  }

  /** Its octets must be its own. */
  add(set: HeldSet): void {
    set.isKept = true
    set.isUsed = false
    this.#append(set)
    while (this.size > this.#options.memory) this.#passOldest()
  }

  /** Has one go, if there is one. */
  dropOldest(): void {
    const { size } = this
    while (this.#oldest !== null && this.size === size) this.#passOldest()
  }

  remove(set: HeldSet): void {
    if (set.older === null) this.#oldest = set.newer
    else set.older.newer = set.newer
    if (set.newer === null) this.#newest = set.older
    else set.newer.older = set.older
    set.older = null
    set.newer = null
    set.isKept = false
    this.size -= sizeOf(set)
  }

  clear(): void {
    this.size = 0
    this.#oldest = null
    this.#newest = null
  }

  #append(set: HeldSet): void {
    set.older = this.#newest
    if (this.#newest === null) this.#oldest = set
    else this.#newest.newer = set
    this.#newest = set
    this.size += sizeOf(set)
  }

  #passOldest(): void {
    const set = this.#oldest!
    this.remove(set)
    if (set.isUsed) {
      set.isUsed = false
      set.isKept = true
      this.#append(set)
    } else this.#options.onDropped(set)
  }
}

/** Its octets are no longer in the ring, but its own. */
function sizeOf({ overhead, length }: HeldSet): number {
  return overhead + length
}
