// A client's prefix, or a few words, as 64 bits under a secret: nobody
// outside can choose addresses that meet in one place of a table. HalfSipHash-1-3 (Aumasson,
// Bernstein: "SipHash: a fast short-input PRF", INDOCRYPT 2012, in the 32-bit form); the second half
// is made of the words of the state that the first leaves out.

import { readUint32 } from '../wire/header.ts'

export interface PrefixLengths {
  /** Leading bits of an address that make one client: 1 to 32. */
  readonly ipv4Prefix: number
  /** 1 to 128. */
  readonly ipv6Prefix: number
}

export class PrefixHash {
  /** Halves of the last hash. */
  low = 0
  high = 0

  readonly #secret0: number
  readonly #secret1: number
  readonly #mask4: number
  readonly #masks6: Int32Array
  /** Words of an IPv6 address that its prefix reaches into. */
  readonly #words6: number
  readonly #input = new Int32Array(5)

  /** @param secret 64 random bits as two words */
  constructor(secret: Int32Array, { ipv4Prefix, ipv6Prefix }: PrefixLengths) {
    this.#secret0 = secret[0]!
    this.#secret1 = secret[1]!
    this.#mask4 = maskOf(ipv4Prefix)
    this.#masks6 = Int32Array.from([0, 32, 64, 96], (before) => maskOf(ipv6Prefix - before))
    this.#words6 = Math.ceil(ipv6Prefix / 32)
  }

  /** @param client 4 or 16 octets of the address at `offset` */
  takeClient(client: Uint8Array, offset: number, family: 4 | 6): void {
    const input = this.#input
    let count = 1
    if (family === 4) input[0] = readUint32(client, offset) & this.#mask4
    else {
      const masks = this.#masks6
      count = this.#words6
      for (let i = 0; i < count; i++) input[i] = readUint32(client, offset + 4 * i) & masks[i]!
    }
    input[count] = family
    this.#hash(count + 1)
  }

  takeWords(first: number, second: number, third: number): void {
    const input = this.#input
    input[0] = first
    input[1] = second
    input[2] = third
    this.#hash(3)
  }

  #hash(count: number): void {
    const input = this.#input
    let v0 = this.#secret0
    let v1 = this.#secret1
    let v2 = 0x6c796765 ^ this.#secret0
    let v3 = 0x74656462 ^ this.#secret1
    // One round for each word, then three more.
    for (let i = 0; i < count + 3; i++) {
      const word = i < count ? input[i]! : 0
      if (i === count) v2 ^= 0xff
      v3 ^= word
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
      v0 ^= word
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
