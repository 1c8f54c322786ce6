import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { Method } from '../doh.ts'
import { Refusal } from '../refusal.ts'
import { headEnd, RequestHead } from './head.ts'

const head = new RequestHead()

function parse(text: string): Refusal | null {
  const bytes = Buffer.from(`xx${text}yy`, 'latin1')
  return head.parse(bytes, 2, 2 + text.length)
}

/** A head with these lines behind its request line and host. */
function withFields(...fields: readonly string[]): string {
  return ['POST /dns-query HTTP/1.1', 'Host: dns.example.org', ...fields, '', ''].join('\r\n')
}

function targetOf(text: string): string {
  assert.equal(parse(text), null, text)
  return text.slice(head.targetStart - 2, head.targetEnd - 2)
}

suite('the request line (RFC 9112 §3)', () => {
  test('has a method, a target and a version', () => {
    const get = 'GET /dns-query?dns=AAAA HTTP/1.1\r\nhost: a\r\n\r\n'
    assert.equal(targetOf(get), '/dns-query?dns=AAAA')
    assert.deepEqual([head.method, head.persists], [Method.Get, true])
    assert.equal(parse(withFields()), null)
    assert.equal(head.method, Method.Post)
    for (const [method, isHead] of [
      ['HEAD', true],
      ['HEADS', false],
      ['OPTIONS', false],
      ['get', false],
      ['GE', false],
    ] as const) {
      assert.equal(parse(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`), null)
      assert.deepEqual([head.method, head.isHead], [Method.Other, isHead], method)
    }
  })

  test('may name its target as a whole URI (RFC 9112 §3.2.2)', () => {
    for (const [target, path] of [
      ['https://dns.example.org/dns-query?dns=AAAA', '/dns-query?dns=AAAA'],
      ['http://[2001:db8::1]:443/x', '/x'],
      ['https://dns.example.org', ''],
      ['*', '*'],
    ] as const) {
      assert.equal(targetOf(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`), path)
    }
  })

  test('of any other form is refused', () => {
    for (const line of [
      '',
      'GET',
      'GET /',
      'GET / ',
      'GET  / HTTP/1.1',
      ' GET / HTTP/1.1',
      'GET / HTTP/1.1 ',
      'GET\t/ HTTP/1.1',
      'GET / x HTTP/1.1',
      'GET dns-query HTTP/1.1',
      'GET ** HTTP/1.1',
      'GET ftp://a/ HTTP/1.1',
      'CONNECT dns.example.org:443 HTTP/1.1',
      'GET /\u00e4 HTTP/1.1',
      'GET /\0 HTTP/1.1',
      'G(T / HTTP/1.1',
      'GET / HTP/1.1',
      'GET / http/1.1',
    ]) {
      const refusal = parse(`${line}\r\nHost: a\r\n\r\n`)
      assert.ok(refusal === Refusal.BadHead || refusal === Refusal.BadVersion, JSON.stringify(line))
    }
  })

  test('of another version is 505 (RFC 9110 §15.6.6)', () => {
    for (const version of ['HTTP/2.0', 'HTTP/1.2', 'HTTP/0.9', 'HTTP/1.10', 'HTTP/1.']) {
      assert.equal(parse(`GET / ${version}\r\nHost: a\r\n\r\n`), Refusal.BadVersion, version)
    }
  })
})

