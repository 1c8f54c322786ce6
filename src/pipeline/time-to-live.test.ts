import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { FailureKind } from '../upstream/exchange.ts'
import { Rcode } from '../wire/header.ts'
import { answer, Bench, fail, Late, queryOf, recordsOf } from './testing.ts'

const ZERO = { answers: recordsOf('www.example.org. 0 IN A 192.0.2.1') }
const SHORT = { answers: recordsOf('www.example.org. 10 IN A 192.0.2.2') }
const STALE = { maxAge: 86_400, clientTimer: 1_800 }

suite('an answer with a TTL of 0 (RFC 1035 §3.2.1)', () => {
  for (const minTtl of [0, 60]) {
    test(`is for all who wait for it, and for nobody after them, with a minimum of ${minTtl} s`, () => {
      const bench = new Bench({ bounds: { minTtl }, stale: STALE })
      const waiting = [bench.tcp.wait(queryOf()), bench.udp.wait(queryOf())]
      assert.equal(bench.resolver.exchanges.length, 1)
      answer(bench.resolver.last, ZERO)
      for (const late of waiting) assert.equal(late.message.answers[0]!.ttl, 0)
      assert.ok(bench.tcp.send(queryOf()) instanceof Late)
      assert.equal(bench.cache.state().entries, 0)
    })
  }

  test('is not served stale when nothing else is to be had', () => {
    const bench = new Bench({ stale: STALE })
    bench.ready({}, ZERO)
    const late = bench.tcp.wait(queryOf())
    fail(bench.resolver.last, FailureKind.Timeout)
    assert.equal(late.message.rcode, Rcode.ServFail)
  })

  test('does not take away what is kept from before: the upstream’s own copy may be at its end', () => {
    const bench = new Bench({ stale: STALE })
    bench.ready({}, SHORT)
    bench.pass(9)
    bench.tcp.ask(queryOf())
    assert.equal(bench.resolver.exchanges.length, 2, 'it is renewed')
    answer(bench.resolver.last, ZERO)
    assert.equal(bench.tcp.ask(queryOf()).answers[0]!.ttl, 1)
    bench.pass(10)
    const late = bench.tcp.wait(queryOf())
    fail(bench.resolver.last, FailureKind.Timeout)
    assert.deepEqual([...late.message.answers[0]!.rdata], [192, 0, 2, 2])
  })
})

test('what lives for too short to be renewed is asked for when it is over', () => {
  const bench = new Bench()
  bench.ready({}, { answers: recordsOf('www.example.org. 2 IN A 192.0.2.1') })
  bench.pass(1)
  bench.tcp.ask(queryOf())
  assert.equal(bench.resolver.exchanges.length, 1)
})
