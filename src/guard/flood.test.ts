import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { simulateFlood } from './flood.ts'

/** The same numbers each time (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

suite('a flood of distinct sources', () => {
  const flood = {
    sources: 1_000_000,
    perSecond: 400_000,
    goodClients: 1_000,
    goodRate: 10,
    limit: { rate: 20, burst: 20 },
    random: seeded(1),
  }

  test('limits no good client, helps no greedy one, and takes no memory', () => {
    const outcome = simulateFlood(flood)
    assert.ok(outcome.asked > 20_000)
    assert.equal(outcome.limited, 0)
    assert.ok(outcome.greedyPassed <= outcome.greedyBound)
    assert.ok(outcome.greedyPassed >= outcome.greedyBound - flood.limit.burst)
    assert.equal(outcome.memory, simulateFlood({ ...flood, sources: 10 }).memory)
  })

  test('beyond what the table can tell apart helps no greedy client either', () => {
    const { greedyPassed, greedyBound, limited, asked } = simulateFlood({
      ...flood,
      perSecond: 4_000_000,
      sources: 4_000_000,
      limit: { rate: 2, burst: 20 },
      goodRate: 1,
    })
    assert.ok(greedyPassed <= greedyBound)
    assert.ok(limited < asked)
  })
})
