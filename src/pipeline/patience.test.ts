import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../test/support/fake-clock.ts'
import { QuestionKey } from '../wire/question-key.ts'
import { Patience } from './patience.ts'
import { Resolution } from './resolution.ts'

const owner = { answered() {}, failed() {} }
const LIMIT = 1_800

function rig() {
  const clock = new FakeClock(0)
  const over: [Resolution, number][] = []
  const patience = new Patience({
    limit: LIMIT,
    clock,
    onOver: (resolution) => over.push([resolution, clock.now()]),
  })
  const begun = () =>
    new Resolution({
      owner,
      key: new QuestionKey(new Uint32Array(4)),
      options: null,
      subnet: null,
      startedAt: clock.now(),
      deadline: clock.now() + 5_000,
      isRenewal: false,
    })
  return { clock, over, patience, begun }
}

test('each question is over after its time, those that were answered never', () => {
  const { clock, over, patience, begun } = rig()
  const all = Array.from({ length: 5 }, () => {
    const resolution = begun()
    patience.add(resolution)
    clock.advance(100)
    return resolution
  })
  patience.remove(all[0]!)
  patience.remove(all[3]!)
  clock.advance(5_000)
  assert.deepEqual(over, [
    [all[1], 100 + LIMIT],
    [all[2], 200 + LIMIT],
    [all[4], 400 + LIMIT],
  ])
  assert.equal(clock.timers, 0)
})

test('who joins what began long ago does not wait behind what began since', () => {
  const { clock, over, patience, begun } = rig()
  const renewal = begun()
  clock.advance(1_500)
  const question = begun()
  patience.add(question)
  clock.advance(100)
  patience.add(renewal)
  clock.advance(5_000)
  assert.deepEqual(over, [
    [renewal, LIMIT],
    [question, 1_500 + LIMIT],
  ])
})

test('waiting that has no point any more ends at once, and no other', () => {
  const { clock, over, patience, begun } = rig()
  const all = Array.from({ length: 4 }, begun)
  for (const resolution of all) patience.add(resolution)
  patience.giveUp((resolution) => resolution === all[0] || resolution === all[2])
  assert.deepEqual(
    over.map(([resolution]) => resolution),
    [all[0], all[2]],
  )
  clock.advance(LIMIT)
  assert.deepEqual(
    over.map(([resolution]) => resolution),
    [all[0], all[2], all[1], all[3]],
  )
})
