import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { expectedRcode } from '../world/zone-spec.ts'
import { startWorld, type World } from '../world/world.ts'
import { Asker } from '../world/asker.ts'
import { compareOpinions, formatDisagreement, take } from './compare.ts'
import { DENIED_BY_PARENT, explanationsOf } from './explained.ts'
import { Questions } from './questions.ts'
import { startDotward, startValidators } from './validators.ts'

const SEED = 20_326
const QUESTIONS = 3_000

describe('validation of a world of zones', () => {
  let world: World
  before(async () => {
    world = await startWorld()
  })
  after(() => world[Symbol.asyncDispose]())

  it('finds what each zone is said to be, and says why (RFC 4035 §5, RFC 8914)', async () => {
    await using dotward = await startDotward(world)
    using asker = new Asker(dotward.port)
    const wrong: string[] = []
    for (const probe of world.probes) {
      const { name, type, expect, rcode, ede, because } = probe
      // oxlint-disable-next-line no-await-in-loop -- so that none depends on what is under way
      const { class: found, found: answer } = await asker.classOf({ name, type })
      const isTold = ede.length === 0 || answer.ede.some((code) => ede.includes(code))
      const isRcode = answer.rcode === expectedRcode(probe)
      if (found === expect && isRcode && isTold) continue
      const said = `${found}, rcode ${answer.rcode}, EDE ${answer.ede.join(', ') || 'none'}`
      wrong.push(
        `${name} ${type}: ${said}, not ${expect}, ${rcode}, ${ede.join(' or ')} (${because})`,
      )
    }
    assert.deepEqual(wrong, [])
  })

  it('comes to what Unbound and Knot Resolver come to', async () => {
    await using validators = await startValidators(world)
    const questions = new Questions(world.files, SEED)
    const asked = take(QUESTIONS, () => questions.next())
    const { disagreements } = await compareOpinions(validators.all, asked)
    const open = disagreements.filter((disagreement) => explanationsOf(disagreement) === null)
    assert.deepEqual(open.map(formatDisagreement), [])
  })

  it('comes to the same by what was proven of other names (RFC 8198)', async () => {
    await using asking = await startDotward(world)
    await using sparing = await startDotward(world, true)
    const questions = new Questions(world.files, SEED + 1)
    const asked = take(QUESTIONS, () => questions.next())
    const { disagreements } = await compareOpinions([asking, sparing], asked)
    const open = disagreements.filter(
      (found) => !DENIED_BY_PARENT.test(found.asked.name.toLowerCase()),
    )
    assert.deepEqual(open.map(formatDisagreement), [])
  })
})
