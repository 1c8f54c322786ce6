// What the lanes do with what validation found, whoever found it.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { EntryCopy } from '../cache/entry-copy.ts'
import { Provenance } from '../cache/layout.ts'
import { Security } from '../dnssec/verdict.ts'
import { type AnswerOrigin, type Exchange, FailureKind } from '../upstream/exchange.ts'
import { DNSSEC_OK, ExtendedError, OptionCode } from '../wire/edns.ts'
import { Flag, Rcode, readUint16 } from '../wire/header.ts'
import type { Message } from '../wire/codec/message.ts'
import type { DnssecMode } from './dnssec-mode.ts'
import { answer, Bench, extendedErrorsOf, flagsOf, queryOf, recordsOf } from './testing.ts'

const RECORDS = { answers: recordsOf('www.example.org. 60 IN A 192.0.2.1') }
const AUTHENTIC = { ...RECORDS, flags: Flag.QR | Flag.RD | Flag.RA | Flag.AD }
const SIGNED = {
  answers: [
    ...RECORDS.answers,
    ...recordsOf(
      'www.example.org. 60 IN RRSIG A 13 3 60 20300101000000 20200101000000 1 example.org. AAAA',
    ),
  ],
}
const WANTS_AD = { flags: Flag.RD | Flag.AD }
const DNSSEC = { edns: { flags: DNSSEC_OK } }
const TEXT = 'www.example.org. A: signature by example.org. key 12345 expired'

const origin = (security: AnswerOrigin['security']): AnswerOrigin => ({ stored: false, security })

function bogus(exchange: Exchange, code: number = ExtendedError.SignatureExpired): void {
  exchange.onFailure({
    kind: FailureKind.Bogus,
    upstream: 'upstream',
    detail: 'as told',
    phase: 'wait',
    ms: 1,
    tried: ['upstream'],
    fault: { code, text: TEXT },
  })
}

function textsOf({ edns }: Message): string[] {
  const errors = edns?.options.filter(({ code }) => code === OptionCode.ExtendedError) ?? []
  return errors.map(({ data }) => new TextDecoder().decode(data.subarray(2)))
}

function provenanceIn({ cache }: Bench): number {
  const entry = new EntryCopy()
  for (const shard of cache.shards) {
    for (let slot = 0; slot < shard.geometry.slots; slot++) {
      if (entry.take(shard, slot)) return entry.answer.provenance
    }
  }
  return -1
}

suite('the AD bit (RFC 4035 §3.2.3)', () => {
  for (const [mode, security, expected] of [
    ['validate', Security.Secure, true],
    ['validate', Security.Insecure, false],
    ['validate', Security.Indeterminate, false],
    ['validate', null, false],
    ['passthrough', null, true],
    ['off', null, false],
  ] as const) {
    test(`is ${expected ? '' : 'not '}told of an answer that is ${security} in mode ${mode}`, () => {
      const bench = new Bench({ dnssec: mode })
      const late = bench.udp.wait(queryOf(WANTS_AD))
      answer(bench.resolver.last, AUTHENTIC, origin(security))
      assert.equal((flagsOf(late.sent!) & Flag.AD) !== 0, expected)
      const cached = bench.udp.ask(queryOf(WANTS_AD))
      assert.equal((cached.flags & Flag.AD) !== 0, expected)
      assert.equal(bench.udp.ask(queryOf()).flags & Flag.AD, 0, 'nobody asked for it')
    })
  }

  test('is told of what was proven, whatever the upstream says', () => {
    const bench = new Bench({ dnssec: 'validate' })
    const late = bench.udp.wait(queryOf(WANTS_AD))
    answer(bench.resolver.last, RECORDS, origin(Security.Secure))
    assert.notEqual(flagsOf(late.sent!) & Flag.AD, 0)
  })
})

suite('what was found', () => {
  for (const [security, validation] of [
    [null, 0],
    [Security.Insecure, 1],
    [Security.Indeterminate, 1],
    [Security.Secure, 2],
  ] as const) {
    test(`is kept with an answer: ${security}`, () => {
      const bench = new Bench({ dnssec: 'validate' })
      bench.udp.wait(queryOf())
      answer(bench.resolver.last, RECORDS, origin(security))
      const found = (provenanceIn(bench) >>> Provenance.ValidationShift) & Provenance.ValidationMask
      assert.equal(found, validation)
    })
  }
})

suite('what is left for other proxies', () => {
  function leftBy(from: AnswerOrigin): number {
    let kept = 0
    const bench = new Bench({ dnssec: 'validate', shared: { keep: () => void kept++ } })
    bench.udp.wait(queryOf())
    answer(bench.resolver.last, RECORDS, from)
    assert.equal(bench.udp.ask(queryOf()).answers.length, 1, 'it is in the own cache')
    assert.equal((provenanceIn(bench) & Provenance.Passing) !== 0, from.isPassing === true)
    return kept
  }

  test('is what was found, secure or not', () => {
    assert.equal(leftBy(origin(Security.Secure)), 1)
    assert.equal(leftBy(origin(Security.Insecure)), 1)
  })

  test('is nothing that hangs on a negative trust anchor of our own (RFC 7646)', () => {
    assert.equal(leftBy({ ...origin(Security.Insecure), isPassing: true }), 0)
  })
})

