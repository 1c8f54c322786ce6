import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { ExtendedError } from '../../wire/edns.ts'
import { RecordClass, RecordType } from '../../wire/record-type.ts'
import { Budget } from '../budget.ts'
import { Dnskey } from '../dnskey.ts'
import { SigningKey } from '../signer/signing-key.ts'
import { run } from '../steps.ts'
import { setsOf, signedSetOf } from '../testing.ts'
import { Verifier } from '../verifier.ts'
import { type Delegation, DelegationReader } from './delegation.ts'
import { name } from './testing.ts'

const NOW = 1_800_000_000
const PARENT = name('example.')
const CHILD = name('sub.example.')

const parentKey = new SigningKey({ algorithm: 13 })
const parent = { zone: PARENT, keys: [new Dnskey(parentKey.rdata)] }
const signer = { zone: PARENT, keys: [parentKey], inception: NOW - 60, expiration: NOW + 60 }

function ds(algorithm: number, digestType: number, length: number): Uint8Array {
  return Buffer.concat([Buffer.of(0x12, 0x34, algorithm, digestType), Buffer.alloc(length, 1)])
}

async function read(rdata: readonly Uint8Array[], acceptSha1 = false): Promise<Delegation> {
  const answer = [signedSetOf(CHILD, RecordType.DS, rdata, signer)]
  const question = { name: CHILD, type: RecordType.DS, class: RecordClass.IN, rcode: 0 }
  const message = { ...question, answer, authority: [], loose: [], count: rdata.length + 1 }
  const reader = new DelegationReader(new Verifier({ now: () => NOW, policy: { acceptSha1 } }))
  const found = await run(reader.read(message, CHILD, parent, new Budget()))
  assert.ok('kind' in found, JSON.stringify(found))
  return found
}

async function whyUnsigned(...rdata: readonly Uint8Array[]): Promise<[number, string]> {
  const found = await read(rdata)
  assert.ok(found.kind === 'unsigned' && found.fault !== null)
  return [found.fault.code, found.fault.text]
}

describe('a delegation that nothing is said of', () => {
  const none = { name: CHILD, type: RecordType.DS, class: RecordClass.IN, rcode: 0, answer: [] }
  const signedBy = (zone: string, key = parentKey) => {
    const rdata = setsOf(`${zone} 300 IN SOA ns.invalid. h.invalid. 1 2 3 4 5`)[0]!.records
    return signedSetOf(name(zone), RecordType.SOA, rdata, {
      ...signer,
      zone: name(zone),
      keys: [key],
    })
  }

  for (const [title, authority, what] of [
    ['nothing at all', [], 'is not signed'],
    ['no denial', [signedBy('example.')], 'has no NSEC or NSEC3 of that zone'],
    ['what another zone says', [signedBy('sub.example.')], 'is signed by sub.example.'],
  ] as const) {
    it(`is bogus, and the text says what there was: ${title}`, async () => {
      const reader = new DelegationReader(
        new Verifier({ now: () => NOW, policy: { acceptSha1: false } }),
      )
      const message = { ...none, authority, loose: [], count: 2 * authority.length }
      const found = await run(reader.read(message, CHILD, parent, new Budget()))
      assert.deepEqual(found, {
        code: ExtendedError.NsecMissing,
        text: `sub.example. DS: no proof by example. that there is none: the answer ${what}`,
      })
    })
  }
})

describe('a delegation whose DS records nobody here can check (RFC 4035 §5.2)', () => {
  it('counts as not signed, by its algorithms', async () => {
    assert.deepEqual(await whyUnsigned(ds(12, 2, 32), ds(200, 2, 32)), [
      ExtendedError.UnsupportedDnskeyAlgorithm,
      'sub.example. DS: algorithm 12, 200 is not supported',
    ])
  })

  it('counts as not signed, by its digests', async () => {
    assert.deepEqual(await whyUnsigned(ds(13, 3, 32), ds(200, 2, 32)), [
      ExtendedError.UnsupportedDsDigest,
      'sub.example. DS: digests of type 3 are not supported',
    ])
  })

  it('is signed where one of them can be checked', async () => {
    const found = await read([ds(12, 2, 32), ds(13, 3, 32), ds(13, 4, 48)])
    assert.ok(found.kind === 'signed')
    assert.deepEqual(
      found.ds.map(({ digestType }) => digestType),
      [4],
    )
  })

  it('is, with SHA-1, what the operator says (RFC 9905 §2)', async () => {
    for (const record of [ds(13, 1, 20), ds(7, 2, 32)]) {
      // oxlint-disable-next-line no-await-in-loop
      assert.deepEqual(
        [(await read([record])).kind, (await read([record], true)).kind],
        ['unsigned', 'signed'],
      )
    }
  })
})
