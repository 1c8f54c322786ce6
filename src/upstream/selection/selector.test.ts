// What every strategy must do, and what each of them is for.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { questionFor } from '../../../test/support/exchanges.ts'
import { type SelectionOptions, STRATEGIES, type StrategyName } from './options.ts'
import { NOBODY, Selector } from './selector.ts'
import { registrableDomain } from './sticky.ts'
import type { Candidate } from './strategy.ts'

class FakeUpstream implements Candidate {
  readonly name: string
  weight = 1
  outstanding = 0
  time = 10
  up = true
  failures = 1

  constructor(name: string, changes: Partial<FakeUpstream> = {}) {
    this.name = name
    Object.assign(this, changes)
  }

  expected(): number {
    return this.time
  }

  usable(): boolean {
    return this.up
  }

  badness(): number {
    return this.failures
  }
}

/** Numbers that look random and are the same each time (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
}

const selectorOf = (
  strategy: StrategyName,
  candidates: readonly FakeUpstream[],
  random = seeded(1),
): Selector => {
  const selection: SelectionOptions = { strategy, fastestOf: 2 }
  return new Selector({ candidates, random, selection })
}

const wire = (name: string): Uint8Array => questionFor(name).question
const WWW = wire('www.example.org')

/** How often each upstream is chosen, of `count` times, for a different domain each time. */
function tally(selector: Selector, candidates: readonly FakeUpstream[], count = 4_000): number[] {
  const times = candidates.map(() => 0)
  for (let i = 0; i < count; i++) times[selector.choose(0, 0, wire(`n${i}.org`))]! += 1
  return times
}

const upstreams = (count: number): FakeUpstream[] =>
  Array.from({ length: count }, (_, i) => new FakeUpstream(`upstream-${i}`))

const state = fc.record({
  up: fc.boolean(),
  failures: fc.integer({ min: 1, max: 9 }),
  weight: fc.integer({ min: 1, max: 9 }),
  outstanding: fc.nat(100),
  time: fc.nat(1_000),
  tried: fc.boolean(),
})
const states = fc.array(state, { minLength: 1, maxLength: 31 })

for (const strategy of STRATEGIES) {
  describe(`the strategy ${strategy}`, () => {
    test('chooses somebody in use who was not asked, or else the least bad, or else nobody', () => {
      fc.assert(
        fc.property(states, fc.nat(), fc.nat(3), (all, seed, before) => {
          const candidates = all.map((changes, i) => new FakeUpstream(`u${i}`, changes))
          const tried = all.reduce((set, one, i) => (one.tried ? set | (1 << i) : set), 0)
          const selector = selectorOf(strategy, candidates, seeded(seed))
          for (let i = 0; i < before; i++) selector.choose(0, 0, WWW)
          const left = candidates.filter((_, i) => !all[i]!.tried)
          const usable = left.filter(({ up }) => up)

          const chosen = candidates[selector.choose(tried, 0, WWW)]
          if (usable.length > 0) assert.ok(chosen !== undefined && usable.includes(chosen))
          else if (left.length === 0) assert.equal(chosen, undefined)
          else {
            assert.ok(chosen !== undefined && left.includes(chosen))
            assert.equal(chosen.failures, Math.min(...left.map(({ failures }) => failures)))
          }

          const extra = selector.chooseUsable(tried, 0, WWW)
          assert.ok(usable.length === 0 ? extra === NOBODY : usable.includes(candidates[extra]!))
        }),
      )
    })

    test('chooses the same again from the same random numbers', () => {
      const choices = [1, 2].map(() => {
        const selector = selectorOf(strategy, upstreams(5), seeded(7))
        return Array.from({ length: 50 }, (_, i) => selector.choose(0, i, wire(`n${i}.org`)))
      })
      assert.deepEqual(choices[0], choices[1])
    })

    test('asks all of a group, one after the other, when none of them answers', () => {
      const selector = selectorOf(strategy, upstreams(6))
      let tried = 0
      for (let i = 0; i < 6; i++) tried |= 1 << selector.choose(tried, 0, WWW)
      assert.equal(tried, 63)
      assert.equal(selector.choose(tried, 0, WWW), NOBODY)
    })
  })
}

for (const strategy of ['round-robin', 'random', 'sticky'] as const) {
  test(`${strategy} shares queries out by weight`, () => {
    const candidates = [1, 2, 5].map((weight, i) => new FakeUpstream(`u${i}`, { weight }))
    const times = tally(selectorOf(strategy, candidates), candidates)
    for (const [i, { weight }] of candidates.entries()) {
      const expected = (4_000 * weight) / 8
      assert.ok(Math.abs(times[i]! - expected) < expected / 5, times.join(' '))
    }
  })
}

