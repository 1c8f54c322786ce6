// A search tree over addresses in flat memory. Nodes are of two kinds, and whichever is cheaper for
// the addresses that it must tell apart is taken:
//
// - a table: some bits of the address are an index, so that one step tells thousands of ranges apart
//   that differ in them: [place and number of the bits] [entry]…
// - keys in rising order, searched by halves, where the addresses crowd in a corner or are few:
//   [count and words left out] [key]… [entry below the first key] [entry from each key on]…
//   Keys leave out the words of 32 bits in which all addresses that lead there are the same.
//
// An entry is what holds for the addresses that lead there, 0 or above, or another node: a negative
// number. Keys may stand for bits that are not looked at before a table, so that addresses with a
// long common beginning cost no more than others.

import { readUint32 } from '../wire/header.ts'
import { compareKeys, type Boundaries } from './range-boundaries.ts'

const NODE = 0x8000_0000 | 0
const TABLE = 0x4000_0000
const OFFSET_MASK = 0x3fff_ffff

/** Bits of a table's index at most: what three octets hold wherever it begins, and 256 KB. */
const MAX_TABLE_BITS = 16

/** How many leading words the keys of a node leave out stands above their count. */
const OMITTED_SHIFT = 24
const COUNT_MASK = 0xff_ffff

/** Words of a cache line: a node that fits into one does not lie across two. */
const LINE = 16

/** So few keys are searched without a thought of tables. */
const FEW = 3

/** Beginnings of addresses that tell nothing are looked at by keys when they have more bits. */
const FREE_BITS = 1

/** What steps cost, about in nanoseconds: of a table, of a search among keys, of each halving. */
const COST = { table: 9, search: 6, halving: 4 } as const

/** Words of memory that can be signed numbers: keys are stored so that they still compare right. */
const SIGN = 0x8000_0000

/** @returns what holds for an IPv4 address of 4 octets at `offset` */
export function findIpv4(
  words: Int32Array,
  root: number,
  bytes: Uint8Array,
  offset: number,
): number {
  const address = readUint32(bytes, offset) ^ SIGN
  let entry = root
  while (entry < 0) {
    const at = entry & OFFSET_MASK
    const head = words[at]!
    if ((entry & TABLE) !== 0) {
      entry = words[at + 1 + indexIn(head, bytes, offset)]!
      continue
    }
    let low = 0
    let high = head
    while (low < high) {
      const middle = (low + high) >>> 1
      if (words[at + 1 + middle]! <= address) low = middle + 1
      else high = middle
    }
    entry = words[at + 1 + head + low]!
  }
  return entry
}

/** @returns what holds for an IPv6 address of 16 octets at `offset` */
export function findIpv6(
  words: Int32Array,
  root: number,
  bytes: Uint8Array,
  offset: number,
): number {
  // What is left of the address, and how many of its words are gone.
  let first = readUint32(bytes, offset) ^ SIGN
  let second = readUint32(bytes, offset + 4) ^ SIGN
  let third = readUint32(bytes, offset + 8) ^ SIGN
  const fourth = readUint32(bytes, offset + 12) ^ SIGN
  let gone = 0
  let entry = root
  while (entry < 0) {
    const at = entry & OFFSET_MASK
    const head = words[at]!
    if ((entry & TABLE) !== 0) {
      entry = words[at + 1 + indexIn(head, bytes, offset)]!
      continue
    }
    for (const omitted = head >>> OMITTED_SHIFT; gone < omitted; gone++) {
      first = second
      second = third
      third = fourth
    }
    const width = 4 - gone
    const count = head & COUNT_MASK
    let low = 0
    let high = count
    while (low < high) {
      const middle = (low + high) >>> 1
      const key = at + 1 + width * middle
      let mine = first
      let its = words[key]!
      if (mine === its && width > 1) {
        mine = second
        its = words[key + 1]!
        if (mine === its && width > 2) {
          mine = third
          its = words[key + 2]!
          if (mine === its && width > 3) {
            mine = fourth
            its = words[key + 3]!
          }
        }
      }
      if (its <= mine) low = middle + 1
      else high = middle
    }
    entry = words[at + 1 + width * count + low]!
  }
  return entry
}

/** @param head octet to begin with, bits behind the index in three octets from there, bits of it */
function indexIn(head: number, bytes: Uint8Array, offset: number): number {
  const at = offset + (head & 15)
  const octets = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
  return (octets >>> ((head >>> 4) & 31)) & ((1 << (head >>> 9)) - 1)
}

/** Builds trees one after the other into growing memory. */
export class TreeBuilder {
  #words = new Int32Array(1024)
  #length: number
  #keys: Uint32Array = new Uint32Array(0)
  #values: Int32Array = new Int32Array(0)
  #width = 1

  /** @param reserved words in front, for the caller */
  constructor(reserved: number) {
    this.#length = reserved
  }

  /** All that was built; the words in front are zero. */
  get words(): Int32Array {
    return this.#words.subarray(0, this.#length)
  }

