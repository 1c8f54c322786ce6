import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { IdleLifetime } from './idle-lifetime.ts'

const MINUTE = 60_000

describe('how long connections may lie idle (RFC 7766 §6.2.3)', () => {
  test('as configured, until the upstream closes one sooner', () => {
    const lifetime = new IdleLifetime({ configured: 8_000 })
    assert.equal(lifetime.timeout(0), 8_000)
    lifetime.onClosed(2_000, 0)
    assert.equal(lifetime.timeout(1), 1_500)
  })

  test('the shortest that was seen counts', () => {
    const lifetime = new IdleLifetime({ configured: 8_000 })
    lifetime.onClosed(4_000, 0)
    lifetime.onClosed(2_000, 0)
    lifetime.onClosed(3_000, 0)
    assert.equal(lifetime.timeout(1), 1_500)
  })

  test('a connection that closes right after an answer did not die of idleness', () => {
    const lifetime = new IdleLifetime({ configured: 8_000 })
    lifetime.onClosed(900, 0)
    assert.equal(lifetime.timeout(1), 8_000)
  })

  test('one that closes later than we would teaches nothing', () => {
    const lifetime = new IdleLifetime({ configured: 8_000 })
    lifetime.onClosed(60_000, 0)
    assert.equal(lifetime.timeout(1), 8_000)
  })

  test('what was learned is forgotten after ten minutes: it may have been a restart', () => {
    const lifetime = new IdleLifetime({ configured: 8_000 })
    lifetime.onClosed(2_000, 0)
    assert.equal(lifetime.timeout(10 * MINUTE - 1), 1_500)
    assert.equal(lifetime.timeout(10 * MINUTE), 8_000)
  })
})
