// The fields that a client has had us remember (RFC 7541 §2.3.2, §4). Of a field only what it means
// is kept, and the octets of a path: the rest would be memory at a stranger's pleasure. Its size is
// counted as if all were there, so that both sides agree on what is in it.

import { Field } from './field.ts'

/** What a table may come to when no other size was agreed on (RFC 9113 §6.5.2). */
export const DEFAULT_TABLE_SIZE = 4_096

/** What each entry counts beside its octets (RFC 7541 §4.1). */
export const ENTRY_OVERHEAD = 32

const MAX_ENTRIES = DEFAULT_TABLE_SIZE / ENTRY_OVERHEAD

/** Paths lie in a ring of twice the table's size: what is in use, and a gap at the end, always fit. */
const PATHS_LENGTH = 2 * DEFAULT_TABLE_SIZE

const NONE = new Uint8Array(0)

export class DynamicTable {
  /** Octets and overhead of all entries. */
  size = 0
  count = 0
  #maxSize = DEFAULT_TABLE_SIZE
  /** Where the youngest entry stands in the ring of entries. */
  #youngest = 0
  // Made with the first entry, and the paths with the first of them: most clients need neither.
  #fields: Uint8Array = NONE
  #sizes: Uint16Array = new Uint16Array(0)
  #nameLengths: Uint16Array = new Uint16Array(0)
  #meanings: Int32Array = new Int32Array(0)
  #pathStarts: Uint16Array = new Uint16Array(0)
  #pathLengths: Uint16Array = new Uint16Array(0)
  #paths: Uint8Array = NONE
  #pathsEnd = 0

  /** The octets of all paths, among them those of an entry from `pathStart` on. */
  get paths(): Uint8Array {
    return this.#paths
  }

  /** @param index 0 for the youngest entry; less than `count` */
  fieldAt(index: number): Field {
    return this.#fields[this.#place(index)]! as Field
  }

  sizeAt(index: number): number {
    return this.#sizes[this.#place(index)]!
  }

  nameLengthAt(index: number): number {
    return this.#nameLengths[this.#place(index)]!
  }

  meaningAt(index: number): number {
    return this.#meanings[this.#place(index)]!
  }

  pathStartAt(index: number): number {
    return this.#pathStarts[this.#place(index)]!
  }

  pathLengthAt(index: number): number {
    return this.#pathLengths[this.#place(index)]!
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
    if (this.#fields.length === 0) this.#allocate()
    const place = (this.#youngest + MAX_ENTRIES - 1) % MAX_ENTRIES
    this.#youngest = place
    this.count++
    this.size += size
    this.#fields[place] = field
    this.#sizes[place] = size
    this.#nameLengths[place] = nameLength
    this.#meanings[place] = meaning
    if (field === Field.Path) this.#keepPath(place, bytes, start, end)
  }

  #place(index: number): number {
    return (this.#youngest + index) % MAX_ENTRIES
  }

  #evictTo(size: number): void {
    while (this.size > size) {
      this.count--
      this.size -= this.#sizes[this.#place(this.count)]!
    }
  }

  #keepPath(place: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.#paths.length === 0) this.#paths = new Uint8Array(PATHS_LENGTH)
    const length = end - start
    if (this.#pathsEnd + length > PATHS_LENGTH) this.#pathsEnd = 0
    this.#paths.set(bytes.subarray(start, end), this.#pathsEnd)
    this.#pathStarts[place] = this.#pathsEnd
    this.#pathLengths[place] = length
    this.#pathsEnd += length
  }

  #allocate(): void {
    this.#fields = new Uint8Array(MAX_ENTRIES)
    this.#sizes = new Uint16Array(MAX_ENTRIES)
    this.#nameLengths = new Uint16Array(MAX_ENTRIES)
    this.#meanings = new Int32Array(MAX_ENTRIES)
    this.#pathStarts = new Uint16Array(MAX_ENTRIES)
    this.#pathLengths = new Uint16Array(MAX_ENTRIES)
  }
}
