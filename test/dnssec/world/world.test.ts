import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { Security } from '../../../src/dnssec/verdict.ts'
import { Asker } from './asker.ts'
import { explanationsOf } from '../differential/explained.ts'
import { type Phase, readPhase } from '../roll-overs/phase.ts'
import { phaseOfZone } from './phase-of-zone.ts'
import { startKnotResolver, startUnboundValidator } from './servers/peers.ts'
import { verifySoundSets } from './sound-sets.ts'
import { startWorld, type World } from './world.ts'
import { ALL_ZONES } from './zones/all.ts'
import { BROKEN_ROLL_OVERS } from './zones/broken/roll-overs.ts'
import { expectedRcode } from './zone-spec.ts'
import { PHASE_COUNT, ROLL_OVER_ZONES } from './zones/roll-overs.ts'

const BROKEN_KINDS = new Set(
  ALL_ZONES.flatMap(({ probes }) => probes)
    .filter(({ expect }) => expect === Security.Bogus)
    .map(({ because }) => because),
).size

describe('the world of zones', () => {
  let world: World
  before(async () => {
    world = await startWorld()
  })
  after(() => world[Symbol.asyncDispose]())

  it(`has ${ALL_ZONES.length} zones, broken in ${BROKEN_KINDS} ways`, () => {
    assert.ok(BROKEN_KINDS >= 40)
    assert.equal(world.files.length, ALL_ZONES.length)
  })

  it(`has ${PHASE_COUNT} phases of roll-overs, all of RFC 6781 §4, in ${ROLL_OVER_ZONES.length} zones`, () => {
    for (const { name, row } of [...ROLL_OVER_ZONES, ...BROKEN_ROLL_OVERS]) {
      const file = world.files.find(({ spec }) => spec.name === name)!
      assert.equal(formatPhase(phaseOfZone(file)), formatPhase(readPhase(row)), name)
    }
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
        const rcode = expectedRcode(probe)
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

/** A row without DS, its keys in the order of their names. */
function formatPhase({ dnskey, signKeys, signData }: Omit<Phase, 'ds'>): string {
  const cell = (keys: readonly string[]): string => keys.toSorted().join(' ')
  return `${cell(dnskey)} | ${cell(signKeys)} | ${signData.map(cell).toSorted().join('/')}`
}
