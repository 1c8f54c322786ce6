import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { didYouMean } from './did-you-mean.ts'
import {
  formatDuration,
  formatPercentage,
  formatSize,
  parseDuration,
  parsePercentage,
  parseSize,
} from './units.ts'

test('durations are read with their unit', () => {
  const cases = {
    '0s': 0,
    '250ms': 250,
    '10s': 10_000,
    '5m': 300_000,
    '1h': 3_600_000,
    '1d': 86_400_000,
  }
  for (const [text, value] of Object.entries(cases)) assert.equal(parseDuration(text), value)
  for (const none of [
    '',
    '10',
    's',
    '1.5s',
    '-1s',
    '1 s',
    '1S',
    '1w',
    '1m30s',
    'constructor',
    '1toString',
  ]) {
    assert.equal(parseDuration(none), null, none)
  }
})

test('sizes are read with their unit', () => {
  const cases = { '0B': 0, '512KiB': 524_288, '64MiB': 67_108_864, '1GiB': 1_073_741_824 }
  for (const [text, value] of Object.entries(cases)) assert.equal(parseSize(text), value)
  for (const none of ['', '10', '1MB', '1M', '1mib', '1.5GiB']) {
    assert.equal(parseSize(none), null, none)
  }
})

test('nothing is written with a unit too', () => {
  assert.equal(formatDuration(0), '0s')
  assert.equal(formatSize(0), '0B')
})

test('what is written is read back the same', () => {
  fc.assert(
    fc.property(fc.nat(), (value) => {
      assert.equal(parseDuration(formatDuration(value)), value)
      assert.equal(parseSize(formatSize(value * 1024)), value * 1024)
    }),
  )
})

test('a slip of the finger is recognised, another word is not', () => {
  const names = ['cache', 'listeners', 'upstreams', 'minTtl', 'maxTtl']
  assert.equal(didYouMean('cahce', names), 'cache')
  assert.equal(didYouMean('listener', names), 'listeners')
  assert.equal(didYouMean('min_ttl', names), 'minTtl')
  assert.equal(didYouMean('upstraems', names), 'upstreams')
  assert.equal(didYouMean('policy', names), null)
  assert.equal(didYouMean('x', []), null)
})

test('percentages are read as shares of one', () => {
  const cases = { '5%': 0.05, '0%': 0, '100%': 1, '99.9%': 0.999, '12.5%': 0.125 }
  for (const [text, share] of Object.entries(cases)) {
    assert.equal(parsePercentage(text), share)
    assert.equal(formatPercentage(share), text)
  }
  for (const none of ['', '5', '5 %', '-1%', '.5%', '1e1%', '%']) {
    assert.equal(parsePercentage(none), null, none)
  }
})
