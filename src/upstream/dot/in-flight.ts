// The queries that wait for an answer on one connection, found by message ID. IDs are random and
// unused on that connection (RFC 5452 §4.3; RFC 7766 §6.2.1: never one still in use).

import { randomFillSync } from 'node:crypto'

const NO_SLOT = 0

/** Random 16-bit numbers out of a buffer that is refilled as a whole: a system call is dear. */
export class RandomIds {
  readonly #pool: Uint16Array
  readonly #fill: (buffer: Uint16Array) => void
  #next: number

  constructor(options: { fill?: (buffer: Uint16Array) => void; size?: number } = {}) {
    this.#fill = options.fill ?? randomFillSync
    this.#pool = new Uint16Array(options.size ?? 4096)
    this.#next = this.#pool.length
  }

  next(): number {
    if (this.#next === this.#pool.length) {
      this.#fill(this.#pool)
      this.#next = 0
    }
    return this.#pool[this.#next++]!
  }
}

/** Far fewer than there are IDs, so that a random one is nearly always free. */
const MAX_IN_FLIGHT = 32_768

export class InFlightTable<T extends object> {
  /** For each ID its slot plus one. */
  readonly #slotOfId = new Uint16Array(65_536)
  readonly #entries: (T | null)[]
  readonly #freeSlots: Uint16Array
  #free: number
  readonly #ids: RandomIds

  /** @param options.capacity at most `MAX_IN_FLIGHT` */
  constructor(options: { capacity: number; ids: RandomIds }) {
    const { capacity } = options
    if (capacity < 1 || capacity > MAX_IN_FLIGHT) throw new RangeError(`capacity ${capacity}`)
    this.#ids = options.ids
    this.#entries = Array.from({ length: capacity }, () => null)
    this.#freeSlots = Uint16Array.from({ length: capacity }, (_, slot) => slot)
    this.#free = capacity
  }

  get size(): number {
    return this.#entries.length - this.#free
  }

  get full(): boolean {
    return this.#free === 0
  }

  /** Takes an entry in; must not be called when full. Returns its ID. */
  add(entry: T): number {
    let id = this.#ids.next()
    while (this.#slotOfId[id] !== NO_SLOT) id = this.#ids.next()
    const slot = this.#freeSlots[--this.#free]!
    this.#entries[slot] = entry
    this.#slotOfId[id] = slot + 1
    return id
  }

  get(id: number): T | null {
    const slot = this.#slotOfId[id]!
    return slot === NO_SLOT ? null : this.#entries[slot - 1]!
  }

  /** Frees an ID. Does nothing when it is not in use. */
  delete(id: number): void {
    const slot = this.#slotOfId[id]!
    if (slot === NO_SLOT) return
    this.#slotOfId[id] = NO_SLOT
    this.#entries[slot - 1] = null
    this.#freeSlots[this.#free++] = slot - 1
  }

  /** Takes all entries out. */
  clear(): T[] {
    const all = this.#entries.filter((entry) => entry !== null)
    this.#slotOfId.fill(NO_SLOT)
    this.#entries.fill(null)
    this.#free = this.#entries.length
    for (let slot = 0; slot < this.#free; slot++) this.#freeSlots[slot] = slot
    return all
  }
}
