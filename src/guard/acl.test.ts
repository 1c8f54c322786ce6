import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { readRange } from '../config/address.ts'
import { access } from '../config/sections/access.ts'
import { AccessList, type AccessRule } from './acl.ts'
import { parseAddress } from '../wire/text/prefix.ts'

const allow = (range: string): AccessRule => ({ range, allow: true })
const deny = (range: string): AccessRule => ({ range, allow: false })

function asks(list: AccessList, address: string): boolean {
  const octets = parseAddress(address)!
  // Not at offset 0, and with something behind.
  const memory = Uint8Array.of(9, 9, 9, ...octets, 9)
  return list.allows(memory, 3, octets.length === 4 ? 4 : 6)
}

interface Rule {
  readonly value: bigint
  readonly bits: number
  readonly allow: boolean
}

/** The rule as people think of it: look at all, keep the longest; denying wins among equals. */
function naive(rules: readonly Rule[], address: bigint, width: number, fallback: boolean): boolean {
  let best: Rule | null = null
  for (const rule of rules) {
    const shift = BigInt(width - rule.bits)
    if (address >> shift !== rule.value >> shift) continue
    if (best === null || rule.bits > best.bits || (rule.bits === best.bits && !rule.allow)) {
      best = rule
    }
  }
  return best === null ? fallback : best.allow
}

function octetsOf(value: bigint, width: number): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(width / 4, '0'), 'hex'))
}

function textOf(value: bigint, width: number): string {
  const octets = octetsOf(value, width)
  return width === 32
    ? octets.join('.')
    : Buffer.from(octets)
        .toString('hex')
        .replace(/.{4}(?=.)/g, '$&:')
}

/** Values that share their upper bits often, so that ranges nest and meet. */
function crowded(width: number): fc.Arbitrary<bigint> {
  const most = (1n << BigInt(width)) - 1n
  const any = fc.bigInt({ min: 0n, max: most })
  const corner = fc.constantFrom(0n, most, most >> 1n, 1n << BigInt(width - 1))
  const near = fc
    .bigInt({ min: 0n, max: 1_023n })
    .map((low) => (0x2001_0db8n << BigInt(width - 32)) | low)
  return fc.oneof(any, corner, near)
}

describe('access lists', () => {
  for (const width of [32, 128]) {
    test(`agree with a search through all rules, ${width} bits`, () => {
      const rule = fc.record({
        value: crowded(width),
        bits: fc.oneof(
          fc.integer({ min: 0, max: width }),
          fc.integer({ min: width - 10, max: width }),
        ),
        allow: fc.boolean(),
      })
      const rules = fc.array(rule, { maxLength: 40, size: 'max' })
      const addresses = fc.array(crowded(width), { minLength: 60, maxLength: 60 })
      fc.assert(
        fc.property(rules, addresses, fc.boolean(), (drawn, others, fallback) => {
          const masked = drawn.map((one) => {
            const host = BigInt(width - one.bits)
            return { ...one, value: (one.value >> host) << host }
          })
          // IPv4-mapped ranges are IPv4's; they have a test of their own.
          fc.pre(width === 32 || masked.every((one) => one.value >> 32n !== 0xffffn))
          const list = AccessList.compile(
            masked.map((one) => ({
              range: `${textOf(one.value, width)}/${one.bits}`,
              allow: one.allow,
            })),
            fallback,
          )
          const most = (1n << BigInt(width)) - 1n
          const edges = masked.flatMap((one) => {
            const end = one.value + (1n << BigInt(width - one.bits))
            return [one.value - 1n, one.value, end - 1n, end]
          })
          for (const address of [...others, ...edges]) {
            if (address < 0n || address > most) continue
            assert.equal(
              list.allows(octetsOf(address, width), 0, width === 32 ? 4 : 6),
              naive(masked, address, width, fallback),
              textOf(address, width),
            )
          }
        }),
        { numRuns: 400 },
      )
    })
  }

  test('let the longest prefix decide, whatever the order', () => {
    const rules = [deny('192.0.2.64/26'), allow('192.0.2.0/24'), allow('192.0.2.70')]
    for (const list of [
      AccessList.compile(rules, false),
      AccessList.compile(rules.toReversed(), false),
    ]) {
      assert.equal(asks(list, '192.0.2.1'), true)
      assert.equal(asks(list, '192.0.2.69'), false)
      assert.equal(asks(list, '192.0.2.70'), true)
      assert.equal(asks(list, '192.0.2.71'), false)
      assert.equal(asks(list, '192.0.2.128'), true)
      assert.equal(asks(list, '192.0.3.0'), false)
    }
  })

  test('let the denying rule win among equal prefixes', () => {
    const rules = [allow('2001:db8::/32'), deny('2001:db8::/32'), allow('2001:db8::/32')]
    assert.equal(asks(AccessList.compile(rules, true), '2001:db8::1'), false)
  })

  test('keep IPv4 and IPv6 apart, and count IPv4-mapped ranges as IPv4 (RFC 4291 §2.5.5.2)', () => {
    const list = AccessList.compile([allow('::/0'), allow('::ffff:192.0.2.0/120')], false)
    assert.equal(asks(list, '2001:db8::1'), true)
    assert.equal(asks(list, '192.0.2.1'), true)
    assert.equal(asks(list, '::ffff:192.0.2.1'), true)
    assert.equal(asks(list, '192.0.3.1'), false)
  })

  test('without rules are their default', () => {
    for (const fallback of [true, false]) {
      const list = AccessList.compile([], fallback)
      for (const address of ['0.0.0.0', '255.255.255.255', '::', 'ffff::']) {
        assert.equal(asks(list, address), fallback)
      }
    }
  })

  test('take every range that the settings take', () => {
    const any = fc.tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat({ max: 130 }))
    fc.assert(
      fc.property(any, ([address, bits]) => {
        const range = readRange(`${address}/${bits}`)
        const fixed =
          typeof range === 'string' ? range : readRange(range.remedy.slice('write '.length))
        if (typeof fixed === 'string') AccessList.compile([allow(fixed)], false)
      }),
    )
  })

  test('are the same seen through their shared memory', () => {
    const list = new AccessList(AccessList.compile([allow('192.0.2.0/24')], false).memory)
    assert.equal(asks(list, '192.0.2.9'), true)
    assert.equal(asks(list, '192.0.3.9'), false)
  })

  test('name every range that cannot be read', () => {
    assert.throws(
      () =>
        AccessList.compile([allow('192.0.2.1/24'), allow('192.0.2.0/24'), deny('nobody')], false),
      { name: 'TypeError', message: /192\.0\.2\.0\/24\n"nobody" is not/ },
    )
  })
})

describe('who may ask by default', () => {
  const list = AccessList.compile(access.parse({}).allow.map(allow), false)

  test('loopback, private and link-local addresses', () => {
    const near = ['127.0.0.1', '10.9.8.7', '172.31.255.255', '192.168.1.1', '169.254.9.9']
    for (const address of [...near, '::1', 'fd00::1', 'fe80::1', '::ffff:10.0.0.1']) {
      assert.equal(asks(list, address), true, address)
    }
  })

  test('nobody else, customers behind the same carrier-grade NAT among them (RFC 6598 §4)', () => {
    const far = ['192.0.2.1', '172.32.0.0', '100.64.0.1', '0.0.0.0', '255.255.255.255']
    for (const address of [...far, '2001:db8::1', '::', '::2', 'fec0::1', '::ffff:192.0.2.1']) {
      assert.equal(asks(list, address), false, address)
    }
  })
})
