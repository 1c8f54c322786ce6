import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { hashName } from '../denial/nsec3-hash.ts'
import { name, NSEC3, signZone } from '../denial/testing.ts'
import { formatBase32Hex } from '../../wire/text/octet-text.ts'
import { messageOf, RangesRig, signed } from './testing.ts'

const HEAD = '$ORIGIN example.\n@ 60 SOA ns h 1 1 1 1 60\n@ 60 NS ns\n'
const TEXT = `${HEAD}b A 192.0.2.1
b TXT "text"
alias CNAME b
cut NS ns.cut
signed NS ns.signed
signed DS 1 13 2 ${'00'.repeat(32)}
moved DNAME b
below.deep A 192.0.2.1
*.wild A 192.0.2.1
*.aliases CNAME b
`
const ZONES = [
  ['NSEC', signZone(TEXT)],
  ['NSEC3', signZone(TEXT, NSEC3)],
] as const

const SOA = 'example. 60 SOA ns.example. h.example. 1 1 1 1 60'

describe('a name that is not there', () => {
  for (const [how, zone] of ZONES) {
    it(`is denied by what denied another one, with its wildcard (RFC 8198 §5.1, ${how})`, () => {
      const rig = new RangesRig()
      // Of either hash order, one of these is beside the other.
      for (const label of ['x', 'y', 'z', 'q', 'r', 's']) rig.learn(zone, `${label}.example A`)
      assert.equal(rig.ask('x.example TXT'), 'nxdomain')
      assert.equal(rig.ask('under.x.example A'), 'nxdomain')
      assert.equal(rig.ask('b.example A'), null, 'it is there')
    })

    it(`is not, where a wildcard may stand for it (${how})`, () => {
      const rig = new RangesRig()
      rig.learn(zone, 'x.example A')
      rig.learn(zone, 'b.example AAAA')
      assert.equal(rig.ask('any.wild.example A'), null)
    })

    it(`is not, below a zone cut or a DNAME (RFC 6840 §4.1, ${how})`, () => {
      const rig = new RangesRig()
      const chain = zone.denial!.sets.flatMap((set) => zone.signed(set))
      rig.learnAll(zone.apex, 1, [], [...zone.negativeSoa(), ...chain])
      for (const at of ['www.cut', 'www.signed', 'a.b.signed', 'www.moved']) {
        assert.equal(rig.ask(`${at}.example A`), null, at)
        assert.equal(rig.ask(`${at}.example DS`), null, at)
      }
    })
  }
})

