// A zone with a trust anchor of its own below names that nobody signs (an island of trust, RFC 4033 §2):
// what is above it has no say in it, signed or not.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { TrustAnchors } from '../../../src/dnssec/anchors/trust-anchors.ts'
import { Chain } from '../../../src/dnssec/chain/chain.ts'
import { readDelegationSigner } from '../../../src/dnssec/ds.ts'
import { type Name, nameOctets, ROOT } from '../../../src/dnssec/name.ts'
import type { SourceAnswer } from '../../../src/dnssec/source.ts'
import { Validator } from '../../../src/dnssec/validator.ts'
import { Verifier } from '../../../src/dnssec/verifier.ts'
import { Security } from '../../../src/dnssec/verdict.ts'
import type { ResourceRecord } from '../../../src/wire/codec/message.ts'
import { ExtendedError } from '../../../src/wire/edns.ts'
import { Rcode } from '../../../src/wire/header.ts'
import { RecordType } from '../../../src/wire/record-type.ts'
import { mustSign } from '../vectors/signed.ts'
import { AttackWorld, nameOf, NOW } from './attack-world.ts'
import { OWN_ZONE, ownAnswer, ownKeys, signedSet } from './own-zone.ts'

const ASKED = nameOf('www.own.example.')
const ABOVE = nameOf('example.')

/** The zone says of all names below it that they do not exist. */
const empty = signedSet(OWN_ZONE, RecordType.NSEC, [
  Uint8Array.of(...nameOctets(OWN_ZONE), 0, 6, 0x22, 0, 0, 0, 0, 3),
])

async function ask(name: Name, type: number): Promise<SourceAnswer> {
  const keys = signedSet(OWN_ZONE, RecordType.DNSKEY, [ownKeys.keys[0]!.rdata])
  const isKeys = type === RecordType.DNSKEY && name === OWN_ZONE
  const sections = isKeys ? { answers: keys } : { authorities: empty }
  return { message: ownAnswer(name, type, sections), upstream: 'own' }
}

function judge(sections: Parameters<typeof ownAnswer>[2]) {
  const verifier = new Verifier({ now: () => NOW, policy: { acceptSha1: false } })
  const chain = new Chain({
    source: { ask },
    verifier,
    anchors: new TrustAnchors({
      anchors: [{ zone: OWN_ZONE, ds: [], keys: [ownKeys.keys[0]!.rdata] }],
      negative: [{ domain: ABOVE, until: Infinity }],
    }),
    now: () => NOW,
    clock: { seconds: () => NOW },
  })
  const validator = new Validator({ chain, verifier })
  return validator.validate(ownAnswer(ASKED, RecordType.A, sections))
}

function record(owner: string, type: number, rdata: Uint8Array): ResourceRecord {
  return { name: nameOctets(nameOf(owner)), type, class: 1, ttl: 300, rdata }
}

const dname = record('example.', RecordType.DNAME, nameOctets(nameOf('evil.test.')))
const cname = record('www.own.example.', RecordType.CNAME, nameOctets(nameOf('www.own.evil.test.')))
const address = record('www.own.evil.test.', RecordType.A, Uint8Array.of(192, 0, 2, 66))

/** A world where all of it is signed, but for a zone that its owner shows to others alone. */
function judgeInside(island: string, question: string) {
  const world = new AttackWorld()
  const [owner, type] = question.split(' ') as [string, 'A' | 'DS']
  const answer = (name: Name, asked: number) => mustSign(world.answer(name, asked))
  const verifier = new Verifier({ now: () => NOW, policy: { acceptSha1: false } })
  const ds = world.root.ds().map(({ rdata }) => readDelegationSigner(rdata))
  const chain = new Chain({
    source: { ask: async (name, asked) => ({ message: answer(name, asked), upstream: 'outside' }) },
    verifier,
    anchors: new TrustAnchors({
      anchors: [
        { zone: ROOT, ds, keys: [] },
        { zone: nameOf(island), ds: [], keys: [ownKeys.keys[0]!.rdata] },
      ],
      negative: [],
    }),
    now: () => NOW,
    clock: { seconds: () => NOW },
  })
  const validator = new Validator({ chain, verifier })
  return validator.validate(answer(nameOf(owner), RecordType[type]))
}

describe('a signed zone above an island of trust', () => {
  it('has no say in it by its wildcards', async () => {
    const { security } = await judgeInside('in.wild.nsec.example.', 'www.in.wild.nsec.example. A')
    assert.equal(security, Security.Bogus)
    const outside = await judgeInside('in.wild.nsec.example.', 'www.out.wild.nsec.example. A')
    assert.equal(outside.security, Security.Secure)
  })

  it('has no say in it when it denies all of it', async () => {
    assert.equal(
      (await judgeInside('in.nsec.example.', 'www.in.nsec.example. A')).security,
      'bogus',
    )
    assert.equal((await judgeInside('in.nsec3.example.', 'in.nsec3.example. A')).security, 'bogus')
  })

  it('says what it delegates, all the same', async () => {
    assert.equal((await judgeInside('in.nsec.example.', 'in.nsec.example. DS')).security, 'secure')
  })
})

describe('an unsigned DNAME above an island of trust', () => {
  it('leads none of its names elsewhere', async () => {
    const { security, fault } = await judge({ answers: [dname, cname, address] })
    assert.equal(security, Security.Bogus)
    assert.equal(fault!.code, ExtendedError.RrsigsMissing)
  })

  for (const rcode of [Rcode.NoError, Rcode.NXDomain, Rcode.YXDomain]) {
    it(`leads none to where there is nothing: rcode ${rcode}`, async () => {
      assert.equal((await judge({ rcode, answers: [dname] })).security, Security.Bogus)
    })
  }
})
