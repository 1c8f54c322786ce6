import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { huffmanEncode } from '../../../../test/support/http2-frames.ts'
import { CODE_LENGTHS, decodeHuffman } from './huffman.ts'

/** Decodes octets that stand inside others; null when they are refused. */
function decode(octets: Uint8Array): Uint8Array | null {
  const bytes = Buffer.concat([Buffer.of(0), octets, Buffer.of(0xff)])
  const out = new Uint8Array(1 + Math.ceil((octets.length * 8) / 5))
  const end = decodeHuffman(bytes, 1, 1 + octets.length, out, 1)
  return end === -1 ? null : out.subarray(1, end)
}

test('decodes the strings of the examples (RFC 7541 §C.4, §C.6)', () => {
  for (const [hex, text] of [
    ['f1e3c2e5f23a6ba0ab90f4ff', 'www.example.com'],
    ['a8eb10649cbf', 'no-cache'],
    ['25a849e95ba97d7f', 'custom-key'],
    ['25a849e95bb8e8b4bf', 'custom-value'],
    ['6402', '302'],
    ['aec3771a4b', 'private'],
    ['d07abe941054d444a8200595040b8166e082a62d1bff', 'Mon, 21 Oct 2013 20:13:21 GMT'],
    ['9d29ad171863c78f0b97c8e9ae82ae43d3', 'https://www.example.com'],
    ['640eff', '307'],
    ['9bd9ab', 'gzip'],
    [
      '94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
      'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
    ],
  ] as const) {
    assert.equal(Buffer.from(decode(Buffer.from(hex, 'hex'))!).toString('latin1'), text)
  }
})

test('has a complete code: the lengths of Appendix B leave nothing over (Kraft)', () => {
  assert.equal(CODE_LENGTHS.length, 257)
  assert.equal(
    CODE_LENGTHS.reduce((sum, length) => sum + 2 ** -length, 0),
    1,
  )
})

test('any octets come back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
      assert.deepEqual(decode(huffmanEncode(octets)), octets)
    }),
  )
})

test('refuses padding of a whole octet, or of other bits than ones (RFC 7541 §5.2)', () => {
  const text = huffmanEncode(Buffer.from('aa'))
  assert.equal(decode(Buffer.concat([text, Buffer.of(0xff)])), null)
  assert.equal(decode(Buffer.of(0xff)), null)
  for (let bits = 0; bits < 64; bits++) {
    // "a" is 00011, which leaves three bits of padding.
    assert.equal(decode(Buffer.of(0b00011_000 | (bits & 7))) === null, (bits & 7) !== 7)
  }
})

test('refuses a text with EOS in it (RFC 7541 §5.2)', () => {
  assert.equal(decode(Buffer.from('ffffffff', 'hex')), null)
  assert.equal(decode(Buffer.from('1fffffffff', 'hex')), null)
})

test('whatever the octets, it ends within its room', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (octets) => {
      const decoded = decode(octets)
      // One text has one form, so what decodes is what encoding makes of it.
      if (decoded !== null) assert.deepEqual(new Uint8Array(huffmanEncode(decoded)), octets)
    }),
  )
})
