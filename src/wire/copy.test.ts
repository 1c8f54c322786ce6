import assert from 'node:assert/strict'
import { test } from 'node:test'
import { copyOctets } from './copy.ts'

test('copies so many octets from place to place, short or long, and touches no other', () => {
  const from = Uint8Array.from({ length: 600 }, (_, i) => (i * 7) & 0xff)
  for (const length of [0, 1, 191, 192, 193, 500]) {
    const to = new Uint8Array(700).fill(0xa5)
    copyOctets(from, 3, to, 11, length)
    assert.deepEqual(to.subarray(11, 11 + length), from.subarray(3, 3 + length))
    assert.ok([...to.subarray(0, 11), ...to.subarray(11 + length)].every((one) => one === 0xa5))
  }
})