describe('a type that is not there', () => {
  for (const [how, zone] of ZONES) {
    it(`is denied by what denied another one of the name (RFC 8198 §5.1, ${how})`, () => {
      const rig = new RangesRig()
      rig.learn(zone, 'b.example AAAA')
      assert.equal(rig.ask('b.example MX'), 'nodata')
      assert.equal(rig.ask('b.example A'), null)
      assert.equal(rig.ask('b.example TXT'), null)
    })

    it(`is denied at an empty non-terminal, and at the apex (${how})`, () => {
      const rig = new RangesRig()
      rig.learn(zone, 'deep.example A')
      rig.learn(zone, 'example A')
      assert.equal(rig.ask('deep.example TXT'), 'nodata')
      assert.equal(rig.ask('example TXT'), 'nodata')
      assert.equal(rig.ask('example SOA'), null)
    })

    it(`is denied where a wildcard does not have it either (${how})`, () => {
      const rig = new RangesRig()
      rig.learn(zone, 'one.wild.example TXT')
      rig.learn(zone, '*.wild.example TXT')
      assert.equal(rig.ask('one.wild.example MX'), 'nodata')
      assert.equal(rig.ask('one.wild.example A'), null)
    })

    it(`is not, where there is an alias (RFC 6840 §4.3, ${how})`, () => {
      const rig = new RangesRig()
      rig.learn(zone, 'alias.example DS')
      assert.equal(rig.ask('alias.example A'), null)
    })

    it(`is the parent's to deny at a zone cut for DS alone (RFC 6840 §4.4, ${how})`, () => {
      const rig = new RangesRig()
      rig.learn(zone, 'cut.example DS')
      assert.equal(rig.ask('cut.example DS'), 'nodata')
      for (const type of ['A', 'NS', 'SOA', 'DNSKEY']) {
        assert.equal(rig.ask(`cut.example ${type}`), null, type)
      }
      rig.learn(zone, 'signed.example A')
      assert.equal(rig.ask('signed.example DS'), null)
    })

    it(`is denied beside a DNAME (RFC 6672 §2.4, ${how})`, () => {
      const rig = new RangesRig()
      rig.learn(zone, 'moved.example A')
      assert.equal(rig.ask('moved.example TXT'), 'nodata')
      assert.equal(rig.ask('moved.example DNAME'), null)
    })

    for (const type of [
      'ANY',
      'RRSIG',
      'SIG',
      'NSEC3',
      'TYPE0',
      'OPT',
      'TYPE128',
      'AXFR',
      'TKEY',
    ]) {
      it(`is asked for when it is ${type} (${how})`, () => {
        const rig = new RangesRig()
        rig.learn(zone, 'b.example AAAA')
        rig.learn(zone, 'x.example A')
        assert.equal(rig.ask(`b.example ${type}`), null)
        assert.equal(rig.ask(`x.example ${type}`), null)
      })
    }
  }

  it('is not the zone’s own to deny when it is the apex’s DS (RFC 4035 §3.1.4.1)', () => {
    const rig = new RangesRig()
    rig.learn(ZONES[0][1], 'example A')
    assert.equal(rig.ask('example DS'), null)
    const root = signZone('$ORIGIN .\n@ 60 SOA ns h 1 1 1 1 60\n@ 60 NS ns\nexample 60 NS ns\n')
    rig.learn(root, 'example DS')
    assert.equal(rig.ask('example DS'), 'nodata')
    rig.learn(root, '. A')
    assert.equal(rig.ask('. DS'), 'nodata')
  })
})

describe('what comes with a denial', () => {
  for (const [how, zone] of ZONES) {
    it(`is the SOA and all proofs, each with its signature (${how})`, () => {
      const rig = new RangesRig()
      rig.learn(zone, 'x.example A')
      const synthesis = rig.synthesis('x.example A')!
      const { authority } = messageOf(name('x.example'), 1, synthesis)
      const { authority: original } = zone.answer(name('x.example'), 1)
      const records = authority.flatMap(({ records: some, signatures }) => [...some, ...signatures])
      assert.equal(records.length, original.length)
      assert.ok(authority.every(({ signatures }) => signatures.length === 1))
    })
  }

  it('is right below the root, too', () => {
    const root = signZone('$ORIGIN .\n@ 60 SOA ns h 1 1 1 1 60\n@ 60 NS ns\nb 60 A 192.0.2.1\n')
    const rig = new RangesRig()
    rig.learn(root, 'x A')
    const { authority } = messageOf(name('y'), 1, rig.synthesis('y A')!)
    assert.deepEqual(
      authority.map(({ owner }) => owner),
      [name('.'), name('b'), name('.')],
    )
  })
})

