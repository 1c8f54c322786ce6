import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { describe, it } from 'node:test'

import { ExtendedError } from '../../wire/edns.ts'
import { RecordClass, RecordType } from '../../wire/record-type.ts'
import { DigestType } from '../algorithms.ts'
import { Budget } from '../budget.ts'
import { keyTagOf } from '../dnskey.ts'
import { type DelegationSigner, readDelegationSigner, usableDs } from '../ds.ts'
import { nameOctets } from '../name.ts'
import type { SignedMessage } from '../rrset.ts'
import { KeyFlag, SigningKey } from '../signer/signing-key.ts'
import { run } from '../steps.ts'
import { signedSetOf } from '../testing.ts'
import { Verifier } from '../verifier.ts'
import { name } from './testing.ts'
import { type EntryPoints, ZoneKeysReader } from './zone-keys.ts'

const NOW = 1_800_000_000
const ZONE = name('example.')
const VALIDITY = { inception: NOW - 3_600, expiration: NOW + 86_400 }
const ENTRY = KeyFlag.Zone | KeyFlag.EntryPoint
const policy = { acceptSha1: true }

function make(algorithm: number, flags: number = ENTRY): SigningKey {
  return new SigningKey({ algorithm, flags, bits: 1_024 })
}

const rsa = make(8)
const p256 = make(13)
const ed25519 = make(15)

/** RDATA of an RSA key whose modulus is longer than any that is taken. */
function hugeKey(): Uint8Array {
  const modulus = Buffer.alloc(513, 0xff)
  return Buffer.concat([Buffer.from([1, 1, 3, 8, 1, 3]), modulus])
}

/** The answer to the question for keys. */
function answerOf(rdata: readonly Uint8Array[], by: readonly SigningKey[]): SignedMessage {
  const signer = { zone: ZONE, keys: by, ...VALIDITY }
  const answer = [signedSetOf(ZONE, RecordType.DNSKEY, rdata, signer)]
  const question = { name: ZONE, type: RecordType.DNSKEY, class: RecordClass.IN, rcode: 0 }
  return { ...question, answer, authority: [], loose: [], count: rdata.length + by.length }
}

function dsOf(key: SigningKey, digestType = 2): DelegationSigner {
  return readDelegationSigner(key.ds(ZONE, digestType))
}

function dsOfRdata(rdata: Uint8Array): DelegationSigner {
  const digest = hash('sha256', Buffer.concat([nameOctets(ZONE), rdata]), 'buffer')
  return { keyTag: keyTagOf(rdata), algorithm: rdata[3]!, digestType: DigestType.Sha256, digest }
}

/** What is found: "keys", "unsupported", or the info code of the fault. */
async function read(message: SignedMessage, points: Partial<EntryPoints>): Promise<string> {
  const reader = new ZoneKeysReader(new Verifier({ now: () => NOW, policy }))
  const all = { ds: usableDs(points.ds ?? [], policy), keys: points.keys ?? [] }
  const found = await run(reader.read(message, ZONE, all, new Budget()))
  return 'code' in found ? `EDE ${found.code}` : found.kind
}

const MISSING = `EDE ${ExtendedError.DnskeyMissing}`
const BOGUS = `EDE ${ExtendedError.DnssecBogus}`

