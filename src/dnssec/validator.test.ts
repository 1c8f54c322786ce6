import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { ExtendedError } from '../wire/edns.ts'
import { RecordType, type TypeName } from '../wire/record-type.ts'
import { ChainWorld, START } from './chain/testing.ts'
import type { SignedMessage } from './rrset.ts'
import { Security, type Verdict } from './verdict.ts'

const { Secure, Insecure, Indeterminate, Bogus } = Security

function answerOf(world: ChainWorld, owner: string, type: TypeName): SignedMessage {
  return world.answer(`${owner} ${RecordType[type]}`)
}

async function judge(owner: string, type: TypeName): Promise<Verdict> {
  const world = new ChainWorld()
  return await world.validator.validate(answerOf(world, owner, type))
}

describe('an honest answer', () => {
  const honest: readonly [string, TypeName, Security][] = [
    ['www.example.', 'A', Secure],
    ['WWW.Sub.EXAMPLE.', 'A', Secure],
    ['any.w.example.', 'A', Secure],
    ['*.w.example.', 'A', Secure],
    ['any.w.example.', 'TXT', Secure],
    ['www.org.', 'A', Secure],
    ['www.org.', 'CNAME', Secure],
    ['www.org.', 'TXT', Secure],
    ['b.c.example.', 'A', Secure],
    ['nowhere.example.', 'A', Secure],
    ['www.example.', 'ANY', Secure],
    ['www.example.', 'NSEC', Secure],
    ['example.', 'DS', Secure],
    ['unsigned.example.', 'DS', Secure],
    ['.', 'DS', Secure],
    ['example.', 'DNSKEY', Secure],
    ['.', 'DNSKEY', Secure],
    ['unsigned.example.', 'DNSKEY', Insecure],
    ['www.unsigned.example.', 'A', Insecure],
    ['nowhere.unsigned.example.', 'A', Insecure],
    ['www.example.', 'RRSIG', Indeterminate],
  ]
  for (const [owner, type, security] of honest) {
    it(`${owner} ${type} is ${security}`, async () => {
      const verdict = await judge(owner, type)
      assert.equal(verdict.security, security, verdict.fault?.text)
      assert.equal(verdict.ttls !== null, security === Secure)
    })
  }

  it('is indeterminate where it has no data: SERVFAIL, REFUSED and their like', async () => {
    const world = new ChainWorld()
    const message = { ...answerOf(world, 'www.example.', 'A'), rcode: 2, answer: [] }
    assert.equal((await world.validator.validate(message)).security, Indeterminate)
  })

  it('is bogus where it has signatures of a name and says that there is no such name', async () => {
    const world = new ChainWorld()
    const message = { ...answerOf(world, 'www.example.', 'RRSIG'), rcode: 3 }
    assert.equal((await world.validator.validate(message)).security, Bogus)
  })

  it('is judged at once where its chain is known and nothing is signed', async () => {
    const world = new ChainWorld()
    const message = answerOf(world, 'www.unsigned.example.', 'A')
    await world.validator.validate(message)
    assert.ok(!(world.validator.validate(message) instanceof Promise))
  })

  it('is judged at once where its signatures are known', async () => {
    const world = new ChainWorld()
    const message = answerOf(world, 'nowhere.example.', 'A')
    await world.validator.validate(message)
    assert.ok(!(world.validator.validate(message) instanceof Promise))
  })

  it('says how long each record may be kept: no longer than its signature (RFC 4035 §5.3.3)', async () => {
    const world = new ChainWorld()
    const message = answerOf(world, 'www.example.', 'A')
    assert.deepEqual([...(await world.validator.validate(message)).ttls!], [600, 600])
    world.now = START + 864_000 - 10
    assert.deepEqual([...(await world.validator.validate(message)).ttls!], [10, 10])
  })

  for (const [type, proven] of [
    ['A', [600, 600]],
    ['TXT', [300, 300, 300, 300]],
  ] as const) {
    it(`is proven for what it is when its chain holds only the second time: ${type}`, async () => {
      const world = new ChainWorld()
      let failures = 2
      world.tamper = (question) => {
        if (question !== 'example. DNSKEY' || failures === 0) return null
        failures--
        world.chain.forgetSince(failures + 1)
        return { failure: 'too late' }
      }
      const answer = answerOf(world, 'www.example.', type)
      const { security, ttls, fault } = await world.validator.validate(answer)
      assert.equal(security, Secure, fault?.text)
      assert.deepEqual([...ttls!], proven)
    })
  }

  it('that there is no DS is the parent’s, whatever SOA of the child is beside it', async () => {
    const world = new ChainWorld()
    const message = answerOf(world, 'unsigned.example.', 'DS')
    const child = answerOf(world, 'nowhere.unsigned.example.', 'A').authority[0]!
    const { count } = message
    const authority = [...message.authority, { ...child, places: [count] }]
    const verdict = await world.validator.validate({ ...message, authority, count: count + 1 })
    assert.equal(verdict.security, Secure)
    assert.deepEqual([...verdict.ttls!], [300, 300, 300, 300, -1])
  })

  it('loses what nobody proves, such as NS records of the authority section', async () => {
    const world = new ChainWorld()
    const message = answerOf(world, 'www.example.', 'A')
    const loose = { ...message.answer[0]!, type: RecordType.NS, places: [2], signatures: [] }
    const more = { ...message, authority: [loose], count: 3 }
    assert.deepEqual([...(await world.validator.validate(more)).ttls!], [600, 600, -1])
  })
})

describe('aliases that lead back', () => {
  it('are followed no further than they may be', async () => {
    const world = new ChainWorld()
    const message = answerOf(world, 'www.org.', 'A')
    const alias = message.answer.find(({ type }) => type === RecordType.CNAME)!
    const loop = { ...alias, records: [Buffer.from(message.name, 'latin1')] }
    const verdict = await world.validator.validate({ ...message, answer: [loop] })
    assert.equal(verdict.security, Bogus)
    assert.equal(verdict.fault!.code, ExtendedError.DnssecBogus)
  })
})