describe('how long it is denied', () => {
  const learn = (rig: RangesRig, soa: string, nsec: string, minimum = 300) =>
    rig.learnText(
      'x.example',
      signed(
        `example. ${soa} SOA ns.example. h.example. 1 1 1 1 ${minimum}\nexample. ${nsec} NSEC example. NS SOA`,
      ),
    )

  for (const [soa, nsec, minimum, expected] of [
    ['20', '300', 300, 20],
    ['300', '20', 300, 20],
    ['300', '300', 20, 20],
  ] as const) {
    it(`is what ${soa} s of SOA, ${nsec} s of NSEC and a minimum of ${minimum} s allow (RFC 9077 §3)`, () => {
      const rig = new RangesRig()
      learn(rig, soa, nsec, minimum)
      assert.equal(rig.synthesis('x.example A')!.ttl, expected)
      rig.now += 19
      assert.equal(rig.synthesis('y.example A')!.ttl, 1)
      rig.now += 1
      assert.equal(rig.synthesis('y.example A'), null)
    })
  }

  it('is no longer than what is negative is kept', () => {
    const rig = new RangesRig({ maxTtl: 7 })
    learn(rig, '300', '300')
    assert.equal(rig.synthesis('x.example A')!.ttl, 7)
  })

  it('is not at all where a zone says so', () => {
    const rig = new RangesRig()
    learn(rig, '300', '300', 0)
    learn(rig, '300', '0')
    assert.equal(rig.ask('x.example A'), null)
    assert.equal(rig.ranges.zones, 0)
  })

  it('begins anew when it is proven anew', () => {
    const rig = new RangesRig()
    learn(rig, '60', '60')
    rig.now += 50
    learn(rig, '60', '60')
    assert.equal(rig.synthesis('x.example A')!.ttl, 60)
    rig.now += 59
    assert.equal(rig.synthesis('x.example A')!.ttl, 1)
  })

  it('is no less for a SOA that an upstream has had for a while', () => {
    const rig = new RangesRig()
    learn(rig, '60', '60')
    rig.now += 10
    rig.learnText(
      'b.example',
      signed('example. 5 SOA ns.example. h.example. 1 1 1 1 300\nb.example. 60 NSEC c.example. A'),
    )
    assert.equal(rig.synthesis('b.example MX')!.ttl, 50)
  })
})

describe('what is not used', () => {
  it('is a range without the SOA of its zone; with one that is held, it is', () => {
    const rig = new RangesRig()
    const [, zone] = ZONES[0]
    const cname = () => rig.learn(zone, 'one.aliases.example A')
    cname()
    assert.equal(rig.ranges.zones, 0)
    rig.learn(zone, 'b.example MX')
    cname()
    rig.learn(zone, '*.aliases.example TXT')
    rig.learn(zone, 'aliases.example TXT')
    assert.equal(rig.ask('aliases.example MX'), 'nodata')
  })

  it('is what was not proven', () => {
    const rig = new RangesRig()
    const [, zone] = ZONES[0]
    const { authority } = zone.answer(name('x.example'), 1)
    const unproven = authority.map((record) => ({ ...record, ttl: 0 }))
    rig.learnAll(name('x.example'), 1, [], unproven)
    assert.equal(rig.ask('x.example A'), null)
  })

  it('is opt-out (RFC 5155 §6, RFC 8198 §5.2)', () => {
    const rig = new RangesRig()
    rig.learn(signZone(TEXT, { ...NSEC3, optOut: true }), 'x.example A')
    assert.deepEqual([rig.ask('x.example A'), rig.ranges.zones], [null, 0])
  })

  for (const [iterations, expected] of [
    [10, 'nxdomain'],
    [11, null],
  ] as const) {
    it(`is ${expected === null ? '' : 'not '}what has ${iterations} iterations (RFC 9276 §3.1)`, () => {
      const rig = new RangesRig()
      rig.learn(signZone(HEAD, { ...NSEC3, iterations }), 'x.example A')
      assert.equal(rig.ask('y.example A'), expected)
    })
  }

  it('is more hashing than a question is worth (CVE-2023-50868)', () => {
    const rig = new RangesRig()
    const zone = signZone(`${HEAD}a.b.c.d.e A 192.0.2.1\n`, { ...NSEC3, iterations: 10 })
    const chain = zone.denial!.sets.flatMap((set) => zone.signed(set))
    rig.learnAll(zone.apex, 1, [], [...zone.negativeSoa(), ...chain])
    assert.equal(rig.ask('b.c.d.e.example A'), null)
    assert.equal(rig.ask('d.e.example A'), 'nodata')
  })

  it('is what nobody knows who signed', () => {
    const rig = new RangesRig()
    const line = 'example. 60 RRSIG NSEC 13 1 60 20300101000000 20200101000000 1'
    rig.learnText(
      'x.example',
      `${signed(SOA)}example. 60 NSEC example. NS SOA\n${line} example. AAAA\n${line} . AAAA\n`,
    )
    assert.equal(rig.ask('x.example A'), null)
  })

  for (const [what, nsec] of [
    ['turns back', 'm.example. 60 NSEC c.example. A'],
    ['leads out of its zone', 'm.example. 60 NSEC z.example.org. A'],
    ['is two', 'm.example. 60 NSEC p.example. A\nm.example. 60 NSEC z.example. A'],
  ]) {
    it(`is an NSEC record that ${what}`, () => {
      const rig = new RangesRig()
      rig.learnText('n.example', signed(`${SOA}\n${nsec}`))
      assert.deepEqual([rig.ask('n.example A'), rig.ranges.zones], [null, 0])
    })
  }

  it('is what counts as unsigned (RFC 7646)', () => {
    const rig = new RangesRig()
    rig.learn(ZONES[0][1], 'x.example A')
    rig.negative = [name('x.example')]
    assert.equal(rig.ask('x.example A'), null)
    assert.notEqual(rig.ask('y.example A'), null)
  })

  it('lies on the other side of a border', () => {
    const corp = name('corp.example')
    const rig = new RangesRig({ borders: [corp] })
    const [, zone] = ZONES[0]
    rig.learn(zone, 'corp.example A')
    assert.equal(rig.ranges.zones, 0, 'others were asked than for the zone')
    rig.learn(zone, 'coro.example A')
    assert.equal(rig.ask('coro.example TXT'), 'nxdomain')
    for (const at of ['corp.example', 'www.corp.example', 'corp.example']) {
      assert.equal(rig.ask(`${at} A`), null, at)
      assert.equal(rig.ask(`${at} DS`), null, at)
    }
    const inner = signZone(TEXT.replace('$ORIGIN example.', '$ORIGIN corp.example.'))
    rig.learn(inner, 'x.corp.example A')
    assert.equal(rig.ask('x.corp.example TXT'), 'nxdomain')
  })

  it('was flushed', () => {
    const rig = new RangesRig()
    rig.learn(ZONES[0][1], 'x.example A')
    rig.ranges.clearSince(0)
    assert.equal(rig.ask('x.example A'), 'nxdomain')
    rig.ranges.clearSince(1)
    assert.deepEqual([rig.ask('x.example A'), rig.ranges.zones], [null, 0])
  })
})

