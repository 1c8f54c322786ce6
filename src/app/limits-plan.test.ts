import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { stringify } from 'yaml'
import { parseConfig } from '../config/load.ts'
import { LimitVerdict } from '../guard/limit-verdict.ts'
import { limitsPlan } from './limits-plan.ts'
import type { LimitsPlan } from '../worker/plan.ts'

function planOf(rateLimit: object, before: LimitsPlan | null = null): LimitsPlan {
  const text = stringify({ rateLimit })
  const loaded = parseConfig({ text, file: 'dotward.yaml', environment: {} })
  assert.ok(loaded.ok)
  return limitsPlan(loaded.config.rateLimit, before)
}

suite('limits', () => {
  test('are off by default, and take no memory then', () => {
    assert.deepEqual(planOf({}), { queries: null, responses: null })
  })

  test('hold as many queries at once as come in the time of a burst, at least one', () => {
    const { queries } = planOf({ perClient: 1, total: 33, burst: '100ms', onExceed: 'drop' })
    assert.deepEqual(queries?.shape, {
      perClient: { rate: 1, burst: 1 },
      perVerifiedClient: null,
      perListener: null,
      total: { rate: 33, burst: 4 },
      ipv4Prefix: 32,
      ipv6Prefix: 56,
    })
    assert.equal(queries?.onExceed, LimitVerdict.Drop)
  })

  test('keep their memory over a reload while rates and prefixes stay', () => {
    const settings = { perClient: 10, responses: { errors: 5 } }
    const before = planOf(settings)
    const after = planOf({ ...settings, onExceed: 'refuse', slip: 5, exempt: ['::1'] }, before)
    assert.equal(after.queries?.memory, before.queries?.memory)
    assert.equal(after.queries?.onExceed, LimitVerdict.Refuse)
    assert.equal(after.responses?.memory, before.responses?.memory)
  })

  test('begin anew when what they count is another', () => {
    const before = planOf({ perClient: 10, responses: { errors: 5 } })
    for (const change of [{ perClient: 11 }, { ipv4Prefix: 24 }, { burst: '2s' }, { total: 1 }]) {
      const after = planOf({ perClient: 10, responses: { errors: 5 }, ...change }, before)
      assert.notEqual(after.queries?.memory, before.queries?.memory)
      assert.equal(after.responses?.memory, before.responses?.memory)
    }
    const after = planOf({ perClient: 10, responses: { errors: 5, window: '20s' } }, before)
    assert.equal(after.queries?.memory, before.queries?.memory)
    assert.notEqual(after.responses?.memory, before.responses?.memory)
  })
})
