import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { refreshAfter, retryAfter } from './roll-over.ts'
import { DAY, entryKey, revoked, rootWatcher, zoneKey } from './testing.ts'
import { KeyState } from './trust-point.ts'

const HOUR = 3_600
const START = '2026-01-01'

describe('the keys of a zone over the years (RFC 5011)', () => {
  it('roll as those of the root did from 2010 to 2017 and to 2024', () => {
    const [ksk2010, ksk2017, ksk2024, zsk] = [entryKey(), entryKey(), entryKey(), zoneKey()]
    const watcher = rootWatcher('2017-01-01', ksk2010)
    watcher.name('KSK-2010', ksk2010)
    watcher.name('KSK-2017', ksk2017)
    watcher.name('KSK-2024', ksk2024)
    const last2010 = revoked(ksk2010)
    const last2017 = revoked(ksk2017)
    watcher.seeUntil('2017-07-11', [zsk, ksk2010], [ksk2010])
    watcher.seeUntil('2018-10-11', [zsk, ksk2010, ksk2017], [ksk2010])
    watcher.seeUntil('2019-01-11', [zsk, ksk2010, ksk2017], [ksk2017])
    watcher.seeUntil('2019-03-22', [zsk, last2010, ksk2017], [last2010, ksk2017])
    watcher.seeUntil('2025-01-11', [zsk, ksk2017], [ksk2017])
    watcher.seeUntil('2026-10-11', [zsk, ksk2017, ksk2024], [ksk2017])
    watcher.seeUntil('2027-01-11', [zsk, ksk2017, ksk2024], [ksk2024])
    watcher.seeUntil('2027-03-22', [zsk, last2017, ksk2024], [last2017, ksk2024])
    watcher.seeUntil('2028-01-01', [zsk, ksk2024], [ksk2024])
    assert.deepEqual(watcher.changes, [
      '2017-01-01 KSK-2010 unknown to valid',
      '2017-07-11 KSK-2017 unknown to pending',
      '2017-08-10 KSK-2017 pending to valid',
      '2019-01-11 KSK-2010 valid to revoked',
      '2019-04-20 KSK-2010 revoked to removed',
      '2025-01-11 KSK-2024 unknown to pending',
      '2025-02-10 KSK-2024 pending to valid',
      '2027-01-11 KSK-2017 valid to revoked',
      '2027-04-20 KSK-2017 revoked to removed',
    ])
    assert.deepEqual(
      [ksk2010, ksk2017, ksk2024].map((key) => watcher.trusts(key)),
      [false, false, true],
    )
  })
})

describe('a new key (RFC 5011 §2.2)', () => {
  const [anchor, fresh] = [entryKey(), entryKey()]

  it('is trusted when it has been there for 30 days, and was seen at their end', () => {
    const watcher = rootWatcher(START, anchor)
    watcher.see([anchor, fresh], [anchor])
    for (let day = 1; day < 30; day++) {
      watcher.now += DAY
      watcher.see([anchor, fresh], [anchor])
      assert.equal(watcher.trusts(fresh), false, `day ${day}`)
    }
    watcher.now += DAY
    assert.equal(watcher.trusts(fresh), false)
    watcher.see([anchor, fresh], [anchor])
    assert.equal(watcher.trusts(fresh), true)
  })

  it('begins anew when a set comes without it', () => {
    const watcher = rootWatcher(START, anchor)
    watcher.name('new', fresh)
    watcher.seeUntil('2026-01-29', [anchor, fresh], [anchor])
    watcher.see([anchor], [anchor])
    watcher.now += DAY
    watcher.seeUntil('2026-02-28', [anchor, fresh], [anchor])
    assert.equal(watcher.trusts(fresh), false)
    watcher.seeUntil('2026-03-03', [anchor, fresh], [anchor])
    assert.equal(watcher.trusts(fresh), true)
    assert.deepEqual(watcher.changes.slice(1), [
      '2026-01-01 new unknown to pending',
      '2026-01-29 new pending to unknown',
      '2026-01-30 new unknown to pending',
      '2026-03-01 new pending to valid',
    ])
  })

  it('counts only where a key that is trusted has signed the set', () => {
    const watcher = rootWatcher(START, anchor)
    watcher.seeUntil('2026-06-01', [anchor, fresh], [fresh])
    assert.equal(watcher.point.keys.length, 0)
    watcher.seeUntil('2026-07-02', [anchor, fresh], [anchor, fresh])
    assert.equal(watcher.trusts(fresh), true)
  })

  it('that an attacker adds with a stolen key is not trusted when that key is revoked in time', () => {
    const [stolen, planted] = [entryKey(), entryKey()]
    const watcher = rootWatcher(START, anchor, stolen)
    watcher.seeUntil('2026-01-20', [anchor, stolen, planted], [stolen])
    const last = revoked(stolen)
    watcher.see([anchor, last, planted], [anchor, last])
    assert.equal(
      watcher.point.keys.some(({ state }) => state === KeyState.Pending),
      true,
    )
    watcher.now += DAY
    // All that vouched for it are gone: it waits from the beginning, and the owner leaves it out.
    watcher.seeUntil('2026-02-10', [anchor, last], [anchor, last])
    watcher.seeUntil('2026-06-01', [anchor], [anchor])
    assert.equal(watcher.trusts(planted), false)
    assert.equal(watcher.trusts(stolen), false)
    assert.equal(watcher.trusts(anchor), true)
  })

  it('is an entry point: keys that sign data come and go (RFC 5011 §3)', () => {
    const watcher = rootWatcher(START, anchor)
    watcher.seeUntil('2026-06-01', [anchor, zoneKey()], [anchor])
    assert.equal(watcher.point.keys.length, 1)
  })

  it('is trusted at once when it is configured', () => {
    const watcher = rootWatcher(START, anchor, fresh)
    watcher.see([anchor, fresh], [anchor])
    assert.deepEqual(
      watcher.point.keys.map(({ state }) => state),
      [KeyState.Valid, KeyState.Valid],
    )
  })

  it('finds no room beside more than anybody needs', () => {
    const watcher = rootWatcher(START, anchor)
    const many = Array.from({ length: 40 }, entryKey)
    watcher.see([anchor, ...many], [anchor])
    assert.equal(watcher.point.keys.length, 32)
  })
})

