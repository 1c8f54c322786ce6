import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { Fault } from './problem.ts'
import { readUpstreamText } from './upstream-text.ts'

function prefixed(octets: Uint8Array, more = false): Buffer {
  return Buffer.concat([Buffer.of(octets.length | (more ? 0x80 : 0)), octets])
}

/** As draft-denis-dns-stamps-01 lays it out. */
function stamp(parts: {
  kind?: number
  address?: string
  hashes?: readonly Uint8Array[]
  host?: string
}): string {
  const {
    kind = 3,
    address = '192.0.2.1',
    hashes = [new Uint8Array(0)],
    host = 'dns.example.org',
  } = parts
  const payload = Buffer.concat([
    Buffer.of(kind, 0, 0, 0, 0, 0, 0, 0, 0),
    prefixed(Buffer.from(address)),
    ...hashes.map((hash, i) => prefixed(hash, i < hashes.length - 1)),
    prefixed(Buffer.from(host)),
  ])
  return `sdns://${payload.toString('base64url')}`
}

function faultOf(text: string): string {
  const read = readUpstreamText(text)
  assert.ok(read instanceof Fault, text)
  return read.message
}

suite('short forms of an upstream', () => {
  const tlsName = 'dns.example.org'
  const forms: readonly (readonly [string, object])[] = [
    ['192.0.2.1', { address: '192.0.2.1' }],
    ['192.0.2.1#dns.example.org', { address: '192.0.2.1', tlsName }],
    ['192.0.2.1:8853#dns.example.org', { address: '192.0.2.1', port: 8853, tlsName }],
    ['192.0.2.1@8853#dns.example.org', { address: '192.0.2.1', port: 8853, tlsName }],
    ['tls://192.0.2.1:853#dns.example.org', { address: '192.0.2.1', port: 853, tlsName }],
    ['TLS://192.0.2.1', { address: '192.0.2.1' }],
    ['2001:db8::1#dns.example.org', { address: '2001:db8::1', tlsName }],
    ['2001:db8::1@853#dns.example.org', { address: '2001:db8::1', port: 853, tlsName }],
    ['[2001:db8::1]:853#dns.example.org', { address: '2001:db8::1', port: 853, tlsName }],
    ['tls://[2001:db8::1]', { address: '2001:db8::1' }],
    // Judged where addresses and ports are.
    ['dns.example.org:853', { address: 'dns.example.org', port: 853 }],
    ['192.0.2.1:dot', { address: '192.0.2.1', port: 'dot' }],
  ]
  for (const [text, expected] of forms) {
    test(text, () => assert.deepEqual(readUpstreamText(text), expected))
  }

  test('other schemes and empty parts are faults', () => {
    assert.match(faultOf('https://192.0.2.1/dns-query'), /not DNS over TLS/)
    assert.match(faultOf('udp://192.0.2.1'), /not DNS over TLS/)
    assert.match(faultOf(''), /not an upstream/)
    assert.match(faultOf('tls://#dns.example.org'), /not an upstream/)
    assert.match(faultOf('192.0.2.1#'), /no name behind/)
  })
})

suite('DNS stamps (draft-denis-dns-stamps-01)', () => {
  test('of DNS over TLS give address, port and name', () => {
    const plain = { address: '192.0.2.1', tlsName: 'dns.example.org' }
    assert.deepEqual(readUpstreamText(stamp({})), plain)
    assert.deepEqual(readUpstreamText(stamp({ host: 'dns.example.org:8853' })), {
      ...plain,
      port: 8853,
    })
    assert.deepEqual(readUpstreamText(stamp({ address: '[2001:db8::1]:8853' })), {
      ...plain,
      address: '2001:db8::1',
      port: 8853,
    })
  })

  test('of other protocols are named as what they are', () => {
    assert.match(faultOf(stamp({ kind: 0 })), /is for plain DNS/)
    assert.match(faultOf(stamp({ kind: 1 })), /is for DNSCrypt/)
    assert.match(faultOf(stamp({ kind: 2 })), /is for DNS over HTTPS/)
    assert.match(faultOf(stamp({ kind: 77 })), /is for protocol 77/)
  })

  test('that pin certificates are refused, not taken without their pins', () => {
    const hash = new Uint8Array(32).fill(7)
    assert.match(faultOf(stamp({ hashes: [hash] })), /pins certificates/)
    assert.match(faultOf(stamp({ hashes: [hash, hash] })), /pins certificates/)
  })

  test('without address, or cut short anywhere, are faults', () => {
    assert.match(faultOf(stamp({ address: '' })), /a name but no address/)
    assert.match(faultOf('sdns://'), /not base64url/)
    assert.match(faultOf('sdns://+/=='), /not base64url/)
    const whole = Buffer.from(stamp({}).slice('sdns://'.length), 'base64url')
    for (let length = 1; length < whole.length; length++) {
      assert.match(
        faultOf(`sdns://${whole.subarray(0, length).toString('base64url')}`),
        /cut short/,
      )
    }
  })

  test('of any octets are read or refused', () => {
    const octets = fc.uint8Array({ minLength: 1, maxLength: 64 })
    fc.assert(
      fc.property(octets, (tail) => {
        const text = Buffer.concat([Buffer.of(3), tail]).toString('base64url')
        assert.ok(readUpstreamText(`sdns://${text}`) !== undefined)
      }),
    )
  })
})
