import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { SIP_KEY_WORDS, SipHash } from './sip-hash.ts'

/** Outputs of the paper's Appendix A and its reference code: key 00…0f, messages 00 01 02 …. */
const KNOWN: readonly (readonly [length: number, digest: string])[] = [
  [0, '310e0edd47db6f72'],
  [1, 'fd67dc93c539f874'],
  [7, '37d1018bf50002ab'],
  [8, '6224939a79f5f593'],
  [15, 'e545be4961ca29a1'],
]

/** Prepares a message as `SipHash.take` wants it, and gives the digest as octets are written. */
function digest(message: Uint8Array, key: Uint8Array): string {
  const octets = new Uint8Array((message.length & ~7) + 8)
  octets.set(message)
  octets[octets.length - 1] = message.length
  const words = new Int32Array(octets.buffer)
  const hash = new SipHash()
  const keyWords = new Int32Array(SIP_KEY_WORDS + 1)
  new Uint8Array(keyWords.buffer).set(key, 4)
  hash.take(words, words.length, keyWords, 1)
  const out = Buffer.alloc(8)
  out.writeInt32LE(hash.low, 0)
  out.writeInt32LE(hash.high, 4)
  return out.toString('hex')
}

const MASK = (1n << 64n) - 1n
const rotl = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (64n - by))) & MASK

/** As the paper's §2 says it, in numbers of any size. */
function plainDigest(message: Uint8Array, key: Uint8Array): string {
  const keyBytes = Buffer.from(key)
  const [k0, k1] = [keyBytes.readBigUInt64LE(0), keyBytes.readBigUInt64LE(8)]
  const padded = Buffer.alloc((message.length & ~7) + 8)
  padded.set(message)
  padded[padded.length - 1] = message.length
  let v0 = k0 ^ 0x736f6d6570736575n
  let v1 = k1 ^ 0x646f72616e646f6dn
  let v2 = k0 ^ 0x6c7967656e657261n
  let v3 = k1 ^ 0x7465646279746573n
  const round = (): void => {
    v0 = (v0 + v1) & MASK
    v2 = (v2 + v3) & MASK
    v1 = rotl(v1, 13n) ^ v0
    v3 = rotl(v3, 16n) ^ v2
    v0 = rotl(v0, 32n)
    v2 = (v2 + v1) & MASK
    v0 = (v0 + v3) & MASK
    v1 = rotl(v1, 17n) ^ v2
    v3 = rotl(v3, 21n) ^ v0
    v2 = rotl(v2, 32n)
  }
  for (let at = 0; at < padded.length; at += 8) {
    const word = padded.readBigUInt64LE(at)
    v3 ^= word
    round()
    round()
    v0 ^= word
  }
  v2 ^= 0xffn
  for (let i = 0; i < 4; i++) round()
  const out = Buffer.alloc(8)
  out.writeBigUInt64LE(v0 ^ v1 ^ v2 ^ v3)
  return out.toString('hex')
}

suite('SipHash-2-4', () => {
  const key = Uint8Array.from({ length: 16 }, (_, i) => i)

  for (const [length, expected] of KNOWN) {
    test(`gives what the paper's authors give for ${length} octets`, () => {
      const message = Uint8Array.from({ length }, (_, i) => i)
      assert.equal(digest(message, key), expected)
      assert.equal(plainDigest(message, key), expected)
    })
  }

  test('gives what the definition in 64-bit numbers gives, for any message and key', () => {
    const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), octets(16), (message, anyKey) => {
        assert.equal(digest(message, anyKey), plainDigest(message, anyKey))
      }),
      { numRuns: 2_000 },
    )
  })
})
