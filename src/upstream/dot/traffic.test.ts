import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Traffic } from './traffic.ts'

describe('traffic of a worker', () => {
  test('flows for five seconds after a query', () => {
    const traffic = new Traffic()
    assert.equal(traffic.flows(0), false)
    traffic.note(1_000)
    assert.equal(traffic.flows(6_000), true)
    assert.equal(traffic.flows(6_001), false)
  })

  test('wakes once whoever waits for its return', () => {
    const traffic = new Traffic()
    let calls = 0
    traffic.note(0)
    traffic.whenBack(() => calls++)
    traffic.note(1_000)
    assert.equal(calls, 0)
    traffic.note(10_000)
    traffic.note(20_000)
    assert.equal(calls, 1)
  })

  test('does not wake whoever has gone', () => {
    const traffic = new Traffic()
    const gone = (): void => assert.fail()
    traffic.whenBack(gone)
    traffic.forget(gone)
    traffic.note(10_000)
  })
})
