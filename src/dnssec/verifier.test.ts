import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { writeRdata } from '../wire/codec/rdata-codec.ts'
import { ExtendedError } from '../wire/edns.ts'
import { RecordType } from '../wire/record-type.ts'
import { parseName } from '../wire/text/name-text.ts'
import { Budget, DEFAULT_WORK } from './budget.ts'
import { Dnskey, type ZoneKeys } from './dnskey.ts'
import { nameText, readName } from './name.ts'
import type { Rrset } from './rrset.ts'
import { signedData } from './signature.ts'
import { readRrsig } from './signed-message.ts'
import { KeyFlag, SigningKey } from './signer/signing-key.ts'
import { setsOf } from './testing.ts'
import { isFault, isOverload, type Proof, Verifier } from './verifier.ts'
import type { Fault } from './verdict.ts'

const NOW = 1_800_000_000
const ZONE = readName(parseName('example.') as Uint8Array, 0, 0)
const policy = { acceptSha1: false }
const signingKey = new SigningKey({ algorithm: 13 })
const key = new Dnskey(signingKey.rdata)
const zone: ZoneKeys = { zone: ZONE, keys: [key] }

interface SignOptions {
  readonly by?: SigningKey
  readonly labels?: number
  readonly originalTtl?: number
  readonly from?: number
  readonly to?: number
  readonly signer?: string
}

/** The set with one more signature. */
function signed(set: Rrset, options: SignOptions = {}): Rrset {
  const { by = signingKey, labels = 2, originalTtl = 300, signer = 'example.' } = options
  const fields = {
    typeCovered: set.type,
    algorithm: by.algorithm,
    labels,
    originalTtl,
    expiration: options.to ?? NOW + 86_400,
    inception: options.from ?? NOW - 86_400,
    keyTag: by.tag,
    signer: parseName(signer) as Uint8Array,
    signature: new Uint8Array(0),
  }
  const data = signedData(set, readRrsig(writeRdata('RRSIG', fields), 300))
  const sig = readRrsig(writeRdata('RRSIG', { ...fields, signature: by.sign(data) }), 300)
  return { ...set, signatures: [...set.signatures, sig] }
}

const plain = setsOf('www.example. 300 IN A 192.0.2.1\nwww.example. 300 IN A 192.0.2.2')[0]!
const other = setsOf('www.example. 300 IN A 192.0.2.3')[0]!
/** With a signature that is over other data. */
const forged: Rrset = { ...other, signatures: signed(plain).signatures }

async function verify(set: Rrset, by = zone, budget = new Budget()): Promise<Proof | Fault> {
  return new Verifier({ now: () => NOW, policy }).verify(set, by, budget)
}

async function mustFail(set: Rrset, code: number, text: RegExp, by = zone): Promise<void> {
  const result = await verify(set, by)
  assert.ok(isFault(result))
  assert.equal(result.code, code)
  assert.match(result.text, text)
}

async function mustHold(set: Rrset, by = zone): Promise<Proof> {
  const result = await verify(set, by)
  assert.ok(!isFault(result), JSON.stringify(result))
  return result
}

