import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { access } from '../config/sections/access.ts'
import { parseAddress } from '../wire/text/prefix.ts'
import { AccessList, type AccessRules } from './acl.ts'
import { type Block, octetsOf, randomOf, rangeText, shapes } from './testing.ts'
import { groupOf, Trait } from './traits.ts'

function traitsOf(list: AccessList, address: string): number {
  const octets = parseAddress(address)!
  // Not at offset 0, and with something behind.
  const memory = Uint8Array.of(9, 9, 9, ...octets, 9)
  return list.traits(memory, 3, octets.length === 4 ? 4 : 6)
}

function mayAsk(list: AccessList, address: string): boolean {
  return (traitsOf(list, address) & Trait.Allowed) !== 0
}

/** Rules as a search through them all takes them: by what they say, which block has it. */
class Naive {
  readonly rules: AccessRules
  readonly #width: number
  readonly #access = new Map<string, number>()
  readonly #exempt = new Map<string, number>()
  readonly #groups = new Map<string, number>()

  /** Each block is denied, allowed, exempt, or of group 1 or 2. */
  constructor(blocks: readonly (Block & { readonly kind: number })[], width: number) {
    this.#width = width
    const texts = [0, 1, 2, 3, 4].map((kind) =>
      blocks.filter((block) => block.kind === kind).map((block) => rangeText(block, width)),
    )
    const [deny, allow, exempt, first, second] = texts as [
      string[],
      string[],
      string[],
      string[],
      string[],
    ]
    this.rules = { deny, allow, exempt, groups: [first, second] }
    for (const { value, bits, kind } of blocks) {
      const block = this.#key(value, bits)
      // Of equal blocks the denied one and the first group win.
      if (kind <= 1) this.#access.set(block, Math.min(kind, this.#access.get(block) ?? 1))
      else if (kind === 2) this.#exempt.set(block, Trait.Exempt)
      else this.#groups.set(block, Math.min(kind - 2, this.#groups.get(block) ?? 2))
    }
  }

  traits(address: bigint): number {
    const group = this.#longest(this.#groups, address)
    return (
      this.#longest(this.#access, address) | this.#longest(this.#exempt, address) | (group << 8)
    )
  }

  #longest(said: ReadonlyMap<string, number>, address: bigint): number {
    if (said.size === 0) return 0
    for (let bits = this.#width; bits >= 0; bits--) {
      const found = said.get(this.#key(address, bits))
      if (found !== undefined) return found
    }
    return 0
  }

  #key(address: bigint, bits: number): string {
    return `${bits} ${(address >> BigInt(this.#width - bits)).toString(36)}`
  }
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

describe('access lists agree with a search through all rules', () => {
  for (const width of [32, 128]) {
    const family = width === 32 ? 4 : 6
    test(`in 30,000 cases of few rules that nest and meet, ${width} bits`, () => {
      const length = fc.oneof(
        fc.integer({ min: 0, max: width }),
        fc.integer({ min: width - 10, max: width }),
      )
      const block = fc
        .record({ value: crowded(width), bits: length, kind: fc.nat(4) })
        .map(({ value, bits, kind }) => {
          const below = BigInt(width - bits)
          return { value: (value >> below) << below, bits, kind }
        })
        // IPv4-mapped ranges are IPv4's; they have a test of their own.
        .filter(({ value }) => width === 32 || value >> 32n !== 0xffffn)
      const addresses = fc.array(crowded(width), { minLength: 40, maxLength: 40 })
      let cases = 0
      fc.assert(
        fc.property(
          fc.array(block, { maxLength: 40, size: 'max' }),
          addresses,
          (blocks, others) => {
            const naive = new Naive(blocks, width)
            const list = AccessList.compile(naive.rules)
            const most = (1n << BigInt(width)) - 1n
            const edges = blocks.flatMap(({ value, bits }) => {
              const end = value + (1n << BigInt(width - bits))
              return [value - 1n, value, end - 1n, end]
            })
            for (const address of [...others, ...edges]) {
              if (address < 0n || address > most) continue
              cases++
              const found = list.traits(octetsOf(address, width), 0, family)
              if (found !== naive.traits(address))
                assert.fail(rangeText({ value: address, bits: width }, width))
            }
          },
        ),
        { numRuns: 400 },
      )
      assert.ok(cases >= 30_000, `${cases}`)
    })
  }

  for (const [name, draw] of Object.entries(shapes)) {
    test(`in 5,000 cases of 5,000 ranges: ${name}`, () => {
      const random = randomOf(1)
      const { width, blocks, near } = draw(5_000, random)
      const naive = new Naive(
        blocks.map((block) => ({ ...block, kind: Math.floor(random() * 5) })),
        width,
      )
      const list = AccessList.compile(naive.rules)
      for (let i = 0; i < 5_000; i++) {
        const address = near()
        const found = list.traits(octetsOf(address, width), 0, width === 32 ? 4 : 6)
        if (found !== naive.traits(address))
          assert.fail(rangeText({ value: address, bits: width }, width))
      }
    })
  }
})

