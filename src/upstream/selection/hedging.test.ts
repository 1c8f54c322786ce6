import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { HedgeBudget } from './hedging.ts'

test('never lets through more extra queries than its share of the queries', () => {
  const asked = fc.array(fc.boolean(), { maxLength: 2_000 })
  fc.assert(
    fc.property(asked, fc.double({ min: 0, max: 1, noNaN: true }), (steps, budget) => {
      const bucket = new HedgeBudget({ budget })
      let queries = 0
      let extra = 0
      for (const hedges of steps) {
        bucket.onQuery()
        queries++
        if (hedges && bucket.take()) extra++
        assert.ok(extra <= queries * budget + 1e-6)
      }
    }),
  )
})

test('lets one through for twenty queries at 5 %', () => {
  const bucket = new HedgeBudget({ budget: 0.05 })
  let extra = 0
  for (let i = 0; i < 2_000; i++) {
    bucket.onQuery()
    if (bucket.take()) extra++
  }
  assert.ok(extra >= 99 && extra <= 100)
})

test('saves up for a bad moment, within a bound', () => {
  const bucket = new HedgeBudget({ budget: 0.05 })
  for (let i = 0; i < 10_000; i++) bucket.onQuery()
  let saved = 0
  while (bucket.take()) saved++
  assert.equal(saved, 100)
})

test('lets none through when it is switched off', () => {
  const bucket = new HedgeBudget({ budget: 0 })
  for (let i = 0; i < 1_000; i++) bucket.onQuery()
  assert.equal(bucket.take(), false)
})
