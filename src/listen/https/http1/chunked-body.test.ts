import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ChunkedBody, Chunks } from './chunked-body.ts'

interface Found {
  readonly verdict: Chunks
  readonly body: string
  /** What follows the body. */
  readonly rest: string
}

/** @param cuts where the text is cut into pieces that come one by one */
function read(text: string, cuts: readonly number[] = [], maxLength = 100): Found {
  const bytes = Buffer.from(text, 'latin1')
  const chunks = new ChunkedBody(maxLength)
  let verdict: Chunks = Chunks.More
  let at = 0
  for (const end of [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort(
    (a, b) => a - b,
  )) {
    if (verdict !== Chunks.More) break
    verdict = chunks.take(bytes, at, end)
    at += chunks.used
  }
  const body = Buffer.from(chunks.bytes.subarray(0, chunks.length)).toString('latin1')
  return { verdict, body, rest: text.slice(at) }
}

test('chunks are put together, however they are cut (RFC 9112 §7.1)', () => {
  const text =
    '5\r\nhello\r\n0006;name="v"\r\n world\r\n1 ;x\r\n!\r\n0\r\nTrailer: t\r\nX:\r\n\r\nGET'
  const expected = { verdict: Chunks.Done, body: 'hello world!', rest: 'GET' }
  assert.deepEqual(read(text.replace(' ;x', '')), expected)
  fc.assert(
    fc.property(fc.array(fc.nat(100)), (cuts) => {
      assert.deepEqual(read(text.replace(' ;x', ''), cuts), expected)
    }),
  )
})

test('an empty body is one too', () => {
  assert.deepEqual(read('0\r\n\r\n'), { verdict: Chunks.Done, body: '', rest: '' })
})

test('what two readers could read in two ways is refused (RFC 9112 §11.2)', () => {
  for (const text of [
    '5\nhello\r\n0\r\n\r\n',
    '5\r\nhello0\r\n\r\n',
    '5\r\nhello\n0\r\n\r\n',
    '5\r\nhello\r\r\n0\r\n\r\n',
    '\r\nhello\r\n0\r\n\r\n',
    ' 5\r\nhello\r\n0\r\n\r\n',
    '5 \r\nhello\r\n0\r\n\r\n',
    '0x5\r\nhello\r\n0\r\n\r\n',
    '-5\r\nhello\r\n0\r\n\r\n',
    '5;a\nb\r\nhello\r\n0\r\n\r\n',
    'g\r\n',
    '0\r\nX: a\n\r\n',
    '0\r\n\rX',
    '0\r\n0\r\n\r\n',
    '0\r\n: a\r\n\r\n',
    '0\r\nX : a\r\n\r\n',
    '0\r\nX: a\r\n folded\r\n\r\n',
  ]) {
    assert.equal(read(text).verdict, Chunks.Malformed, JSON.stringify(text))
  }
})

test('more than may be is refused before it has come', () => {
  assert.equal(read('64\r\n').verdict, Chunks.More)
  assert.equal(read('65\r\n').verdict, Chunks.TooLong)
  assert.equal(read(`5\r\nhello\r\n60\r\n`).verdict, Chunks.TooLong)
  assert.equal(read('ffffffff\r\n').verdict, Chunks.TooLong)
  assert.equal(read('000000005\r\n').verdict, Chunks.TooLong)
})

test('neither extensions nor trailers go on for ever', () => {
  assert.equal(read(`5;${'x'.repeat(20_000)}`).verdict, Chunks.TooLong)
  assert.equal(read(`0\r\n${'X: y\r\n'.repeat(5_000)}`).verdict, Chunks.TooLong)
  assert.equal(read('1\r\nx\r\n'.repeat(5_000), [], 65_535).verdict, Chunks.TooLong)
})
