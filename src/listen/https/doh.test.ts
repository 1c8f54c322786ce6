import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { DohReader, isDnsMessage, Method } from './doh.ts'
import { Refusal } from './refusal.ts'

const reader = new DohReader('/dns-query')

/** RFC 8484 §4.1.1: a query for www.example.com A, and its GET. */
const MESSAGE = Buffer.from(
  '00000100000100000000000003777777076578616d706c6503636f6d0000010001',
  'hex',
)
const PARAMETER = 'AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB'

function request(method: Method, target: string, dnsMessage = true): Refusal | null {
  const bytes = Buffer.from(`GET ${target} HTTP/1.1`, 'latin1')
  return reader.request(method, bytes, 4, 4 + target.length, dnsMessage)
}

function get(target: string): Refusal | Uint8Array {
  const refusal = request(Method.Get, target, false)
  return refusal ?? reader.bytes.slice(reader.start, reader.start + reader.length)
}

suite('GET', () => {
  test('gives the message of the parameter "dns", ID 0 and all (RFC 8484 §4.1.1)', () => {
    assert.deepEqual(get(`/dns-query?dns=${PARAMETER}`), new Uint8Array(MESSAGE))
  })

  test('takes it from among other parameters', () => {
    for (const query of [
      `a=b&dns=${PARAMETER}`,
      `dns=${PARAMETER}&ct`,
      `&&xdns=1&dns=${PARAMETER}&`,
    ]) {
      assert.deepEqual(get(`/dns-query?${query}`), new Uint8Array(MESSAGE), query)
    }
  })

  test('wants it there once, and whole', () => {
    for (const none of ['', '?', '?dn', '?dns', '?DNS=AAAA', '?xdns=AAAA', '?a&b=dns=AAAA']) {
      assert.equal(get(`/dns-query${none}`), Refusal.NoParameter, none)
    }
    assert.equal(get(`/dns-query?dns=${PARAMETER}&dns=${PARAMETER}`), Refusal.TwoParameters)
    for (const bad of ['A', `${PARAMETER}%3D`, `${PARAMETER}==`, `${PARAMETER} `, 'AAA+', 'AAA/']) {
      assert.equal(get(`/dns-query?dns=${bad}`), Refusal.BadEncoding, bad)
    }
    for (const short of ['', 'AAAA', PARAMETER.slice(0, 14)]) {
      assert.equal(get(`/dns-query?dns=${short}`), Refusal.NotAQuery, short)
    }
  })

  test('takes the largest message and none larger', () => {
    const largest = Buffer.alloc(65_535)
    assert.equal(
      (get(`/dns-query?dns=${largest.toString('base64url')}`) as Uint8Array).length,
      65_535,
    )
    const larger = Buffer.alloc(65_536).toString('base64url')
    assert.equal(get(`/dns-query?dns=${larger}`), Refusal.TargetTooLong)
  })
})

suite('POST', () => {
  test('has its message in the body (RFC 8484 §4.1)', () => {
    assert.equal(request(Method.Post, '/dns-query'), null)
    assert.equal(request(Method.Post, '/dns-query?anything'), null)
    const body = Uint8Array.of(0xff, ...MESSAGE, 0xff)
    assert.equal(reader.body(body, 1, MESSAGE.length), null)
    assert.deepEqual([reader.bytes, reader.start, reader.length], [body, 1, MESSAGE.length])
  })

  test('of another media type is 415 (RFC 9110 §15.5.16)', () => {
    assert.equal(request(Method.Post, '/dns-query', false), Refusal.BadMediaType)
    const is = (type: string) => isDnsMessage(Buffer.from(`: ${type}`), 2, 2 + type.length)
    for (const type of [
      'application/dns-message',
      'Application/DNS-Message;a=b',
      'application/dns-message ; a',
    ]) {
      assert.ok(is(type), type)
    }
    for (const type of [
      '',
      'application/dns',
      'application/dns-messages',
      'application/dns-json',
      'text/plain',
    ]) {
      assert.ok(!is(type), type)
    }
  })

  test('of what is no query, or too long for one, is refused in words', () => {
    const response = Buffer.from(MESSAGE)
    response[2]! |= 0x80
    assert.equal(reader.body(response, 0, response.length), Refusal.NotAQuery)
    assert.equal(reader.body(MESSAGE, 0, 11), Refusal.NotAQuery)
    assert.equal(reader.body(MESSAGE, 0, 0), Refusal.NotAQuery)
    assert.equal(reader.body(new Uint8Array(65_536), 0, 65_536), Refusal.BodyTooLong)
  })
})

test('other paths are 404 whatever the method, other methods 405', () => {
  for (const path of [
    '/',
    '/dns-quer',
    '/dns-queryx',
    '/dns-query/',
    '/DNS-query',
    '//dns-query',
    '/../dns-query',
    '*',
    '',
  ]) {
    for (const method of Object.values(Method)) {
      assert.equal(request(method, path), Refusal.NoSuchPath, path)
      assert.equal(request(method, `${path}?dns=${PARAMETER}`), Refusal.NoSuchPath, path)
    }
  }
  assert.equal(request(Method.Other, '/dns-query'), Refusal.BadMethod)
})

test('whatever the target, the reader never throws and its message lies in its memory', () => {
  const piece = fc.constantFrom(
    '/dns-query',
    '?',
    '&',
    'dns=',
    PARAMETER,
    '=',
    '%',
    'AAAA',
    '/',
    '\0',
  )
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 8 }),
      fc.constantFrom(...Object.values(Method)),
      (pieces, method) => {
        const refusal = request(method, pieces.join(''))
        if (refusal !== null) assert.ok(refusal.status >= 400 && refusal.status < 500)
        else if (method === Method.Get)
          assert.ok(reader.start + reader.length <= reader.bytes.length)
      },
    ),
  )
})
