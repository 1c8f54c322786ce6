import assert from 'node:assert/strict'
import { mock, suite, test } from 'node:test'
import { CookieSecrets } from '../guard/cookie-secrets.ts'
import { LimitVerdict } from '../guard/limit-verdict.ts'
import type { CookiesPlan } from '../worker/plan.ts'
import { CookieRotation } from './cookie-rotation.ts'

const HOUR = 3_600_000

function planOf(secrets: CookieSecrets, areRandom = true): CookiesPlan {
  return {
    secrets: secrets.memory,
    areRandom,
    required: false,
    onMissing: LimitVerdict.Pass,
  }
}

/** Runs with a clock that stands still. @param random what chance says */
function withRotation(random: number, run: (rotation: CookieRotation) => void): void {
  mock.timers.enable({ apis: ['setTimeout'] })
  const rotation = new CookieRotation({ random: () => random })
  try {
    run(rotation)
  } finally {
    rotation.stop()
    mock.timers.reset()
  }
}

suite('secrets by chance', () => {
  test('are new every day, less up to 40 % of it that nobody foresees (RFC 7873 §7.1)', () => {
    for (const [random, hours] of [
      [0, 24],
      [0.5, 19.2],
      [0.999_999, 14.4],
    ] as const) {
      withRotation(random, (rotation) => {
        const secrets = CookieSecrets.random()
        const first = secrets.state()
        rotation.follow(planOf(secrets))
        mock.timers.tick(hours * HOUR - 60_000)
        assert.equal(secrets.state(), first)
        mock.timers.tick(120_000)
        assert.notEqual(secrets.state(), first)
      })
    }
  })

  test('count for another hour, until the last cookies made with them are too old (RFC 9018 §4.3)', () => {
    withRotation(0, (rotation) => {
      const secrets = CookieSecrets.random()
      rotation.follow(planOf(secrets))
      mock.timers.tick(24 * HOUR)
      for (let day = 0; day < 5; day++) {
        assert.equal(secrets.countOf(secrets.state()), 2)
        mock.timers.tick(HOUR)
        assert.equal(secrets.countOf(secrets.state()), 1)
        mock.timers.tick(23 * HOUR)
      }
    })
  })

  test('go on at their pace over a reload that leaves them', () => {
    withRotation(0, (rotation) => {
      const secrets = CookieSecrets.random()
      const first = secrets.state()
      rotation.follow(planOf(secrets))
      mock.timers.tick(23 * HOUR)
      rotation.follow(planOf(secrets))
      mock.timers.tick(HOUR)
      assert.notEqual(secrets.state(), first)
    })
  })

  test('that are no longer in force, and those that were given, are left alone', () => {
    withRotation(0, (rotation) => {
      const secrets = CookieSecrets.random()
      const first = secrets.state()
      rotation.follow(planOf(secrets))
      rotation.follow(planOf(secrets, false))
      mock.timers.tick(48 * HOUR)
      rotation.follow(planOf(secrets))
      rotation.follow(null)
      mock.timers.tick(48 * HOUR)
      assert.equal(secrets.state(), first)
    })
  })
})