describe('access lists', () => {
  test('let the longest prefix decide, whatever the order', () => {
    const allow = ['192.0.2.0/24', '192.0.2.70']
    for (const list of [
      AccessList.compile({ deny: ['192.0.2.64/26'], allow }),
      AccessList.compile({ deny: ['192.0.2.64/26'], allow: allow.toReversed() }),
    ]) {
      assert.equal(mayAsk(list, '192.0.2.1'), true)
      assert.equal(mayAsk(list, '192.0.2.69'), false)
      assert.equal(mayAsk(list, '192.0.2.70'), true)
      assert.equal(mayAsk(list, '192.0.2.71'), false)
      assert.equal(mayAsk(list, '192.0.2.128'), true)
      assert.equal(mayAsk(list, '192.0.3.0'), false)
    }
  })

  test('let the denying rule win among equal prefixes', () => {
    const list = AccessList.compile({ allow: ['2001:db8::/32', '::/0'], deny: ['2001:db8::/32'] })
    assert.equal(mayAsk(list, '2001:db8::1'), false)
    assert.equal(mayAsk(list, '2001:db9::1'), true)
  })

  test('decide each trait by the longest prefix that says something of it', () => {
    const list = AccessList.compile({
      allow: ['10.0.0.0/8'],
      deny: ['10.1.2.3'],
      exempt: ['10.1.0.0/16'],
      groups: [['10.0.0.0/8'], ['10.1.2.0/24'], ['10.1.2.0/24']],
    })
    assert.equal(traitsOf(list, '10.9.9.9'), Trait.Allowed | (1 << 8))
    assert.equal(traitsOf(list, '10.1.9.9'), Trait.Allowed | Trait.Exempt | (1 << 8))
    assert.equal(traitsOf(list, '10.1.2.2'), Trait.Allowed | Trait.Exempt | (2 << 8))
    assert.equal(traitsOf(list, '10.1.2.3'), Trait.Exempt | (2 << 8))
    assert.equal(traitsOf(list, '11.0.0.0'), 0)
  })

  test('tell groups up to the last number apart', () => {
    const groups = Array.from({ length: 65_535 }, (_, i) => [`10.0.${i >> 8}.${i & 255}`])
    const list = AccessList.compile({ allow: [], groups })
    assert.equal(groupOf(traitsOf(list, '10.0.0.0')), 1)
    assert.equal(groupOf(traitsOf(list, '10.0.255.254')), 65_535)
    assert.throws(() => AccessList.compile({ allow: [], groups: [...groups, []] }), RangeError)
  })

  test('keep IPv4 and IPv6 apart, and count IPv4-mapped ranges as IPv4 (RFC 4291 §2.5.5.2)', () => {
    const list = AccessList.compile({ allow: ['::/0', '::ffff:192.0.2.0/120'] })
    assert.equal(mayAsk(list, '2001:db8::1'), true)
    assert.equal(mayAsk(list, '192.0.2.1'), true)
    assert.equal(mayAsk(list, '::ffff:192.0.2.1'), true)
    assert.equal(mayAsk(list, '192.0.3.1'), false)
  })

  test('without rules allow nobody, and a rule for all allows all', () => {
    for (const address of ['0.0.0.0', '255.255.255.255', '::', 'ffff::']) {
      assert.equal(traitsOf(AccessList.compile({ allow: [] }), address), 0)
      assert.equal(mayAsk(AccessList.compile({ allow: ['0.0.0.0/0', '::/0'] }), address), true)
    }
  })

  test('are the same seen through their shared memory', () => {
    const { memory, certificates } = AccessList.compile({
      allow: ['192.0.2.0/24'],
      certificates: [{ name: 'CN=printer', allow: true, exempt: false, group: 1 }],
    })
    const list = new AccessList(memory, certificates)
    assert.equal(mayAsk(list, '192.0.2.9'), true)
    assert.equal(mayAsk(list, '192.0.3.9'), false)
    assert.equal(list.admitsAnyCertificate, true)
  })

  test('name every range that cannot be read', () => {
    assert.throws(
      () => AccessList.compile({ allow: ['192.0.2.1/24', '192.0.2.0/24'], deny: ['nobody'] }),
      { name: 'TypeError', message: /^"192\.0\.2\.1\/24" has bits .*\n"nobody" is not/ },
    )
  })
})

describe('who may ask by default', () => {
  const list = AccessList.compile({ allow: access.parse({}).allow })

  test('loopback, private and link-local addresses', () => {
    const near = ['127.0.0.1', '10.9.8.7', '172.31.255.255', '192.168.1.1', '169.254.9.9']
    for (const address of [...near, '::1', 'fd00::1', 'fe80::1', '::ffff:10.0.0.1']) {
      assert.equal(mayAsk(list, address), true, address)
    }
  })

  test('nobody else, customers behind the same carrier-grade NAT among them (RFC 6598 §4)', () => {
    const far = ['192.0.2.1', '172.32.0.0', '100.64.0.1', '0.0.0.0', '255.255.255.255']
    for (const address of [...far, '2001:db8::1', '::', '::2', 'fec0::1', '::ffff:192.0.2.1']) {
      assert.equal(mayAsk(list, address), false, address)
    }
  })
})
