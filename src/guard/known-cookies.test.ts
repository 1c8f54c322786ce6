import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { KnownCookies } from './known-cookies.ts'

const STATE = 0x101

suite('cookies known to be good', () => {
  test('are those that were added, and no other by a single bit', () => {
    const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
    const message = fc.int32Array({ minLength: 6, maxLength: 13 })
    fc.assert(
      fc.property(message, word, word, fc.nat(31), fc.nat(), (words, low, high, bit, which) => {
        const known = new KnownCookies()
        const { length } = words
        assert.ok(!known.has(STATE, low, high, words, length))
        known.add(STATE, low, high, words, length)
        assert.ok(known.has(STATE, low, high, words, length))
        const flip = 1 << bit
        assert.ok(!known.has(STATE ^ flip, low, high, words, length))
        assert.ok(!known.has(STATE, low ^ flip, high, words, length))
        assert.ok(!known.has(STATE, low, high ^ flip, words, length))
        words[which % length]! ^= flip
        assert.ok(!known.has(STATE, low, high, words, length))
      }),
    )
  })

  test('give way to others in the same place', () => {
    const known = new KnownCookies()
    const words = Int32Array.from({ length: 6 }, (_, i) => i)
    known.add(STATE, 5, 1, words, 6)
    known.add(STATE, 5 + 256, 2, words, 6)
    assert.ok(!known.has(STATE, 5, 1, words, 6))
    assert.ok(known.has(STATE, 5 + 256, 2, words, 6))
  })

  test('what is known of a long message says nothing of one that is its beginning, nor the other way', () => {
    const known = new KnownCookies()
    const words = Int32Array.from({ length: 13 }, (_, i) => i + 1)
    known.add(0x101, 7, 8, words, 10)
    assert.equal(known.has(0x101, 7, 8, words, 6), false)
    known.add(0x101, 7, 8, words, 6)
    assert.equal(known.has(0x101, 7, 8, words, 10), false)
    assert.ok(known.has(0x101, 7, 8, words, 6))
  })
})