suite('what is under way when something else is trusted', () => {
  test('is still answered, and not kept', () => {
    let kept = 0
    const bench = new Bench({ dnssec: 'validate', shared: { keep: () => void kept++ } })
    const [late, failing] = [bench.udp.wait(queryOf()), bench.udp.wait(queryOf({ name: 'other' }))]
    const [first, second] = bench.resolver.exchanges
    bench.slowLane.keepNothing()
    answer(first!, RECORDS, origin(Security.Insecure))
    bogus(second!)
    assert.equal(late.message.answers.length, 1)
    assert.equal(failing.message.rcode, Rcode.ServFail)
    assert.deepEqual([bench.cache.state().entries, kept], [0, 0])
  })
})

suite('with DNSSEC off', () => {
  test('nobody is asked with DO, and nobody gets signatures', () => {
    const bench = new Bench({ dnssec: 'off' })
    const late = bench.udp.wait(queryOf(DNSSEC))
    assert.equal(bench.resolver.last.question.dnssecOk, false)
    answer(bench.resolver.last, SIGNED)
    assert.equal(late.message.answers.length, 1)
    assert.equal(bench.udp.ask(queryOf()).answers.length, 1, 'one entry serves all')
  })
})

suite('what is bogus', () => {
  test('is SERVFAIL with its info code and its text, now and from the cache (RFC 8914)', () => {
    const bench = new Bench({ dnssec: 'validate' })
    const late = bench.udp.wait(queryOf({ edns: {} }))
    bogus(bench.resolver.last)
    for (const message of [late.message, bench.udp.ask(queryOf({ edns: {} }))]) {
      assert.equal(message.rcode, Rcode.ServFail)
      assert.deepEqual(extendedErrorsOf(message), [ExtendedError.SignatureExpired])
      assert.deepEqual(textsOf(message), [TEXT])
      assert.equal(message.answers.length + message.authorities.length, 0)
    }
    assert.equal(bench.udp.ask(queryOf()).edns, null)
    assert.equal(bench.resolver.exchanges.length, 1)
  })

  test('is asked for again after the time of failures (RFC 4035 §4.7, RFC 9520 §3.2)', () => {
    const bench = new Bench({ dnssec: 'validate', bounds: { failureTtl: 20 } })
    bench.udp.wait(queryOf())
    bogus(bench.resolver.last)
    bench.pass(19)
    assert.equal(bench.udp.ask(queryOf()).rcode, Rcode.ServFail)
    bench.pass(1)
    bench.udp.wait(queryOf())
    assert.equal(bench.resolver.exchanges.length, 2)
  })

  test('is kept from nobody who disables checking (RFC 4035 §3.2.2)', () => {
    const bench = new Bench({ dnssec: 'validate' })
    bench.udp.wait(queryOf())
    bogus(bench.resolver.last)
    const late = bench.udp.wait(queryOf({ flags: Flag.RD | Flag.CD }))
    answer(bench.resolver.last, RECORDS)
    assert.equal(late.message.answers.length, 1)
    assert.equal(bench.udp.ask(queryOf()).rcode, Rcode.ServFail)
  })

  for (const code of [1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 25, 27]) {
    test(`is not covered by what was right before: info code ${code} (RFC 8767 §4)`, () => {
      const bench = new Bench({
        dnssec: 'validate',
        stale: { maxAge: 3_600, clientTimer: 1_800 },
      })
      bench.ready({}, RECORDS)
      bench.pass(100)
      const late = bench.udp.wait(queryOf())
      bogus(bench.resolver.last, code)
      assert.equal(late.message.rcode, Rcode.ServFail)
      assert.equal(bench.udp.ask(queryOf()).rcode, Rcode.ServFail)
    })
  }

  test('goes over connections with the longest text and name', () => {
    const bench = new Bench({ dnssec: 'validate' })
    const name = `${'a'.repeat(63)}.`.repeat(3) + 'b'.repeat(61)
    const query = queryOf({ name, edns: {} })
    bench.tcp.wait(query)
    bench.resolver.last.onFailure({
      kind: FailureKind.Bogus,
      upstream: 'upstream',
      detail: 'as told',
      phase: 'wait',
      ms: 1,
      tried: [],
      fault: { code: ExtendedError.DnssecBogus, text: 'x'.repeat(1_000) },
    })
    assert.deepEqual(textsOf(bench.tcp.ask(query)), ['x'.repeat(200)])
    assert.deepEqual(extendedErrorsOf(bench.udp.ask(query)), [ExtendedError.DnssecBogus])
  })
})

suite('an answer that was kept under one mode', () => {
  for (const mode of ['validate', 'passthrough', 'off'] satisfies DnssecMode[]) {
    test(`is asked for anew under another: ${mode}`, () => {
      const bench = new Bench({ dnssec: mode })
      bench.ready({}, RECORDS)
      assert.equal(bench.udp.ask(queryOf()).answers.length, 1)
      for (const other of ['validate', 'passthrough', 'off'] satisfies DnssecMode[]) {
        if (other === mode) continue
        const changed = new Bench({ dnssec: other, memory: bench.memory })
        const late = changed.udp.wait(queryOf())
        assert.equal(late.sent, null)
      }
    })
  }
})

test('the first 12 octets of a failure that is kept say nothing else', () => {
  const bench = new Bench({ dnssec: 'validate' })
  bench.udp.wait(queryOf())
  bogus(bench.resolver.last)
  const cached = bench.udp.send(queryOf()) as Uint8Array
  assert.deepEqual(
    [4, 6, 8, 10].map((at) => readUint16(cached, at)),
    [1, 0, 0, 0],
  )
})
