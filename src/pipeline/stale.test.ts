import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Security } from '../dnssec/verdict.ts'
import { FailureKind } from '../upstream/exchange.ts'
import { ExtendedError } from '../wire/edns.ts'
import { Flag, Rcode } from '../wire/header.ts'
import { answer, Bench, extendedErrorsOf, fail, queryOf, recordsOf } from './testing.ts'

const RECORDS = { answers: recordsOf('www.example.org. 60 IN A 192.0.2.1') }
const FRESH = { answers: recordsOf('www.example.org. 60 IN A 192.0.2.2') }
const EDNS = { edns: {} }
const stale = { maxAge: 3_600, clientTimer: 1_800 }

const addressOf = ({ answers }: { answers: readonly { rdata: Uint8Array }[] }) =>
  answers.map(({ rdata }) => [...rdata].join('.'))

/** A pipeline that has answered once, some seconds ago. */
function aged(seconds: number, options = {}): Bench {
  const bench = new Bench({ stale, ...options })
  bench.ready({}, RECORDS)
  bench.pass(seconds)
  return bench
}

suite('a stale answer (RFC 8767)', () => {
  test('comes when the upstreams fail, with a TTL of 30 and EDE 3 (§4, RFC 8914 §4.4)', () => {
    const bench = aged(100)
    const late = bench.udp.wait(queryOf(EDNS))
    fail(bench.resolver.last, FailureKind.Timeout)
    assert.deepEqual(addressOf(late.message), ['192.0.2.1'])
    assert.equal(late.message.answers[0]!.ttl, 30)
    assert.deepEqual(extendedErrorsOf(late.message), [ExtendedError.StaleAnswer])
    assert.equal(bench.counts.of('stale:failure'), 1)
  })

  test('is only looked for after a fresh one was asked for (§5)', () => {
    const bench = aged(100)
    const late = bench.udp.wait(queryOf())
    answer(bench.resolver.last, FRESH)
    assert.deepEqual(addressOf(late.message), ['192.0.2.2'])
  })

  test('comes after the client’s time, and the fresh one is still kept when it comes (§5)', () => {
    const bench = aged(100)
    const late = bench.udp.wait(queryOf(EDNS))
    const { last } = bench.resolver
    bench.pass(1)
    assert.equal(late.sent, null)
    bench.pass(1)
    assert.deepEqual(extendedErrorsOf(late.message), [ExtendedError.StaleAnswer])
    const joined = bench.udp.wait(queryOf(EDNS))
    assert.deepEqual(extendedErrorsOf(joined.message), [ExtendedError.StaleAnswer])
    answer(last, FRESH)
    assert.equal(late.commits, 1)
    assert.deepEqual(addressOf(bench.udp.ask(queryOf())), ['192.0.2.2'])
    assert.equal(bench.counts.of('stale:late'), 2)
  })

  test('comes at once when every upstream is known to be out, and one question finds out more', () => {
    const bench = aged(100)
    bench.resolver.isReachable = false
    const asked = bench.resolver.exchanges.length
    for (let i = 0; i < 3; i++) {
      const { message } = bench.udp.wait(queryOf(EDNS))
      assert.deepEqual(extendedErrorsOf(message), [ExtendedError.StaleAnswer])
    }
    assert.equal(bench.resolver.exchanges.length, asked + 1)
    fail(bench.resolver.last, FailureKind.Connect)
    const cached = bench.udp.ask(queryOf(EDNS))
    assert.deepEqual(extendedErrorsOf(cached), [ExtendedError.StaleAnswer])
  })

  test('comes at once to those who wait when it becomes known that every upstream is out', () => {
    const bench = aged(100)
    const early = bench.udp.wait(queryOf(EDNS))
    assert.equal(early.sent, null)
    bench.resolver.isReachable = false
    const other = bench.udp.wait(queryOf({ name: 'other.example.org' }))
    assert.equal(other.sent, null, 'nothing is known of that name: it is asked for all the same')
    assert.deepEqual(extendedErrorsOf(early.message), [ExtendedError.StaleAnswer])
    fail(bench.resolver.exchanges[1]!, FailureKind.Timeout)
    assert.equal(early.commits, 1)
  })

  test('comes when there is no room to ask anybody', () => {
    const bench = aged(100, { maxQuestions: 1 })
    bench.udp.wait(queryOf({ name: 'other.example.org' }))
    const covered = bench.udp.ask(queryOf(EDNS))
    assert.deepEqual(extendedErrorsOf(covered), [ExtendedError.StaleAnswer])
    assert.equal(bench.udp.ask(queryOf({ name: 'new.example.org' })).rcode, Rcode.ServFail)
  })

  test('is not called authentic, for signatures may have ended since (RFC 4035 §5.3.3)', () => {
    const bench = new Bench({ stale, dnssec: 'validate' })
    const asked = queryOf({ flags: Flag.RD | Flag.AD, edns: {} })
    const first = bench.udp.wait(asked)
    answer(bench.resolver.last, RECORDS, { stored: false, security: Security.Secure })
    assert.notEqual(first.message.flags & Flag.AD, 0)
    assert.notEqual(bench.udp.ask(asked).flags & Flag.AD, 0)
    bench.pass(100)
    const late = bench.udp.wait(asked)
    fail(bench.resolver.last, FailureKind.Timeout)
    const covered = bench.udp.ask(asked)
    for (const message of [late.message, covered]) {
      assert.deepEqual(addressOf(message), ['192.0.2.1'])
      assert.equal(message.flags & Flag.AD, 0)
    }
  })

  test('is none past its bound: then it is SERVFAIL', () => {
    const bench = aged(60 + 3_600)
    const late = bench.udp.wait(queryOf())
    fail(bench.resolver.last, FailureKind.Timeout)
    assert.equal(late.message.rcode, Rcode.ServFail)
  })

  test('may say that there is no such name, with EDE 19 (RFC 8914 §4.20)', () => {
    const bench = new Bench({ stale })
    const authorities = recordsOf(
      'example.org. 60 IN SOA ns.example.org. a.example.org. 1 2 3 4 60',
    )
    bench.ready({}, { rcode: Rcode.NXDomain, authorities })
    bench.pass(100)
    const late = bench.udp.wait(queryOf(EDNS))
    fail(bench.resolver.last, FailureKind.Timeout)
    assert.equal(late.message.rcode, Rcode.NXDomain)
    assert.deepEqual(extendedErrorsOf(late.message), [ExtendedError.StaleNxdomain])
  })

  test('is never a failure: SERVFAIL is not served past its time', () => {
    const bench = new Bench({ stale })
    bench.ready({}, { rcode: Rcode.ServFail })
    bench.pass(10)
    const late = bench.udp.wait(queryOf())
    answer(bench.resolver.last, FRESH)
    assert.deepEqual(addressOf(late.message), ['192.0.2.2'])
  })

  test('covers SERVFAIL of an upstream, now and while it is kept', () => {
    const bench = aged(100)
    const late = bench.udp.wait(queryOf())
    answer(bench.resolver.last, { rcode: Rcode.ServFail })
    assert.deepEqual(addressOf(late.message), ['192.0.2.1'])
    assert.deepEqual(addressOf(bench.udp.ask(queryOf())), ['192.0.2.1'])
  })

  test('does not cover what fails to validate (RFC 8914 §4.7)', () => {
    const bogus = { code: 15, data: Uint8Array.of(0, ExtendedError.DnssecBogus) }
    const bench = aged(100)
    const late = bench.udp.wait(queryOf())
    answer(bench.resolver.last, { rcode: Rcode.ServFail, edns: { options: [bogus] } })
    assert.equal(late.message.rcode, Rcode.ServFail)
    assert.equal(bench.udp.ask(queryOf()).rcode, Rcode.ServFail)
  })

  test('is none when it is switched off', () => {
    const bench = new Bench()
    bench.ready({}, RECORDS)
    bench.pass(100)
    const late = bench.udp.wait(queryOf())
    fail(bench.resolver.last, FailureKind.Timeout)
    assert.equal(late.message.rcode, Rcode.ServFail)
  })
})

