import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { RecordType } from '../../wire/record-type.ts'
import { name, NSEC3, signZone } from '../denial/testing.ts'
import type { SignedZone } from '../signer/signed-zone.ts'
import { messageOf, RangesRig, signed } from './testing.ts'

const HEAD = '$ORIGIN example.\n@ 60 SOA ns h 1 1 1 1 60\n@ 60 NS ns\n'
const TEXT = `${HEAD}*.wild A 192.0.2.1
*.wild A 192.0.2.2
*.wild TXT "text"
there.wild A 192.0.2.3
below.deep.wild A 192.0.2.3
cut.wild NS ns
moved.wild DNAME b
`
const ZONES = [
  ['NSEC', signZone(TEXT)],
  ['NSEC3', signZone(TEXT, NSEC3)],
] as const

/** Has it learn all ranges of the zone, and the SOA. */
function learnRanges(rig: RangesRig, zone: SignedZone): void {
  const chain = zone.denial!.sets.flatMap((set) => zone.signed(set))
  rig.learnAll(zone.apex, RecordType.A, [], [...zone.negativeSoa(), ...chain])
}

describe('what a wildcard stands for (RFC 8198 §5.3)', () => {
  for (const [how, zone] of ZONES) {
    const known = () => {
      const rig = new RangesRig()
      learnRanges(rig, zone)
      rig.learn(zone, 'one.wild.example A')
      return rig
    }

    it(`answers for other names that are not there (${how})`, () => {
      const rig = known()
      for (const at of ['two.wild.example', 'a.b.wild.example', 'x.there2.wild.example']) {
        assert.equal(rig.ask(`${at} A`), 'wildcard', at)
      }
    })

    it(`is the records as they were signed, and what denies the name (RFC 4035 §3.1.3.3, ${how})`, () => {
      const rig = known()
      const synthesis = rig.synthesis('two.wild.example A')!
      const { answer, authority } = messageOf(name('two.wild.example'), 1, synthesis)
      const [set] = answer
      assert.deepEqual(
        [answer.length, set!.records.length, set!.owner],
        [1, 2, name('two.wild.example')],
      )
      assert.deepEqual(
        set!.signatures.map(({ labels }) => labels),
        [2],
      )
      assert.equal(authority.length, 1)
      assert.equal(authority[0]!.signatures.length, 1)
    })

    it(`is asked for when it is of a type that is not held (${how})`, () => {
      const rig = known()
      assert.equal(rig.ask('two.wild.example TXT'), null)
      assert.equal(rig.ask('two.wild.example MX'), 'nodata')
      rig.learn(zone, 'three.wild.example TXT')
      assert.equal(rig.ask('two.wild.example TXT'), 'wildcard')
      assert.equal(rig.ask('two.wild.example A'), 'wildcard')
    })

    it(`is none of what is there, or of empty non-terminals (RFC 4592 §2.2, ${how})`, () => {
      const rig = known()
      assert.equal(rig.ask('there.wild.example A'), null)
      assert.equal(rig.ask('deep.wild.example A'), 'nodata')
      assert.equal(rig.ask('*.wild.example A'), null)
    })

    it(`is not for names whose closest encloser is another one (RFC 4592 §3.3.1, ${how})`, () => {
      const rig = known()
      assert.equal(rig.ask('x.there.wild.example A'), 'nxdomain')
      assert.equal(rig.ask('x.deep.wild.example A'), 'nxdomain')
      assert.equal(rig.ask('x.*.wild.example A'), 'nxdomain')
    })

    it(`is not below a zone cut or a DNAME (RFC 6840 §4.1, ${how})`, () => {
      const rig = known()
      for (const at of ['cut.wild', 'x.cut.wild', 'x.moved.wild']) {
        assert.equal(rig.ask(`${at}.example A`), null, at)
      }
    })

    it(`is not to be had of signatures, nor of all types at once (${how})`, () => {
      const rig = known()
      for (const type of ['RRSIG', 'ANY', 'NSEC3']) {
        assert.equal(rig.ask(`two.wild.example ${type}`), null, type)
      }
    })

    it(`is known by who asked for the wildcard itself (${how})`, () => {
      const rig = new RangesRig()
      learnRanges(rig, zone)
      assert.equal(rig.ask('two.wild.example A'), null)
      rig.learn(zone, '*.wild.example A')
      assert.equal(rig.ask('two.wild.example A'), 'wildcard')
    })

    it(`is forgotten with a flush (${how})`, () => {
      const rig = known()
      rig.ranges.clearSince(1)
      assert.deepEqual([rig.ask('two.wild.example A'), rig.ranges.zones], [null, 0])
    })
  }

  it('needs no SOA, and no proof of the closest encloser (RFC 5155 §7.2.6)', () => {
    for (const nsec3 of [undefined, NSEC3]) {
      const zone = signZone(`${HEAD}* A 192.0.2.1\n`, nsec3)
      const rig = new RangesRig()
      rig.learn(zone, 'one.example A')
      const others = ['two', 'three', 'four', 'five', 'six', 'seven'].map(
        (label) => `${label}.example`,
      )
      assert.ok(others.some((at) => rig.ask(`${at} A`) === 'wildcard'))
      assert.ok(
        others.every((at) => rig.ask(`${at} MX`) === null),
        'there is nothing to deny with',
      )
    }
  })

  it('cannot be told where unsigned delegations may be (RFC 5155 §6)', () => {
    const zone = signZone(TEXT, { ...NSEC3, optOut: true })
    const rig = new RangesRig()
    learnRanges(rig, zone)
    rig.learn(zone, 'one.wild.example A')
    assert.equal(rig.ask('two.wild.example A'), null)
  })
})

