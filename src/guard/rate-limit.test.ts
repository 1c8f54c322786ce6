import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { LimitReason, LimitVerdict } from './limit-verdict.ts'
import { allocateQueryLimits, QueryLimiter, type QueryLimitShape } from './rate-limit.ts'
import { parseAddress } from '../wire/text/prefix.ts'

const OFF: QueryLimitShape = {
  perClient: null,
  perVerifiedClient: null,
  perListener: null,
  total: null,
  ipv4Prefix: 32,
  ipv6Prefix: 56,
}

type Change = Partial<
  QueryLimitShape & Pick<ConstructorParameters<typeof QueryLimiter>[0], 'onExceed' | 'slip'>
>

function limiterOf({ onExceed = LimitVerdict.Truncate, slip = 0, ...shape }: Change) {
  const whole = { ...OFF, ...shape }
  const memory = allocateQueryLimits(whole)
  const open = (listener = 0) =>
    new QueryLimiter({ memory, shape: whole, listener, onExceed, slip })
  return { limiter: open(), open }
}

function ask(limiter: QueryLimiter, client: string, now = 0, verified = false): LimitVerdict {
  const address = parseAddress(client)!
  return limiter.take(address, 0, address.length === 4 ? 4 : 6, verified, now)
}

function passes(limiter: QueryLimiter, client: string, now: number, tries: number): number {
  let passed = 0
  for (let i = 0; i < tries; i++) if (ask(limiter, client, now) === LimitVerdict.Pass) passed++
  return passed
}