suite('renewal', () => {
  test('of what is asked for in its last tenth: the client is answered at once, the upstream asked once', () => {
    const bench = aged(55)
    const asked = bench.resolver.exchanges.length
    for (let i = 0; i < 3; i++) assert.deepEqual(addressOf(bench.udp.ask(queryOf())), ['192.0.2.1'])
    assert.equal(bench.resolver.exchanges.length, asked + 1)
    answer(bench.resolver.last, FRESH)
    const renewed = bench.udp.ask(queryOf())
    assert.deepEqual(addressOf(renewed), ['192.0.2.2'])
    assert.equal(renewed.answers[0]!.ttl, 60)
    assert.equal(bench.counts.of('renewal:done'), 1)
  })

  test('that fails leaves what there is, and is not tried again', () => {
    const bench = aged(55)
    bench.udp.ask(queryOf())
    fail(bench.resolver.last, FailureKind.Timeout)
    const asked = bench.resolver.exchanges.length
    assert.deepEqual(addressOf(bench.udp.ask(queryOf())), ['192.0.2.1'])
    assert.equal(bench.resolver.exchanges.length, asked)
    assert.equal(bench.counts.of('renewal:failed'), 1)
  })

  test('that fails unseen leaves nothing behind: who comes when the answer has gone is asked for', () => {
    for (const how of ['failure', 'SERVFAIL']) {
      const bench = aged(58)
      bench.udp.ask(queryOf())
      if (how === 'failure') fail(bench.resolver.last, FailureKind.Timeout)
      else answer(bench.resolver.last, { rcode: Rcode.ServFail })
      bench.pass(3)
      const late = bench.udp.wait(queryOf())
      answer(bench.resolver.last, FRESH)
      assert.deepEqual(addressOf(late.message), ['192.0.2.2'], how)
    }
  })

  test('beyond the budget does not take place', () => {
    const bench = aged(55, { maxRenewals: 0 })
    const asked = bench.resolver.exchanges.length
    bench.udp.ask(queryOf())
    assert.equal(bench.resolver.exchanges.length, asked)
    assert.equal(bench.counts.of('renewal:denied'), 1)
  })

  test('is joined by who comes when the old answer has gone', () => {
    const bench = aged(55)
    bench.udp.ask(queryOf())
    bench.pass(10)
    const late = bench.udp.wait(queryOf())
    answer(bench.resolver.last, FRESH)
    assert.deepEqual(addressOf(late.message), ['192.0.2.2'])
  })
})
