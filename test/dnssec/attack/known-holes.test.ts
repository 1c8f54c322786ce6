// What validators have believed that they should not have, each as it was told of them. The upstream has
// rightly signed records of one zone to choose from, and says with them what the zone never said.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { type Name, nameOctets } from '../../../src/dnssec/name.ts'
import { Security } from '../../../src/dnssec/verdict.ts'
import type { Message, ResourceRecord } from '../../../src/wire/codec/message.ts'
import { Rcode } from '../../../src/wire/header.ts'
import { RecordType } from '../../../src/wire/record-type.ts'
import { nameOf } from './attack-world.ts'
import { nsec, OWN_ZONE, ownAnswer, ownValidator, signedSet } from './own-zone.ts'

type Sections = Partial<Pick<Message, 'rcode' | 'answers' | 'authorities'>>

const { A, CNAME, DNAME, DS, NS, NSEC, RRSIG, SOA, TXT } = RecordType
const WWW = nameOf('www.own.example.')
const FORGED = Uint8Array.of(198, 51, 100, 66)

/** Bits of the first types: A, NS, CNAME, SOA; in the last octet RRSIG and NSEC. */
const Bits = {
  A: [0x40, 0, 0, 0, 0, 3],
  NS: [0x20, 0, 0, 0, 0, 3],
  NSandSOA: [0x22, 0, 0, 0, 0, 3],
  CNAME: [0x04, 0, 0, 0, 0, 3],
  DNAME: [0, 0, 0, 0, 1, 3],
  none: [0, 0, 0, 0, 0, 3],
} as const

async function judge(name: Name, type: number, sections: Sections): Promise<Security> {
  const { security } = await ownValidator().validate(ownAnswer(name, type, sections))
  return security
}

const soa = (): ResourceRecord[] => {
  const rdata = Uint8Array.of(...nameOctets(OWN_ZONE), 0, ...new Uint8Array(19), 60)
  return signedSet(OWN_ZONE, SOA, [rdata])
}

const denial = (name: Name, next: Name, bits: readonly number[], shownAs = name) =>
  signedSet(name, NSEC, [nsec(next, ...bits)], shownAs)

const unsigned = (name: Name, type: number, rdata: Uint8Array): ResourceRecord => {
  return { name: nameOctets(name), type, class: 1, ttl: 300, rdata }
}

const apex = denial(OWN_ZONE, nameOf('a.own.example.'), Bits.NSandSOA)

describe('what is believed, of records alike', () => {
  it('that a name has no such type, or is not there at all', async () => {
    const own = { authorities: [...soa(), ...denial(WWW, OWN_ZONE, Bits.none)] }
    assert.equal(await judge(WWW, A, own), Security.Secure)
    const before = denial(nameOf('a.own.example.'), OWN_ZONE, Bits.A)
    const none = { rcode: Rcode.NXDomain, authorities: [...soa(), ...before, ...apex] }
    assert.equal(await judge(WWW, A, none), Security.Secure)
  })

  it('what a wildcard is expanded to', async () => {
    const answers = signedSet(nameOf('*.own.example.'), A, [FORGED], WWW)
    const authorities = denial(nameOf('a.own.example.'), OWN_ZONE, Bits.A)
    assert.equal(await judge(WWW, A, { answers, authorities }), Security.Secure)
  })
})

