import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { type AnswerRecord, RecordCodec, RecordFault } from './record.ts'

const secret = new Uint8Array(32).fill(7)
const KEY = 'www.example.org./A/IN/0'

const record: AnswerRecord = {
  variant: 1,
  validation: 2,
  extendedError: -1,
  askedAt: 1_700_000_000_000,
  validUntil: 1_700_000_060_000,
  upstream: 'quad9',
  message: Uint8Array.of(1, 2, 3, 4, 5),
}

function plain(decoded: AnswerRecord | RecordFault): unknown {
  return typeof decoded === 'string' ? decoded : { ...decoded, message: [...decoded.message] }
}

for (const sealed of [false, true]) {
  suite(sealed ? 'a sealed record' : 'a record in the clear', () => {
    const codec = new RecordCodec({ secret, sealed })
    const octets = codec.encode(KEY, record)

    test('comes back as it was', () => {
      assert.deepEqual(plain(codec.decode(KEY, octets)), plain(record))
    })

    test('is worth nothing under another key, or to who has another secret', () => {
      assert.equal(codec.decode('www.example.com./A/IN/0', octets), RecordFault.Checksum)
      const stranger = new RecordCodec({ secret: new Uint8Array(32).fill(8), sealed })
      assert.equal(stranger.decode(KEY, octets), RecordFault.Checksum)
    })

    test('is worth nothing with any bit flipped', () => {
      for (let bit = 0; bit < octets.length * 8; bit++) {
        const changed = Uint8Array.from(octets)
        changed[bit >> 3]! ^= 1 << (bit & 7)
        assert.equal(typeof codec.decode(KEY, changed), 'string', `bit ${bit}`)
      }
    })

    test('is worth nothing when it was cut', () => {
      for (let length = 0; length < octets.length; length++) {
        assert.equal(typeof codec.decode(KEY, octets.subarray(0, length)), 'string')
      }
    })

    test('of any octets is refused and never throws (property)', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
          noise[0] = octets[0]!
          assert.equal(typeof codec.decode(KEY, noise), 'string')
        }),
      )
    })
  })
}

suite('a record of ours with impossible fields', () => {
  const codec = new RecordCodec({ secret, sealed: false })
  const day = 86_400_000
  const impossible: readonly Partial<AnswerRecord>[] = [
    { askedAt: NaN },
    { askedAt: -1 },
    { validUntil: NaN },
    { validUntil: Infinity },
    { askedAt: -Infinity, validUntil: Infinity },
    { validUntil: record.askedAt - 1 },
    { validUntil: record.askedAt + 15 * day },
    { variant: 4 },
  ]
  for (const fields of impossible) {
    const told = Object.entries(fields).map(([name, value]) => `${name} ${String(value)}`)
    test(`is refused: ${told.join(', ')}`, () => {
      const octets = codec.encode(KEY, { ...record, ...fields })
      assert.equal(codec.decode(KEY, octets), RecordFault.Malformed)
    })
  }

  test('cannot be written at all where an upstream says them', () => {
    for (const extendedError of [0, 22, 65_534, 65_535]) {
      const octets = codec.encode(KEY, { ...record, extendedError })
      const decoded = codec.decode(KEY, octets)
      assert.ok(typeof decoded !== 'string')
      assert.equal(decoded.extendedError, extendedError === 65_535 ? -1 : extendedError)
    }
  })
})

test('what people read behind a record in the clear changes nothing', () => {
  const codec = new RecordCodec({ secret, sealed: false })
  const octets = Buffer.concat([codec.encode(KEY, record), Buffer.from('{"name":"elsewhere."}')])
  assert.deepEqual(plain(codec.decode(KEY, octets)), plain(record))
})

test('sealed, neither key nor record tells the name; the same name has the same key', () => {
  const codec = new RecordCodec({ secret, sealed: true })
  assert.equal(codec.keyOf(KEY), codec.keyOf(KEY))
  assert.doesNotMatch(codec.keyOf(KEY), /example/)
  const text = Buffer.from(codec.encode(KEY, record)).toString('latin1')
  assert.doesNotMatch(text, /quad9/)
})

test('who seals takes no record in the clear, and the other way round', () => {
  const clear = new RecordCodec({ secret, sealed: false })
  const sealed = new RecordCodec({ secret, sealed: true })
  assert.equal(sealed.decode(KEY, clear.encode(KEY, record)), RecordFault.Schema)
  assert.equal(clear.decode(KEY, sealed.encode(KEY, record)), RecordFault.Schema)
})
