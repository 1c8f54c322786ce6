import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { ExtendedError } from '../../wire/edns.ts'
import { Budget, DEFAULT_WORK } from '../budget.ts'
import type { SignedMessage } from '../rrset.ts'
import type { Trust } from './trust.ts'
import { ChainWorld, name, START } from './testing.ts'

const sub = name('sub.example')

function zoneOf(trust: Trust | Promise<Trust>): string {
  assert.ok(!(trust instanceof Promise), 'it had to be waited for')
  return trust.security === 'secure' ? trust.zone : trust.security
}

describe('a chain of trust (RFC 4035 §5)', () => {
  it('leads from the anchor down, all of it asked for at once', async () => {
    const world = new ChainWorld()
    const under = world.chain.trustOf(sub, new Budget())
    const expected = [
      '. DNSKEY',
      'example. DNSKEY',
      'example. DS',
      'sub.example. DNSKEY',
      'sub.example. DS',
    ]
    assert.deepEqual([...world.asked].sort(), expected)
    await under
    assert.equal(zoneOf(world.chain.trustOf(sub, new Budget())), sub)
    assert.deepEqual([...world.asked].sort(), expected)
  })

  it('is found out once for all who want to know', async () => {
    const world = new ChainWorld()
    const wanted = Array.from({ length: 20 }, () => world.chain.trustOf(sub, new Budget()))
    for (const trust of wanted) assert.equal((await trust).security, 'secure')
    assert.equal(world.asked.length, 5)
  })

  it('is paid for by the first of those, and by nobody else', async () => {
    const world = new ChainWorld()
    const first = world.chain.trustOf(sub, new Budget())
    const poor = new Budget({ ...DEFAULT_WORK, chainSignatures: 0 })
    const second = world.chain.trustOf(sub, poor)
    assert.deepEqual([(await first).security, (await second).security], ['secure', 'secure'])
    assert.equal(poor.isSpent, false)
  })

  it('ends where a delegation is not signed, for all names below', async () => {
    const world = new ChainWorld()
    await world.chain.trustAround(name('www.unsigned.example'), new Budget())
    const asked = world.asked.length
    assert.equal(
      zoneOf(world.chain.trustAround(name('a.b.unsigned.example'), new Budget())),
      'insecure',
    )
    assert.equal(world.asked.length, asked)
  })

  it('begins where something is known, though that be over a moment later', async () => {
    for (let reads = 0; reads < 12; reads++) {
      const world = new ChainWorld()
      await world.chain.trustOf(sub, new Budget())
      let left = reads
      Object.defineProperty(world, 'now', { get: () => START + (left-- > 0 ? 599 : 600) })
      const found = await world.chain.trustAround(name('other.example'), new Budget())
      assert.equal(found.security, 'secure', `when the clock was read ${reads} times`)
    }
  })

  it('goes on below names where no zone begins, and not below those that do not exist', async () => {
    const world = new ChainWorld()
    await world.chain.trustAround(name('a.b.c.example'), new Budget())
    assert.equal(
      zoneOf(world.chain.trustAround(name('b.c.example'), new Budget())),
      name('example'),
    )
    await world.chain.trustAround(name('nowhere.example'), new Budget())
    const asked = world.asked.length
    assert.equal(
      zoneOf(world.chain.trustAround(name('a.nowhere.example'), new Budget())),
      name('example'),
    )
    assert.equal(world.asked.length, asked)
  })

  it('is not needed at or below a negative anchor while that holds (RFC 7646 §2)', async () => {
    const world = new ChainWorld([{ domain: sub, until: START + 10 }])
    assert.equal(zoneOf(world.chain.trustOf(sub, new Budget())), 'insecure')
    world.now += 11
    await world.chain.trustOf(sub, new Budget())
    assert.equal(zoneOf(world.chain.trustOf(sub, new Budget())), sub)
  })

  it('costs each question no more than it may', async () => {
    const world = new ChainWorld()
    const trust = await world.chain.trustOf(sub, new Budget({ ...DEFAULT_WORK, questions: 2 }))
    assert.equal(trust.security, 'bogus')
  })
})