describe('a zone that changes', () => {
  it('is as it was said last', () => {
    const rig = new RangesRig()
    rig.learn(signZone(`${HEAD}b A 192.0.2.1\nz A 192.0.2.1\n`), 'm.example A')
    assert.equal(rig.ask('n.example A'), 'nxdomain')
    // n is new: what its NSEC says contradicts that of b.
    const changed = signZone(`${HEAD}b A 192.0.2.1\nn A 192.0.2.1\nz A 192.0.2.1\n`)
    rig.learn(changed, 'n.example TXT')
    assert.equal(rig.ask('n.example A'), null)
    assert.equal(rig.ask('m.example A'), null)
    assert.equal(rig.ask('o.example A'), 'nxdomain')
    // And it is gone again.
    rig.learn(signZone(`${HEAD}b A 192.0.2.1\nz A 192.0.2.1\n`), 'c.example A')
    assert.equal(rig.ask('n.example A'), 'nxdomain')
  })

  it('has the types that it said last', () => {
    const rig = new RangesRig()
    rig.learn(signZone(`${HEAD}b A 192.0.2.1\n`), 'b.example MX')
    rig.learn(signZone(`${HEAD}b A 192.0.2.1\nb TXT x\n`), 'b.example MX')
    assert.equal(rig.ask('b.example TXT'), null)
    assert.equal(rig.ask('b.example MX'), 'nodata')
  })

  it('forgets hashes with another salt (RFC 5155 §8.2)', () => {
    const rig = new RangesRig()
    rig.learn(signZone(TEXT, NSEC3), 'b.example MX')
    assert.equal(rig.ask('b.example MX'), 'nodata')
    rig.learn(signZone(TEXT, { ...NSEC3, salt: Uint8Array.of(1) }), 'example A')
    assert.equal(rig.ask('b.example MX'), null)
    assert.equal(rig.ask('example A'), 'nodata')
  })
})