describe('a signature', () => {
  it('proves what it is over, and nothing else', async () => {
    await mustHold(signed(plain))
    await mustFail(forged, ExtendedError.DnssecBogus, /^www\.example\. A: .* does not match/)
  })

  it('may be missing', async () => {
    await mustFail(plain, ExtendedError.RrsigsMissing, /^www\.example\. A: is not signed$/)
  })

  it('must be by the zone that the owner is in (RFC 4035 §5.3.1)', async () => {
    const foreign = signed(plain, { signer: 'test.' })
    await mustFail(foreign, ExtendedError.RrsigsMissing, /is not one of example\.$/)
    const outside = setsOf('www.test. 300 IN A 192.0.2.1')[0]!
    await mustFail(signed(outside), ExtendedError.RrsigsMissing, /is not one of/)
  })

  it('has times, and they are told (RFC 4034 §3.1.5)', async () => {
    const expired = signed(plain, { to: NOW - 1_000 })
    await mustFail(expired, ExtendedError.SignatureExpired, /expired at 2027-01-15T07:43:20Z$/)
    const early = signed(plain, { from: NOW + 1_000 })
    await mustFail(early, ExtendedError.SignatureNotYetValid, /before 2027-01-15T08:16:40Z$/)
    const never = signed(plain, { from: NOW + 10, to: NOW - 10 })
    await mustFail(never, ExtendedError.SignatureExpiredBeforeValid, /expired before it became/)
  })

  it('may be out by a little, for clocks are', async () => {
    assert.equal((await mustHold(signed(plain, { to: NOW - 299 }))).ttl, 0)
    await mustHold(signed(plain, { from: NOW + 299 }))
    await mustFail(
      signed(plain, { from: NOW - 200, to: NOW - 100 }),
      ExtendedError.SignatureExpired,
      /expired/,
    )
  })

  it('needs a key that the zone has, and that may sign', async () => {
    const stranger = new SigningKey({ algorithm: 13 })
    const byStranger = signed(plain, { by: stranger })
    await mustFail(byStranger, ExtendedError.DnskeyMissing, /a key that the zone does not have$/)
    for (const [flags, code, text] of [
      [0, ExtendedError.NoZoneKeyBitSet, /may not sign zones$/],
      [KeyFlag.Zone | KeyFlag.Revoked, ExtendedError.DnskeyMissing, /was revoked$/],
    ] as const) {
      const by = signingKey.withFlags(flags)
      const keys = { zone: ZONE, keys: [new Dnskey(by.rdata)] }
      await mustFail(signed(plain, { by }), code, text, keys)
    }
  })

  it('is not counted when nobody here knows its algorithm', async () => {
    const set = signed(plain)
    const [sig] = set.signatures
    const unknown = { ...set, signatures: [{ ...sig!, algorithm: 12 }] }
    await mustFail(unknown, ExtendedError.RrsigsMissing, /algorithm 12.*not supported/)
    const by = new SigningKey({ algorithm: 5, bits: 1_024 })
    const keys = { zone: ZONE, keys: [new Dnskey(by.rdata)] }
    const sha1 = signed(plain, { by })
    await mustFail(sha1, ExtendedError.RrsigsMissing, /not supported$/, keys)
    const accepting = new Verifier({ now: () => NOW, policy: { acceptSha1: true } })
    assert.ok(!isFault(await accepting.verify(sha1, keys, new Budget())))
  })

  it('is enough if it is good, whatever others are (RFC 6840 §5.4)', async () => {
    const stranger = new SigningKey({ algorithm: 8 })
    const set = signed(signed(plain, { by: stranger }), { to: NOW - 1_000 })
    const signatures = [...forged.signatures, ...set.signatures, ...signed(other).signatures]
    await mustHold({ ...other, signatures })
  })
})

describe('what a proof says', () => {
  it('is how long a set may be kept: not longer than any of four times (RFC 4035 §5.3.3)', async () => {
    assert.equal((await mustHold(signed(plain))).ttl, 300)
    assert.equal((await mustHold(signed({ ...plain, ttl: 9 }))).ttl, 9)
    assert.equal((await mustHold(signed(plain, { originalTtl: 8 }))).ttl, 8)
    assert.equal((await mustHold(signed(plain, { to: NOW + 7 }))).ttl, 7)
    const set = signed(plain)
    const signatures = set.signatures.map((sig) => ({ ...sig, ttl: 6 }))
    assert.equal((await mustHold({ ...set, signatures })).ttl, 6)
  })

  it('is which wildcard it was made from (RFC 4035 §5.3.2)', async () => {
    const { wildcard } = await mustHold(signed(plain, { labels: 1 }))
    assert.equal(nameText(wildcard!), '*.example.')
    assert.equal((await mustHold(signed(plain))).wildcard, null)
    const literal = setsOf('*.example. 300 IN A 192.0.2.1')[0]!
    assert.equal((await mustHold(signed(literal, { labels: 1 }))).wildcard, null)
    await mustFail(signed(plain, { labels: 3 }), ExtendedError.DnssecBogus, /over another name/)
    await mustFail(signed(plain, { labels: 0 }), ExtendedError.DnssecBogus, /over another name/)
  })
})

