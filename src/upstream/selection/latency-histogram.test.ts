import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { LatencyHistogram } from './latency-histogram.ts'

test('knows nothing before the first answer', () => {
  assert.equal(new LatencyHistogram().percentile(0.95), 0)
})

test('tells every percentile to within a quarter, and never too low', () => {
  const times = fc.array(fc.double({ min: 0.5, max: 16_000, noNaN: true }), {
    minLength: 1,
    maxLength: 500,
  })
  fc.assert(
    fc.property(times, fc.double({ min: 0.5, max: 0.999, noNaN: true }), (samples, share) => {
      const histogram = new LatencyHistogram()
      for (const sample of samples) histogram.add(sample)
      const sorted = samples.toSorted((a, b) => a - b)
      const exact = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)]!
      const told = histogram.percentile(share)
      // Within rounding of the rank, its neighbours are as right.
      const above = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share))]!
      assert.ok(told >= exact - 0.125, `${told} for ${exact}`)
      assert.ok(told <= above * 1.25 + 0.25, `${told} for ${above}`)
    }),
  )
})

test('takes times out of all bounds for the bounds', () => {
  const histogram = new LatencyHistogram()
  for (const time of [-1, 0, 1e9]) histogram.add(time)
  assert.equal(histogram.percentile(0.99), 16_384)
  assert.equal(histogram.total, 3)
})

test('forgets: after some hundred answers of another kind, only these count', () => {
  const histogram = new LatencyHistogram()
  for (let i = 0; i < 1_000; i++) histogram.add(11)
  assert.equal(histogram.percentile(0.95), 12)
  for (let i = 0; i < 50; i++) histogram.add(300)
  assert.ok(histogram.percentile(0.95) > 250)
  for (let i = 0; i < 2_000; i++) histogram.add(11)
  assert.equal(histogram.percentile(0.95), 12)
})
