import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { lowerCaseOctet, MAX_NAME_LENGTH } from './name.ts'
import { QuestionKey } from './question-key.ts'

/**
 * HalfSipHash as its paper tells it, over 32-bit words kept as bigints. `length` is the one told in
 * the last word.
 * @returns 32 bits, as a number
 */
function halfSipHash(
  message: Uint8Array,
  [k0, k1]: Uint32Array,
  compression: number,
  finalization: number,
  length = message.length,
): number {
  const mask = 0xffff_ffffn
  const left = (x: bigint, by: bigint) => ((x << by) | (x >> (32n - by))) & mask
  const key = [BigInt(k0!), BigInt(k1!)] as const
  let v0 = key[0]
  let v1 = key[1]
  let v2 = 0x6c796765n ^ key[0]
  let v3 = 0x74656462n ^ key[1]
  const round = () => {
    v0 = (v0 + v1) & mask
    v1 = left(v1, 5n) ^ v0
    v0 = left(v0, 16n)
    v2 = (v2 + v3) & mask
    v3 = left(v3, 8n) ^ v2
    v0 = (v0 + v3) & mask
    v3 = left(v3, 7n) ^ v0
    v2 = (v2 + v1) & mask
    v1 = left(v1, 13n) ^ v2
    v2 = left(v2, 16n)
  }
  const padded = new Uint8Array((message.length & ~3) + 4)
  padded.set(message)
  padded[padded.length - 1] = length
  const view = new DataView(padded.buffer)
  for (let at = 0; at < padded.length; at += 4) {
    const word = BigInt(view.getUint32(at, true))
    v3 ^= word
    for (let i = 0; i < compression; i++) round()
    v0 ^= word
  }
  v2 ^= 0xffn
  for (let i = 0; i < finalization; i++) round()
  return Number(v1 ^ v3)
}

/** A key of the question in `message`, in the place where queries have it. */
function take(question: Uint8Array, secret: Uint32Array, before = 12): QuestionKey {
  const message = new Uint8Array(before + question.length + 9).fill(0x41)
  message.set(question, before)
  const key = new QuestionKey(secret)
  key.take(message, before, question.length - 4)
  return key
}

const secrets = fc.tuple(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff)).map((s) => Uint32Array.from(s))

/** Names as a query has them, then type and class. */
const questions = fc
  .tuple(
    fc.array(fc.uint8Array({ minLength: 1, maxLength: 63 }), { maxLength: 6 }),
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
  )
  .map(([labels, fixed]) => {
    const name = labels.flatMap((label) => [label.length, ...label])
    return Uint8Array.from([...name.slice(0, MAX_NAME_LENGTH - 1), 0, ...fixed])
  })

suite('a question’s hash', () => {
  test('the reference implementation in this test gives the published values of HalfSipHash-2-4', () => {
    const secret = Uint32Array.of(0x03020100, 0x07060504)
    const input = Uint8Array.from({ length: 8 }, (_, i) => i)
    const published = [0x5b9f35a9, 0xb85a4727, 0x03a662fa, 0x04e7fe8a, 0x89466e2a, 0x69b6fac5]
    for (const [length, value] of published.entries()) {
      assert.equal(halfSipHash(input.subarray(0, length), secret, 2, 4), value)
    }
  })

  test('is HalfSipHash-1-3 of the question when that is a whole number of words', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), secrets, (octets, secret) => {
        const length = (octets.length + 8) & ~3
        // No letters: whatever a name holds, it is hashed in lower case.
        const question = new Uint8Array(length)
        question.set(octets.map((octet) => octet & 0xbf))
        assert.equal(take(question, secret).hash, halfSipHash(question, secret, 1, 3))
      }),
    )
  })

  test('of another length is that of the question filled up with zeros, told apart by the length', () => {
    fc.assert(
      fc.property(questions, secrets, (question, secret) => {
        const key = take(question, secret)
        const filled = new Uint8Array((question.length + 3) & ~3)
        filled.set(key.bytes.subarray(0, question.length))
        const expected = halfSipHash(filled, secret, 1, 3, question.length)
        assert.equal(key.hash, expected)
      }),
    )
  })

  test('differs under another secret', () => {
    const question = Uint8Array.of(1, 0x61, 0, 0, 1, 0, 1)
    const hashes = [0, 1, 2, 3].map((n) => take(question, Uint32Array.of(n, 7)).hash)
    assert.equal(new Set(hashes).size, hashes.length)
  })
})

suite('a question’s key', () => {
  const secret = Uint32Array.of(1, 2)

  test('has its name in lower case, whatever octet stands at whatever place (RFC 4343 §3)', () => {
    // Labels of 1 to 4 octets move the octet through all four places of a word.
    for (let before = 1; before <= 5; before++) {
      for (let octet = 0; octet < 256; octet++) {
        const label = [...Array.from({ length: before - 1 }, () => 0x5a), octet, 0x40, 0x5b]
        const question = Uint8Array.of(label.length, ...label, 0, 0, 1, 0, 1)
        const name = question.subarray(0, -4)
        const key = take(question, secret)
        assert.deepEqual(key.bytes.slice(0, name.length), name.map(lowerCaseOctet))
      }
    }
  })

  test('leaves type and class as they are, though they may look like letters', () => {
    fc.assert(
      fc.property(questions, (question) => {
        const key = take(question, secret)
        assert.equal(key.length, question.length)
        assert.deepEqual(key.bytes.slice(question.length - 4, question.length), question.slice(-4))
        const name = question.subarray(0, -4)
        assert.deepEqual(key.bytes.slice(0, name.length), name.map(lowerCaseOctet))
      }),
    )
  })

  test('is the same for all letter cases, wherever the question lies in memory', () => {
    fc.assert(
      fc.property(questions, fc.nat(7), (question, before) => {
        const upper = question.map((octet, i) => {
          return i < question.length - 4 && octet >= 0x61 && octet <= 0x7a ? octet - 0x20 : octet
        })
        assert.deepEqual(take(upper, secret, before), take(question, secret))
      }),
    )
  })

  test('shows nothing of the longer one before it in its last word', () => {
    const key = take(new Uint8Array(40).fill(0xff), secret)
    for (const length of [5, 6, 7, 8, 9]) {
      const question = new Uint8Array(length).fill(0xee)
      key.take(question, 0, length - 4)
      const words = new Uint8Array(key.words.buffer.slice(0, (length + 3) & ~3))
      assert.ok(words.subarray(length).every((octet) => octet === 0))
      assert.equal(key.hash, take(question, secret).hash)
    }
  })

  test('has no variant until one is set', () => {
    const question = Uint8Array.of(0, 0, 1, 0, 1)
    const key = take(question, secret)
    key.variant = 3
    key.take(question, 0, 1)
    assert.equal(key.variant, 0)
  })
})
