import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { checkSignature, isGoodSignature } from './check-signature.ts'
import { Dnskey } from './dnskey.ts'
import { SigningKey } from './signer/signing-key.ts'

/** What is found at once, and off the event loop. */
async function bothWays(key: SigningKey, data: Uint8Array, signature: Uint8Array) {
  const { algorithm } = key
  const known = new Dnskey(key.rdata).key!
  const later = new Promise<boolean>((resolve) => {
    checkSignature(algorithm, known, data, signature, resolve)
  })
  return [isGoodSignature(algorithm, known, data, signature), await later]
}

/** A signature that is so, and what it is over: one in 128 is enough. */
function findSignature(key: SigningKey, fits: (signature: Uint8Array) => boolean) {
  for (let i = 0; ; i++) {
    const data = Buffer.from(`${i}`)
    const signature = key.sign(data)
    if (fits(signature)) return { data, signature }
  }
}

describe('a signature of the curves P-256 and P-384 (RFC 6605 §4)', () => {
  for (const [algorithm, half] of [
    [13, 32],
    [14, 48],
  ] as const) {
    const key = new SigningKey({ algorithm })
    const forms: readonly [string, (signature: Uint8Array) => boolean][] = [
      ['begins with zeros', (octets) => octets[0] === 0],
      ['has zeros where its second half begins', (octets) => octets[half] === 0],
      ['has a zero, and then a bit that would be a sign', (octets) => isZeroAndHigh(octets)],
      ['begins with a bit that would be a sign', (octets) => octets[0]! >= 0x80],
    ]
    for (const [title, fits] of forms) {
      it(`${half * 16} bits long is good where it ${title}`, async () => {
        const { data, signature } = findSignature(key, fits)
        assert.deepEqual(await bothWays(key, data, signature), [true, true])
      })
    }
  }
})

function isZeroAndHigh(octets: Uint8Array): boolean {
  return octets[0] === 0 && octets[1]! >= 0x80
}

describe('a signature that is too short or too long', () => {
  for (const algorithm of [8, 13, 14, 15, 16]) {
    it(`is not good, and no fault: algorithm ${algorithm}`, async () => {
      const key = new SigningKey({ algorithm, bits: 2_048 })
      const data = Buffer.from('data')
      const signature = key.sign(data)
      assert.deepEqual(await bothWays(key, data, signature), [true, true])
      for (const octets of [
        new Uint8Array(0),
        signature.subarray(0, 1),
        signature.subarray(0, -1),
        Buffer.concat([signature, Buffer.of(0)]),
        Buffer.concat([Buffer.of(0), signature]),
      ]) {
        // oxlint-disable-next-line no-await-in-loop
        assert.deepEqual(await bothWays(key, data, octets), [false, false], `${octets.length}`)
      }
    })
  }
})