const SOA = 'example. 300 SOA ns.example. h.example. 1 1 1 1 300'
const ALL = 'example. 300 NSEC *.example. NS SOA\n*.example. 300 NSEC example.'

/** Records with a signature over the wildcard, as if they had been expanded from it. */
function expandedTo(owner: string, ttl: number, type: string, rdata: string, labels = 1): string {
  const signature = `${owner} ${ttl} RRSIG ${type} 13 ${labels} 300 20300101000000 20200101000000 1 example. AAAA`
  return `${owner} ${ttl} ${type} ${rdata}\n${signature}\n`
}

/** Knows a zone with but a wildcard, and what was expanded from it. */
function knowing(expansion: string, ranges = `${ALL} A TXT CNAME MX`): RangesRig {
  const rig = new RangesRig()
  rig.learnText('x.example', signed(`${SOA}\n${ranges}`))
  rig.learnAnswer('one.example A', expansion)
  return rig
}

describe('how long what a wildcard stands for may be kept', () => {
  for (const [ttl, nsec, expected] of [
    [20, 300, 20],
    [300, 20, 20],
  ] as const) {
    it(`is what ${ttl} s of its records and ${nsec} s of the proof allow`, () => {
      const rig = knowing(
        expandedTo('one.example.', ttl, 'A', '192.0.2.1'),
        `${ALL} A`.replaceAll('300', `${nsec}`),
      )
      assert.equal(rig.synthesis('two.example A')!.ttl, expected)
      rig.now += 19
      assert.equal(rig.synthesis('two.example A')!.ttl, 1)
      rig.now += 1
      assert.equal(rig.ask('two.example A'), null)
    })
  }

  it('is not what the SOA allows, if that comes later; for denials it is (RFC 9077 §3)', () => {
    const zone = signZone(`${HEAD}* A 192.0.2.1\n`.replace('1 60\n', '1 5\n'))
    const rig = new RangesRig()
    const { answer, authority } = zone.answer(name('one.example'), 1)
    const longer = authority.map((record) => ({ ...record, ttl: 60 }))
    rig.learnAll(name('one.example'), 1, answer, longer)
    rig.now += 3
    rig.learnAll(
      name('example'),
      16,
      [],
      zone.negativeSoa().concat(zone.answer(name('example'), 16).authority),
    )
    assert.equal(rig.synthesis('two.example A')!.ttl, 57)
    assert.equal(rig.synthesis('two.example MX')!.ttl, 2)
    rig.now += 2
    assert.equal(rig.ask('two.example MX'), null)
  })
})

describe('what is no source of other names', () => {
  it('is an alias: where it leads has to be asked for', () => {
    const rig = knowing(expandedTo('one.example.', 60, 'CNAME', 'b.example.'))
    assert.deepEqual(
      ['A', 'CNAME'].map((type) => rig.ask(`two.example ${type}`)),
      [null, null],
    )
  })

  it('is what the wildcard’s own record does not list', () => {
    const rig = knowing(expandedTo('one.example.', 60, 'MX', '1 b.example.'), `${ALL} A CNAME`)
    assert.equal(rig.ask('two.example MX'), null)
  })

  it('is a wildcard that is a zone cut or has a DNAME (RFC 4592 §4.2, §4.4)', () => {
    for (const type of ['NS', 'DNAME']) {
      const rig = knowing(expandedTo('one.example.', 60, 'A', '192.0.2.1'), `${ALL} A ${type}`)
      assert.equal(rig.ask('two.example A'), null, type)
    }
  })

  it('is what nobody knows which wildcard it is from', () => {
    const records = expandedTo('a.b.example.', 60, 'A', '192.0.2.1')
    const [, other] = expandedTo('a.b.example.', 60, 'A', '192.0.2.1', 2).split('\n')
    const rig = new RangesRig()
    rig.learnText('x.example', signed(`${SOA}\n${ALL} A`))
    rig.learnAnswer('a.b.example A', `${records}${other}\n`)
    assert.equal(rig.ask('two.example A'), null)
    rig.learnAnswer('a.b.example A', records)
    assert.equal(rig.ask('two.example A'), 'wildcard')
  })

  it('is what was not proven', () => {
    assert.equal(
      knowing(expandedTo('one.example.', 0, 'A', '192.0.2.1')).ask('two.example A'),
      null,
    )
  })

  it('is for some networks alone (RFC 7871 §7.2.1)', () => {
    const rig = knowing('')
    rig.isForAll = false
    rig.learnAnswer('one.example A', expandedTo('one.example.', 60, 'A', '192.0.2.1'))
    assert.equal(rig.ask('two.example A'), null)
  })

  it('is too long to be held', () => {
    const text = Array.from({ length: 9 }, () => `"${'x'.repeat(250)}"`).join(' ')
    assert.equal(knowing(expandedTo('one.example.', 60, 'TXT', text)).ask('two.example TXT'), null)
  })

  it('counts as unsigned, or is behind a border (RFC 7646)', () => {
    const records = expandedTo('one.example.', 60, 'A', '192.0.2.1')
    const rig = knowing(records)
    rig.negative = [name('two.example')]
    assert.equal(rig.ask('two.example A'), null)
    assert.equal(rig.ask('three.example A'), 'wildcard')
    const bordered = new RangesRig({ borders: [name('corp.example')] })
    bordered.learnText('x.example', signed(`${SOA}\n${ALL} A`))
    bordered.learnAnswer(
      'www.corp.example A',
      expandedTo('www.corp.example.', 60, 'A', '192.0.2.1'),
    )
    assert.equal(bordered.ask('two.example A'), null, 'others were asked')
    bordered.learnAnswer('one.example A', records)
    assert.equal(bordered.ask('two.example A'), 'wildcard')
    assert.equal(bordered.ask('www.corp.example A'), null)
  })
})

