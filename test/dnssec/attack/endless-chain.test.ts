// Chains that are made to be endless work: names of many labels, with a proof at each of them that is
// right and takes as long as it may; and answers that come late, or large.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { TrustAnchors } from '../../../src/dnssec/anchors/trust-anchors.ts'
import { Budget, DEFAULT_WORK, ZONE_WORK } from '../../../src/dnssec/budget.ts'
import { Chain } from '../../../src/dnssec/chain/chain.ts'
import { hashName } from '../../../src/dnssec/denial/nsec3-hash.ts'
import { type Name, nameOctets } from '../../../src/dnssec/name.ts'
import type { SourceAnswer } from '../../../src/dnssec/source.ts'
import { Verifier } from '../../../src/dnssec/verifier.ts'
import { RecordType } from '../../../src/wire/record-type.ts'
import { patched } from './attack.ts'
import { nameOf, NOW } from './attack-world.ts'
import { OWN_ZONE, ownAnswer, ownKeys, signedSet } from './own-zone.ts'

const SALTS = [1, 2, 3]
const ITERATIONS = 50

/** NSEC3 that says that there is a name which is no zone, behind others with other salts that say nothing. */
function hashed(name: Name): ReturnType<typeof signedSet> {
  return SALTS.flatMap((salt) => {
    const last = salt === SALTS.at(-1)
    const hash = last
      ? Buffer.from(hashName(name, { iterations: ITERATIONS, salt: Buffer.of(salt) }), 'latin1')
      : Buffer.alloc(20, salt)
    const next = Buffer.alloc(20, hash[0]! ^ 1)
    const rdata = Uint8Array.of(1, 0, 0, ITERATIONS, 1, salt, 20, ...next, 0, 3, 0, 0, 0x80)
    return signedSet(`\x20${base32hex(hash)}${OWN_ZONE}`, RecordType.NSEC3, [rdata])
  })
}

function base32hex(octets: Uint8Array): string {
  const bits = [...octets].map((octet) => octet.toString(2).padStart(8, '0')).join('')
  return bits.replaceAll(/.{5}/g, (five) => parseInt(five, 2).toString(32))
}

/** NSEC that says what is true: there is a name, and it is no zone. */
function present(name: Name): ReturnType<typeof signedSet> {
  const rdata = Uint8Array.of(...nameOctets(OWN_ZONE), 0, 6, 0x40, 0, 0, 0, 0, 3)
  return signedSet(name, RecordType.NSEC, [rdata])
}

/** With as many bad signatures before the good one as may be. */
function doubted(name: Name): ReturnType<typeof signedSet> {
  const [data, signature] = present(name)
  const bad = [1, 2, 3].map((octet) => patched(signature!, signature!.rdata.length - 1, octet))
  return [data!, ...bad, signature!]
}

interface Rig {
  readonly chain: Chain
  readonly asked: string[]
  /** Signatures checked. */
  checked: number
  now: number
}

function rig(answer: (name: Name) => ReturnType<typeof signedSet>, wait = 0): Rig {
  const counts = { asked: [] as string[], checked: 0, now: NOW }
  const verifier = new Verifier({
    now: () => NOW,
    policy: { acceptSha1: false },
    metrics: { signatureChecked: () => void counts.checked++ },
  })
  const ask = async (name: Name, type: number): Promise<SourceAnswer> => {
    counts.asked.push(`${name.length} ${type}`)
    await Promise.resolve()
    counts.now += wait
    if (type === RecordType.DS) {
      return { message: ownAnswer(name, type, { authorities: answer(name) }), upstream: 'own' }
    }
    const keys = signedSet(OWN_ZONE, type, [ownKeys.keys[0]!.rdata])
    const answers = name === OWN_ZONE ? keys : []
    return { message: ownAnswer(name, type, { answers }), upstream: 'own' }
  }
  const anchor = { zone: OWN_ZONE, ds: [], keys: [ownKeys.keys[0]!.rdata] }
  const chain = new Chain({
    source: { ask },
    verifier,
    anchors: new TrustAnchors({ anchors: [anchor], negative: [] }),
    now: () => NOW,
    clock: { seconds: () => counts.now },
  })
  return Object.assign(counts, { chain })
}

const LONG = nameOf(`${'a.'.repeat(40)}own.example.`)

describe('a chain of many labels', () => {
  it('is followed to its end where each of them is proven with little work', async () => {
    const its = rig(present)
    const trust = await its.chain.trustAround(LONG, new Budget())
    assert.equal(trust.security, 'secure')
    assert.equal(its.checked, 41)
  })

  it('is left when all of them together take too many signatures', async () => {
    const its = rig(doubted)
    const budget = new Budget()
    const trust = await its.chain.trustAround(LONG, budget)
    assert.equal(trust.security, 'bogus')
    assert.ok(
      its.checked <= DEFAULT_WORK.chainSignatures + ZONE_WORK.signatures,
      String(its.checked),
    )
    assert.ok(budget.isSpent)
  })

  it('goes on for the next who asks, as what was proven is known', async () => {
    const its = rig(doubted)
    for (let times = 0; times < 2; times++) await its.chain.trustAround(LONG, new Budget())
    assert.equal((await its.chain.trustAround(LONG, new Budget())).security, 'secure')
  })

  it('is left when all of them together take too many hashes (CVE-2023-50868)', async () => {
    const its = rig(hashed)
    const budget = new Budget()
    assert.equal((await its.chain.trustAround(LONG, budget)).security, 'bogus')
    assert.ok(budget.isSpent)
    const most = DEFAULT_WORK.chainHashes + ZONE_WORK.hashes
    assert.ok(budget.spent('chainHashes') > 1_000 && budget.spent('chainHashes') <= most)
    assert.ok(its.asked.length < 30, String(its.asked.length))
  })

  it('is left when each of them takes its time', async () => {
    const its = rig(present, 3)
    const trust = await its.chain.trustAround(LONG, new Budget())
    assert.equal(trust.security, 'bogus')
    assert.ok(its.asked.length < 16, String(its.asked.length))
  })
})

describe('answers that nobody has needed yet', () => {
  it('are held for a few hundred names, and asked for when they are needed', async () => {
    // No name exists below the zone: what is asked for ahead, further down, is of no use.
    const its = rig(() =>
      signedSet(OWN_ZONE, RecordType.NSEC, [
        Uint8Array.of(...nameOctets(OWN_ZONE), 0, 6, 0x62, 0, 0, 0, 0, 3),
      ]),
    )
    await its.chain.trustAround(OWN_ZONE, new Budget())
    const floods = 400
    for (let i = 0; i < floods; i++) {
      await its.chain.trustOf(nameOf(`x.y.n${i}.own.example.`), new Budget())
    }
    const ahead = its.asked.length - 1 - floods
    assert.ok(ahead > 200 && ahead < 3 * 256, String(ahead))
    its.asked.length = 0
    its.now += 11
    await its.chain.trustOf(nameOf('x.y.later.own.example.'), new Budget())
    assert.equal(its.asked.length, 4)
  })
})