describe('work is bounded (CVE-2023-50387)', () => {
  const checked = async (set: Rrset, by: ZoneKeys, work = DEFAULT_WORK) => {
    let count = 0
    const metrics = { signatureChecked: () => void count++ }
    const verifier = new Verifier({ now: () => NOW, policy, metrics })
    const result = await verifier.verify(set, by, new Budget(work))
    return { count, result }
  }

  it('tries few bad signatures of a set', async () => {
    const signatures = Array.from({ length: 100 }, () => forged.signatures[0]!)
    const { count, result } = await checked({ ...other, signatures }, zone)
    assert.equal(count, DEFAULT_WORK.badSignatures)
    assert.ok(isFault(result) && /more than may be tried/.test(result.text))
  })

  it('tries few keys of one tag', async () => {
    const keys = Array.from({ length: 100 }, () => key)
    const { count, result } = await checked(forged, { zone: ZONE, keys })
    assert.equal(count, DEFAULT_WORK.keysPerTag)
    assert.ok(isFault(result))
  })

  it('checks no more signatures for a question than its budget has', async () => {
    const { count, result } = await checked(signed(plain), zone, { ...DEFAULT_WORK, signatures: 0 })
    assert.equal(count, 0)
    assert.ok(isFault(result) && !isOverload(result))
  })

  it('does without a check when too many wait, which says nothing about the set', async () => {
    const limits = { underWay: 1, perTurn: 1, waiting: 1, memory: 0 }
    const verifier = new Verifier({ now: () => NOW, policy, limits })
    const set = signed(plain)
    const results = await Promise.all(
      [1, 2, 3].map(async () => verifier.verify(set, zone, new Budget())),
    )
    assert.deepEqual(
      results.map((result) => isFault(result) && isOverload(result)),
      [false, false, true],
    )
    assert.ok(!isFault(await verifier.verify(set, zone, new Budget())))
  })
})

describe('signatures that held', () => {
  const soa = setsOf('example. 300 IN SOA ns.example. mail.example. 1 2 3 4 5')[0]!
  const set = signed(soa, { labels: 1 })

  it('are known again, over the same set and by the same key alone', async () => {
    const verifier = new Verifier({ now: () => NOW, policy })
    await verifier.verify(set, zone, new Budget())
    const again = verifier.verify(set, zone, new Budget())
    assert.ok(!(again instanceof Promise) && !isFault(again))
    const renewed = { zone: ZONE, keys: [new Dnskey(signingKey.rdata)] }
    assert.ok(!(verifier.verify(set, renewed, new Budget()) instanceof Promise))

    const changed = new Uint8Array(set.records[0]!)
    changed[changed.length - 1]! ^= 1
    const altered = await verifier.verify({ ...set, records: [changed] }, zone, new Budget())
    assert.ok(isFault(altered))
    assert.equal(set.type, RecordType.SOA)
  })

  it('expire all the same', async () => {
    let now = NOW
    const verifier = new Verifier({ now: () => now, policy })
    await verifier.verify(set, zone, new Budget())
    now += 2 * 86_400
    const result = verifier.verify(set, zone, new Budget())
    assert.ok(!(result instanceof Promise) && isFault(result))
    assert.equal(result.code, ExtendedError.SignatureExpired)
  })

  it('take no more memory than they may: the oldest goes that was not asked for', async () => {
    const limits = { underWay: 4, perTurn: 4, waiting: 4, memory: 2_000 }
    const verifier = new Verifier({ now: () => NOW, policy, limits })
    const nsec = (i: number) =>
      signed(setsOf(`a${i}.example. 300 IN NSEC b${i}.example. A RRSIG NSEC`)[0]!)
    const sets = Array.from({ length: 12 }, (_, i) => nsec(i))
    const first = () => verifier.verify(sets[0]!, zone, new Budget())
    for (const one of sets) {
      await verifier.verify(one, zone, new Budget())
      assert.ok(!(first() instanceof Promise))
    }
    const result = verifier.verify(sets[1]!, zone, new Budget())
    assert.ok(result instanceof Promise && !isFault(await result))
  })
})

describe('sets whose names make them long', () => {
  const nsSet = (count: number): Rrset => {
    const end = `\x3f${'x'.repeat(63)}\x3f${'y'.repeat(63)}\x3f${'z'.repeat(63)}${ZONE}`
    const records = Array.from({ length: count }, (_, i) =>
      Buffer.from(`\x04${String(i).padStart(4, '0')}${end}`, 'latin1'),
    )
    const [ns] = setsOf('example. 300 IN NS a.example.')
    return signed({ ...ns!, records }, { labels: 1 })
  }

  it('are looked at up to a length that no honest set has', async () => {
    const verifier = new Verifier({ now: () => NOW, policy })
    assert.ok(!isFault(await verifier.verify(nsSet(400), zone, new Budget())))
    const result = verifier.verify(nsSet(700), zone, new Budget())
    assert.ok(!(result instanceof Promise) && isFault(result))
    assert.match(result.text, /^example\. NS: .* is over more octets than are looked at$/)
  })
})
