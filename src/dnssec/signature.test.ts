import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { writeRdata } from '../wire/codec/rdata-codec.ts'
import { ExtendedError } from '../wire/edns.ts'
import { parseName } from '../wire/text/name-text.ts'
import { Budget } from './budget.ts'
import { Dnskey } from './dnskey.ts'
import { readName } from './name.ts'
import type { Rrsig } from './rrset.ts'
import { serialDistance, signedData, Validity, validityOf } from './signature.ts'
import { readRrsig } from './signed-message.ts'
import { SigningKey } from './signer/signing-key.ts'
import { setsOf } from './testing.ts'
import { isFault, Verifier } from './verifier.ts'

const DAY = 86_400
const WEEK = 7 * DAY

/** When the 32 bits get their top bit, and when they turn over, in seconds since 1970. */
const Y2038 = 2 ** 31
const Y2106 = 2 ** 32

const octets = (text: string): Uint8Array => parseName(text) as Uint8Array

/** @param from,to seconds since 1970, of which a signature has 32 bits */
function sigOf(from: number, to: number, signature: Uint8Array = new Uint8Array(0)): Rrsig {
  const fields = {
    typeCovered: 1,
    algorithm: 15,
    labels: 2,
    originalTtl: 300,
    expiration: to % Y2106,
    inception: from % Y2106,
    keyTag: key.tag,
    signer: octets('example.'),
    signature,
  }
  return readRrsig(writeRdata('RRSIG', fields), 300)
}

const key = new SigningKey({ algorithm: 15 })

describe('when a signature holds (RFC 4034 §3.1.5, RFC 1982)', () => {
  for (const [what, turn] of [
    ['in our time', 1_800_000_000],
    ['as the top bit is set, in 2038', Y2038],
    ['as the 32 bits turn over, in 2106', Y2106],
    ['as they do so again, in 2242', 2 * Y2106],
  ] as const) {
    it(`is told ${what}`, () => {
      const sig = sigOf(turn - WEEK, turn + WEEK)
      assert.equal(validityOf(sig, turn - WEEK), Validity.Now)
      assert.equal(validityOf(sig, turn - 1), Validity.Now)
      assert.equal(validityOf(sig, turn), Validity.Now)
      assert.equal(validityOf(sig, turn + WEEK), Validity.Now)
      assert.equal(validityOf(sig, turn - WEEK - 301), Validity.NotYet)
      assert.equal(validityOf(sig, turn + WEEK + 301), Validity.Expired)
      assert.equal(validityOf(sigOf(turn + 1, turn - 1), turn), Validity.Never)
    })

    it(`is told to people ${what}, and bounds how long data are kept`, async () => {
      const [plain] = setsOf('www.example. 300 IN A 192.0.2.1')
      const from = turn - WEEK
      const to = turn + 100
      const signed = key.sign(signedData(plain!, sigOf(from, to)))
      const set = { ...plain!, signatures: [sigOf(from, to, signed)] }
      const zone = { zone: readName(octets('example.'), 0, 0), keys: [new Dnskey(key.rdata)] }
      const at = async (now: number) =>
        await new Verifier({ now: () => now, policy: { acceptSha1: false } }).verify(
          set,
          zone,
          new Budget(),
        )
      const proof = await at(turn + 40)
      assert.ok(!isFault(proof), JSON.stringify(proof))
      assert.equal(proof.ttl, 60)
      const time = (seconds: number): string => new Date(seconds * 1_000).toISOString().slice(0, 19)
      const late = await at(to + 3_600)
      assert.ok(isFault(late) && late.code === ExtendedError.SignatureExpired)
      assert.ok(late.text.includes(`expired at ${time(to)}Z`), late.text)
      const early = await at(from - 3_600)
      assert.ok(isFault(early) && early.code === ExtendedError.SignatureNotYetValid)
      assert.ok(early.text.includes(`not valid before ${time(from)}Z`), early.text)
    })
  }

  it('is not told of lives longer than 68 years, which end before they begin', () => {
    const now = 1_800_000_000
    assert.equal(validityOf(sigOf(now - 10, now - 10 + 2 ** 31 - 1), now), Validity.Now)
    assert.equal(validityOf(sigOf(now - 10, now - 10 + 2 ** 31), now), Validity.Never)
    assert.equal(validityOf(sigOf(now - 10, now - 10 + 2 ** 31 + 1), now), Validity.Never)
  })

  it('is a matter of distances alone: no moment is special', () => {
    const distance = fc.integer({ min: -(2 ** 30), max: 2 ** 30 })
    fc.assert(
      fc.property(fc.nat(2 ** 33), distance, fc.nat(2 ** 29), (now, start, life) => {
        const from = now + start
        fc.pre(from >= 0)
        const at = validityOf(sigOf(from, from + life), now)
        const same = validityOf(sigOf(Y2106 + start, Y2106 + start + life), Y2106)
        assert.equal(at, same)
        assert.equal(serialDistance(from, from + life), life)
      }),
    )
  })

  it('may be wrong by five minutes, and by a tenth of a life that is short', () => {
    const now = 1_800_000_000
    const short = sigOf(now, now + 600)
    assert.equal(validityOf(short, now + 660), Validity.Now)
    assert.equal(validityOf(short, now + 661), Validity.Expired)
    assert.equal(validityOf(short, now - 60), Validity.Now)
    assert.equal(validityOf(short, now - 61), Validity.NotYet)
    const instant = sigOf(now, now)
    assert.equal(validityOf(instant, now), Validity.Now)
    assert.equal(validityOf(instant, now + 1), Validity.Expired)
    assert.equal(validityOf(instant, now - 1), Validity.NotYet)
  })
})
