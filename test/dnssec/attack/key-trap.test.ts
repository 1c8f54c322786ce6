// Many keys of one tag, and many signatures that name it (CVE-2023-50387): each with each would be
// tried by who follows RFC 4035 §5.3.1 to the letter.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'

import { Budget, DEFAULT_WORK } from '../../../src/dnssec/budget.ts'
import { Dnskey, keyTagOf } from '../../../src/dnssec/dnskey.ts'
import type { Rrset } from '../../../src/dnssec/rrset.ts'
import { isFault, Verifier } from '../../../src/dnssec/verifier.ts'
import type { Message, ResourceRecord } from '../../../src/wire/codec/message.ts'
import { writeRdata } from '../../../src/wire/codec/rdata-codec.ts'
import { ExtendedError } from '../../../src/wire/edns.ts'
import { RecordType } from '../../../src/wire/record-type.ts'
import { mustSign } from '../vectors/signed.ts'
import { AttackWorld, nameOf, NOW } from './attack-world.ts'
import { isSignature, patched } from './attack.ts'

const TAG = 12_345
const world = new AttackWorld()
const verifier = new Verifier({ now: () => NOW, policy: { acceptSha1: false } })

/** An RSA key that nobody has, of the tag that is wanted: any odd number will do for a modulus. */
function collidingKey(): Dnskey {
  const key = Buffer.concat([Buffer.of(3, 1, 0, 1), randomBytes(128)])
  key[4]! |= 0x80
  key[key.length - 1]! |= 1
  const rdata = Buffer.from(writeRdata('DNSKEY', { flags: 256, protocol: 3, algorithm: 8, key }))
  // Two octets in the middle of the modulus make up for what the others sum up to.
  for (let value = 0; keyTagOf(rdata) !== TAG; value++) rdata.writeUInt16BE(value & 0xffff, 64)
  return new Dnskey(rdata)
}

function withSignatures(message: Message, signatures: number): Rrset {
  const [data, signature] = [
    message.answers.filter((record) => !isSignature(record)),
    message.answers.find(isSignature)!,
  ]
  const bad = Array.from({ length: signatures }, (): ResourceRecord => {
    const changed = patched(signature, 16, TAG >> 8, TAG & 0xff)
    return patched(changed, changed.rdata.length - 16, ...randomBytes(16))
  })
  return mustSign({ ...message, answers: [...data, ...bad] }).answer[0]!
}

/** How many signatures a budget still pays for. */
function left(budget: Budget): number {
  let count = 0
  while (budget.take('signatures')) count++
  return count
}

describe('keys and signatures that all fit each other', () => {
  const zone = { zone: nameOf('optout.example.'), keys: Array.from({ length: 40 }, collidingKey) }
  const honest = world.answer(nameOf('mail.optout.example.'), RecordType.A)

  for (const signatures of [1, 4, 300]) {
    it(`are tried a few times: ${signatures} signatures, 40 keys`, async () => {
      const budget = new Budget()
      const result = await verifier.verify(withSignatures(honest, signatures), zone, budget)
      assert.ok(isFault(result))
      assert.equal(result.code, ExtendedError.DnssecBogus)
      const tried = DEFAULT_WORK.signatures - left(budget)
      assert.ok(tried > 0 && tried <= DEFAULT_WORK.badSignatures, String(tried))
    })
  }

  it('are tried no more than the question may cost, however many sets there are', async () => {
    const budget = new Budget()
    for (let i = 0; i < 100; i++) {
      assert.ok(isFault(await verifier.verify(withSignatures(honest, 3), zone, budget)))
    }
    assert.equal(left(budget), 0)
  })

  it('do not keep a signature that holds from being found among a few that do not', async () => {
    const { keys } = world.zones.get('optout.example.')!
    const own = keys.map(({ rdata }) => new Dnskey(rdata))
    const bad = withSignatures(honest, 2)
    const good = mustSign(honest).answer[0]!
    const set = { ...good, signatures: [...bad.signatures, ...good.signatures] }
    const all = { zone: zone.zone, keys: [...zone.keys.slice(0, 1), ...own] }
    const result = await verifier.verify(set, all, new Budget())
    assert.ok(!isFault(result), JSON.stringify(result))
  })
})
