import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { DNSSEC_OK } from '../wire/edns.ts'
import { Flag, Rcode } from '../wire/header.ts'
import { RecordClass, RecordType } from '../wire/record-type.ts'
import { formatRecord } from '../wire/text/message-text.ts'
import type { LocalAnswers } from './local-answers.ts'
import { emptyAnswer } from './finish.ts'
import { answer, Bench, nameOf, queryOf } from './testing.ts'

const ANY = { type: RecordType.ANY }

suite('a query for type ANY (RFC 8482)', () => {
  test('gets one HINFO record over any transport, and nobody is asked (§4.2)', () => {
    const bench = new Bench({ guard: { minimalAny: true } })
    for (const listener of [bench.udp, bench.tcp, bench.tls]) {
      const message = listener.ask(queryOf(ANY))
      assert.equal(message.rcode, Rcode.NoError)
      assert.deepEqual(message.answers.map(formatRecord), [
        'www.example.org. 3600 IN HINFO "RFC8482" ""',
      ])
    }
    assert.equal(bench.resolver.exchanges.length, 0)
    assert.equal(bench.counts.of('any'), 3)
  })

  test('is never told that there is nothing, which caches would believe of all types', () => {
    const bench = new Bench({ guard: { minimalAny: true } })
    const options = [{ code: 65_001, data: Uint8Array.of(1) }]
    for (const edns of [{}, { flags: DNSSEC_OK }, { options }]) {
      const message = bench.udp.ask(queryOf({ ...ANY, edns }))
      assert.equal(message.answers.length, 1)
      assert.equal(message.edns?.flags, 'flags' in edns ? DNSSEC_OK : 0)
    }
  })

  test('has the class of its question, where records may be of it', () => {
    const bench = new Bench({ guard: { minimalAny: true } })
    const classOf = (number: number) => {
      const questions = [{ name: nameOf('example.org'), type: RecordType.ANY, class: number }]
      return bench.udp.ask(queryOf({ questions })).answers[0]!.class
    }
    assert.equal(classOf(RecordClass.CH), RecordClass.CH)
    assert.equal(classOf(RecordClass.ANY), RecordClass.IN)
  })

  test('for the longest name fits into what every client takes', () => {
    const bench = new Bench({ guard: { minimalAny: true } })
    const name = `${`${'x'.repeat(63)}.`.repeat(3)}${'x'.repeat(61)}`
    const message = bench.udp.ask(queryOf({ ...ANY, name, edns: { udpSize: 512 } }))
    assert.deepEqual([message.flags & Flag.TC, message.answers.length], [0, 1])
    assert.deepEqual(message.answers[0]!.name, nameOf(name))
  })

  test('about a name of our own gets what that says', () => {
    const localAnswers: LocalAnswers = { answer: (query, out, at) => emptyAnswer(out, at, query) }
    const bench = new Bench({ guard: { minimalAny: true }, localAnswers })
    assert.deepEqual(bench.udp.ask(queryOf(ANY)).answers, [])
    assert.equal(bench.counts.of('any'), 0)
  })

  test('goes upstream where that is wanted', () => {
    const bench = new Bench()
    const late = bench.udp.wait(queryOf(ANY))
    answer(bench.resolver.last)
    assert.equal(late.message.rcode, Rcode.NoError)
  })
})
