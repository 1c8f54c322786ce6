import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Silence } from './silence.ts'

const learn = (silence: Silence, gaps: readonly number[], times: number): void => {
  for (let i = 0; i < times; i++) for (const gap of gaps) silence.onOctets(gap)
}

describe('silence while queries wait', () => {
  test('is unusual after 80 ms where octets come all the time', () => {
    const silence = new Silence({ limit: 2_000 })
    assert.equal(silence.unusual, 80)
    learn(silence, [1, 2, 1], 50)
    assert.equal(silence.unusual, 80)
  })

  test('becomes unusual later where answers are slow, never later than half the limit', () => {
    const silence = new Silence({ limit: 2_000 })
    learn(silence, [20, 300], 50)
    assert.ok(silence.unusual > 300 && silence.unusual < 1_000, String(silence.unusual))
    learn(silence, [3_000], 50)
    assert.equal(silence.unusual, 1_000)
  })

  test('is forgotten as soon as the upstream is fast again', () => {
    const silence = new Silence({ limit: 2_000 })
    learn(silence, [3_000], 50)
    learn(silence, [1], 60)
    assert.equal(silence.unusual, 80)
  })

  test('leaves a sign of life two round trips, up to half the limit', () => {
    const silence = new Silence({ limit: 2_000 })
    assert.equal(silence.grace, 80)
    silence.onConnected(150)
    assert.equal(silence.grace, 380)
    silence.onConnected(5_000)
    assert.equal(silence.grace, 1_000)
  })

  test('is borne for longer each time that it cost a connection, until something comes', () => {
    const silence = new Silence({ limit: 2_000 })
    const graces = Array.from({ length: 6 }, () => {
      silence.onGivenUp()
      return silence.grace
    })
    assert.deepEqual(graces, [160, 320, 640, 1_000, 1_000, 1_000])
    silence.onOctets(200)
    assert.equal(silence.grace, 80)
  })

  test('counts only in full where the upstream does not answer signs of life', () => {
    const silence = new Silence({ limit: 2_000 })
    silence.onSignIgnored()
    assert.equal(silence.unusual + silence.grace, 2_000)
  })
})
