// Header fields out of a client's field blocks (RFC 7541). One instance for each connection, for a
// block refers to those before it; what is needed during one block only is shared.

import { DEFAULT_TABLE_SIZE, DynamicTable, ENTRY_OVERHEAD } from './dynamic-table.ts'
import { BAD_VALUE, type Field, fieldNamed, isValue, meaningOf } from './field.ts'
import { decodeHuffman } from './huffman.ts'
import { MAX_HEADER_LIST, type RequestHead } from './request-head.ts'
import { STATIC_TABLE } from './static-table.ts'

/** Octets that a field block may have. */
export const MAX_FIELD_BLOCK = 16_384

/**
 * A block may come to so many octets of fields before we give the connection up: a few references to
 * a large entry make many fields of few octets, and reading on keeps the table right, which is worth
 * something only with a client that means well.
 */
const HOPELESS_LIST = 8 * MAX_HEADER_LIST

/** Where decoded texts of one block lie: each code of Huffman has five bits at the least. */
export function createHpackScratch(): Uint8Array {
  return new Uint8Array(Math.ceil((MAX_FIELD_BLOCK * 8) / 5))
}

const STATIC_COUNT = STATIC_TABLE.length
const STATIC_FIELDS = new Uint8Array(STATIC_COUNT + 1)
const STATIC_NAME_LENGTHS = new Uint8Array(STATIC_COUNT + 1)
const STATIC_SIZES = new Uint8Array(STATIC_COUNT + 1)
const STATIC_MEANINGS = new Int32Array(STATIC_COUNT + 1)
const STATIC_VALUES: Uint8Array[] = [new Uint8Array(0)]
for (const [i, [name, text]] of STATIC_TABLE.entries()) {
  const value = new Uint8Array(Buffer.from(text, 'latin1'))
  const field = fieldNamed(Buffer.from(name, 'latin1'), 0, name.length)
  STATIC_FIELDS[i + 1] = field
  STATIC_NAME_LENGTHS[i + 1] = name.length
  STATIC_SIZES[i + 1] = name.length + value.length + ENTRY_OVERHEAD
  STATIC_MEANINGS[i + 1] = meaningOf(field, value, 0, value.length)
  STATIC_VALUES.push(value)
}

/** No number in a block that we take is larger. */
const MAX_INTEGER = 1 << 24

const NONE = new Uint8Array(0)

export class HpackDecoder {
  readonly table = new DynamicTable()
  readonly #scratch: Uint8Array
  #bytes: Uint8Array = NONE
  #at = 0
  #end = 0
  /** Octets of the scratch that this block has used. */
  #used = 0
  // The text read last: in the block itself, or decoded.
  #text: Uint8Array = NONE
  #textStart = 0
  #textEnd = 0

  /** @param scratch see `createHpackScratch` */
  constructor(scratch: Uint8Array) {
    this.#scratch = scratch
  }

  /**
   * Decodes one whole block of at most `MAX_FIELD_BLOCK` octets. What `head` refers to is good until
   * the next block of any connection.
   *
   * @returns false when the block cannot be, or will not be, read to its end: the connection must end
   */
  decode(bytes: Uint8Array, start: number, end: number, head: RequestHead): boolean {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
    this.#used = 0
    const good = this.#sizeUpdates() && this.#fields(head)
    this.#bytes = NONE
    this.#text = NONE
    return good
  }

  /** Changes of the table's size stand at the beginning only (RFC 7541 §4.2). */
  #sizeUpdates(): boolean {
    while (this.#at < this.#end && (this.#bytes[this.#at]! & 0xe0) === 0x20) {
      const size = this.#integer(0x1f)
      if (size < 0 || size > DEFAULT_TABLE_SIZE) return false
      this.table.resize(size)
    }
    return true
  }

  #fields(head: RequestHead): boolean {
    while (this.#at < this.#end) {
      const first = this.#bytes[this.#at]!
      let good: boolean
      if (first >= 0x80) good = this.#indexed(head)
      else if (first >= 0x40) good = this.#literal(0x3f, true, head)
      else if (first >= 0x20) return false
      else good = this.#literal(0x0f, false, head)
      if (!good || head.listSize > HOPELESS_LIST) return false
    }
    return true
  }

  /** RFC 7541 §6.1. */
  #indexed(head: RequestHead): boolean {
    const index = this.#integer(0x7f)
    if (index <= 0) return false
    if (index <= STATIC_COUNT) {
      const value = STATIC_VALUES[index]!
      const field = STATIC_FIELDS[index]! as Field
      head.add(field, STATIC_MEANINGS[index]!, STATIC_SIZES[index]!, value, 0, value.length)
      return true
    }
    const { table } = this
    const entry = index - STATIC_COUNT - 1
    if (entry >= table.count) return false
    const field = table.fieldAt(entry)
    const start = table.pathStartAt(entry)
    const end = start + table.pathLengthAt(entry)
    head.add(field, table.meaningAt(entry), table.sizeAt(entry), table.paths, start, end)
    return true
  }

  /** RFC 7541 §6.2. Never indexed and not indexed are the same to whoever passes nothing on. */
  #literal(prefix: number, remember: boolean, head: RequestHead): boolean {
    const index = this.#integer(prefix)
    if (index < 0) return false
    let field: Field
    let nameLength: number
    if (index === 0) {
      if (!this.#string()) return false
      nameLength = this.#textEnd - this.#textStart
      field = fieldNamed(this.#text, this.#textStart, this.#textEnd)
    } else if (index <= STATIC_COUNT) {
      nameLength = STATIC_NAME_LENGTHS[index]!
      field = STATIC_FIELDS[index]! as Field
    } else {
      const entry = index - STATIC_COUNT - 1
      if (entry >= this.table.count) return false
      nameLength = this.table.nameLengthAt(entry)
      field = this.table.fieldAt(entry)
    }
    if (!this.#string()) return false
    const text = this.#text
    const start = this.#textStart
    const end = this.#textEnd
    const size = nameLength + end - start + ENTRY_OVERHEAD
    const meaning = isValue(text, start, end) ? meaningOf(field, text, start, end) : BAD_VALUE
    head.add(field, meaning, size, text, start, end)
    if (remember) this.table.add(field, meaning, nameLength, size, text, start, end)
    return true
  }

  /** RFC 7541 §5.2. */
  #string(): boolean {
    if (this.#at >= this.#end) return false
    const huffman = this.#bytes[this.#at]! >= 0x80
    const length = this.#integer(0x7f)
    const start = this.#at
    const end = start + length
    if (length < 0 || end > this.#end) return false
    this.#at = end
    if (!huffman) {
      this.#text = this.#bytes
      this.#textStart = start
      this.#textEnd = end
      return true
    }
    const decodedEnd = decodeHuffman(this.#bytes, start, end, this.#scratch, this.#used)
    if (decodedEnd === -1) return false
    this.#text = this.#scratch
    this.#textStart = this.#used
    this.#textEnd = decodedEnd
    this.#used = decodedEnd
    return true
  }

  /** RFC 7541 §5.1. @returns -1 for one that is cut off or too large */
  #integer(prefix: number): number {
    let value = this.#bytes[this.#at++]! & prefix
    if (value < prefix) return value
    for (let shift = 0; shift <= 21; shift += 7) {
      if (this.#at >= this.#end) return -1
      const octet = this.#bytes[this.#at++]!
      value += (octet & 0x7f) << shift
      if (value > MAX_INTEGER) return -1
      if (octet < 0x80) return value
    }
    return -1
  }
}
