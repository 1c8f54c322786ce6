// Nested prefixes flattened: the addresses at which what holds changes.

import type { Prefix } from '../wire/text/prefix.ts'

/** A prefix that decides some bits of what holds for its addresses. */
export interface Claim extends Prefix {
  /** The bits that it decides; a longer prefix that decides them as well wins over it. */
  readonly mask: number
  readonly value: number
}

/** What holds from each address on, in rising order; the first is address 0. */
export interface Boundaries {
  /** 32-bit words of an address: 1 or 4. */
  readonly width: number
  readonly count: number
  /** `width` words for each, the upper first. */
  readonly keys: Uint32Array
  readonly values: Int32Array
}

/** Of two claims to the same bits for the same prefix, the later one wins. */
export function boundariesOf(claims: readonly Claim[], width: number): Boundaries {
  const spans = new Spans(claims, width)
  const flat = new Flat(claims.length, width)
  /** The claims that hold the current address, the longest prefix on top, and what holds there. */
  const open: number[] = []
  const holding = [0]
  const leave = () => {
    const left = open.pop()!
    holding.pop()
    if (spans.unbounded[left] === 0) flat.set(spans.ends, left * width, holding.at(-1)!)
  }
  for (const index of spans.order) {
    while (open.length > 0 && spans.endsBefore(open.at(-1)!, index)) leave()
    const { mask, value } = claims[index]!
    open.push(index)
    holding.push((holding.at(-1)! & ~mask) | value)
    flat.set(spans.starts, index * width, holding.at(-1)!)
  }
  while (open.length > 0) leave()
  return flat.boundaries()
}

/** The first address of each claim and the one behind its last, and an order: outer before inner. */
class Spans {
  readonly starts: Uint32Array
  readonly ends: Uint32Array
  /** 1 where no address is behind the last. */
  readonly unbounded: Uint8Array
  readonly order: Uint32Array
  readonly #width: number

  constructor(claims: readonly Claim[], width: number) {
    this.#width = width
    const starts = new Uint32Array(claims.length * width)
    const ends = new Uint32Array(claims.length * width)
    const unbounded = new Uint8Array(claims.length)
    const order = Uint32Array.from(claims.keys())
    for (const [index, { address, bits }] of claims.entries()) {
      const view = new DataView(address.buffer, address.byteOffset)
      const at = index * width
      for (let word = 0; word < width; word++) starts[at + word] = view.getUint32(4 * word)
      ends.set(starts.subarray(at, at + width), at)
      unbounded[index] = Number(!addBlock(ends, at, bits))
    }
    order.sort(
      (a, b) =>
        compareKeys(starts, a * width, starts, b * width, width) ||
        claims[a]!.bits - claims[b]!.bits ||
        a - b,
    )
    this.starts = starts
    this.ends = ends
    this.unbounded = unbounded
    this.order = order
  }

  /** Whether one claim's addresses are all before another's first. */
  endsBefore(one: number, other: number): boolean {
    const width = this.#width
    if (this.unbounded[one] === 1) return false
    return compareKeys(this.ends, one * width, this.starts, other * width, width) <= 0
  }
}

/** Adds the size of a block with a prefix of `bits`; false when that leads past the last address. */
function addBlock(words: Uint32Array, at: number, bits: number): boolean {
  if (bits === 0) return false
  let word = (bits - 1) >>> 5
  let carry = 2 ** (31 - ((bits - 1) & 31))
  for (; word >= 0; word--) {
    const sum = words[at + word]! + carry
    words[at + word] = sum
    if (sum < 2 ** 32) return true
    carry = 1
  }
  return false
}

/** Below, at or above zero, as the first address is before, the same as or behind the second. */
export function compareKeys(
  a: Uint32Array,
  atA: number,
  b: Uint32Array,
  atB: number,
  width: number,
): number {
  for (let word = 0; word < width; word++) {
    const difference = a[atA + word]! - b[atB + word]!
    if (difference !== 0) return difference
  }
  return 0
}

class Flat {
  readonly #width: number
  readonly #keys: Uint32Array
  readonly #values: Int32Array
  /** At address 0, nothing holds unless a claim says so. */
  #count = 1

  constructor(claims: number, width: number) {
    this.#width = width
    this.#keys = new Uint32Array((1 + 2 * claims) * width)
    this.#values = new Int32Array(1 + 2 * claims)
  }

  /** Says what holds from an address on; addresses never fall. */
  set(words: Uint32Array, at: number, value: number): void {
    const width = this.#width
    const last = this.#count - 1
    if (this.#values[last] === value) return
    if (compareKeys(this.#keys, last * width, words, at, width) !== 0) {
      this.#keys.set(words.subarray(at, at + width), this.#count * width)
      this.#values[this.#count++] = value
      return
    }
    this.#values[last] = value
    if (last > 0 && this.#values[last - 1] === value) this.#count--
  }

  boundaries(): Boundaries {
    const count = this.#count
    const width = this.#width
    const keys = this.#keys.subarray(0, count * width)
    return { width, count, keys, values: this.#values.subarray(0, count) }
  }
}
