import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { Security } from '../../../src/dnssec/verdict.ts'
import { Rcode } from '../../support/messages.ts'
import { Asker } from '../differential/asker.ts'
import { explanationsOf } from '../differential/explained.ts'
import { startKnotResolver, startUnboundValidator } from './servers/peers.ts'
import { verifySoundSets } from './sound-sets.ts'
import { startWorld, type World } from './world.ts'

describe('the world of zones', () => {
  let world: World
  before(async () => {
    world = await startWorld()
  })
  after(() => world[Symbol.asyncDispose]())

  it('has more than forty kinds of broken zones', () => {
    const broken = world.probes.filter(({ expect }) => expect === Security.Bogus)
    assert.ok(new Set(broken.map(({ because }) => because)).size >= 40)
  })

  it('has signatures of every algorithm and signer that hold (RFC 4034 §3.1.8.1)', async () => {
    const apexes = world.zones.flatMap(({ name }) =>
      ['SOA', 'DNSKEY', 'DS', 'TXT'].map((type) => ({ name, type })),
    )
    // A zone that says that a sound one has signed for it.
    const probes = world.probes.filter(({ name }) => !name.includes('other-signer'))
    const questions = [...apexes, ...probes]
    const { algorithms, verified, faults } = await verifySoundSets(world, questions)
    assert.deepEqual(faults, [])
    assert.ok(verified > 1_000)
    assert.deepEqual(
      [...algorithms].sort((a, b) => a - b),
      [5, 7, 8, 10, 13, 14, 15, 16],
    )
  })

  const peers = { Unbound: startUnboundValidator, 'Knot Resolver': startKnotResolver }
  for (const [name, start] of Object.entries(peers)) {
    it(`is to ${name} what it is said to be, but for what is explained`, async () => {
      await using peer = await start(world)
      using asker = new Asker(peer.port)
      const wrong: string[] = []
      for (const probe of world.probes) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other is quick enough
        const { class: found, found: answer } = await asker.classOf(probe)
        const rcode = probe.expect === Security.Bogus ? Rcode.ServFail : rcodeOf(probe.rcode)
        if (found === probe.expect && answer.rcode === rcode) continue
        const expected = { who: 'expected', class: probe.expect, rcode, ede: [], answer: '' }
        const opinion = {
          who: peer.name,
          class: found,
          rcode: answer.rcode,
          ede: answer.ede,
          answer: '',
        }
        if (explanationsOf({ asked: probe, opinions: [expected, opinion] }) !== null) continue
        wrong.push(
          `${probe.name} ${probe.type} is ${found}, expected ${probe.expect}: ${probe.because}`,
        )
      }
      assert.deepEqual(wrong, [])
    })
  }
})

function rcodeOf(rcode: 'NOERROR' | 'NXDOMAIN'): number {
  return rcode === 'NOERROR' ? Rcode.NoError : Rcode.NXDomain
}