test('ordered asks the first that is in use', () => {
  const candidates = upstreams(3)
  const selector = selectorOf('ordered', candidates)
  assert.equal(selector.choose(0, 0, WWW), 0)
  candidates[0]!.up = false
  assert.equal(selector.choose(0, 0, WWW), 1)
})

test('round-robin takes turns, the heavy ones between the light ones', () => {
  const candidates = [2, 1, 1].map((weight, i) => new FakeUpstream(`u${i}`, { weight }))
  const selector = selectorOf('round-robin', candidates)
  const turns = Array.from({ length: 8 }, () => selector.choose(0, 0, WWW))
  assert.deepEqual(turns, [0, 1, 2, 0, 0, 1, 2, 0])
})

test('least-outstanding asks who owes least for its weight, and anybody of equals', () => {
  const candidates = upstreams(3)
  const selector = selectorOf('least-outstanding', candidates)
  assert.ok(tally(selector, candidates).every((times) => times > 1_000))
  candidates[0]!.outstanding = 5
  candidates[1]!.outstanding = 3
  candidates[2]!.outstanding = 9
  assert.equal(selector.choose(0, 0, WWW), 1)
  candidates[2]!.weight = 4
  assert.equal(selector.choose(0, 0, WWW), 2)
})

test('latency prefers the faster of two, and asks the others now and then', () => {
  for (const count of [2, 5]) {
    const candidates = upstreams(count)
    candidates[1]!.time = 5
    const selector = selectorOf('latency', candidates)
    const times = tally(selector, candidates)
    assert.ok(times[1] === Math.max(...times))
    if (count === 2) assert.ok(times[0]! > 10 && times[0]! < 100, `${times[0]}`)
  }
})

test('latency notices within some hundred queries that an upstream has become faster', () => {
  const candidates = upstreams(2)
  candidates[0]!.time = 1_000
  const selector = selectorOf('latency', candidates)
  let queries = 0
  while (selector.choose(0, 0, WWW) !== 0) queries++
  assert.ok(queries < 500)
})

test('latency leaves the slowest of many alone, but for its share of exploration', () => {
  const candidates = upstreams(10)
  candidates[4]!.time = 100
  const times = tally(selectorOf('latency', candidates), candidates)
  assert.ok(times[4]! < 30)
})

test('fastest asks several at once, the others one', () => {
  for (const strategy of STRATEGIES) {
    assert.equal(selectorOf(strategy, upstreams(3)).width, strategy === 'fastest' ? 2 : 1)
  }
})

describe('sticky', () => {
  test('sends all names of a registrable domain to one upstream', () => {
    const selector = selectorOf('sticky', upstreams(7))
    for (const domain of ['example.org', 'example.co.uk', 'example.com']) {
      const at = selector.choose(0, 0, wire(domain))
      for (const host of ['www', 'a.b.c', '_dmarc', 'xn--bcher-kva']) {
        assert.equal(selector.choose(0, 0, wire(`${host}.${domain}`)), at)
      }
    }
  })

  test('knows public suffixes of companies too: their customers are strangers', () => {
    assert.equal(registrableDomain(wire('www.example.org')), 'example.org')
    assert.equal(registrableDomain(wire('a.b.example.co.uk')), 'example.co.uk')
    assert.equal(registrableDomain(wire('x.someone.github.io')), 'someone.github.io')
    assert.equal(registrableDomain(wire('co.uk')), 'co.uk')
    assert.equal(registrableDomain(wire('host')), 'host')
    assert.equal(registrableDomain(wire('.')), '')
    const binary = Uint8Array.of(3, 0, 46, 255, 3, 111, 114, 103, 0, 0, 1, 0, 1)
    assert.equal(typeof registrableDomain(binary), 'string')
  })

  test('moves only the share of the upstream that went away, whatever their order', () => {
    const candidates = upstreams(5)
    const before = selectorOf('sticky', candidates)
    const after = selectorOf('sticky', candidates.slice(0, 4).toReversed())
    for (let i = 0; i < 500; i++) {
      const question = wire(`n${i}.org`)
      const was = candidates[before.choose(0, 0, question)]!
      const is = candidates[3 - after.choose(0, 0, question)]!
      if (was !== candidates[4]) assert.equal(is, was)
    }
  })
})

test('is not made without upstreams, or with more than a set can hold', () => {
  assert.throws(() => selectorOf('ordered', []), RangeError)
  assert.throws(() => selectorOf('ordered', upstreams(32)), RangeError)
})
