import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { FrameReader } from './framing.ts'

function frame(message: Uint8Array): Uint8Array {
  return Uint8Array.of(message.length >> 8, message.length & 0xff, ...message)
}

function messagesOf(chunks: Iterable<Uint8Array>): Uint8Array[] {
  const reader = new FrameReader()
  const messages: Uint8Array[] = []
  for (const chunk of chunks) {
    reader.push(chunk)
    while (reader.next()) {
      messages.push(
        Uint8Array.from(reader.bytes.subarray(reader.start, reader.start + reader.length)),
      )
    }
  }
  return messages
}

describe('frames of a stream (RFC 7766 §8)', () => {
  test('cuts any messages out of any chunks', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 })
    const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 })
    fc.assert(
      fc.property(messages, sizes, (sent, cuts) => {
        const stream = Buffer.concat(sent.map(frame))
        const chunks: Uint8Array[] = []
        for (let at = 0, cut = 0; at < stream.length; cut++) {
          const size = cuts[cut % cuts.length]!
          chunks.push(stream.subarray(at, at + size))
          at += size
        }
        assert.deepEqual(messagesOf(chunks), sent)
      }),
    )
  })

  test('takes a message of 65,535 octets in one-octet pieces', () => {
    const message = new Uint8Array(65_535).map((_, at) => at % 251)
    const stream = Uint8Array.of(0xff, 0xff, ...message)
    const pieces = Array.from(stream, (octet) => Uint8Array.of(octet))
    assert.deepEqual(messagesOf(pieces), [message])
  })

  test('finds messages of no octets', () => {
    assert.deepEqual(messagesOf([Uint8Array.of(0, 0, 0), Uint8Array.of(0)]), [
      new Uint8Array(0),
      new Uint8Array(0),
    ])
  })

  test('holds no more memory than octets have come, whatever was announced', () => {
    const before = process.memoryUsage().arrayBuffers
    const readers = Array.from({ length: 1_000 }, () => {
      const reader = new FrameReader()
      reader.push(Uint8Array.of(0xff, 0xff, 1))
      reader.next()
      return reader
    })
    const grown = process.memoryUsage().arrayBuffers - before
    assert.ok(readers.every((reader) => reader.midFrame))
    assert.ok(grown < 1_000_000, `${grown} octets`)
  })

  test('tells whether a message has begun', () => {
    const reader = new FrameReader()
    const steps = [
      [[0], true],
      [[2], true],
      [[1], true],
      [[2], false],
    ] as const
    for (const [octets, midFrame] of steps) {
      reader.push(Uint8Array.from(octets))
      while (reader.next());
      assert.equal(reader.midFrame, midFrame)
    }
  })

  test('forgets what it holds when cleared', () => {
    const reader = new FrameReader()
    reader.push(Uint8Array.of(0, 9, 1))
    assert.equal(reader.next(), false)
    reader.clear()
    assert.equal(reader.midFrame, false)
    reader.push(Uint8Array.of(0, 1, 7))
    assert.equal(reader.next(), true)
    assert.equal(reader.bytes[reader.start], 7)
  })
})
