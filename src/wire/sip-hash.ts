// SipHash-2-4 (Aumasson, Bernstein: "SipHash: a fast short-input PRF", INDOCRYPT 2012): 64 bits from
// a short message and a secret of 128. Numbers of 64 bits are pairs of 32-bit halves here, for
// BigInt would allocate on the fast lane. What question-key.ts hashes with is the same construction
// for 32-bit words: its words, rotations and rounds are others, so that the two share no code.

/** The secret's length in 32-bit words. */
export const SIP_KEY_WORDS = 4

/**
 * Words of a message, as it must be prepared for `SipHash.take`: its octets in little-endian order,
 * then zeros to a whole number of 64 bits, the last octet of which is the message's length.
 */
export class SipHash {
  /** The halves of what the last message came to, as signed numbers. */
  low = 0
  high = 0

  /**
   * @param words an even number of them, prepared as said above
   * @param count how many
   * @param key words of the secret, from `keyAt` on: its octets in little-endian order
   */
  take(words: Int32Array, count: number, key: Int32Array, keyAt: number): void {
    const k0 = key[keyAt]!
    const k1 = key[keyAt + 1]!
    const k2 = key[keyAt + 2]!
    const k3 = key[keyAt + 3]!
    let v0 = k0 ^ 0x70736575
    let v0h = k1 ^ 0x736f6d65
    let v1 = k2 ^ 0x6e646f6d
    let v1h = k3 ^ 0x646f7261
    let v2 = k0 ^ 0x6e657261
    let v2h = k1 ^ 0x6c796765
    let v3 = k2 ^ 0x79746573
    let v3h = k3 ^ 0x74656462
    // The last turn takes no word in: it is the finalization.
    for (let at = 0; at <= count; at += 2) {
      const isLast = at === count
      const word = isLast ? 0 : words[at]!
      const wordHigh = isLast ? 0 : words[at + 1]!
      if (isLast) v2 ^= 0xff
      v3 ^= word
      v3h ^= wordHigh
      for (let rounds = isLast ? 4 : 2; rounds > 0; rounds--) {
        // v0 += v1; v1 <<<= 13; v1 ^= v0; v0 <<<= 32
        let low = (v0 + v1) | 0
        let high = (v0h + v1h + carry(v0, low)) | 0
        let left = (v1 << 13) | (v1h >>> 19)
        v1h = ((v1h << 13) | (v1 >>> 19)) ^ high
        v1 = left ^ low
        v0 = high
        v0h = low
        // v2 += v3; v3 <<<= 16; v3 ^= v2
        low = (v2 + v3) | 0
        high = (v2h + v3h + carry(v2, low)) | 0
        left = (v3 << 16) | (v3h >>> 16)
        v3h = ((v3h << 16) | (v3 >>> 16)) ^ high
        v3 = left ^ low
        v2 = low
        v2h = high
        // v0 += v3; v3 <<<= 21; v3 ^= v0
        low = (v0 + v3) | 0
        high = (v0h + v3h + carry(v0, low)) | 0
        left = (v3 << 21) | (v3h >>> 11)
        v3h = ((v3h << 21) | (v3 >>> 11)) ^ high
        v3 = left ^ low
        v0 = low
        v0h = high
        // v2 += v1; v1 <<<= 17; v1 ^= v2; v2 <<<= 32
        low = (v2 + v1) | 0
        high = (v2h + v1h + carry(v2, low)) | 0
        left = (v1 << 17) | (v1h >>> 15)
        v1h = ((v1h << 17) | (v1 >>> 15)) ^ high
        v1 = left ^ low
        v2 = high
        v2h = low
      }
      v0 ^= word
      v0h ^= wordHigh
    }
    this.low = v0 ^ v1 ^ v2 ^ v3
    this.high = v0h ^ v1h ^ v2h ^ v3h
  }
}

/**
 * What goes over from the sum of two lower halves, the first of which is `a`. As a number made of a
 * comparison, V8 has the processor's flag for it, where a conditional is a branch that none can foresee.
 */
function carry(a: number, sum: number): number {
  return Number(sum >>> 0 < a >>> 0)
}
