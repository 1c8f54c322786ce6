import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { writeRdata } from '../../wire/codec/rdata-codec.ts'
import { RecordType } from '../../wire/record-type.ts'
import { Dnskey } from '../dnskey.ts'
import { nameOctets, ROOT, type Name } from '../name.ts'
import type { Rrset, Rrsig } from '../rrset.ts'
import { readRrsig } from '../signed-message.ts'
import { signedData } from '../signature.ts'
import { SigningKey } from '../signer/signing-key.ts'
import { observe } from './roll-over.ts'
import { dnskeySet, sightingOf } from './sighting.ts'
import { anchorsOf, DAY, entryKey, revoked, zoneKey } from './testing.ts'
import { KeyState, TrustPoint } from './trust-point.ts'

const NOW = 1_800_000_000
/** Octets of an RRSIG before its signer. */
const FIXED = 18

const POLICY = { acceptSha1: false }

interface SignatureFields {
  readonly zone?: Name
  readonly labels?: number
  readonly inception?: number
  readonly expiration?: number
}

/** A set of the root's keys with signatures by some. */
function setOf(
  keys: readonly SigningKey[],
  signers: readonly SigningKey[],
  fields: SignatureFields = {},
): Rrset {
  const records = keys.map(({ rdata }) => rdata).sort((a, b) => Buffer.compare(a, b))
  const bare = {
    owner: fields.zone ?? ROOT,
    type: RecordType.DNSKEY,
    class: 1,
    ttl: 3_600,
    records,
    signatures: [],
    places: [],
  }
  return { ...bare, signatures: signers.map((key) => sign(bare, key, fields)) }
}

function sign(set: Rrset, key: SigningKey, fields: SignatureFields): Rrsig {
  const head = writeRdata('RRSIG', {
    typeCovered: set.type,
    algorithm: key.algorithm,
    labels: fields.labels ?? 0,
    originalTtl: 2 * DAY,
    expiration: fields.expiration ?? NOW + 20 * DAY,
    inception: fields.inception ?? NOW - DAY,
    keyTag: key.tag,
    signer: nameOctets(ROOT),
    signature: new Uint8Array(0),
  })
  const octets = (signature: Uint8Array) =>
    readRrsig(new Uint8Array(Buffer.concat([head, signature])), 3_600)
  return octets(key.sign(signedData(set, octets(new Uint8Array(0)))))
}

/** Whether the key is seen to have signed the set. */
function isSeen(set: Rrset, key: SigningKey, now = NOW): boolean {
  return sightingOf(set, now, POLICY).signatureBy(new Dnskey(key.rdata)) !== null
}

describe('a DNSKEY set', () => {
  const [first, second, zsk] = [entryKey(), entryKey(), zoneKey()]

  it('shows who has signed it', () => {
    const set = setOf([first, second, zsk], [first, zsk])
    assert.deepEqual(
      [first, second, zsk].map((key) => isSeen(set, key)),
      [true, false, true],
    )
    assert.equal(sightingOf(set, NOW, POLICY).keys.length, 3)
  })

  it('is that of its zone in an answer', () => {
    const set = setOf([first], [first])
    const message = { name: ROOT, type: 48, class: 1, rcode: 0, authority: [], loose: [], count: 2 }
    assert.equal(dnskeySet({ ...message, answer: [set] }, ROOT), set)
    assert.equal(dnskeySet({ ...message, answer: [{ ...set, owner: '\x01a\0' }] }, ROOT), null)
  })

  it('is signed at its time alone (RFC 4035 §5.3.1)', () => {
    const set = setOf([first], [first])
    assert.equal(isSeen(set, first, NOW + 19 * DAY), true)
    assert.equal(isSeen(set, first, NOW + 21 * DAY), false)
    assert.equal(isSeen(set, first, NOW - 2 * DAY), false)
    assert.equal(isSeen(setOf([first], [first], { expiration: NOW - 2 * DAY }), first), false)
  })

  it('is not made from a wildcard, nor signed by another zone', () => {
    const below = { zone: '\x07example\0', labels: 0 }
    assert.equal(isSeen(setOf([first], [first], below), first), false)
    assert.equal(isSeen(setOf([first], [first], { ...below, labels: 1 }), first), false)
  })

  it('with any bit changed is signed by nobody', () => {
    const set = setOf([first, second], [first])
    const key = Buffer.from(set.records[0]!)
    const { signature, head } = set.signatures[0]!
    fc.assert(
      fc.property(fc.nat(key.length * 8 - 1), (bit) => {
        const changed = { ...set, records: [flip(key, bit), set.records[1]!] }
        assert.equal(isSeen(changed, first), false)
      }),
      { numRuns: 300 },
    )
    // Before the signer's name, which nobody takes from a message without having checked it.
    fc.assert(
      fc.property(fc.nat((FIXED + signature.length) * 8 - 1), (bit) => {
        const at = bit < FIXED * 8 ? bit : bit + (head.length - FIXED) * 8
        const octets = flip(Buffer.concat([head, signature]), at)
        const changed = { ...set, signatures: [readRrsig(octets, 3_600)] }
        assert.equal(isSeen(changed, first), false)
      }),
      { numRuns: 300 },
    )
  })

  it('has so many signatures checked that nobody waits for it (CVE-2023-50387)', () => {
    const { signatures, ...set } = setOf([first], [first])
    const bad = { ...signatures[0]!, signature: new Uint8Array(64) }
    const flooded = {
      ...set,
      signatures: [...Array.from({ length: 400 }, () => bad), ...signatures],
    }
    assert.equal(isSeen(flooded, first), false)
  })

  it('revokes a key by that key’s own signature (RFC 5011 §2.1)', () => {
    const point = new TrustPoint(anchorsOf(ROOT, first, second))
    const last = revoked(first)
    assert.notEqual(last.tag, first.tag)
    const states = (signers: readonly SigningKey[]) =>
      observe(point, sightingOf(setOf([last, second], signers), NOW, POLICY), NOW)
        .point.keys.map(({ state }) => state)
        .sort()
    assert.deepEqual(states([last, second]), [KeyState.Revoked, KeyState.Valid])
    assert.deepEqual(states([last]), [KeyState.Revoked])
    assert.deepEqual(states([second]), [KeyState.Valid])
    // The same key, but the signature is from before: it says nothing of the new flags.
    const replayed = setOf([first, second], [first]).signatures
    const set = { ...setOf([last, second], [second]), signatures: replayed }
    assert.equal(observe(point, sightingOf(set, NOW, POLICY), NOW).changes.length, 0)
  })

  it('signed with SHA-1 counts where that is accepted', () => {
    const weak = new SigningKey({ algorithm: 5, flags: 257, bits: 1_024 })
    const set = setOf([weak], [weak])
    assert.equal(isSeen(set, weak), false)
    const accepting = sightingOf(set, NOW, { acceptSha1: true })
    assert.notEqual(accepting.signatureBy(new Dnskey(weak.rdata)), null)
  })
})

function flip(octets: Uint8Array, bit: number): Uint8Array {
  const changed = new Uint8Array(octets)
  changed[bit >> 3]! ^= 1 << (bit & 7)
  return changed
}
