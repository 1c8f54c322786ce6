import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BlockList, isIP } from 'node:net'
import * as fc from 'fast-check'
import { formatPrefix, parseAddress, parsePrefix } from './prefix.ts'

describe('addresses of clients', () => {
  test('are read as IPv4 and IPv6', () => {
    assert.deepEqual(parseAddress('192.0.2.1'), Uint8Array.of(192, 0, 2, 1))
    assert.deepEqual(
      parseAddress('2001:db8::1'),
      Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
    )
  })

  test('are IPv4 when they are IPv4-mapped (RFC 4291 §2.5.5.2)', () => {
    assert.deepEqual(parseAddress('::ffff:192.0.2.1'), Uint8Array.of(192, 0, 2, 1))
    assert.deepEqual(parseAddress('::ffff:c000:201'), Uint8Array.of(192, 0, 2, 1))
  })

  test('are nothing else', () => {
    for (const text of [
      '',
      ' 192.0.2.1',
      '192.0.2',
      '192.0.2.01',
      '192.0.2.256',
      '0x7f.1',
      '1::2::3',
    ]) {
      assert.equal(parseAddress(text), null, text)
    }
    for (const text of ['::192.0.2', '1:2:3:4:5:6:7', '12345::', '[::1]', 'localhost']) {
      assert.equal(parseAddress(text), null, text)
    }
  })

  test('are the same in all zones (RFC 4007 §11)', () => {
    assert.deepEqual(parseAddress('fe80::1%eth0'), parseAddress('fe80::1'))
  })

  test('are read whenever the platform takes them', () => {
    const piece = fc.constantFrom('::', ':', '1', 'ffff', '0', '.', '192.0.2.1', '255', '/', 'g')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        const text = pieces.join('')
        assert.equal(parseAddress(text) !== null, isIP(text) !== 0)
      }),
    )
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) =>
        assert.notEqual(parseAddress(text), null),
      ),
    )
  })
})

describe('prefixes', () => {
  test('are a network, or a lone address', () => {
    assert.deepEqual(parsePrefix('192.0.2.0/24'), {
      ok: true,
      prefix: { address: Uint8Array.of(192, 0, 2, 0), bits: 24 },
    })
    assert.deepEqual(parsePrefix('192.0.2.1'), {
      ok: true,
      prefix: { address: Uint8Array.of(192, 0, 2, 1), bits: 32 },
    })
    assert.deepEqual(parsePrefix('::/0'), {
      ok: true,
      prefix: { address: new Uint8Array(16), bits: 0 },
    })
  })

  test('are IPv4 when they are IPv4-mapped', () => {
    assert.deepEqual(parsePrefix('::ffff:10.0.0.0/104'), {
      ok: true,
      prefix: { address: Uint8Array.of(10, 0, 0, 0), bits: 8 },
    })
  })

  const wrong: readonly (readonly [text: string, error: RegExp, meant?: string])[] = [
    ['192.0.2.1/24', /bits set/, '192.0.2.0/24'],
    ['10.1.2.3/12', /bits set/, '10.0.0.0/12'],
    ['128.0.0.0/0', /bits set/, '0.0.0.0/0'],
    ['2001:db8::1/33', /bits set/, '2001:db8::/33'],
    ['::ffff:10.0.0.1/104', /bits set/, '10.0.0.0/8'],
    ['::ffff:0:0/80', /bits set/, '::/80'],
    ['192.0.2.0/33', /from 0 to 32$/],
    ['2001:db8::/129', /from 0 to 128$/],
    ['192.0.2.0/', /from 0 to 32$/],
    ['192.0.2.0/024', /from 0 to 32$/],
    ['192.0.2.0/+8', /from 0 to 32$/],
    ['192.0.2.0/24/24', /from 0 to 32$/],
    ['/8', /not an IPv4 or IPv6 address/],
    ['example.org/8', /not an IPv4 or IPv6 address/],
    ['fe80::1%eth0', /not an IPv4 or IPv6 address/],
  ]
  for (const [text, error, meant = null] of wrong) {
    test(`are not ${text}`, () => {
      const parsed = parsePrefix(text)
      assert.ok(!parsed.ok)
      assert.match(parsed.error, error)
      assert.equal(parsed.meant, meant)
    })
  }

  test('are written in one way each, which reads as the same (RFC 5952)', () => {
    const any = fc.tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat({ max: 128 }))
    fc.assert(
      fc.property(any, ([address, bits]) => {
        const read = parsePrefix(`${address}/${address.includes(':') ? bits : bits % 33}`)
        const text = read.ok ? formatPrefix(read.prefix) : read.meant!
        const again = parsePrefix(text)
        assert.ok(again.ok)
        assert.equal(formatPrefix(again.prefix), text)
        if (read.ok) assert.deepEqual(again.prefix, read.prefix)
      }),
    )
  })

  test('meant by a faulty one hold its address', () => {
    const any = fc.tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat({ max: 128 }))
    fc.assert(
      fc.property(any, ([address, bits]) => {
        const read = parsePrefix(`${address}/${address.includes(':') ? bits : bits % 33}`)
        const text = read.ok ? formatPrefix(read.prefix) : read.meant!
        const [base, length] = text.split('/') as [string, string]
        const family = base.includes(':') ? 'ipv6' : 'ipv4'
        const network = new BlockList()
        network.addSubnet(base, Number(length), family)
        if (family === 'ipv4' && address.includes(':')) return
        assert.ok(network.check(address, family), `${address} ${text}`)
      }),
    )
  })
})
