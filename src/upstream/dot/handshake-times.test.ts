import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { HandshakeTimes } from './handshake-times.ts'

describe('patience with handshakes', () => {
  test('is that of a far server before any handshake was seen', () => {
    assert.equal(new HandshakeTimes({ limit: 600 }).patience, 300)
  })

  test('is three times the usual handshake, between 100 ms and the limit', () => {
    const times = new HandshakeTimes({ limit: 600 })
    times.onDone(60)
    assert.equal(times.patience, 180)
    for (let i = 0; i < 20; i++) times.onDone(5)
    assert.equal(times.patience, 100)
    for (let i = 0; i < 20; i++) times.onDone(2_000)
    assert.equal(times.patience, 600)
  })
})