describe('a clock that jumps', () => {
  const [anchor, fresh] = [entryKey(), entryKey()]

  it('does not make a new key old', () => {
    const watcher = rootWatcher(START, anchor)
    watcher.see([anchor, fresh], [anchor])
    watcher.now += 5 * 365 * DAY
    watcher.see([anchor, fresh], [anchor])
    assert.equal(watcher.trusts(fresh), false)
    watcher.now -= 5 * 365 * DAY
    watcher.see([anchor, fresh], [anchor])
    assert.equal(watcher.trusts(fresh), false)
    watcher.now += 14 * DAY
    watcher.see([anchor, fresh], [anchor])
    assert.equal(watcher.trusts(fresh), false)
    watcher.now += DAY
    watcher.see([anchor, fresh], [anchor])
    assert.equal(watcher.trusts(fresh), true)
  })

  it('does not make trusted keys others', () => {
    const watcher = rootWatcher(START, anchor)
    watcher.see([anchor], [anchor])
    watcher.now -= 20 * 365 * DAY
    watcher.see([anchor], [anchor])
    watcher.now += 60 * 365 * DAY
    watcher.see([anchor], [anchor])
    assert.equal(watcher.changes.length, 1)
    assert.equal(watcher.trusts(anchor), true)
  })
})

describe('a revoked key (RFC 5011 §2.1)', () => {
  const [first, second] = [entryKey(), entryKey()]

  it('is not trusted from that moment on, and never again', () => {
    const watcher = rootWatcher(START, first, second)
    watcher.see([first, second], [first])
    watcher.see([revoked(first), second], [revoked(first), second])
    assert.equal(watcher.trusts(first), false)
    watcher.seeUntil('2027-01-01', [second], [second])
    watcher.seeUntil('2028-01-01', [first, second], [first, second])
    assert.equal(watcher.trusts(first), false)
    assert.equal(watcher.see([first], [first]).times, null)
  })

  it('must say so itself: no other key can revoke it', () => {
    const watcher = rootWatcher(START, first, second)
    watcher.see([first, second], [first, second])
    watcher.see([revoked(first), second], [second])
    assert.equal(watcher.trusts(first), true)
  })

  it('needs nobody else for that, nor a set that is trusted otherwise', () => {
    const watcher = rootWatcher(START, first, second)
    const { times } = watcher.see([revoked(first)], [revoked(first)])
    assert.equal(times, null)
    assert.equal(watcher.trusts(first), false)
    assert.equal(watcher.trusts(second), true)
  })

  it('leaves the zone without anchors when it was the last (RFC 5011 §5)', () => {
    const watcher = rootWatcher(START, first)
    watcher.see([first], [first])
    watcher.see([revoked(first), second], [revoked(first)])
    assert.equal(watcher.point.anchors(), null)
    watcher.seeUntil('2027-01-01', [second], [second])
    assert.equal(watcher.point.anchors(), null)
  })

  it('is of no account when nobody trusted it', () => {
    const watcher = rootWatcher(START, second)
    watcher.see([revoked(first), second], [revoked(first), second])
    assert.equal(watcher.point.keys.length, 1)
  })
})

describe('a key that is missing (RFC 5011 §4)', () => {
  it('stays trusted, and is found again', () => {
    const [first, second] = [entryKey(), entryKey()]
    const watcher = rootWatcher(START, first, second)
    watcher.name('first', first)
    watcher.see([first, second], [first])
    watcher.now += DAY
    watcher.seeUntil('2030-01-01', [second], [second])
    assert.equal(watcher.trusts(first), true)
    assert.notEqual(watcher.see([first], [first]).times, null)
    assert.deepEqual(
      watcher.changes.filter((change) => change.includes('first')),
      [
        '2026-01-01 first unknown to valid',
        '2026-01-02 first valid to missing',
        '2030-01-01 first missing to valid',
      ],
    )
  })
})

describe('queries for keys (RFC 5011 §2.3)', () => {
  it('come after half of the TTL and of what is left of the signature, 1 hour to 15 days', () => {
    assert.equal(refreshAfter({ originalTtl: 2 * DAY, life: 21 * DAY }), DAY)
    assert.equal(refreshAfter({ originalTtl: 20 * DAY, life: 4 * DAY }), 2 * DAY)
    assert.equal(refreshAfter({ originalTtl: 60, life: 21 * DAY }), HOUR)
    assert.equal(refreshAfter({ originalTtl: 90 * DAY, life: 90 * DAY }), 15 * DAY)
  })

  it('that fail come again after a tenth of these, 1 hour to a day', () => {
    assert.equal(retryAfter({ originalTtl: 2 * DAY, life: 21 * DAY }), DAY / 5)
    assert.equal(retryAfter({ originalTtl: 60, life: 21 * DAY }), HOUR)
    assert.equal(retryAfter({ originalTtl: 90 * DAY, life: 90 * DAY }), DAY)
    assert.equal(retryAfter(null), HOUR)
  })
})
