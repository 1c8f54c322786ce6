// Lists of ranges as they may be, in the shapes that are hardest to search, for tests and benchmarks.

/** A prefix as a number, host bits clear. */
export interface Block {
  readonly value: bigint
  readonly bits: number
}

export interface Shape {
  /** Bits of an address: 32 or 128. */
  readonly width: number
  readonly blocks: readonly Block[]
  /** An address in or near one of the blocks. */
  readonly near: () => bigint
}

/** Numbers from 0 to below 1. */
export type Random = () => number

/** The same numbers for the same seed (a linear congruential generator; Knuth, TAOCP vol. 2, 3.3.4). */
export function randomOf(seed: number): Random {
  let state = BigInt(seed)
  return () => {
    state = BigInt.asUintN(64, state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n)
    return Number(state >> 32n) / 2 ** 32
  }
}

const NETWORK = 0x2001_0db8_0000_0001n << 64n

export const shapes: Readonly<Record<string, (count: number, random: Random) => Shape>> = {
  'hosts of one IPv6 /64': (count, random) =>
    shapeOf(128, random, distinct(count, () => NETWORK | bitsFrom(random, 64)).map(host(128))),

  'every other host of an IPv6 /64': (count, random) =>
    shapeOf(
      128,
      random,
      numbered(count, (i) => host(128)(NETWORK | BigInt(2 * i))),
    ),

  'random IPv4 /24': (count, random) =>
    shapeOf(
      32,
      random,
      distinct(count, () => bitsFrom(random, 24)).map((net) => ({ value: net << 8n, bits: 24 })),
    ),

  'every other IPv4 host': (count, random) =>
    shapeOf(
      32,
      random,
      numbered(count, (i) => host(32)((10n << 24n) | BigInt(2 * i))),
    ),

  'IPv6 prefixes of all lengths': (count, random) =>
    shapeOf(
      128,
      random,
      numbered(count, () => prefix(bitsFrom(random, 128), 16 + Math.floor(random() * 113), 128)),
    ),

  'chains of nested IPv6 prefixes': (count, random) => {
    const ends = numbered(Math.ceil(count / 97), () => bitsFrom(random, 128))
    const chains = ends.flatMap((end) => numbered(97, (i) => prefix(end, 32 + i, 128)))
    return shapeOf(128, random, chains.slice(0, count))
  },

  'chains of nested IPv4 prefixes': (count, random) => {
    const ends = numbered(Math.ceil(count / 25), () => bitsFrom(random, 32))
    const chains = ends.flatMap((end) => numbered(25, (i) => prefix(end, 8 + i, 32)))
    return shapeOf(32, random, chains.slice(0, count))
  },

  /** Every seventh bit tells them apart, so that no few bits tell many apart. */
  'IPv6 hosts with bits far apart': (count, random) =>
    shapeOf(
      128,
      random,
      numbered(count, (i) => {
        let value = 0n
        for (let bit = 0; bit < 17; bit++) value |= BigInt((i >> bit) & 1) << BigInt(7 * bit + 3)
        return host(128)(value)
      }),
    ),
}

function shapeOf(width: number, random: Random, blocks: readonly Block[]): Shape {
  return {
    width,
    blocks,
    near() {
      const { value, bits } = blocks[Math.floor(random() * blocks.length)]!
      const inside = value | (bitsFrom(random, width) & ((1n << BigInt(width - bits)) - 1n))
      // Now and then next to it, or a bit away.
      if (random() < 0.8) return inside
      const other =
        random() < 0.5 ? value - 1n : value ^ (1n << BigInt(Math.floor(random() * width)))
      return BigInt.asUintN(width, other)
    },
  }
}

function bitsFrom(random: Random, count: number): bigint {
  let value = 0n
  for (let have = 0; have < count; have += 16) {
    value = (value << 16n) | BigInt(Math.floor(random() * 65_536))
  }
  return BigInt.asUintN(count, value)
}

function distinct(count: number, draw: () => bigint): bigint[] {
  const drawn = new Set<bigint>()
  while (drawn.size < count) drawn.add(draw())
  return [...drawn]
}

function numbered<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

function host(width: number): (value: bigint) => Block {
  return (value) => ({ value, bits: width })
}

function prefix(address: bigint, bits: number, width: number): Block {
  const below = BigInt(width - bits)
  return { value: (address >> below) << below, bits }
}

/** In network order. */
export function octetsOf(value: bigint, width: number): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(width / 4, '0'), 'hex'))
}

/** As a rule has it. */
export function rangeText({ value, bits }: Block, width: number): string {
  const octets = octetsOf(value, width)
  const address =
    width === 32
      ? octets.join('.')
      : Buffer.from(octets)
          .toString('hex')
          .replace(/.{4}(?=.)/g, '$&:')
  return `${address}/${bits}`
}