suite('limits of queries', () => {
  const perClient = { rate: 10, burst: 20 }

  test('a client has its burst, and then its rate', () => {
    const { limiter } = limiterOf({ perClient })
    assert.equal(passes(limiter, '192.0.2.1', 0, 100), 20)
    assert.equal(passes(limiter, '192.0.2.1', 99, 100), 0)
    assert.equal(passes(limiter, '192.0.2.1', 100, 100), 1)
    assert.equal(passes(limiter, '192.0.2.1', 1_000, 100), 9)
    assert.equal(passes(limiter, '192.0.2.1', 100_000, 100), 20)
  })

  test('addresses of one prefix are one client, and others are others', () => {
    const { limiter } = limiterOf({ perClient, ipv4Prefix: 24 })
    assert.equal(passes(limiter, '192.0.2.1', 0, 15), 15)
    assert.equal(passes(limiter, '192.0.2.255', 0, 15), 5)
    assert.equal(passes(limiter, '192.0.3.1', 0, 15), 15)
    assert.equal(passes(limiter, '2001:db8::1', 0, 15), 15)
    assert.equal(passes(limiter, '2001:db8:0:ff:1::1', 0, 15), 5)
    assert.equal(passes(limiter, '2001:db8:0:100::1', 0, 15), 15)
  })

  test('a prefix ends at any bit of an IPv6 address', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.integer({ min: 1, max: 128 }),
        fc.integer({ min: 0, max: 127 }),
        (address, ipv6Prefix, bit) => {
          const { limiter } = limiterOf({ perClient: { rate: 1, burst: 1 }, ipv6Prefix })
          assert.equal(limiter.take(address, 0, 6, false, 0), LimitVerdict.Pass)
          const other = address.slice()
          other[bit >> 3]! ^= 0x80 >> (bit & 7)
          const verdict = bit < ipv6Prefix ? LimitVerdict.Pass : LimitVerdict.Truncate
          assert.equal(limiter.take(other, 0, 6, false, 0), verdict)
        },
      ),
      { numRuns: 50 },
    )
  })

  test('what is forged under a client’s address does not touch its connections', () => {
    const { limiter } = limiterOf({
      perClient,
      perVerifiedClient: perClient,
      perListener: { rate: 100, burst: 30 },
      total: { rate: 100, burst: 30 },
    })
    assert.equal(passes(limiter, '192.0.2.1', 0, 1000), 20)
    for (let i = 0; i < 1000; i++) ask(limiter, `198.51.100.${i % 256}`)
    for (let i = 0; i < 20; i++) assert.equal(ask(limiter, '192.0.2.1', 0, true), LimitVerdict.Pass)
    assert.equal(ask(limiter, '192.0.2.1', 0, true), LimitVerdict.Refuse)
    assert.equal(limiter.reason, LimitReason.Client)
  })

  test('a listener’s limit is its own, the total is everybody’s', () => {
    const { open } = limiterOf({
      perListener: { rate: 10, burst: 10 },
      total: { rate: 10, burst: 15 },
    })
    const [first, second] = [open(0), open(1)]
    for (let i = 0; i < 10; i++) assert.equal(ask(first, '192.0.2.1', i / 10), LimitVerdict.Pass)
    assert.equal(ask(first, '192.0.2.1', 1), LimitVerdict.Truncate)
    assert.equal(first.reason, LimitReason.Listener)
    for (let i = 0; i < 5; i++) assert.equal(ask(second, '192.0.2.1', 2), LimitVerdict.Pass)
    assert.equal(ask(second, '192.0.2.1', 2), LimitVerdict.Truncate)
    assert.equal(second.reason, LimitReason.Total)
  })

  test('what one share of a bucket takes within a moment, others see from its next moment on', () => {
    const { open } = limiterOf({ total: { rate: 10, burst: 15 } })
    const [first, second] = [open(0), open(1)]
    assert.equal(passes(first, '192.0.2.1', 0, 10), 10)
    // Nine of the ten are not told yet.
    assert.equal(passes(second, '192.0.2.1', 0, 100), 14)
    assert.equal(passes(second, '192.0.2.1', 1, 100), 0)
    // Both are told by then: the nine given too much are missing afterwards.
    assert.equal(passes(first, '192.0.2.1', 2, 100), 0)
    assert.equal(passes(second, '192.0.2.1', 950, 100), 0)
    assert.equal(passes(first, '192.0.2.1', 1_000, 100), 1)
  })

  test('what a limited client asks is not taken from the others', () => {
    const { limiter } = limiterOf({ perClient, total: { rate: 10, burst: 40 } })
    passes(limiter, '192.0.2.1', 0, 1000)
    assert.equal(passes(limiter, '192.0.2.2', 0, 1000), 20)
  })

  test('every so-manieth dropped query gets TC instead', () => {
    const { limiter } = limiterOf({
      perClient: { rate: 1, burst: 1 },
      onExceed: LimitVerdict.Drop,
      slip: 3,
    })
    const { Pass, Drop, Truncate } = LimitVerdict
    const verdicts = Array.from({ length: 7 }, () => ask(limiter, '192.0.2.1'))
    assert.deepEqual(verdicts, [Pass, Drop, Drop, Truncate, Drop, Drop, Truncate])
  })

  test('never more than burst and rate in any window, whatever the times of queries', () => {
    const rate = fc.integer({ min: 1, max: 200_000 })
    const gap = fc.oneof(
      fc.constant(0),
      fc.double({ min: 0, max: 3, noNaN: true }),
      fc.double({ min: 0, max: 3_000, noNaN: true }),
      fc.double({ min: 0, max: 1e10, noNaN: true }),
    )
    const bursts = fc.tuple(gap, fc.integer({ min: 1, max: 60 }))
    fc.assert(
      fc.property(
        rate,
        fc.integer({ min: 1, max: 50 }),
        fc.array(bursts),
        (perSecond, burst, all) => {
          const { limiter } = limiterOf({ perClient: { rate: perSecond, burst } })
          const error = perSecond > 65_536 ? 1 : 1 / 16
          const given: [time: number, passed: number][] = []
          let now = 12_345
          for (const [wait, tries] of all) {
            now += wait
            given.push([now, passes(limiter, '192.0.2.1', now, tries)])
          }
          for (const [i, [from]] of given.entries()) {
            let sum = 0
            for (const [to, passed] of given.slice(i)) {
              sum += passed
              assert.ok(sum <= burst + (perSecond * (to - from)) / 1000 + error + 1e-3)
            }
          }
        },
      ),
    )
  })

  test('a client that always asks gets its rate to the last token', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), (rate) => {
        const burst = 10
        const { limiter } = limiterOf({ perClient: { rate, burst } })
        const start = 1e6
        let passed = passes(limiter, '192.0.2.1', start, burst)
        const steps = 5_000
        // Fewer come in a step than the bucket holds: nothing runs over.
        const step = ((burst - 2) * 1000) / rate
        for (let i = 1; i <= steps; i++) {
          passed += passes(limiter, '192.0.2.1', start + i * step, burst)
        }
        const expected = burst + (steps * step * rate) / 1000
        // One may be on its way still, but for less than a tick.
        assert.ok(Math.abs(passed - expected) < 1 + 1 / 16, `${passed} of ${expected}`)
      }),
      { numRuns: 20 },
    )
  })

  test('a bucket that nobody looked at for any time is full, never in debt', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.double({ min: 0, max: 1e11, noNaN: true }),
        fc.array(fc.double({ min: 0, max: 1e8, noNaN: true }), { maxLength: 5 }),
        (rate, start, others) => {
          const limit = { rate, burst: 3 }
          const { limiter } = limiterOf({ perClient: limit, total: { ...limit, burst: 1000 } })
          assert.equal(passes(limiter, '192.0.2.1', start, 5), 3)
          let now = start + 3_000 / rate + 1
          for (const wait of others) ask(limiter, '192.0.2.2', (now += wait))
          assert.equal(passes(limiter, '192.0.2.1', now, 5), 3)
        },
      ),
    )
  })

  test('a clock that goes back gives nobody more, and holds nobody longer than a full debt', () => {
    const { limiter } = limiterOf({ perClient })
    assert.equal(passes(limiter, '192.0.2.1', 1e9, 100), 20)
    assert.equal(passes(limiter, '192.0.2.1', 1e9 - 5e5, 100), 0)
    assert.equal(passes(limiter, '192.0.2.1', 1e9 - 5e5 + 2_000, 100), 20)
  })

  test('a thread that is late with its clock forgives no debt', () => {
    const { limiter } = limiterOf({ perClient })
    assert.equal(passes(limiter, '192.0.2.1', 20_000, 100), 20)
    assert.equal(passes(limiter, '192.0.2.1', 15_000, 100), 0)
    assert.equal(passes(limiter, '192.0.2.1', 20_000, 100), 0)
    assert.equal(passes(limiter, '192.0.2.1', 20_100, 100), 1)
  })
})
