import assert from 'node:assert/strict'
import { BlockList } from 'node:net'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { canonicalAddress, readRange } from './address.ts'
import { Fault } from './problem.ts'

test('equal addresses are written alike (RFC 5952)', () => {
  assert.equal(canonicalAddress('2001:DB8:0:0:0::1'), '2001:db8::1')
  assert.equal(canonicalAddress('::0'), '::')
  assert.equal(canonicalAddress('::ffff:192.0.2.1'), '192.0.2.1')
  assert.equal(canonicalAddress('fe80::1%eth0'), 'fe80::1%eth0')
  assert.equal(canonicalAddress('192.0.2.1'), '192.0.2.1')
  for (const none of ['', 'localhost', '192.0.2', '192.0.2.01', '[::1]', '1']) {
    assert.equal(canonicalAddress(none), null)
  }
})

suite('ranges', () => {
  const ranges: readonly (readonly [string, string])[] = [
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['192.0.2.7', '192.0.2.7/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['192.0.2.8/29', '192.0.2.8/29'],
    ['2001:DB8::/32', '2001:db8::/32'],
    ['::1', '::1/128'],
    ['::/0', '::/0'],
    ['fe80::/10', 'fe80::/10'],
    ['64:ff9b::192.0.2.0/120', '64:ff9b::c000:200/120'],
  ]
  for (const [text, expected] of ranges) {
    test(text, () => assert.equal(readRange(text), expected))
  }

  test('what is none is a fault', () => {
    for (const text of [
      '',
      '10',
      '10.0.0.0/33',
      '::/129',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      'fe80::1%a',
      7,
    ]) {
      assert.ok(readRange(text) instanceof Fault, String(text))
    }
  })

  test('bits behind the prefix are a fault that tells the range meant', () => {
    for (const [text, meant] of [
      ['192.0.2.7/24', '192.0.2.0/24'],
      ['2001:db8::1/32', '2001:db8::/32'],
      ['255.255.255.255/0', '0.0.0.0/0'],
    ] as const) {
      const fault = readRange(text)
      assert.ok(fault instanceof Fault)
      assert.equal(fault.remedy, `write ${meant}`)
    }
  })

  test('IPv4-mapped ranges would never match and are refused (RFC 4291 §2.5.5.2)', () => {
    assert.ok(readRange('::ffff:10.0.0.0/104') instanceof Fault)
  })

  test('the network that a fault tells holds the address (any address, any prefix)', () => {
    const version = fc.constantFrom<4 | 6>(4, 6)
    fc.assert(
      fc.property(version, fc.ipV4(), fc.ipV6(), fc.nat(128), (family, v4, v6, bits) => {
        const address = family === 4 ? v4 : canonicalAddress(v6)!
        const length = family === 4 ? bits % 33 : bits
        if (family === 6 && !address.includes(':')) return
        const read = readRange(`${address}/${length}`)
        const range = read instanceof Fault ? read.remedy.replace('write ', '') : read
        const network = new BlockList()
        network.addSubnet(range.split('/')[0]!, length, family === 4 ? 'ipv4' : 'ipv6')
        assert.ok(network.check(address, family === 4 ? 'ipv4' : 'ipv6'), `${address} ${range}`)
        assert.equal(readRange(range), range)
      }),
    )
  })
})
