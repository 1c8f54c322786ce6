// What a question is known by: lower-cased qname, type and class as 32-bit words, a keyed hash over
// them, and a variant that tells apart answers that must not be mixed. The variant is not hashed, so
// that the hash can be had before a query has been looked at whole.
//
// The hash is HalfSipHash-1-3 (Aumasson, Bernstein: "SipHash: a fast short-input PRF", INDOCRYPT
// 2012, in the 32-bit form), under a random key, so that nobody outside can choose names that meet
// in one place of a table.

import { MAX_NAME_LENGTH } from './name.ts'

/** Bits of a key's variant (RFC 4035 §3.2: DO and CD change answers). Higher bits name a view. */
export const Variant = { DnssecOk: 1, CheckingDisabled: 2, Failure: 4 } as const

const MAX_QUESTION_LENGTH = MAX_NAME_LENGTH + 4

/** Scratch memory for one question at a time, reused for every query. */
export class QuestionKey {
  /** The question in words; the octets behind `length` in the last word are zero. */
  readonly words = new Uint32Array((MAX_QUESTION_LENGTH + 3) >> 2)
  readonly bytes = new Uint8Array(this.words.buffer)
  /** Octets of qname, type and class together. */
  length = 0
  /** Bits of `Variant`; whoever takes a question sets it. */
  variant = 0
  /** Unsigned 32 bits. */
  hash = 0

  readonly #secret0: number
  readonly #secret1: number

  /** @param secret 64 random bits as two 32-bit numbers: the same for all who share a table */
  constructor(secret: Uint32Array) {
    this.#secret0 = secret[0]! | 0
    this.#secret1 = secret[1]! | 0
  }

  /**
   * Takes a question section.
   * @param from where its qname starts in `message`
   * @param nameLength octets of the qname, which must be uncompressed and checked
   */
  take(message: Uint8Array, from: number, nameLength: number, variant = 0): void {
    const { words } = this
    const length = nameLength + 4
    const whole = length >> 2
    let at = from
    for (let i = 0; i < whole; i++, at += 4) {
      words[i] = lowerCaseWord(
        message[at]! |
          (message[at + 1]! << 8) |
          (message[at + 2]! << 16) |
          (message[at + 3]! << 24),
      )
    }
    const rest = length & 3
    if (rest !== 0) {
      let word = message[at]!
      if (rest > 1) word |= message[at + 1]! << 8
      if (rest > 2) word |= message[at + 2]! << 16
      words[whole] = lowerCaseWord(word)
    }
    // Type and class are numbers, not letters: put back what lower-casing may have touched.
    const tail = from + nameLength
    const { bytes } = this
    bytes[nameLength] = message[tail]!
    bytes[nameLength + 1] = message[tail + 1]!
    bytes[nameLength + 2] = message[tail + 2]!
    bytes[nameLength + 3] = message[tail + 3]!
    this.length = length
    this.variant = variant
    this.hash = this.#hash()
  }

  #hash(): number {
    const { words } = this
    const count = (this.length + 3) >> 2
    let v0 = this.#secret0
    let v1 = this.#secret1
    let v2 = 0x6c796765 ^ this.#secret0
    let v3 = 0x74656462 ^ this.#secret1
    for (let i = 0; i <= count; i++) {
      const word = i < count ? words[i]! | 0 : this.length << 24
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
    v2 ^= 0xff
    for (let i = 0; i < 3; i++) {
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
    }
    return (v1 ^ v3) >>> 0
  }
}

/**
 * Lower-cases the ASCII letters among four octets at once (RFC 4343). Length octets of labels are
 * below 0x41, so a whole name may go through.
 */
function lowerCaseWord(word: number): number {
  const low7 = word & 0x7f7f7f7f
  const fromA = (low7 + 0x3f3f3f3f) | 0
  const aboveZ = (low7 + 0x25252525) | 0
  const letters = (fromA ^ aboveZ) & ~word & 0x80808080
  return (word | (letters >>> 2)) >>> 0
}