describe('answers that are made up for one name', () => {
  const denying = (records: string) => {
    const rig = new RangesRig()
    rig.learnText('x.example', signed(`${SOA}\n${records}`))
    return rig
  }

  it('are of no use for others: next is what follows at once (RFC 9824 §3)', () => {
    const rig = denying('x.example. 60 NSEC \\000.x.example. RRSIG NSEC TYPE128')
    assert.deepEqual([rig.ask('x.example MX'), rig.ranges.zones], [null, 0])
  })

  it('are of no use for others: the name is none (RFC 9824 §3)', () => {
    const rig = denying('x.example. 60 NSEC y.example. RRSIG NSEC TYPE128')
    assert.equal(rig.ranges.zones, 0)
  })

  it('are of no use for others: hashes one before and one behind (RFC 7129 appendix B)', () => {
    const hash = Buffer.from(hashName(name('x.example'), NSEC3), 'latin1')
    const beside = (step: number) => {
      const other = Buffer.from(hash)
      other[19] = (other[19]! + step) & 0xff
      return formatBase32Hex(other)
    }
    const rig = denying(`${beside(-1)}.example. 60 NSEC3 1 0 0 - ${beside(1)}`)
    assert.equal(rig.ranges.zones, 0)
  })

  it('push out no range that was of use, and take no more than there is (RFC 4470)', () => {
    const memory = 64 * 1_024
    const rig = new RangesRig({ memory })
    const [, zone] = ZONES[0]
    rig.learn(zone, 'x.example A')
    assert.equal(rig.ask('y.example A'), 'nxdomain')
    let most = 0
    for (let i = 0; i < 3_000; i++) {
      const text = `lies.example.org. 60 SOA ns.example. h.example. 1 1 1 1 60\nm${i}.lies.example.org. 60 NSEC m${i}!.lies.example.org. RRSIG NSEC`
      rig.learnText(`m${i}.lies.example.org`, signed(text, 'lies.example.org.'))
      most = Math.max(most, rig.ranges.size)
    }
    assert.ok(most > 0 && most <= memory, `${most}`)
    assert.equal(rig.ask('z.example A'), 'nxdomain')
  })

  it('are forgotten at once where there is no room at all', () => {
    const rig = new RangesRig({ memory: 100 })
    for (let i = 0; i < 3; i++) rig.learn(ZONES[0][1], 'x.example A')
    assert.equal(rig.ranges.zones, 0)
  })

  it('of many zones leave none behind, and do not push out those that were of use', () => {
    const memory = 256 * 1_024
    const rig = new RangesRig({ memory })
    const learn = (zone: string) => {
      const soa = `${zone} 60 SOA ns.example. h.example. 1 1 1 1 60`
      rig.learnText(`x.${zone}`, signed(`${soa}\n${zone} 60 NSEC ${zone} NS SOA`, zone))
    }
    learn('useful.example.')
    assert.equal(rig.ask('y.useful.example A'), 'nxdomain')
    for (let i = 0; i < 2_000; i++) {
      learn(`z${i}.example.`)
      assert.ok(rig.ranges.size <= memory)
    }
    assert.ok(rig.ranges.zones > 16 && rig.ranges.zones < 100, `${rig.ranges.zones}`)
    assert.equal(rig.ask('y.useful.example A'), 'nxdomain')
    assert.equal(rig.ask('x.z1999.example A'), 'nxdomain')
    assert.equal(rig.ask('x.z1.example A'), null)
    for (let i = 2_000; i < 4_000; i++) {
      learn(`z${i}.example.`)
      assert.equal(rig.ask(`y.z${i}.example A`), 'nxdomain', 'new ones are of use at once')
      assert.ok(rig.ranges.size <= memory)
    }
  })
})