describe('a zone’s keys', () => {
  const both = [rsa.rdata, p256.rdata]

  it('need one of the algorithms that DS records name, not all (RFC 6840 §5.11)', async () => {
    const ds = [dsOf(rsa), dsOf(p256)]
    assert.equal(await read(answerOf(both, [rsa, p256]), { ds }), 'keys')
    assert.equal(await read(answerOf(both, [p256]), { ds }), 'keys')
    assert.equal(await read(answerOf([p256.rdata], [p256]), { ds }), 'keys')
  })

  it('are bogus when the algorithms that count are not there, whatever others are', async () => {
    const unknown = { ...dsOf(rsa), algorithm: 250 }
    assert.equal(await read(answerOf(both, [p256]), { ds: [unknown, dsOf(p256)] }), 'keys')
    assert.equal(await read(answerOf(both, [rsa]), { ds: [unknown, dsOf(p256)] }), MISSING)
    assert.equal(await read(answerOf([rsa.rdata], [rsa]), { ds: [unknown, dsOf(p256)] }), MISSING)
  })

  it('are not vouched for by SHA-1 beside better digests (RFC 4509 §3)', async () => {
    const ds = [dsOf(rsa, 1), dsOf(p256, 2)]
    assert.equal(await read(answerOf(both, [rsa]), { ds }), MISSING)
    assert.equal(await read(answerOf(both, [rsa]), { ds: [dsOf(rsa, 1)] }), 'keys')
  })

  it('are not vouched for by a digest that nobody knows, of whichever length', async () => {
    const unknown = { ...dsOf(rsa), digestType: 3 }
    assert.equal(await read(answerOf(both, [rsa]), { ds: [unknown, dsOf(p256)] }), MISSING)
  })

  it('must be signed by one that is vouched for, not only be there', async () => {
    assert.equal(await read(answerOf(both, [rsa]), { ds: [dsOf(p256)] }), MISSING)
    assert.equal(
      await read(answerOf(both, []), { ds: [dsOf(p256)] }),
      `EDE ${ExtendedError.RrsigsMissing}`,
    )
    const message = answerOf(both, [p256])
    const [set] = message.answer
    const bad = set!.signatures.map((one) => {
      const signature = Uint8Array.from(one.signature)
      signature[40]! ^= 1
      return { ...one, signature }
    })
    const answer = [{ ...set!, signatures: bad }]
    assert.equal(await read({ ...message, answer }, { ds: [dsOf(p256)] }), BOGUS)
  })

  it('may be trusted as they are, too (RFC 4035 §4.4)', async () => {
    assert.equal(await read(answerOf(both, [p256]), { keys: [p256.rdata] }), 'keys')
    assert.equal(await read(answerOf(both, [rsa]), { keys: [p256.rdata] }), MISSING)
    assert.equal(await read(answerOf([rsa.rdata], [rsa]), { keys: [p256.rdata] }), MISSING)
  })

  it('are none of a zone when their flags say so (RFC 4034 §2.1.1, RFC 5011 §2.1)', async () => {
    const noZone = p256.withFlags(KeyFlag.EntryPoint)
    const withoutBit = answerOf([noZone.rdata], [noZone])
    const code = `EDE ${ExtendedError.NoZoneKeyBitSet}`
    assert.equal(await read(withoutBit, { ds: [dsOf(noZone)] }), code)
    const revoked = p256.withFlags(ENTRY | KeyFlag.Revoked)
    assert.equal(await read(answerOf([revoked.rdata], [revoked]), { ds: [dsOf(revoked)] }), MISSING)
    // Another one that counts makes them good.
    const mixed = answerOf([noZone.rdata, revoked.rdata, rsa.rdata], [rsa])
    assert.equal(await read(mixed, { ds: [dsOf(noZone), dsOf(revoked), dsOf(rsa)] }), 'keys')
  })

  it('need no entry point bit (RFC 4034 §2.1.1)', async () => {
    const plain = p256.withFlags(KeyFlag.Zone)
    assert.equal(await read(answerOf([plain.rdata], [plain]), { ds: [dsOf(plain)] }), 'keys')
  })
})

