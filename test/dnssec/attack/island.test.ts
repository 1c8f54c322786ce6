// A zone with a trust anchor of its own below names that nobody signs (an island of trust, RFC 4033 §2):
// what is not signed above it has no say in it.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { TrustAnchors } from '../../../src/dnssec/anchors/trust-anchors.ts'
import { Chain } from '../../../src/dnssec/chain/chain.ts'
import { type Name, nameOctets } from '../../../src/dnssec/name.ts'
import type { SourceAnswer } from '../../../src/dnssec/source.ts'
import { Validator } from '../../../src/dnssec/validator.ts'
import { Verifier } from '../../../src/dnssec/verifier.ts'
import { Security } from '../../../src/dnssec/verdict.ts'
import type { ResourceRecord } from '../../../src/wire/codec/message.ts'
import { ExtendedError } from '../../../src/wire/edns.ts'
import { Rcode } from '../../../src/wire/header.ts'
import { RecordType } from '../../../src/wire/record-type.ts'
import { nameOf, NOW } from './attack-world.ts'
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
