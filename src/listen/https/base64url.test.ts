import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { decodeBase64url, decodedLength } from './base64url.ts'

/** Decodes a text that stands somewhere inside other octets; null when it is refused. */
function decode(text: string): Uint8Array | null {
  const bytes = Buffer.from(`AAA${text}AAA`, 'latin1')
  const out = new Uint8Array(decodedLength(text.length) + 1).fill(0xa5)
  const length = decodeBase64url(bytes, 3, 3 + text.length, out)
  assert.equal(out.at(-1), 0xa5)
  return length === -1 ? null : out.subarray(0, length)
}

test('any octets come back (RFC 4648 §5)', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
      assert.deepEqual(decode(Buffer.from(octets).toString('base64url')), octets)
    }),
  )
})

test('any other text is refused: one message has one form (RFC 4648 §3.5)', () => {
  const text = fc.oneof(
    fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) }),
    fc.string({ unit: fc.constantFrom(...Array.from('ABCwxyz0189-_=+/ ')) }),
  )
  fc.assert(
    fc.property(text, (one) => {
      const canonical = Buffer.from(one, 'base64url').toString('base64url') === one
      assert.equal(decode(one) !== null, canonical, one)
    }),
    { numRuns: 1_000 },
  )
})

test('padding is refused (RFC 8484 §6)', () => {
  for (const text of ['AA==', 'AAA=', 'AAAA====', '=']) assert.equal(decode(text), null)
})