describe('keys of sizes that do not count', () => {
  const huge = hugeKey()

  it('make a zone insecure when all that is vouched for are such', async () => {
    const ds = [dsOfRdata(huge)]
    assert.equal(await read(answerOf([huge], [p256]), { ds }), 'unsupported')
    assert.equal(await read(answerOf([huge, p256.rdata], [p256]), { ds }), 'unsupported')
    assert.equal(await read(answerOf([huge], []), { keys: [huge] }), 'unsupported')
  })

  it('make it bogus when another one is vouched for, and was left out', async () => {
    const ds = [dsOfRdata(huge), dsOf(p256)]
    assert.notEqual(await read(answerOf([huge], [ed25519]), { ds }), 'unsupported')
    assert.notEqual(await read(answerOf([huge], []), { ds }), 'unsupported')
    const keys = [huge, p256.rdata]
    assert.notEqual(await read(answerOf([huge], []), { keys }), 'unsupported')
  })

  it('are no matter beside one that counts', async () => {
    const ds = [dsOfRdata(huge), dsOf(p256)]
    assert.equal(await read(answerOf([huge, p256.rdata], [p256]), { ds }), 'keys')
    assert.notEqual(await read(answerOf([huge, p256.rdata], [ed25519]), { ds }), 'unsupported')
  })

  it('cannot be put in place of a key that is vouched for: its digest is another', async () => {
    assert.equal(await read(answerOf([huge], []), { ds: [dsOf(rsa)] }), MISSING)
  })
})

describe('what there is instead of keys', () => {
  it('is told: nothing, or an error', async () => {
    const none = { ...answerOf([p256.rdata], [p256]), answer: [] }
    assert.equal(await read(none, { ds: [dsOf(p256)] }), MISSING)
    assert.equal(await read({ ...none, rcode: 2 }, { ds: [dsOf(p256)] }), MISSING)
  })

  it('is never what a wildcard was expanded to (RFC 4035 §5.3.4)', async () => {
    const message = answerOf([p256.rdata], [p256])
    const [set] = message.answer
    const fewer = set!.signatures.map((one) => ({ ...one, labels: 0 }))
    const found = await read(
      { ...message, answer: [{ ...set!, signatures: fewer }] },
      { ds: [dsOf(p256)] },
    )
    assert.match(found, /^EDE/)
  })
})

describe('hundreds of keys (CVE-2023-50387)', () => {
  it('cost no more digests than they may, and only some are kept', async () => {
    const others = Array.from({ length: 60 }, (_, i) => {
      const rdata = Uint8Array.from(ed25519.rdata)
      rdata[10] = i
      return rdata
    })
    const message = answerOf([...others, p256.rdata], [p256])
    const reader = new ZoneKeysReader(new Verifier({ now: () => NOW, policy }))
    const points = { ds: [dsOf(p256)], keys: [] }
    const found = await run(reader.read(message, ZONE, points, new Budget()))
    assert.ok('keys' in found)
    assert.equal(found.keys.length, 32)
  })
})

describe('keys that are long', () => {
  const found = async (rdata: readonly Uint8Array[]) => {
    const reader = new ZoneKeysReader(new Verifier({ now: () => NOW, policy }))
    const points = { ds: [dsOf(p256)], keys: [] }
    const keys = await run(reader.read(answerOf(rdata, [p256]), ZONE, points, new Budget()))
    assert.ok(!('code' in keys) && keys.kind === 'keys')
    return keys.keys
  }

  it('are kept although they are of no use, where they take little room', async () => {
    const unknown = Uint8Array.of(1, 0, 3, 250, ...Buffer.alloc(500))
    assert.equal((await found([p256.rdata, unknown])).length, 2)
  })

  it('are not kept beyond some kilobytes for each zone', async () => {
    const unknown = Uint8Array.of(1, 0, 3, 250, ...Buffer.alloc(10_000))
    const odd = Array.from({ length: 20 }, (_, i) =>
      Uint8Array.of(1, 1, 3, 8, ...Buffer.alloc(1_000, i + 1)),
    )
    const kept = await found([p256.rdata, unknown, ...odd])
    assert.ok(kept.length > 1)
    assert.ok(kept.reduce((sum, { rdata }) => sum + rdata.length, 0) <= 8_192)
  })
})
