// More signatures than there is time for: what was not checked is neither proven nor bogus, and nobody
// remembers it.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { ChainWorld } from './chain/testing.ts'
import { Security, type Verdict } from './verdict.ts'
import { isOverload } from './verifier.ts'

/** One check at a time, and nobody waits. */
const NARROW = { underWay: 1, perTurn: 0, waiting: 0, memory: 0 }

const QUESTIONS = [
  'www.example. 1',
  'any.w.example. 1',
  'nowhere.example. 1',
  'www.example. 16',
  'www.sub.example. 1',
  'www.org. 1',
  'unsigned.example. 43',
  'www.unsigned.example. 1',
]

/** What is found of each, all asked at once. */
async function judgeAll(world: ChainWorld): Promise<readonly Verdict[]> {
  return await Promise.all(
    QUESTIONS.map(async (question) => world.validator.validate(world.answer(question))),
  )
}

function isTurnedAway({ security, fault }: Verdict): boolean {
  return security === Security.Bogus && isOverload(fault!)
}

async function expected(): Promise<readonly Security[]> {
  const verdicts: Security[] = []
  for (const question of QUESTIONS) {
    const world = new ChainWorld()
    verdicts.push((await world.validator.validate(world.answer(question))).security)
  }
  return verdicts
}

describe('answers for which there is no time', () => {
  it('are turned away, and nothing worse is said of them', async () => {
    const honest = await expected()
    const world = new ChainWorld([], 100, NARROW)
    let turnedAway = 0
    for (let round = 0; round < 20; round++) {
      for (const [i, verdict] of (await judgeAll(world)).entries()) {
        if (isTurnedAway(verdict)) turnedAway++
        else assert.equal(verdict.security, honest[i], `${QUESTIONS[i]}: ${verdict.fault?.text}`)
      }
    }
    assert.ok(turnedAway > 20, String(turnedAway))
  })

  it('are judged when they are asked for again, at once', async () => {
    const honest = await expected()
    const world = new ChainWorld([], 100, NARROW)
    await judgeAll(world)
    const { now } = world
    for (const [i, question] of QUESTIONS.entries()) {
      const verdict = await world.validator.validate(world.answer(question))
      assert.equal(verdict.security, honest[i], `${question}: ${verdict.fault?.text}`)
    }
    assert.equal(world.now, now)
  })

  it('say what they want for: nothing of the data', async () => {
    const verdicts = await judgeAll(new ChainWorld([], 100, NARROW))
    const { fault, ttls } = verdicts.find(isTurnedAway)!
    assert.match(fault!.text, /^too many signatures wait/)
    assert.equal(ttls, null)
  })
})
