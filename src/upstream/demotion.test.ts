import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Demotion } from './demotion.ts'

test('demotes after three failures in a row, and one answer restores', () => {
  const demotion = new Demotion()
  demotion.onFailure(0)
  demotion.onFailure(0)
  demotion.onAnswer()
  demotion.onFailure(0)
  demotion.onFailure(0)
  assert.equal(demotion.demoted, false)
  demotion.onFailure(0)
  assert.equal(demotion.demoted, true)
  demotion.onAnswer()
  assert.equal(demotion.demoted, false)
})

test('asks for a probe every two seconds while it is demoted, and never else', () => {
  const demotion = new Demotion()
  assert.equal(demotion.takeProbe(10_000), false)
  for (let i = 0; i < 3; i++) demotion.onFailure(10_000)
  assert.equal(demotion.takeProbe(11_999), false)
  assert.equal(demotion.takeProbe(12_000), true)
  assert.equal(demotion.takeProbe(12_001), false)
  assert.equal(demotion.takeProbe(14_000), true)
})