describe('what nobody believes', () => {
  it('NSEC of a wildcard in the name of another (CVE-2017-15105, CVE-2017-15107)', async () => {
    const wildcard = nameOf('*.own.example.')
    const expanded = denial(wildcard, nameOf('zzz.own.example.'), Bits.none, WWW)
    const said = { authorities: [...soa(), ...expanded] }
    assert.equal(await judge(WWW, A, said), Security.Bogus)
    const between = denial(wildcard, OWN_ZONE, Bits.none, nameOf('wwv.own.example.'))
    const all = { rcode: Rcode.NXDomain, authorities: [...soa(), ...between, ...apex] }
    assert.equal(await judge(WWW, A, all), Security.Bogus)
  })

  it('NSEC of a zone cut about names below it (CVE-2018-1000002, CVE-2018-1000003, RFC 6840 §4.1)', async () => {
    const cut = denial(nameOf('sub.own.example.'), OWN_ZONE, Bits.NS)
    const below = nameOf('www.sub.own.example.')
    for (const rcode of [Rcode.NoError, Rcode.NXDomain]) {
      const said = { rcode, authorities: [...soa(), ...cut, ...apex] }
      assert.equal(await judge(below, A, said), Security.Bogus)
    }
    const own = { authorities: [...soa(), ...cut] }
    assert.equal(await judge(nameOf('sub.own.example.'), A, own), Security.Bogus)
  })

  it('NSEC of a DNAME about names below it (RFC 6840 §4.1)', async () => {
    const moved = denial(nameOf('moved.own.example.'), OWN_ZONE, Bits.DNAME)
    const said = { rcode: Rcode.NXDomain, authorities: [...soa(), ...moved, ...apex] }
    assert.equal(await judge(nameOf('www.moved.own.example.'), A, said), Security.Bogus)
  })

  it('a type that is not there, by a bitmap that has CNAME (RFC 6840 §4.3)', async () => {
    const said = { authorities: [...soa(), ...denial(WWW, OWN_ZONE, Bits.CNAME)] }
    assert.equal(await judge(WWW, A, said), Security.Bogus)
  })

  it('no DS, by the NSEC of the zone that should have it (RFC 6840 §4.4)', async () => {
    const said = { authorities: [...soa(), ...apex] }
    assert.notEqual(await judge(OWN_ZONE, DS, said), Security.Secure)
  })

  it('data without signatures in a signed zone (CVE-2023-7008)', async () => {
    assert.equal(await judge(WWW, A, { answers: [unsigned(WWW, A, FORGED)] }), Security.Bogus)
    const alias = unsigned(WWW, CNAME, nameOctets(nameOf('www.evil.test.')))
    const target = unsigned(nameOf('www.evil.test.'), A, FORGED)
    assert.equal(await judge(WWW, A, { answers: [alias, target] }), Security.Bogus)
  })

  it('an unsigned SOA or NS set of a zone between that there is not (CVE-2019-10190, CVE-2019-10191)', async () => {
    const name = nameOf('www.between.own.example.')
    const between = nameOf('between.own.example.')
    const start = unsigned(between, SOA, Uint8Array.of(0, 0, ...new Uint8Array(20)))
    const server = unsigned(between, NS, nameOctets(nameOf('ns.evil.test.')))
    for (const rcode of [Rcode.NoError, Rcode.NXDomain]) {
      assert.equal(await judge(name, A, { rcode, authorities: [start] }), Security.Bogus)
      assert.equal(await judge(name, A, { rcode, authorities: [server] }), Security.Bogus)
    }
    const forged = { answers: [unsigned(name, A, FORGED)], authorities: [start, server] }
    assert.equal(await judge(name, A, forged), Security.Bogus)
  })

  it('records that come with NXDOMAIN and no SOA (CVE-2020-12244)', async () => {
    const said = { rcode: Rcode.NXDomain, answers: [unsigned(WWW, TXT, Uint8Array.of(1, 0x66))] }
    assert.equal(await judge(WWW, TXT, said), Security.Bogus)
    assert.equal(await judge(WWW, A, { ...said, answers: [] }), Security.Bogus)
  })

  it('a signature over what is not below its zone (CVE-2017-15090)', async () => {
    const outside = nameOf('www.other.example.')
    const shown = signedSet(WWW, A, [FORGED], outside)
    assert.notEqual(await judge(outside, A, { answers: shown }), Security.Secure)
  })

  it('a DNAME made from a wildcard (RFC 4592 §4.4)', async () => {
    const target = nameOctets(nameOf('evil.test.'))
    const answers = signedSet(nameOf('*.own.example.'), DNAME, [target], nameOf('sub.own.example.'))
    const authorities = denial(nameOf('a.own.example.'), OWN_ZONE, Bits.A)
    const name = nameOf('www.sub.own.example.')
    assert.equal(await judge(name, A, { answers, authorities }), Security.Bogus)
  })
})

describe('what does not spoil a zone for others', () => {
  it('a question for a type that no record has (CVE-2018-14644)', async () => {
    const validator = ownValidator()
    for (const type of [RecordType.OPT, 249, 250, 251, 252, 0]) {
      await validator.validate(ownAnswer(WWW, type, {}))
      await validator.validate(ownAnswer(OWN_ZONE, type, { rcode: Rcode.NXDomain }))
    }
    const answers = signedSet(WWW, A, [FORGED])
    const { security } = await validator.validate(ownAnswer(WWW, A, { answers }))
    assert.equal(security, Security.Secure)
  })

  it('signatures as long as those of other algorithms (CVE-2022-38177, CVE-2022-38178)', async () => {
    const validator = ownValidator()
    const [data, signature] = signedSet(WWW, A, [FORGED])
    const head = signature!.rdata.subarray(0, 18 + OWN_ZONE.length)
    for (const algorithm of [8, 10, 13, 14, 15, 16]) {
      for (const length of [1, 63, 64, 65, 96, 114, 512]) {
        const rdata = Uint8Array.of(...head, ...new Uint8Array(length))
        rdata[2] = algorithm
        const answers = [data!, { ...signature!, type: RRSIG, rdata }]
        const { security } = await validator.validate(ownAnswer(WWW, A, { answers }))
        assert.equal(security, Security.Bogus)
      }
    }
    const { security } = await validator.validate(
      ownAnswer(WWW, A, { answers: [data!, signature!] }),
    )
    assert.equal(security, Security.Secure)
  })
})