describe('a wildcard that changes', () => {
  const empty = `${HEAD}b A 192.0.2.1\nc TXT x\n`
  for (const [how, nsec3] of [
    ['NSEC', undefined],
    ['NSEC3', NSEC3],
  ] as const) {
    const without = signZone(empty, nsec3)
    const withTxt = signZone(`${empty}* TXT "text"\n`, nsec3)
    const withA = signZone(`${empty}* A 192.0.2.1\n`, nsec3)

    it(`is not denied any more by what was said before it was there (${how})`, () => {
      const rig = new RangesRig()
      learnRanges(rig, without)
      assert.equal(rig.ask('x.example A'), 'nxdomain')
      for (const label of ['o', 'p', 'q', 'r', 's']) rig.learn(withA, `${label}.example A`)
      assert.equal(rig.ask('x.example A'), 'wildcard')
      assert.equal(rig.ask('x.example TXT'), null)
    })

    it(`has no types any more that it says it has not (${how})`, () => {
      const rig = new RangesRig()
      learnRanges(rig, withTxt)
      assert.equal(rig.ask('x.example A'), 'nodata')
      rig.learn(withA, '*.example A')
      assert.notEqual(rig.ask('x.example A'), 'nodata')
      learnRanges(rig, withTxt)
      assert.equal(rig.ask('x.example A'), 'nodata')
      learnRanges(rig, without)
      assert.equal(rig.ask('x.example A'), 'nxdomain')
    })
  }

  it('has the records that it had last', () => {
    const rig = knowing(expandedTo('one.example.', 60, 'A', '192.0.2.1'))
    rig.learnAnswer(
      'one.example A',
      expandedTo('one.example.', 60, 'A', '192.0.2.9').replace('AAAA', 'AQAB'),
    )
    const { answer } = messageOf(name('two.example'), 1, rig.synthesis('two.example A')!)
    assert.deepEqual(
      answer[0]!.records.map((rdata) => rdata[3]),
      [9],
    )
  })

  it('is found by its zone’s new hashes (RFC 5155 §8.2)', () => {
    const rig = new RangesRig()
    for (const salt of [new Uint8Array(0), Uint8Array.of(1)]) {
      const zone = signZone(TEXT, { ...NSEC3, salt })
      learnRanges(rig, zone)
      rig.learn(zone, 'one.wild.example A')
      assert.equal(rig.ask('two.wild.example A'), 'wildcard')
    }
  })
})

describe('wildcards that are made up', () => {
  it('push out nothing that was of use, and take no more than there is', () => {
    const memory = 64 * 1_024
    const rig = new RangesRig({ memory })
    const [, zone] = ZONES[0]
    rig.learn(zone, 'x.example A')
    rig.learn(zone, 'one.wild.example A')
    assert.equal(rig.ask('y.example A'), 'nxdomain')
    assert.equal(rig.ask('two.wild.example A'), 'wildcard')
    for (let i = 0; i < 3_000; i++) {
      const key = Buffer.from(`${i}${'-'.repeat(48)}`).toString('base64')
      const owner = `a.m${i}.lies.example.org.`
      rig.learnAnswer(
        `a.m${i}.lies.example.org A`,
        expandedTo(owner, 60, 'A', '192.0.2.1', 4).replace(
          '1 example. AAAA',
          `1 lies.example.org. ${key}`,
        ),
      )
      assert.ok(rig.ranges.size <= memory)
    }
    assert.equal(rig.ask('z.example A'), 'nxdomain')
    assert.equal(rig.ask('three.wild.example A'), 'wildcard')
  })
})