describe('a bad answer on the way', () => {
  it('is asked for once more, at another upstream', async () => {
    const world = new ChainWorld()
    const bad = world.answer('example. 6')
    world.tamper = (question, avoid) =>
      question === 'example. DS' && !avoid.includes('first')
        ? { message: bad, upstream: 'first' }
        : null
    const trust = await world.chain.trustOf(sub, new Budget())
    assert.equal(trust.security, 'secure')
    assert.equal(world.asked.filter((question) => question === 'example. DS').length, 2)
  })

  it('is bogus when there is no better one, and asked for again some seconds later (RFC 9520 §3.2)', async () => {
    const world = new ChainWorld()
    world.tamper = (question) => (question === 'example. DNSKEY' ? { failure: 'too late' } : null)
    const trust = await world.chain.trustOf(sub, new Budget())
    assert.ok(trust.security === 'bogus')
    assert.deepEqual(trust.fault, {
      code: ExtendedError.DnskeyMissing,
      text: 'example. DNSKEY: no answer: too late',
    })
    assert.equal(zoneOf(world.chain.trustOf(sub, new Budget())), 'bogus')
    world.tamper = () => null
    world.now += 5
    await world.chain.trustOf(sub, new Budget())
    assert.equal(zoneOf(world.chain.trustOf(sub, new Budget())), sub)
  })

  it('without DS leaves open whether there should be one (RFC 4035 §4.3)', async () => {
    const world = new ChainWorld()
    world.tamper = (question) => (question === 'example. DS' ? { failure: 'too late' } : null)
    const trust = await world.chain.trustOf(sub, new Budget())
    assert.equal(trust.security === 'bogus' && trust.fault.code, ExtendedError.DnssecIndeterminate)
  })
})