  /** @returns the entry to begin a search with */
  add({ keys, values, count, width }: Boundaries): number {
    this.#keys = keys
    this.#values = values
    this.#width = width
    return this.#tree(1, count, values[0]!, 0).entry
  }

  /**
   * For boundaries `from` to before `to`, all inside of a block of addresses that begin with the
   * same `depth` bits; `before` holds below the first.
   */
  #tree(from: number, to: number, before: number, depth: number): Built {
    const count = to - from
    if (count === 0) return { entry: before, cost: 0 }
    const searched = COST.search + COST.halving * Math.log2(count + 1)
    if (count > FEW) {
      const length = this.#length
      const split = this.#split(from, to, before, depth)
      if (split.cost < searched) return split
      this.#length = length
    }
    const entries = [before, ...this.#values.subarray(from, to)]
    return { entry: this.#search(indices(from, to), entries, depth), cost: searched }
  }

  /** By a table, behind keys where its bits would not be the first in which addresses differ. */
  #split(from: number, to: number, before: number, depth: number): Built {
    const common = this.#commonBits(from, to - 1)
    if (common - depth <= FREE_BITS) return this.#table(from, to, before, depth)
    const inside = this.#table(from + 1, to - 1, this.#values[from]!, common)
    const entries = [before, inside.entry, this.#values[to - 1]!]
    return {
      entry: this.#search([from, to - 1], entries, depth),
      cost: inside.cost + COST.search + COST.halving,
    }
  }

  #table(from: number, to: number, before: number, depth: number): Built {
    const octets = 4 * this.#width
    const wanted = Math.ceil(Math.log2(to - from + 1))
    const bits = Math.min(Math.max(wanted, 2), MAX_TABLE_BITS, 8 * octets - depth)
    const octet = Math.min(depth >>> 3, octets - 3)
    const shift = 24 - (depth - 8 * octet) - bits
    const at = this.#reserve(1 + 2 ** bits)
    this.#words[at] = octet | (shift << 4) | (bits << 9)
    let holding = before
    let cost = 0
    let next = from
    for (let slot = 0; slot < 2 ** bits; slot++) {
      const first = next
      while (next < to && this.#bitsOf(next, depth, bits) === slot) next++
      const begins = first < next && this.#endsIn(first, depth + bits)
      const inner = begins ? first + 1 : first
      const below = begins ? this.#values[first]! : holding
      const built = this.#tree(inner, next, below, depth + bits)
      this.#words[at + 1 + slot] = built.entry
      cost += built.cost * (next - first)
      if (next > first) holding = this.#values[next - 1]!
    }
    return { entry: NODE | TABLE | at, cost: COST.table + cost / Math.max(1, to - from) }
  }

  #search(boundaries: readonly number[], entries: readonly number[], depth: number): number {
    const omitted = Math.min(depth >>> 5, this.#width - 1)
    const length = 1 + boundaries.length * (this.#width - omitted) + entries.length
    const at = this.#reserve(length)
    const words = this.#words
    words[at] = boundaries.length | (omitted << OMITTED_SHIFT)
    let next = at + 1
    for (const boundary of boundaries) {
      const key = boundary * this.#width
      for (let word = omitted; word < this.#width; word++) {
        words[next++] = this.#keys[key + word]! ^ SIGN
      }
    }
    for (const entry of entries) words[next++] = entry
    return NODE | at
  }

  /** Leading bits that all addresses from one boundary to before another have in common. */
  #commonBits(first: number, last: number): number {
    const width = this.#width
    const end = this.#keys.slice(last * width, (last + 1) * width)
    for (let word = width - 1; word >= 0 && end[word]!-- === 0; word--);
    if (compareKeys(this.#keys, first * width, end, 0, width) === 0) return 32 * width
    let word = 0
    while (this.#keys[first * width + word] === end[word]) word++
    return 32 * word + Math.clz32(this.#keys[first * width + word]! ^ end[word]!)
  }

  #bitsOf(boundary: number, depth: number, bits: number): number {
    let value = 0
    const at = boundary * this.#width
    for (let bit = depth; bit < depth + bits; bit++) {
      value = 2 * value + ((this.#keys[at + (bit >>> 5)]! >>> (31 - (bit & 31))) & 1)
    }
    return value
  }

  /** Whether a boundary's key has no bit set from `depth` on. */
  #endsIn(boundary: number, depth: number): boolean {
    const at = boundary * this.#width
    for (let bit = depth; bit < 32 * this.#width; bit++) {
      if (((this.#keys[at + (bit >>> 5)]! >>> (31 - (bit & 31))) & 1) === 1) return false
    }
    return true
  }

  #reserve(count: number): number {
    const left = LINE - (this.#length % LINE)
    const at = this.#length + (count <= LINE && count > left ? left : 0)
    this.#length = at + count
    if (this.#length > this.#words.length) {
      const grown = new Int32Array(2 * this.#length)
      grown.set(this.#words)
      this.#words = grown
    }
    return at
  }
}

interface Built {
  readonly entry: number
  /** Of a search for an address near one of the boundaries, about in nanoseconds. */
  readonly cost: number
}

function indices(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index)
}
