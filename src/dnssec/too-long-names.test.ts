import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { ExtendedError } from '../wire/edns.ts'
import { RecordType } from '../wire/record-type.ts'
import { ChainWorld } from './chain/testing.ts'
import type { Rrset, SignedMessage } from './rrset.ts'
import { Security, type Verdict } from './verdict.ts'

/** The answer with other signatures. */
function signedWith(
  message: SignedMessage,
  change: (set: Rrset) => Rrset['signatures'],
): SignedMessage {
  const answer = message.answer.map((set) => ({ ...set, signatures: change(set) }))
  return { ...message, answer }
}

describe('a DNAME that makes a name too long (RFC 6672 §2.2)', () => {
  /** A name of so many octets, of which 14 are "long.example.". */
  const named = (octets: number): string => {
    const labels = Array.from({ length: Math.floor((octets - 14) / 10) }, () => 'b'.repeat(9))
    const rest = (octets - 14) % 10
    return `${[...(rest > 1 ? ['c'.repeat(rest - 1)] : []), ...labels].join('.')}.long.example.`
  }
  // Before the target, 58 octets fit.
  const TOO_LONG = named(14 + 59)
  const judgeTooLong = async (change: (m: SignedMessage) => SignedMessage): Promise<Verdict> => {
    const world = new ChainWorld()
    return await world.validator.validate(change(world.answer(`${TOO_LONG} 1`)))
  }

  it('is YXDOMAIN, and the DNAME proves it', async () => {
    const { security, fault, ttls } = await judgeTooLong((m) => {
      assert.equal(m.rcode, 6)
      return m
    })
    assert.equal(security, Security.Secure, fault?.text)
    assert.deepEqual([...ttls!], [600, 600])
  })

  it('is nothing else', async () => {
    for (const rcode of [0, 3]) {
      const { security, fault } = await judgeTooLong((m) => ({ ...m, rcode }))
      assert.equal(security, Security.Bogus)
      assert.equal(fault!.code, ExtendedError.DnssecBogus)
    }
  })

  it('must be signed', async () => {
    const open = await judgeTooLong((m) => signedWith(m, () => []))
    assert.equal(open.fault?.code, ExtendedError.RrsigsMissing)
    const other = await judgeTooLong((m) =>
      signedWith(m, ({ signatures }) =>
        signatures.map((one) => ({ ...one, signature: one.signature.toReversed() })),
      ),
    )
    assert.equal(other.fault?.code, ExtendedError.DnssecBogus)
    const none = await judgeTooLong((m) => ({ ...m, answer: [] }))
    assert.equal(none.security, Security.Bogus)
    assert.equal(none.fault!.code, ExtendedError.DnssecBogus)
  })

  it('is not said of a name that just fits, of 255 octets', async () => {
    const world = new ChainWorld()
    const message = world.answer(`${named(14 + 58)} 1`)
    assert.notEqual(message.rcode, 6)
    const cname = message.answer.find(({ type }) => type === RecordType.CNAME)!
    assert.equal(cname.records[0]!.length, 255)
    assert.equal((await world.validator.validate(message)).security, Security.Secure)
    const lying = await world.validator.validate({ ...message, rcode: 6 })
    assert.equal(lying.security, Security.Bogus)
  })
})