describe('what is known of a chain', () => {
  it('is renewed in the last tenth of its life, while it is used', async () => {
    const world = new ChainWorld()
    await world.chain.trustOf(sub, new Budget())
    world.asked = []
    world.now += 530
    assert.equal(zoneOf(world.chain.trustOf(sub, new Budget())), sub)
    assert.deepEqual(world.asked, [])
    world.now += 15
    assert.equal(zoneOf(world.chain.trustOf(sub, new Budget())), sub)
    await new Promise((resolve) => setTimeout(resolve, 20))
    const renewed = new Set(world.asked as string[])
    assert.ok(renewed.has('sub.example. DS') && renewed.has('sub.example. DNSKEY'))
    world.now += 60
    assert.equal(zoneOf(world.chain.trustOf(sub, new Budget())), sub)
  })

  it('is renewed once for all who use it, also while a zone above is found out anew', async (t) => {
    const world = new ChainWorld()
    await world.chain.trustOf(name('example.'), new Budget())
    world.now += 400
    await world.chain.trustOf(sub, new Budget())
    world.now += 550
    const take = t.mock.method(Budget.prototype, 'take')
    for (let uses = 0; uses < 50; uses++) {
      const trust = world.chain.trustOf(sub, new Budget())
      assert.ok(!(trust instanceof Promise))
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
    const asking = take.mock.calls.filter((call) => call.arguments[0] === 'questions')
    assert.equal(new Set(asking.map((call) => call.this)).size, 1)
  })

  it('is not known for longer than the signatures over the keys hold (RFC 4035 §5.3.3)', async () => {
    const world = new ChainWorld()
    world.now = START + 864_000 - 30
    await world.chain.trustOf(sub, new Budget())
    world.asked = []
    world.now += 25
    assert.equal(zoneOf(world.chain.trustOf(sub, new Budget())), sub)
    assert.deepEqual(world.asked, [])
    world.now += 310
    const trust = await world.chain.trustOf(sub, new Budget())
    assert.ok((world.asked as string[]).includes('sub.example. DNSKEY'))
    assert.equal(trust.security === 'bogus' && trust.fault.code, ExtendedError.SignatureExpired)
  })

  it('is not known for longer than the parent’s denial of DS may be kept', async () => {
    const world = new ChainWorld()
    const unsigned = name('www.unsigned.example')
    await world.chain.trustAround(unsigned, new Budget())
    world.asked = []
    world.now += 269
    assert.equal(zoneOf(world.chain.trustAround(unsigned, new Budget())), 'insecure')
    assert.deepEqual(world.asked, [])
    world.now += 32
    assert.ok(world.chain.trustAround(unsigned, new Budget()) instanceof Promise)
    assert.ok((world.asked as string[]).includes('unsigned.example. DS'))
  })

  it('stays after a fault while it is renewed, and the fault is heard of when it is over', async () => {
    const world = new ChainWorld()
    await world.chain.trustOf(sub, new Budget())
    // Nothing that could be read: whoever tries to is at fault.
    world.tamper = () => ({ message: null as unknown as SignedMessage, upstream: 'first' })
    world.now += 545
    assert.equal(zoneOf(world.chain.trustOf(sub, new Budget())), sub)
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.equal(zoneOf(world.chain.trustOf(sub, new Budget())), sub)
    world.now += 60
    await assert.rejects(async () => world.chain.trustOf(sub, new Budget()), TypeError)
  })

  it('stays while names that nobody asks for again come and go', async () => {
    const world = new ChainWorld([], 20)
    await world.chain.trustOf(sub, new Budget())
    assert.equal(zoneOf(world.chain.trustOf(sub, new Budget())), sub)
    for (let i = 0; i < 60; i++) await world.chain.trustOf(name(`n${i}.example`), new Budget())
    assert.equal(zoneOf(world.chain.trustOf(sub, new Budget())), sub)
  })

  it('are forgotten when names were flushed, and not otherwise', async () => {
    const world = new ChainWorld()
    await world.chain.trustOf(sub, new Budget())
    const before = world.asked.length
    world.chain.forgetSince(0)
    await world.chain.trustOf(sub, new Budget())
    assert.equal(world.asked.length, before)
    world.asked = []
    world.chain.forgetSince(1)
    await world.chain.trustOf(sub, new Budget())
    assert.ok(world.asked.includes('. DNSKEY'))
  })
})

describe('keys that roll over (RFC 6781 §4.1)', () => {
  it('are asked for anew when those at hand do not fit', async () => {
    const world = new ChainWorld()
    assert.equal(
      (await world.validator.validate(world.answer('www.sub.example. 1'))).security,
      'secure',
    )
    world.now += 61
    world.rollOver('sub.example.')
    assert.equal(
      (await world.validator.validate(world.answer('www.sub.example. 1'))).security,
      'secure',
    )
  })

  it('hold for all names of the zone, whatever was found out of them before', async () => {
    const world = new ChainWorld()
    const inside = name('a.b.c.example')
    await world.chain.trustOf(name('example'), new Budget())
    world.now += 530
    await world.chain.trustAround(inside, new Budget())
    world.now += 80
    world.rollOver('example.')
    const trust = await world.chain.trustAround(inside, new Budget())
    assert.ok(trust.security === 'secure')
    assert.deepEqual(
      trust.keys.map(({ tag }) => tag),
      [world.key('example.').tag],
    )
  })

  it('are found by way of a parent whose keys rolled over as well', async () => {
    const world = new ChainWorld()
    await world.validator.validate(world.answer('www.example. 1'))
    world.now += 61
    world.rollOver('example.')
    assert.equal(
      (await world.validator.validate(world.answer('www.sub.example. 1'))).security,
      'secure',
    )
  })

  it('that somebody else has asked for meanwhile need not be asked for', async () => {
    const world = new ChainWorld()
    const stale = await world.chain.trustOf(sub, new Budget())
    assert.ok(stale.security === 'secure')
    world.now += 61
    world.rollOver('sub.example.')
    const renewed = await world.chain.renewed(stale, new Budget())
    assert.ok(renewed !== null && renewed !== stale)
    assert.equal(world.chain.renewed(stale, new Budget()), renewed)
  })

  it('are asked for once a minute, however much does not fit', async () => {
    const world = new ChainWorld()
    await world.validator.validate(world.answer('www.sub.example. 1'))
    const other = new ChainWorld()
    world.asked = []
    for (let i = 0; i < 10; i++) {
      const { security, fault } = await world.validator.validate(other.answer('www.sub.example. 1'))
      assert.equal(security, 'bogus')
      assert.equal(fault?.code, ExtendedError.DnskeyMissing)
    }
    assert.deepEqual(world.asked, [])
    world.now += 61
    for (let i = 0; i < 10; i++) await world.validator.validate(other.answer('www.sub.example. 1'))
    assert.equal(world.asked.length, 2)
  })
})
