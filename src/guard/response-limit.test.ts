import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { parseAddress } from '../wire/text/prefix.ts'
import { AnswerKind } from './answer-kind.ts'
import { LimitVerdict } from './limit-verdict.ts'
import { allocateResponseLimits, ResponseLimiter } from './response-limit.ts'

const { Pass, Drop, Truncate } = LimitVerdict
const RATES = { equal: 5, noData: 4, nxDomain: 3, errors: 2, window: 15 }
const SHAPE = { ...RATES, ipv4Prefix: 24, ipv6Prefix: 56 }

function limiterOf(change: Partial<typeof SHAPE> = {}, slip = 0): ResponseLimiter {
  const memory = allocateResponseLimits()
  return new ResponseLimiter({ memory, shape: { ...SHAPE, ...change }, slip })
}

interface Answers {
  readonly client?: string
  readonly kind?: AnswerKind
  readonly detail?: number
  readonly now?: number
}

function verdicts(limiter: ResponseLimiter, count: number, answers: Answers = {}): LimitVerdict[] {
  const { client = '192.0.2.1', kind = AnswerKind.Equal, detail = 1, now = 0 } = answers
  const address = parseAddress(client)!
  const key = limiter.clientKey(address, 0, address.length === 4 ? 4 : 6)
  return Array.from({ length: count }, () => limiter.take(key, kind, detail, now))
}

function passed(...parameters: Parameters<typeof verdicts>): number {
  return verdicts(...parameters).filter((verdict) => verdict === Pass).length
}

suite('limits of equal answers (ISC-TN-2012-1)', () => {
  test('each kind of answer has its own rate', () => {
    const limiter = limiterOf()
    const kinds = Object.values(AnswerKind)
    assert.deepEqual(
      kinds.map((kind) => passed(limiter, 100, { kind })),
      [5, 4, 3, 2],
    )
  })

  test('a rate of 0 is no limit', () => {
    assert.equal(passed(limiterOf({ equal: 0 }), 100), 100)
  })

  test('other questions and other prefixes are counted apart, other addresses of one are not', () => {
    const limiter = limiterOf()
    assert.equal(passed(limiter, 100), 5)
    assert.equal(passed(limiter, 100, { detail: 2 }), 5)
    assert.equal(passed(limiter, 100, { client: '192.0.2.200' }), 0)
    assert.equal(passed(limiter, 100, { client: '198.51.100.1' }), 5)
    assert.equal(passed(limiter, 100, { client: '2001:db8::1' }), 5)
    assert.equal(passed(limiter, 100, { client: '2001:db8:0:ff::1' }), 0)
  })

  test('whoever goes on is told nothing, and who stops waits for the window at the most', () => {
    const limiter = limiterOf()
    assert.equal(passed(limiter, 5), 5)
    for (let now = 0; now <= 60_000; now += 50) assert.equal(passed(limiter, 1, { now }), 0)
    assert.equal(passed(limiter, 1, { now: 60_000 + 15_010 }), 1)
    for (let now = 80_000; now <= 90_000; now += 50) passed(limiter, 1, { now })
    assert.equal(passed(limiter, 1, { now: 90_000 + 14_990 }), 0)
  })

  test('whoever stays below the rate is told everything', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), (equal) => {
        const limiter = limiterOf({ equal })
        const step = 1000 / equal + 0.002
        for (let i = 0; i < 300; i++) assert.equal(passed(limiter, 1, { now: i * step }), 1)
      }),
      { numRuns: 30 },
    )
  })

  test('never more than two seconds’ worth in any second', () => {
    const gaps = fc.array(fc.double({ min: 0, max: 400, noNaN: true }), { maxLength: 300 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), gaps, (equal, all) => {
        const limiter = limiterOf({ equal })
        const times: number[] = []
        let now = 1e7
        for (const gap of all) if (passed(limiter, 1, { now: (now += gap) }) === 1) times.push(now)
        for (const [i, from] of times.entries()) {
          const within = times.slice(i).filter((time) => time <= from + 1000).length
          assert.ok(within <= 2 * equal)
        }
      }),
    )
  })

  test('of so many dropped answers one slips through, empty with TC', () => {
    const limiter = limiterOf({ equal: 1 }, 2)
    assert.deepEqual(verdicts(limiter, 6), [Pass, Drop, Truncate, Drop, Truncate, Drop])
    assert.deepEqual(verdicts(limiterOf({ equal: 1 }, 1), 3), [Pass, Truncate, Truncate])
    assert.deepEqual(verdicts(limiterOf({ equal: 1 }, 0), 3), [Pass, Drop, Drop])
  })
})
