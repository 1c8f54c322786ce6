// Inputs come in rounds, and each can be tried again by itself.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { fuzz, type FuzzTarget } from '../../fuzz/rounds.ts'

/** Draws a number for each input, and does so much work. */
function target(limit: number, drawn: number[] = []): FuzzTarget {
  return {
    name: 'drawn',
    inputs: 10,
    limits: { work: limit },
    begin:
      ({ below }) =>
      () => {
        const work = below(1_000)
        drawn.push(work)
        return { work }
      },
  }
}

describe('a fuzz target that keeps a state', () => {
  it('has the same inputs from the same seed, and others in each round', async () => {
    const [one, other]: number[][] = [[], []]
    await fuzz(target(1_000, one), { seconds: Infinity, seed: 7, inputs: 35 })
    await fuzz(target(1_000, other), { seconds: Infinity, seed: 7, inputs: 35 })
    assert.equal(one!.length, 35)
    assert.deepEqual(one, other)
    assert.notDeepEqual(one!.slice(0, 10), one!.slice(10, 20))
  })

  it('tells which input was the dearest, and has it again as the last of so many', async () => {
    const { most } = await fuzz(target(1_000), { seconds: Infinity, seed: 7, inputs: 200 })
    const { amount, seed, number } = most.get('work')!
    const drawn: number[] = []
    await fuzz(target(1_000, drawn), { seconds: Infinity, seed, inputs: number })
    assert.equal(drawn.at(-1), amount)
  })

  it('ends at an input that does too much, with the command that tries it again', async () => {
    const whole = fuzz(target(990), { seconds: Infinity, seed: 7, inputs: 10_000 })
    const error = await whole.then(
      () => assert.fail('all of it was little'),
      (reason: unknown) => reason as Error,
    )
    const [, seed, number] = /^node fuzz\/drawn\.ts --seed (\d+) --inputs (\d+)$/.exec(
      error.message,
    )!
    assert.match(String(error.cause), /99\d work, of 990 at the most/)
    const again = fuzz(target(990), {
      seconds: Infinity,
      seed: Number(seed),
      inputs: Number(number),
    })
    await assert.rejects(again, { message: error.message })
  })
})
