// Who may ask: ranges that are allowed or denied, the longest prefix decides. Rules are compiled
// into flat shared memory, which all workers read and nobody writes: the addresses at which the
// verdict flips, in rising order, so that the lowest bit of an index is the verdict from there on.
// A table by an address's leading bits keeps the search among them short.

import { readUint32 } from '../wire/header.ts'
import { parsePrefix } from '../wire/text/prefix.ts'
import { boundariesOf, type Range } from './range-boundaries.ts'

export interface AccessRule {
  /** An address or a prefix, IPv4 or IPv6. */
  readonly range: string
  readonly allow: boolean
}

/** One family's part of the memory; offsets count 32-bit words. */
interface Layout {
  readonly boundaries: number
  /** A word for each slot, the first boundary to look at; that of the next slot is the last. */
  readonly table: number
  /** The leading bits at which the table begins, how many of their values make a slot. */
  readonly base: number
  readonly step: number
  readonly lastSlot: number
}

/** Words of one family's header: those of `Layout`, `base` in two words, the upper first. */
const HEADER_WORDS = 6

/** Slots of a table at most: 256 KB. */
const MAX_SLOT_BITS = 16

export class AccessList {
  /** What another thread makes the same list of. */
  readonly memory: SharedArrayBuffer
  readonly #words: Uint32Array
  readonly #four: Layout
  readonly #six: Layout

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.#words = new Uint32Array(memory)
    this.#four = readLayout(this.#words, 0)
    this.#six = readLayout(this.#words, HEADER_WORDS)
  }

  /**
   * The longest prefix that holds an address decides; of two rules for one prefix the one that
   * denies; of none `fallback`. Prefixes of IPv4 and IPv6 know nothing of each other: `::/0` is
   * all of IPv6, and an IPv4-mapped range is one of IPv4. Throws when a range cannot be read,
   * with a line for each such: whoever takes ranges from people checks them by `parsePrefix`.
   */
  static compile(rules: readonly AccessRule[], fallback: boolean): AccessList {
    const { four, six } = rangesOf(rules)
    const words = Array.from({ length: 2 * HEADER_WORDS }, () => 0)
    store(words, 0, boundariesOf(four, 1, fallback), 1)
    store(words, HEADER_WORDS, boundariesOf(six, 4, fallback), 4)
    const memory = new SharedArrayBuffer(4 * words.length)
    new Uint32Array(memory).set(words)
    return new AccessList(memory)
  }

  /** @param offset of 4 or 16 octets in network order. Allocates nothing. */
  allows(bytes: Uint8Array, offset: number, family: 4 | 6): boolean {
    return family === 4 ? this.#allows4(bytes, offset) : this.#allows6(bytes, offset)
  }

  #allows4(bytes: Uint8Array, offset: number): boolean {
    const words = this.#words
    const { boundaries } = this.#four
    const address = readUint32(bytes, offset)
    const slot = slotOf(this.#four, address)
    let low = words[slot]!
    let high = words[slot + 1]!
    // The last boundary at or before the address is one of low to high.
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (words[boundaries + middle]! <= address) low = middle
      else high = middle - 1
    }
    return (low & 1) === 1
  }

  #allows6(bytes: Uint8Array, offset: number): boolean {
    const words = this.#words
    const { boundaries } = this.#six
    const first = readUint32(bytes, offset)
    const second = readUint32(bytes, offset + 4)
    const third = readUint32(bytes, offset + 8)
    const fourth = readUint32(bytes, offset + 12)
    const slot = slotOf(this.#six, leadingBits(first, second))
    let low = words[slot]!
    let high = words[slot + 1]!
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      const at = boundaries + 4 * middle
      let order = words[at]! - first
      if (order === 0) order = words[at + 1]! - second
      if (order === 0) order = words[at + 2]! - third
      if (order === 0) order = words[at + 3]! - fourth
      if (order <= 0) low = middle
      else high = middle - 1
    }
    return (low & 1) === 1
  }
}

/** The 52 bits that an IPv6 address begins with: what a number holds exactly. */
function leadingBits(first: number, second: number): number {
  return first * 2 ** 20 + (second >>> 12)
}

/** Slot 0 is also for what lies before the table, the last one for what lies behind. */
function slotOf(layout: Layout, leading: number): number {
  if (leading < layout.base) return layout.table
  const slot = Math.floor((leading - layout.base) / layout.step)
  return layout.table + (slot < layout.lastSlot ? slot : layout.lastSlot)
}

function readLayout(words: Uint32Array, header: number): Layout {
  return {
    boundaries: words[header]!,
    table: words[header + 1]!,
    base: words[header + 2]! * 2 ** 32 + words[header + 3]!,
    step: 2 ** words[header + 4]!,
    lastSlot: words[header + 5]!,
  }
}

/** Appends one family's boundaries (of `width` words each) and table, and fills in its header. */
function store(words: number[], header: number, boundaries: readonly number[], width: 1 | 4): void {
  const count = boundaries.length / width
  const leading = (index: number) => {
    const at = index * width
    return width === 1 ? boundaries[at]! : leadingBits(boundaries[at]!, boundaries[at + 1]!)
  }
  const base = count > 1 ? leading(1) : 0
  const span = leading(count - 1) - base
  const slotBits = Math.min(MAX_SLOT_BITS, 33 - Math.clz32(count))
  const shift = Math.max(0, span.toString(2).length - slotBits)
  const lastSlot = Math.floor(span / 2 ** shift)
  const boundariesAt = words.length
  for (const part of boundaries) words.push(part)
  const layout = [words.length, Math.floor(base / 2 ** 32), base % 2 ** 32, shift, lastSlot]
  words.splice(header, HEADER_WORDS, boundariesAt, ...layout)
  words.push(0)
  let index = 0
  for (let slot = 1; slot <= lastSlot; slot++) {
    const begin = base + slot * 2 ** shift
    while (index + 1 < count && leading(index + 1) < begin) index++
    words.push(index)
  }
  words.push(count - 1)
}

function rangesOf(rules: readonly AccessRule[]): { four: Range[]; six: Range[] } {
  const four: Range[] = []
  const six: Range[] = []
  const errors: string[] = []
  for (const { range, allow } of rules) {
    const parsed = parsePrefix(range)
    if (!parsed.ok) errors.push(parsed.error)
    else (parsed.prefix.address.length === 4 ? four : six).push({ ...parsed.prefix, allow })
  }
  if (errors.length > 0) throw new TypeError(errors.join('\n'))
  return { four, six }
}
