// Phases of roll-overs (RFC 6781 §4.1, §4.3.5) as validators meet them: what the parent vouches for, what
// is in the set of keys and who signs it, and who has signed data that may be older than that set.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { ExtendedError } from '../../wire/edns.ts'
import { RecordClass, RecordType } from '../../wire/record-type.ts'
import { Budget } from '../budget.ts'
import { readDelegationSigner } from '../ds.ts'
import { KeyFlag, SigningKey } from '../signer/signing-key.ts'
import { run } from '../steps.ts'
import { signedSetOf } from '../testing.ts'
import { isFault, Verifier } from '../verifier.ts'
import { name } from './testing.ts'
import { ZoneKeysReader } from './zone-keys.ts'

const NOW = 1_800_000_000
const ZONE = name('example.')
const OWNER = name('www.example.')
const ENTRY = KeyFlag.Zone | KeyFlag.EntryPoint

interface Phase {
  readonly ds: readonly SigningKey[]
  readonly keys: readonly SigningKey[]
  /** Of `keys`, or no longer of them. */
  readonly signKeys: readonly SigningKey[]
  readonly signData: readonly SigningKey[]
}

function make(algorithm: number, flags: number = ENTRY): SigningKey {
  return new SigningKey({ algorithm, flags })
}

const verifier = new Verifier({ now: () => NOW, policy: { acceptSha1: false } })

/** The info code of what is wrong, null when the data are proven. */
async function faultOf({ ds, keys, signKeys, signData }: Phase): Promise<number | null> {
  const by = (signers: readonly SigningKey[]) => ({
    zone: ZONE,
    keys: signers,
    inception: NOW - 60,
    expiration: NOW + 60,
  })
  const rdata = keys.map((key) => key.rdata)
  const answer = [signedSetOf(ZONE, RecordType.DNSKEY, rdata, by(signKeys))]
  const question = { name: ZONE, type: RecordType.DNSKEY, class: RecordClass.IN, rcode: 0 }
  const message = { ...question, answer, authority: [], loose: [], count: keys.length }
  const points = { ds: ds.map((key) => readDelegationSigner(key.ds(ZONE, 2))), keys: [] }
  const reader = new ZoneKeysReader(verifier)
  const found = await run(reader.read(message, ZONE, points, new Budget()))
  if ('code' in found) return found.code
  assert.ok(found.kind === 'keys')
  const data = signedSetOf(OWNER, RecordType.A, [Buffer.of(192, 0, 2, 1)], by(signData))
  const proof = await verifier.verify(data, { zone: ZONE, keys: found.keys }, new Budget())
  return isFault(proof) ? proof.code : null
}

const [old, next, other] = [make(13), make(13), make(15)]
const [zsk, otherZsk] = [make(13, KeyFlag.Zone), make(15, KeyFlag.Zone)]
const revoked = new SigningKey({
  algorithm: 13,
  flags: ENTRY | KeyFlag.Revoked,
  privateKey: old.privateKey,
})
const [ksk1, zsk1, ksk2, zsk2] = [make(13), make(13, KeyFlag.Zone), make(8), make(8, KeyFlag.Zone)]

const ROLL_OVERS: Readonly<Record<string, readonly Phase[]>> = {
  'of a single key, with two DS records (§4.1.3)': [
    { ds: [old, next], keys: [old, next], signKeys: [old], signData: [old] },
    { ds: [old, next], keys: [old, next], signKeys: [next], signData: [old] },
    { ds: [old, next], keys: [old, next], signKeys: [next], signData: [next] },
    { ds: [next], keys: [next], signKeys: [next], signData: [next] },
  ],
  'of a single key’s algorithm (§4.1.4.1)': [
    { ds: [old], keys: [old], signKeys: [old], signData: [old, other] },
    { ds: [old], keys: [old, other], signKeys: [old, other], signData: [old, other] },
    { ds: [other], keys: [old, other], signKeys: [old, other], signData: [old, other] },
    { ds: [other], keys: [other], signKeys: [other], signData: [old, other] },
    { ds: [other], keys: [other], signKeys: [other], signData: [other] },
  ],
  'of the algorithm, with data that are signed with the old one alone (§4.1.4, RFC 6840 §5.11)': [
    { ds: [old], keys: [old, other], signKeys: [old, other], signData: [old] },
    { ds: [old, other], keys: [old, other], signKeys: [old, other], signData: [old] },
    { ds: [other], keys: [old, other], signKeys: [old, other], signData: [old] },
  ],
  'of the algorithm, the old key revoked (§4.1.4.2)': [
    {
      ds: [old, other],
      keys: [old, zsk, other, otherZsk],
      signKeys: [old, other],
      signData: [zsk, otherZsk],
    },
    {
      ds: [other],
      keys: [revoked, zsk, other, otherZsk],
      signKeys: [revoked, other],
      signData: [zsk, otherZsk],
    },
    { ds: [other], keys: [other, otherZsk], signKeys: [other], signData: [zsk, otherZsk] },
  ],
  'of a single key’s algorithm, the old key revoked (§4.1.4.3)': [
    { ds: [other], keys: [revoked, other], signKeys: [revoked, other], signData: [old, other] },
    { ds: [other], keys: [other], signKeys: [other], signData: [old, other] },
  ],
  'between operators, each with the other’s key for data in its set (§4.3.5.1)': [
    { ds: [ksk1], keys: [ksk1, zsk1, zsk2], signKeys: [ksk1], signData: [zsk1] },
    { ds: [ksk1, ksk2], keys: [ksk1, zsk1, zsk2], signKeys: [ksk1], signData: [zsk2] },
    { ds: [ksk1, ksk2], keys: [ksk2, zsk2, zsk1], signKeys: [ksk2], signData: [zsk1] },
    { ds: [ksk2], keys: [ksk2, zsk2], signKeys: [ksk2], signData: [zsk2] },
  ],
}

describe('a roll-over (RFC 6781)', () => {
  for (const [title, phases] of Object.entries(ROLL_OVERS)) {
    it(`${title} is noticed by nobody`, async () => {
      const faults = await Promise.all(phases.map(faultOf))
      assert.deepEqual(
        faults,
        phases.map(() => null),
      )
    })
  }

  it('is bogus where a step is left out', async () => {
    const missing = ExtendedError.DnskeyMissing
    for (const phase of [
      { ds: [old], keys: [next], signKeys: [next], signData: [next] },
      { ds: [next], keys: [old, next], signKeys: [old], signData: [old] },
      { ds: [old], keys: [old], signKeys: [old], signData: [next] },
      { ds: [old], keys: [revoked, next], signKeys: [revoked, next], signData: [next] },
      { ds: [ksk1], keys: [ksk2, zsk2], signKeys: [ksk2], signData: [zsk2] },
    ]) {
      // oxlint-disable-next-line no-await-in-loop
      assert.equal(await faultOf(phase), missing)
    }
  })
})
