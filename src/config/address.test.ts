import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
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

  test('IPv4-mapped ranges are IPv4 ones, as such clients are (RFC 4291 §2.5.5.2)', () => {
    assert.equal(readRange('::ffff:10.0.0.0/104'), '10.0.0.0/8')
    assert.equal(readRange('::ffff:0:0/96'), '0.0.0.0/0')
  })
})
