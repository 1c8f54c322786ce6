// The fields that a client has had us remember (RFC 7541 §2.3.2, §4). Of a field only what it means
// is kept, and the octets of a path: the rest would be memory at a stranger's pleasure. Its size is
// counted as if all were there, so that both sides agree on what is in it.

import { Field } from './field.ts'

/** What a table may come to when no other size was agreed on (RFC 9113 §6.5.2). */
export const DEFAULT_TABLE_SIZE = 4_096

/** What each entry counts beside its octets (RFC 7541 §4.1). */
export const ENTRY_OVERHEAD = 32

/** Paths lie in a ring of twice the table's size: what is in use, and a gap at the end, always fit. */
const PATHS_LENGTH = 2 * DEFAULT_TABLE_SIZE

/** Entries to begin with: as many as most clients ever have. A power of two, as all that follow. */
const FIRST_CAPACITY = 8

// An entry is four numbers.
const WORDS = 4
/** The field in the low octet, the length of its name above. */
const NAME = 0
const SIZE = 1
const MEANING = 2
/** For a path: where it begins, and its length above. */
const PATH = 3

const NO_ENTRIES = new Int32Array(0)
const NO_PATHS = new Uint8Array(0)

export class DynamicTable {
  /** Octets and overhead of all entries. */
  size = 0
  count = 0
  /** The octets of all paths, among them those of an entry from `pathStartAt` on. */
  paths = NO_PATHS
  #maxSize = DEFAULT_TABLE_SIZE
  /** A ring: an entry for each four of these. */
  #entries = NO_ENTRIES
  /** Where the youngest entry stands in the ring. */
  #youngest = 0
  #pathsEnd = 0

  /** @param index 0 for the youngest entry; less than `count` */
  fieldAt(index: number): Field {
    return (this.#entries[this.#place(index) + NAME]! & 0xff) as Field
  }

  nameLengthAt(index: number): number {
    return this.#entries[this.#place(index) + NAME]! >>> 8
  }

  sizeAt(index: number): number {
    return this.#entries[this.#place(index) + SIZE]!
  }

  meaningAt(index: number): number {
    return this.#entries[this.#place(index) + MEANING]!
  }

  pathStartAt(index: number): number {
    return this.#entries[this.#place(index) + PATH]! & 0xffff
  }

  pathLengthAt(index: number): number {
    return this.#entries[this.#place(index) + PATH]! >>> 16
  }

  /** @param size not above `DEFAULT_TABLE_SIZE` */
  resize(size: number): void {
    this.#maxSize = size
    this.#evictTo(size)
  }

  /**
   * Adds an entry; one that is larger than the table empties it (RFC 7541 §4.4).
   * @param size octets of name and value, with overhead
   * @param bytes holds the value from `start` to `end`; kept for a path only
   */
  add(
    field: Field,
    meaning: number,
    nameLength: number,
    size: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    this.#evictTo(Math.max(0, this.#maxSize - size))
    if (size > this.#maxSize) return
    if (this.count * WORDS === this.#entries.length) this.#grow()
    this.#youngest = (this.#youngest - 1) & (this.#entries.length / WORDS - 1)
    this.count++
    this.size += size
    const place = this.#place(0)
    this.#entries[place + NAME] = field | (nameLength << 8)
    this.#entries[place + SIZE] = size
    this.#entries[place + MEANING] = meaning
    this.#entries[place + PATH] = field === Field.Path ? this.#keepPath(bytes, start, end) : 0
  }

  #place(index: number): number {
    const entries = this.#entries.length / WORDS
    return ((this.#youngest + index) & (entries - 1)) * WORDS
  }

  #evictTo(size: number): void {
    while (this.size > size) {
      this.count--
      this.size -= this.sizeAt(this.count)
    }
  }

  #keepPath(bytes: Uint8Array, start: number, end: number): number {
    if (this.paths.length === 0) this.paths = new Uint8Array(PATHS_LENGTH)
    const length = end - start
    if (this.#pathsEnd + length > PATHS_LENGTH) this.#pathsEnd = 0
    const at = this.#pathsEnd
    this.paths.set(bytes.subarray(start, end), at)
    this.#pathsEnd += length
    return at | (length << 16)
  }

  /** Twice the room, at most for as many entries as a table may have. */
  #grow(): void {
    const grown = new Int32Array(Math.max(FIRST_CAPACITY * WORDS, 2 * this.#entries.length))
    for (let index = 0; index < this.count; index++) {
      const place = this.#place(index)
      grown.set(this.#entries.subarray(place, place + WORDS), index * WORDS)
    }
    this.#entries = grown
    this.#youngest = 0
  }
}
