import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { http2Frame } from '../../../../test/support/http2-frames.ts'
import { FrameReader } from './frame-reader.ts'
import { ErrorCode, MAX_FRAME_LENGTH, PREFACE } from './protocol.ts'

interface Frame {
  readonly type: number
  readonly flags: number
  readonly streamId: number
  readonly payload: Uint8Array
}

/** All frames that a reader finds in these chunks. */
function read(reader: FrameReader, chunks: readonly Uint8Array[]): Frame[] {
  const found: Frame[] = []
  for (const chunk of chunks) {
    reader.push(chunk)
    while (reader.next()) {
      const { type, flags, streamId, bytes, start, length } = reader
      found.push({ type, flags, streamId, payload: bytes.slice(start, start + length) })
    }
  }
  return found
}

const octet = fc.integer({ min: 0, max: 255 })
const frame = fc.record(
  {
    type: octet,
    flags: octet,
    streamId: fc.integer({ min: 0, max: 0x7fff_ffff }),
    payload: fc.uint8Array({ maxLength: 400 }),
  },
  { noNullPrototype: true },
)

suite('frames (RFC 9113 §4.1)', () => {
  test('come back whole, however the stream is cut', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 })
    fc.assert(
      fc.property(fc.array(frame), cuts, (frames, lengths) => {
        const stream = Buffer.concat([
          PREFACE,
          ...frames.map((one) => http2Frame(one.type, one.flags, one.streamId, one.payload)),
        ])
        const chunks: Uint8Array[] = []
        for (let at = 0, i = 0; at < stream.length; i++) {
          const length = lengths[i % lengths.length]!
          chunks.push(new Uint8Array(stream.subarray(at, at + length)))
          at += length
        }
        const reader = new FrameReader()
        assert.deepEqual(read(reader, chunks), frames)
        assert.equal(reader.midFrame, false)
        assert.equal(reader.held, 0)
        assert.equal(reader.fault, ErrorCode.NoError)
      }),
    )
  })

  test('that lie whole in a chunk are not copied', () => {
    const chunk = new Uint8Array(Buffer.concat([PREFACE, http2Frame(0, 0, 1, 'abcd')]))
    const reader = new FrameReader()
    reader.push(chunk)
    assert.ok(reader.next())
    assert.equal(reader.bytes, chunk)
    assert.equal(reader.start, 24 + 9)
  })

  test('have a reserved bit, which is passed over', () => {
    const octets = http2Frame(6, 0, 5, '00')
    octets[5]! |= 0x80
    assert.equal(read(new FrameReader(), [PREFACE, octets])[0]!.streamId, 5)
  })

  test('larger than 16,384 octets are a fault as soon as they say so (§4.2)', () => {
    const largest = http2Frame(0, 0, 1, new Uint8Array(MAX_FRAME_LENGTH))
    assert.equal(read(new FrameReader(), [PREFACE, largest]).length, 1)
    for (const cut of [3, 9]) {
      const header = Buffer.from('004001 00 00 00000001'.replaceAll(' ', ''), 'hex')
      const reader = new FrameReader()
      assert.deepEqual(read(reader, [PREFACE, header.subarray(0, cut), header.subarray(cut)]), [])
      assert.equal(reader.fault, ErrorCode.FrameSizeError)
    }
  })

  test('begun and not ended hold no more than has come', () => {
    const reader = new FrameReader()
    read(reader, [PREFACE, http2Frame(0, 0, 1, new Uint8Array(MAX_FRAME_LENGTH)).subarray(0, 60)])
    assert.ok(reader.midFrame)
    assert.ok(reader.held <= 256)
  })
})

test('another preface than that of HTTP/2 is a fault (§3.4)', () => {
  for (const text of ['GET / HTTP/1.1\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nXX', '\x16\x03\x01']) {
    const reader = new FrameReader()
    read(reader, [Buffer.from(text, 'latin1')])
    assert.equal(reader.fault, ErrorCode.ProtocolError)
  }
})
