// What a question is known by: lower-cased qname, type and class as 32-bit words, a keyed hash over
// them, and a variant that tells apart answers that must not be mixed. The variant is not hashed, so
// that the hash can be had before a query has been looked at whole. Where answers are for a network
// (RFC 7871), its prefix is part of the key, and of the hash.
//
// The hash is HalfSipHash-1-3 (Aumasson, Bernstein: "SipHash: a fast short-input PRF", INDOCRYPT
// 2012, in the 32-bit form), under a random key, so that nobody outside can choose names that meet
// in one place of a table.

import { ALL_NETWORKS, MAX_SUBNET_LENGTH, subnetLength } from './client-subnet.ts'
import { MAX_NAME_LENGTH } from './name.ts'

/**
 * Bits of a key's variant (RFC 4035 §3.2: DO and CD change answers). With `Subnet`, the key has a
 * network besides (RFC 7871). Answers are `Validated` here, or were got `Unsigned`, or neither; higher
 * bits name a view.
 */
export const Variant = {
  DnssecOk: 1,
  CheckingDisabled: 2,
  Failure: 4,
  Subnet: 8,
  Validated: 16,
  Unsigned: 32,
} as const

/** Words of a key's network. */
export const SUBNET_WORDS = MAX_SUBNET_LENGTH / 4

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
  /**
   * The network with `Variant.Subnet`, else nothing that means anything: the data of the option as an
   * upstream gets it, then zeros.
   */
  readonly subnet = new Uint32Array(SUBNET_WORDS)
  readonly subnetBytes = new Uint8Array(this.subnet.buffer)
  /** The question's own hash and the network, to be hashed together. */
  readonly #both = new Uint32Array(1 + SUBNET_WORDS)

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
    this.hash = this.#hash(words, length)
  }

  /**
   * Takes the question of a key without a network, to add one.
   * @param subnet see `within`
   */
  takeWithin(key: QuestionKey, subnet: Uint8Array): void {
    this.words.set(key.words)
    this.length = key.length
    this.variant = key.variant
    this.hash = key.hash
    this.within(subnet)
  }

  /** Adds a network to the question. @param subnet as `copySubnet` gives it, zeros behind it or not */
  within(subnet: Uint8Array): void {
    this.subnet.fill(0)
    this.subnetBytes.set(subnet)
    this.variant |= Variant.Subnet
    this.#hashBoth(this.hash)
  }

  /** The hash of the question alone. */
  get questionHash(): number {
    return (this.variant & Variant.Subnet) === 0 ? this.hash : this.#both[0]!
  }

  /** Whether it is for clients that told a network, if only a large one. */
  get isLocal(): boolean {
    return (this.variant & Variant.Subnet) !== 0 && this.subnetBytes[2] !== 0
  }

  /**
   * Takes a key with a network, for what is for all networks of its family: the answers of scope 0 that
   * were given for any of them (RFC 7871 §7.3.1).
   */
  takeWidened(key: QuestionKey): void {
    const { subnet, subnetBytes } = this
    const question = key.questionHash
    this.words.set(key.words)
    this.length = key.length
    this.variant = key.variant
    const family = key.subnetBytes[1]!
    subnet.fill(0)
    subnetBytes[1] = family
    subnetBytes[3] = ALL_NETWORKS
    this.#hashBoth(question)
  }

  /** The network as an upstream is told it, in memory of its own; null without. */
  copySubnet(): Uint8Array | null {
    if ((this.variant & Variant.Subnet) === 0) return null
    return this.subnetBytes.slice(0, subnetLength(this.subnetBytes[2]!))
  }

  #hashBoth(question: number): void {
    const both = this.#both
    both[0] = question
    both.set(this.subnet, 1)
    this.hash = this.#hash(both, both.byteLength)
  }

  #hash(words: Uint32Array, length: number): number {
    const count = (length + 3) >> 2
    let v0 = this.#secret0
    let v1 = this.#secret1
    let v2 = 0x6c796765 ^ this.#secret0
    let v3 = 0x74656462 ^ this.#secret1
    for (let i = 0; i <= count; i++) {
      const word = i < count ? words[i]! | 0 : length << 24
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
