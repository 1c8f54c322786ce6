import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { FrameReader } from './frame-reader.ts'

function setUp(goOn: (count: number) => boolean = () => true) {
  const messages: Buffer[] = []
  const reader = new FrameReader({
    sink: {
      onMessage(bytes, start, length) {
        messages.push(Buffer.from(bytes.slice(start, start + length)))
        return goOn(messages.length)
      },
    },
  })
  return { messages, reader }
}

function frame(message: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(message.length >> 8, message.length & 255), message])
}

const message = fc
  .oneof(fc.integer({ min: 12, max: 40 }), fc.integer({ min: 12, max: 65_535 }))
  .map((length) => Buffer.alloc(length, length))

test('hands out the same messages however the stream is cut (RFC 7766 §8)', () => {
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 6 }),
      fc.array(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 16_384 })), {
        minLength: 1,
      }),
      (sent, cuts) => {
        const { messages, reader } = setUp()
        const stream = Buffer.concat(sent.map(frame))
        const buffer = new Uint8Array(16_384)
        let at = 0
        for (let i = 0; at < stream.length; i++) {
          const length = Math.min(
            cuts[i % cuts.length]! + (i >> 6) * 500,
            stream.length - at,
            16_384,
          )
          buffer.set(stream.subarray(at, at + length))
          assert.ok(reader.read(buffer, length))
          at += length
        }
        assert.deepEqual(messages, sent)
        assert.equal(reader.held, 0)
      },
    ),
    { numRuns: 60 },
  )
})

test('takes a frame in one-octet pieces', () => {
  const { messages, reader } = setUp()
  const sent = [Buffer.alloc(12, 1), Buffer.alloc(300, 2)]
  for (const octet of Buffer.concat(sent.map(frame))) assert.ok(reader.read(Buffer.of(octet), 1))
  assert.deepEqual(messages, sent)
})

test('hands out a message that lies whole in the buffer where it lies', () => {
  const stream = frame(Buffer.alloc(20, 7))
  let memory: Uint8Array | null = null
  const reader = new FrameReader({
    sink: {
      onMessage(bytes) {
        memory = bytes
        return true
      },
    },
  })
  reader.read(stream, stream.length)
  assert.equal(memory, stream)
})

for (const length of [0, 1, 11]) {
  test(`calls a frame of ${length} octets malformed: no header fits (RFC 1035 §4.1.1)`, () => {
    const stream = Buffer.concat([
      frame(Buffer.alloc(12)),
      frame(Buffer.alloc(length)),
      Buffer.alloc(9),
    ])
    const whole = setUp()
    assert.equal(whole.reader.read(stream, stream.length), false)
    assert.equal(whole.messages.length, 1)
    const pieces = setUp()
    const verdicts = [...stream].map((octet) => pieces.reader.read(Buffer.of(octet), 1))
    assert.equal(verdicts.indexOf(false), 15)
  })
}

test('holds no more than one message, however much is announced', () => {
  const { reader } = setUp()
  const start = Buffer.concat([Buffer.of(0xff, 0xff), Buffer.alloc(65_534)])
  assert.ok(reader.read(start, start.length))
  assert.equal(reader.held, 65_536)
})

test('stops where its sink says so', () => {
  const { messages, reader } = setUp((count) => count < 2)
  const stream = Buffer.concat([1, 2, 3].map((n) => frame(Buffer.alloc(12, n))))
  assert.ok(reader.read(stream, stream.length))
  assert.equal(messages.length, 2)
})
