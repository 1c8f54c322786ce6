// Proofs that are rightly signed and made to be endless work: what no signer makes proves nothing, and
// is not looked at for long.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { Budget } from '../../../src/dnssec/budget.ts'
import { verifyDenial } from '../../../src/dnssec/denial-sets.ts'
import { type Name, nameOctets } from '../../../src/dnssec/name.ts'
import { run } from '../../../src/dnssec/steps.ts'
import { SigningKey } from '../../../src/dnssec/signer/signing-key.ts'
import { isFault, Verifier } from '../../../src/dnssec/verifier.ts'
import { RecordType } from '../../../src/wire/record-type.ts'
import { nameOf, NOW } from './attack-world.ts'
import { keysOf, OWN_ZONE, ownAnswer, ownKeys, signedSet } from './own-zone.ts'

const verifier = new Verifier({ now: () => NOW, policy: { acceptSha1: false } })
const ASKED = nameOf('www.own.example.')

/** Bits of A alone. */
const BITMAP = [0, 1, 0x40]

function nsec(next: Name): Uint8Array {
  return Uint8Array.of(...nameOctets(next), ...BITMAP)
}

/** Each with another salt, so that the name has to be hashed for each of them. */
function nsec3(salt: number): Uint8Array {
  const next = Buffer.alloc(20, 7)
  return Uint8Array.of(1, 0, 0, 0, 2, salt >> 8, salt & 0xff, 20, ...next, ...BITMAP)
}

async function setsThatCount(authorities: ReturnType<typeof signedSet>, budget = new Budget()) {
  const message = ownAnswer(ASKED, RecordType.A, { authorities })
  return await run(verifyDenial(message.authority, ASKED, ownKeys, verifier, budget))
}

describe('of the denials that a zone has signed', () => {
  it('those of one name count where there are a few', async () => {
    const { sets } = await setsThatCount(signedSet(OWN_ZONE, RecordType.NSEC, [nsec(OWN_ZONE)]))
    assert.equal(sets.length, 1)
  })

  it('hundreds of NSEC records of one name do not count (RFC 4034 §4)', async () => {
    const rdata = Array.from({ length: 300 }, (_, i) => nsec(nameOf(`n${i}.own.example.`)))
    const { sets } = await setsThatCount(signedSet(OWN_ZONE, RecordType.NSEC, rdata))
    assert.equal(sets.length, 0)
  })

  it('hundreds of NSEC3 records of one hash do not count, each with a salt of its own', async () => {
    const owner = nameOf('0123456789abcdefghijklmnopqrstuv.own.example.')
    const rdata = Array.from({ length: 1_000 }, (_, i) => nsec3(i))
    const { sets } = await setsThatCount(signedSet(owner, RecordType.NSEC3, rdata))
    assert.equal(sets.length, 0)
  })

  it('forty of other names leave the work for the one that tells of the name', async () => {
    const others = Array.from({ length: 40 }, (_, i) =>
      signedSet(nameOf(`x${i}.own.example.`), RecordType.NSEC, [
        nsec(nameOf(`x${i}a.own.example.`)),
      ]),
    )
    const own = signedSet(OWN_ZONE, RecordType.NSEC, [nsec(nameOf('x0.own.example.'))])
    const budget = new Budget()
    const { sets } = await setsThatCount([...others.flat(), ...own], budget)
    assert.deepEqual(
      sets.map(({ owner }) => owner),
      [OWN_ZONE],
    )
    assert.equal(budget.spent('signatures'), 1)
  })

  it('a few dozen count, however many there are whose signatures are known', async () => {
    const all = Array.from({ length: 100 }, (_, i) =>
      signedSet(nameOf(`n${i}.own.example.`), RecordType.NSEC, [nsec(OWN_ZONE)]),
    )
    for (let i = 0; i < all.length; i += 20) await setsThatCount(all.slice(i, i + 20).flat())
    const { sets } = await setsThatCount(all.flat())
    assert.ok(sets.length > 32 && sets.length <= 64, String(sets.length))
  })
})

describe('a set that is signed with RSA', () => {
  const key = new SigningKey({ algorithm: 8, bits: 1_024 })
  const check = (count: number) => {
    const rdata = Array.from({ length: count }, (_, i) => Uint8Array.of(192, 0, i >> 8, i & 255))
    const answers = signedSet(ASKED, RecordType.A, rdata, ASKED, key)
    const set = ownAnswer(ASKED, RecordType.A, { answers }).answer[0]!
    return verifier.verify(set, keysOf(key), new Budget())
  }

  it('is checked at once', () => {
    const proof = check(10)
    assert.ok(!(proof instanceof Promise) && !isFault(proof))
  })

  it('is not checked on the event loop when it is large', async () => {
    const proof = check(2_000)
    assert.ok(proof instanceof Promise)
    assert.ok(!isFault(await proof))
  })
})
