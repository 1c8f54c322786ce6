// What must hold whatever a zone, or somebody in its place, shows to those who watch its keys.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Dnskey } from '../dnskey.ts'
import { ROOT } from '../name.ts'
import { formatAnchorState, readAnchorState } from './anchor-state.ts'
import { DAY, entryKey, revoked, rootWatcher, type Watcher } from './testing.ts'
import { keyId, KeyState, type KnownKey } from './trust-point.ts'

const KEYS = Array.from({ length: 5 }, entryKey)
const LAST = KEYS.map(revoked)

/** Of these the first two are configured. */
const CONFIGURED = 2

/** A set: which keys are in it, plain and revoked, and which of these have signed it. */
interface Step {
  /** Seconds since the step before; the clock may be set back. */
  readonly passed: number
  readonly plain: readonly number[]
  readonly revoked: readonly number[]
  readonly signers: readonly number[]
}

const some = fc.subarray(KEYS.map((_, i) => i))
const step: fc.Arbitrary<Step> = fc.record({
  passed: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 3_600, max: 15 * DAY }) },
    { weight: 1, arbitrary: fc.integer({ min: -3_650 * DAY, max: 3_650 * DAY }) },
  ),
  plain: fc.oneof(
    { weight: 3, arbitrary: fc.constant([0, 1, 2, 3]) },
    { weight: 2, arbitrary: some },
  ),
  revoked: fc.oneof({ weight: 6, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: some }),
  signers: fc.oneof({ weight: 2, arbitrary: fc.constant([0]) }, { weight: 2, arbitrary: some }),
})

function take(watcher: Watcher, { passed, plain, revoked: last, signers }: Step) {
  watcher.now = Math.max(DAY, watcher.now + passed)
  const keys = [...plain.map((i) => KEYS[i]!), ...last.map((i) => LAST[i]!)]
  return watcher.see(keys, [...signers.map((i) => KEYS[i]!), ...signers.map((i) => LAST[i]!)])
}

function known(watcher: Watcher, i: number): KnownKey | undefined {
  const id = keyId(KEYS[i]!.rdata)
  return watcher.point.keys.find(({ rdata }) => keyId(rdata) === id)
}

function isTrusted(watcher: Watcher, i: number): boolean {
  return watcher.point.trusts(new Dnskey(KEYS[i]!.rdata))
}

/** Runs the steps, with what holds before and after each. */
function holds(
  check: (watcher: Watcher, at: Step, before: Watcher['point'], isValid: boolean) => void,
): fc.IProperty<[Step[]]> {
  return fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    const watcher = rootWatcher('2026-01-01', ...KEYS.slice(0, CONFIGURED))
    for (const one of steps) {
      const before = watcher.point
      const { times } = take(watcher, one)
      check(watcher, one, before, times !== null)
    }
  })
}

describe('keys that are watched (RFC 5011)', () => {
  it('are trusted when they were configured, or waited for 30 days', () => {
    let owner: Watcher | null = null
    const waited = new Map<number, number>()
    let seenAt = 0
    fc.assert(
      holds((watcher, { plain }, _, isValid) => {
        if (owner !== watcher) waited.clear()
        owner = watcher
        const passed = Math.min(15 * DAY, Math.max(0, watcher.now - seenAt))
        for (let i = CONFIGURED; i < KEYS.length; i++) {
          const before = waited.get(i)
          if (isValid && !plain.includes(i) && !isTrusted(watcher, i)) waited.delete(i)
          else if (isValid) waited.set(i, before === undefined ? 0 : before + passed)
          if (isTrusted(watcher, i)) assert.ok(waited.get(i)! >= 30 * DAY, `key ${i}`)
        }
        if (isValid) seenAt = watcher.now
      }),
    )
  })

  it('once revoked are never trusted again', () => {
    fc.assert(
      holds((watcher, _, before) => {
        for (const { rdata, state } of before.keys) {
          if (state !== KeyState.Revoked && state !== KeyState.Removed) continue
          assert.equal(watcher.point.trusts(new Dnskey(rdata)), false)
        }
      }),
    )
  })

  it('change nothing while no trusted key has signed, and none revoked itself', () => {
    fc.assert(
      holds((watcher, { plain, revoked: last, signers }, before) => {
        const trusts = (i: number) => before.trusts(new Dnskey(KEYS[i]!.rdata))
        if (signers.some((i) => last.includes(i) || (plain.includes(i) && trusts(i)))) return
        assert.deepEqual(watcher.point.keys, before.keys)
      }),
    )
  })

  it('that are trusted stay so, unless they revoke themselves', () => {
    fc.assert(
      holds((watcher, { revoked: last, signers }, before) => {
        for (const i of KEYS.keys()) {
          if (!before.trusts(new Dnskey(KEYS[i]!.rdata)) || isTrusted(watcher, i)) continue
          assert.ok(last.includes(i) && signers.includes(i), `key ${i}`)
          assert.equal(known(watcher, i)?.state, KeyState.Revoked)
        }
      }),
    )
  })

  it('are the same after they were written to a file and read again', () => {
    fc.assert(
      holds((watcher) => {
        const state = new Map([[ROOT, watcher.point.keys]])
        assert.deepEqual(readAnchorState(formatAnchorState(state)), state)
      }),
      { numRuns: 30 },
    )
  })
})
