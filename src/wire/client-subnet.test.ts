import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { AnswerFault, AnswerScan } from './answer-scan.ts'
import {
  formatScope,
  MAX_SUBNET_LENGTH,
  matchesSubnet,
  subnetOf,
  takeSubnet,
  widen,
} from './client-subnet.ts'
import { parsePrefix } from './text/prefix.ts'

const LIMITS = { ipv4Prefix: 24, ipv6Prefix: 56 }

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
}

/** What goes upstream of an option's data; null when it is malformed. */
function taken(data: Uint8Array, limits = LIMITS): string | null {
  const memory = Uint8Array.of(0xff, ...data, 0xff)
  const into = new Uint8Array(MAX_SUBNET_LENGTH).fill(0xee)
  return takeSubnet(memory, 1, data.length, limits, into) ? formatScope(into) : null
}

function dataOf(prefix: string): Uint8Array {
  const parsed = parsePrefix(prefix)
  assert.ok(parsed.ok)
  return subnetOf(parsed.prefix)
}

suite('what a client tells of its network', () => {
  for (const [told, passed] of [
    ['198.51.100.0/24', '198.51.100.0/24'],
    ['198.51.100.77/32', '198.51.100.0/24'],
    ['198.51.96.0/19', '198.51.96.0/19'],
    ['2001:db8:1:2345:6789::1/128', '2001:db8:1:2300::/56'],
    ['2001:db8::/32', '2001:db8::/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
  ] as const) {
    test(`${told} goes on as ${passed}`, () => assert.equal(taken(dataOf(told)), passed))
  }

  test('who tells nothing is the same whatever the family, be it none (RFC 7871 §7.1.2)', () => {
    for (const data of ['0000 0000', '0001 0000', '0002 0000']) {
      assert.equal(taken(hex(data)), '0.0.0.0/0', data)
    }
  })

  test('nothing at all is told where the limit is 0', () => {
    const limits = { ipv4Prefix: 0, ipv6Prefix: 0 }
    assert.equal(taken(dataOf('198.51.100.0/24'), limits), '0.0.0.0/0')
    assert.equal(taken(dataOf('2001:db8::/32'), limits), '0.0.0.0/0')
  })

  for (const [what, data] of [
    ['ends before its address', '0001 18'],
    ['is of an unknown family', '0003 1800 c6336400'],
    ['is of no family, with a prefix', '0000 1800 c63364'],
    ['has a prefix longer than an IPv4 address', '0001 2100 c633640000'],
    ['has a prefix longer than an IPv6 address', `0002 8100 ${'00'.repeat(17)}`],
    ['has a scope, which only answers have (§6)', '0001 1818 c63364'],
    ['has fewer octets than its prefix', '0001 1800 c633'],
    ['has more octets than its prefix (§6)', '0001 1800 c6336400'],
    ['has an address without a prefix', '0001 0000 00'],
    ['has bits set behind its prefix (§6)', '0001 1700 c63365'],
  ] as const) {
    test(`one that ${what} is malformed`, () => assert.equal(taken(hex(data)), null))
  }

  test('never more goes on than was told, nor more than may be', () => {
    const limits = fc.record({
      ipv4Prefix: fc.integer({ min: 0, max: 32 }),
      ipv6Prefix: fc.integer({ min: 0, max: 128 }),
    })
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), limits, (data, bounds) => {
        const into = new Uint8Array(MAX_SUBNET_LENGTH)
        if (!takeSubnet(data, 0, data.length, bounds, into)) return
        const most = into[1] === 1 ? bounds.ipv4Prefix : bounds.ipv6Prefix
        assert.ok(into[2]! <= Math.min(most, data[2]!))
        for (let bit = 0; bit < 128; bit++) {
          const at = 4 + (bit >> 3)
          const mask = 0x80 >> (bit & 7)
          const expected = bit < into[2]! ? data[at]! & mask : 0
          assert.equal(into[at]! & mask, expected, `bit ${bit}`)
        }
      }),
    )
  })
})

test('all networks of a family are not the network of nobody', () => {
  assert.equal(formatScope(widen(dataOf('198.51.100.0/24'))), 'IPv4')
  assert.equal(formatScope(widen(dataOf('2001:db8::/32'))), 'IPv6')
})

/** Scans an answer whose OPT has one client subnet option; none for null. */
function scanned(data: string | null): AnswerScan {
  const option = data === null ? '' : `0008 ${size(data)} ${data}`
  const question = '03777777076578616d706c65036f726700 0001 0001'
  const opt = `00 0029 04d0 00000000 ${size(option)} ${option}`
  const message = hex(`1234 8180 0001 0000 0000 0001 ${question} ${opt}`)
  const scan = new AnswerScan()
  assert.equal(scan.scan(message, 0, message.length), AnswerFault.None)
  return scan
}

function size(data: string): string {
  return (data.replaceAll(' ', '').length / 2).toString(16).padStart(4, '0')
}

suite('whom an answer is for', () => {
  const asked = dataOf('198.51.100.0/24')

  for (const [what, data, scope] of [
    ['has no such option (RFC 7871 §7.3)', null, 0],
    ['repeats the subnet, for all', '0001 1800 c63364', 0],
    ['repeats the subnet, for a larger one', '0001 1810 c63364', 16],
    ['repeats the subnet, for a smaller one', '0001 1820 c63364', 32],
  ] as const) {
    test(`one that ${what} is taken`, () => {
      const answer = scanned(data)
      assert.ok(matchesSubnet(answer, asked))
      assert.equal(answer.subnetScope, scope)
    })
  }

  for (const [what, data] of [
    ['has another address', '0001 1818 c63365'],
    ['has another prefix length', '0001 1718 c63364'],
    ['has another family', '0002 1818 c63364'],
    ['has a scope beyond its address', '0001 1821 c63364'],
    ['is cut short', '0001'],
    ['is empty', ''],
  ] as const) {
    test(`one that ${what} is not (§11.2)`, () => {
      assert.ok(!matchesSubnet(scanned(data), asked))
    })
  }

  test('where nothing was told, what an answer says of it means nothing', () => {
    assert.ok(matchesSubnet(scanned('0001 1818 c63365'), null))
    assert.ok(matchesSubnet(scanned('0002 0000'), dataOf('0.0.0.0/0')))
  })
})
