// A client's prefix as 64 bits under a secret: nobody outside can choose addresses that meet in one
// place of a table. HalfSipHash-1-3 over two words (Aumasson, Bernstein: "SipHash: a
// fast short-input PRF", INDOCRYPT 2012, in the 32-bit form), with what they are in place of their
// length; the second half is made of the words of the state that the first leaves out.

import { readUint32 } from '../wire/header.ts'

export interface PrefixLengths {
  /** Leading bits of an address that make one client: 1 to 32. */
  readonly ipv4Prefix: number
  /** 1 to 128. */
  readonly ipv6Prefix: number
}

/** Rounds over the two words, and behind them. */
const ROUNDS = 2 + 3

/** Kept apart from families, which are 4 and 6. */
const LOWER_HALF = 0xff

export class PrefixHash {
  /** Halves of the last hash: signed 32 bits each. */
  low = 0
  high = 0

  readonly #secret0: number
  readonly #secret1: number
  readonly #ipv4Mask: number
  readonly #ipv6Masks: readonly number[]
  readonly #longPrefix: boolean
  /** What was hashed last. */
  #first = 0
  #second = 0
  #kind = 0

  /** @param secret 64 random bits as two words */
  constructor(secret: Int32Array, { ipv4Prefix, ipv6Prefix }: PrefixLengths) {
    this.#secret0 = secret[0]!
    this.#secret1 = secret[1]!
    this.#ipv4Mask = maskOf(ipv4Prefix)
    this.#ipv6Masks = [0, 32, 64, 96].map((before) => maskOf(ipv6Prefix - before))
    this.#longPrefix = ipv6Prefix > 64
  }

  /** @param client 4 or 16 octets of the address at `offset` */
  takeClient(client: Uint8Array, offset: number, family: 4 | 6): void {
    if (family === 4) {
      this.#hash(readUint32(client, offset) & this.#ipv4Mask, 0, family)
      return
    }
    const masks = this.#ipv6Masks
    let first = readUint32(client, offset) & masks[0]!
    let second = readUint32(client, offset + 4) & masks[1]!
    if (this.#longPrefix) {
      const third = readUint32(client, offset + 8) & masks[2]!
      this.#hash(third, readUint32(client, offset + 12) & masks[3]!, LOWER_HALF)
      first ^= this.low
      second ^= this.high
    }
    this.#hash(first, second, family)
  }

  #hash(first: number, second: number, kind: number): void {
    // Who asks often asks several times in a row.
    if (first === this.#first && second === this.#second && kind === this.#kind) return
    this.#first = first
    this.#second = second
    this.#kind = kind
    let v0 = this.#secret0
    let v1 = this.#secret1
    let v2 = 0x6c796765 ^ v0
    let v3 = 0x74656462 ^ v1 ^ first
    v1 ^= kind
    for (let round = 1; ; round++) {
      v0 = (v0 + v1) | 0
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
      v0 = (v0 << 16) | (v0 >>> 16)
      v2 = (v2 + v3) | 0
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
      v0 = (v0 + v3) | 0
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
      v2 = (v2 + v1) | 0
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
      v2 = (v2 << 16) | (v2 >>> 16)
      if (round === 1) {
        v0 ^= first
        v3 ^= second
      } else if (round === 2) {
        v0 ^= second
        v2 ^= 0xff
      } else if (round === ROUNDS) break
    }
    this.low = v1 ^ v3
    this.high = v0 ^ v2
  }
}

/** The leading `bits` of a word, none when there are fewer than one. */
function maskOf(bits: number): number {
  if (bits <= 0) return 0
  return bits >= 32 ? -1 : ~(-1 >>> bits)
}