suite('header fields (RFC 9112 §5)', () => {
  test('tell the body’s length and media type, whatever the case of their names', () => {
    const fields = ['CONTENT-LENGTH: \t 33 \t', 'content-TYPE:application/dns-message']
    assert.equal(parse(withFields(...fields)), null)
    assert.deepEqual([head.contentLength, head.chunked, head.dnsMessage], [33, false, true])
    assert.equal(parse(withFields()), null)
    assert.deepEqual([head.contentLength, head.chunked, head.dnsMessage], [0, false, false])
    assert.equal(parse(withFields('Content-Length: 99999999999999999999999')), null)
    assert.ok(head.contentLength > 65_535)
  })

  test('that are not known are passed over, with any octets in their values', () => {
    assert.equal(parse(withFields('X: \u00e4\u00ff\t"', 'Y:', 'Cookie: a=b; c', 'hosts: x')), null)
  })

  test('that two readers could read in two ways are refused (RFC 9112 §5.1, §5.2, §2.2)', () => {
    for (const line of [
      'Content-Length : 5',
      ' Content-Length: 5',
      'X: a\r\n folded',
      'X: a\r\n\tfolded',
      ': nameless',
      'no colon',
      'X: a\rb',
      'X: a\nContent-Length: 5',
      'X: a\0b',
      'X: \u007f',
      'X\u00e4: a',
      '\nX: a',
    ]) {
      assert.equal(parse(withFields(line)), Refusal.BadHead, JSON.stringify(line))
    }
  })

  test('name the host once (RFC 9112 §3.2)', () => {
    assert.equal(parse('GET / HTTP/1.1\r\n\r\n'), Refusal.BadHost)
    assert.equal(parse(withFields('host: b')), Refusal.BadHost)
    assert.equal(parse('GET / HTTP/1.0\r\n\r\n'), null)
    assert.equal(parse('GET / HTTP/1.0\r\nhost: a\r\nhost: a\r\n\r\n'), Refusal.BadHost)
  })

  test('tell whether the connection goes on (RFC 9112 §9.3)', () => {
    for (const [value, persists] of [
      ['close', false],
      ['Close', false],
      ['keep-alive , CLOSE,,', false],
      ['keep-alive', true],
      ['closed', true],
    ] as const) {
      assert.equal(parse(withFields(`Connection: ${value}`)), null)
      assert.equal(head.persists, persists, value)
    }
    assert.equal(parse('GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n'), null)
    assert.equal(head.persists, false)
  })

  test('may ask for 100 before the body, and for nothing else (RFC 9110 §10.1.1)', () => {
    assert.equal(parse(withFields('Expect: 100-Continue')), null)
    assert.equal(head.awaitsContinue, true)
    assert.equal(parse(withFields('Expect: tea')), Refusal.BadExpectation)
    assert.equal(parse('GET / HTTP/1.0\r\nexpect: 100-continue\r\n\r\n'), null)
    assert.equal(head.awaitsContinue, false)
  })
})

suite('what request smuggling is made of is refused (RFC 9112 §11.2):', () => {
  test('two lengths, equal ones too, or none that is a number (RFC 9112 §6.3)', () => {
    const again = withFields('Content-Length: 5', 'content-length: 5')
    assert.equal(parse(again), Refusal.BadLength)
    for (const value of ['', '+5', '-5', '5,5', '5, 6', '0x5', '5 5', '5.0', '٥']) {
      assert.equal(parse(withFields(`Content-Length: ${value}`)), Refusal.BadLength, value)
    }
  })

  test('a length beside a transfer coding (RFC 9112 §6.1)', () => {
    const fields = ['Content-Length: 5', 'Transfer-Encoding: chunked']
    assert.equal(parse(withFields(...fields)), Refusal.BadLength)
    assert.equal(parse(withFields(...fields.toReversed())), Refusal.BadLength)
  })

  test('any transfer coding but chunked, once, and none in HTTP/1.0', () => {
    assert.equal(parse(withFields('Transfer-Encoding: Chunked')), null)
    assert.equal(head.chunked, true)
    for (const value of [
      'gzip, chunked',
      'chunked, chunked',
      'chunked;q=1',
      'xchunked',
      'identity',
      '',
    ]) {
      assert.equal(
        parse(withFields(`Transfer-Encoding: ${value}`)),
        Refusal.BadTransferCoding,
        value,
      )
    }
    const twice = ['Transfer-Encoding: chunked', 'transfer-encoding: chunked']
    assert.equal(parse(withFields(...twice)), Refusal.BadTransferCoding)
    const old = 'POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n'
    assert.equal(parse(old), Refusal.BadLength)
  })

  test('a body behind a GET (RFC 9110 §9.3.1)', () => {
    for (const method of ['GET', 'HEAD', 'DELETE']) {
      for (const field of ['Content-Length: 5', 'Transfer-Encoding: chunked']) {
        const text = `${method} / HTTP/1.1\r\nHost: a\r\n${field}\r\n\r\n`
        assert.equal(parse(text), Refusal.BodyUnasked)
      }
      assert.equal(parse(`${method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`), null)
    }
  })
})

test('the end of a head is an empty line, wherever its octets are cut', () => {
  const text = Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\nrest')
  const end = text.length - 4
  for (let came = 0; came <= text.length; came++) {
    for (let looked = 0; looked <= came; looked++) {
      const found = headEnd(text, Math.max(0, looked - 3), came)
      if (looked < end) assert.equal(found, came < end ? -1 : end)
    }
  }
})

test('whatever stands in a head, the parser gives a verdict', () => {
  const piece = fc.constantFrom(
    'GET',
    'POST',
    ' ',
    '/',
    'HTTP/1.1',
    '\r\n',
    '\r',
    '\n',
    'Host:',
    'a',
    ':',
    'Content-Length: ',
    '5',
    'Transfer-Encoding:',
    'chunked',
    ',',
    '\0',
    '\t',
    '\u00ff',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const refusal = parse(`${pieces.join('')}\r\n\r\n`)
      if (refusal !== null) return
      assert.ok(head.targetStart <= head.targetEnd)
      assert.ok(!(head.chunked && head.contentLength > 0))
    }),
    { numRuns: 2_000 },
  )
})
