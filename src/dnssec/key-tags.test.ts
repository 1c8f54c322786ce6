// Keys with the same tag: tags are 16 bits, and nobody sees to it that a zone's keys have different ones
// (RFC 4034 Appendix B, RFC 4035 §5.3.1).

import assert from 'node:assert/strict'
import { createPrivateKey, hash } from 'node:crypto'
import { describe, it } from 'node:test'

import { ExtendedError } from '../wire/edns.ts'
import { parseName } from '../wire/text/name-text.ts'
import { Budget, DEFAULT_WORK } from './budget.ts'
import { Dnskey, type ZoneKeys } from './dnskey.ts'
import { matchesDs, readDelegationSigner } from './ds.ts'
import { nameOctets, readName } from './name.ts'
import type { Rrset } from './rrset.ts'
import { readRrsig } from './signed-message.ts'
import { SetSigner } from './signer/set-signer.ts'
import { SigningKey } from './signer/signing-key.ts'
import { setsOf } from './testing.ts'
import { isFault, type Proof, Verifier } from './verifier.ts'
import type { Fault } from './verdict.ts'

const NOW = 1_800_000_000
const ZONE = readName(parseName('example.') as Uint8Array, 0, 0)

/** PKCS #8 around the 32 octets of an Ed25519 key (RFC 8410 §7). */
const ED25519_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The same keys each time, in the same order. */
function keyNumber(i: number): SigningKey {
  const seed = hash('sha256', `key ${i}`, 'buffer')
  const der = Buffer.concat([ED25519_HEAD, seed])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return new SigningKey({ algorithm: 15, privateKey })
}

/** The first so many keys of which all have one tag: two are found among some three hundred. */
function alike(count: number): readonly SigningKey[] {
  const byTag = new Map<number, SigningKey[]>()
  for (let i = 0; ; i++) {
    const key = keyNumber(i)
    const same = byTag.get(key.tag) ?? []
    same.push(key)
    if (same.length === count) return same
    byTag.set(key.tag, same)
  }
}

const keys = alike(3)
const zone: ZoneKeys = { zone: ZONE, keys: keys.map(({ rdata }) => new Dnskey(rdata)) }
const plain = setsOf('www.example. 300 IN A 192.0.2.1')[0]!

function signedBy(...by: readonly SigningKey[]): Rrset {
  const { owner: name, type, class: recordClass, ttl, records: rdata } = plain
  const set = { name, owner: nameOctets(name), type, class: recordClass, ttl, rdata }
  const validity = { inception: NOW - 100, expiration: NOW + 1_000 }
  const signatures = by.flatMap((key) =>
    new SetSigner({ zone: ZONE, keys: [key], ...validity }).sign(set),
  )
  return { ...plain, signatures: signatures.map((one) => readRrsig(one, ttl)) }
}

async function verify(
  set: Rrset,
  by: ZoneKeys,
): Promise<{ readonly result: Proof | Fault; readonly tried: number }> {
  let tried = 0
  const metrics = { signatureChecked: () => void tried++ }
  const verifier = new Verifier({ now: () => NOW, policy: { acceptSha1: false }, metrics })
  return { result: await verifier.verify(set, by, new Budget()), tried }
}

describe('keys with the same tag', () => {
  const [first, second, third] = keys as [SigningKey, SigningKey, SigningKey]

  it('are different keys all the same', () => {
    assert.equal(new Set(keys.map(({ tag }) => tag)).size, 1)
    assert.equal(new Set(keys.map(({ rdata }) => Buffer.from(rdata).toString('hex'))).size, 3)
  })

  it('are each tried, until one fits', async () => {
    const two = { zone: ZONE, keys: zone.keys.slice(0, 2) }
    for (const [by, tried] of [
      [first, 1],
      [second, 2],
    ] as const) {
      const found = await verify(signedBy(by), two)
      assert.ok(!isFault(found.result), JSON.stringify(found.result))
      assert.equal(found.tried, tried)
    }
  })

  it('may both sign, and then either signature proves the set', async () => {
    const two = { zone: ZONE, keys: zone.keys.slice(0, 2) }
    const both = signedBy(second, first)
    assert.ok(!isFault((await verify(both, two)).result))
    for (const one of two.keys) {
      assert.ok(!isFault((await verify(both, { zone: ZONE, keys: [one] })).result))
    }
  })

  it('are not told apart by DS records’ tags, but by their digests (RFC 4034 §5.2)', () => {
    for (const [i, key] of keys.entries()) {
      const ds = readDelegationSigner(key.ds(ZONE))
      assert.deepEqual(
        zone.keys.map((one) => matchesDs(ZONE, one, ds)),
        keys.map((_, j) => i === j),
      )
    }
  })

  it('are no more than two that anybody tries (CVE-2023-50387)', async () => {
    const { result, tried } = await verify(signedBy(third), zone)
    assert.ok(isFault(result))
    assert.equal(result.code, ExtendedError.DnssecBogus)
    assert.match(result.text, /is one more than may be tried$/)
    assert.equal(tried, DEFAULT_WORK.keysPerTag)
  })
})
