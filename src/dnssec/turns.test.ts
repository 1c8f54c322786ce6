import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { Budget } from './budget.ts'
import { type Check, Turns } from './turns.ts'

function rig(options: { underWay: number; waiting: number }) {
  const turns = new Turns(options)
  const started: string[] = []
  const take = (name: string, budget: Budget): boolean => {
    const check: Check = { budget, behind: null, start: () => void started.push(name) }
    return turns.take(check)
  }
  return { turns, started, take }
}

describe('turns of checks', () => {
  it('has only so many under way', () => {
    const { turns, started, take } = rig({ underWay: 2, waiting: 9 })
    const budget = new Budget()
    for (const name of ['a', 'b', 'c', 'd']) assert.ok(take(name, budget))
    assert.deepEqual(started, ['a', 'b'])
    turns.done()
    assert.deepEqual(started, ['a', 'b', 'c'])
    turns.done()
    turns.done()
    assert.deepEqual(started, ['a', 'b', 'c', 'd'])
    assert.equal(budget.line, null)
  })

  it('lets questions take turns, whatever one of them needs', () => {
    const { turns, started, take } = rig({ underWay: 1, waiting: 9 })
    const greedy = new Budget()
    for (const name of ['g1', 'g2', 'g3', 'g4']) take(name, greedy)
    take('a', new Budget())
    const other = new Budget()
    take('b1', other)
    take('b2', other)
    for (let i = 0; i < 7; i++) turns.done()
    assert.deepEqual(started, ['g1', 'g2', 'a', 'b1', 'g3', 'b2', 'g4'])
  })

  it('refuses what would wait behind too many, and takes again when there is room', () => {
    const { turns, started, take } = rig({ underWay: 1, waiting: 1 })
    assert.ok(take('a', new Budget()))
    assert.ok(take('b', new Budget()))
    assert.ok(!take('c', new Budget()))
    turns.done()
    assert.ok(take('d', new Budget()))
    turns.done()
    turns.done()
    turns.done()
    assert.ok(take('e', new Budget()))
    assert.deepEqual(started, ['a', 'b', 'd', 'e'])
  })

  it('leaves half of the room to questions that have had few', () => {
    const { take } = rig({ underWay: 1, waiting: 4 })
    const greedy = Array.from({ length: 4 }, () => {
      const budget = new Budget()
      for (let i = 0; i < 10; i++) budget.take('signatures')
      return budget
    })
    assert.ok(take('first', new Budget()))
    assert.deepEqual(
      greedy.map((budget) => take('greedy', budget)),
      [true, true, false, false],
    )
    assert.ok(take('a', new Budget()))
    assert.ok(take('b', new Budget()))
    assert.ok(!take('c', new Budget()))
  })
})
