import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Rcode } from '../wire/header.ts'
import { parseName } from '../wire/text/name-text.ts'
import { emptyAnswer } from './finish.ts'
import { type LocalAnswers, MAX_LOCAL_ANSWER } from './local-answers.ts'
import { Bench, queryOf } from './testing.ts'

const OURS = Buffer.from(parseName('resolver.arpa') as Uint8Array).toString('latin1')

/** Answers for one name, with no records and the response code that is asked for. */
function localAnswers(rcode: number): LocalAnswers {
  return {
    answer(query, out, outStart) {
      const name = query.bytes.subarray(query.start + 12, query.start + 12 + query.nameLength)
      if (Buffer.from(name).toString('latin1').toLowerCase() !== OURS) return 0
      assert.ok(out.length - outStart >= MAX_LOCAL_ANSWER)
      const length = emptyAnswer(out, outStart, query)
      out[outStart + 3] = rcode
      return length
    },
  }
}

suite('names of our own', () => {
  test('are never forwarded, over any transport, with EDNS options or without', () => {
    const bench = new Bench({ localAnswers: localAnswers(Rcode.NoError) })
    const edns = { options: [{ code: 65_001, data: Uint8Array.of(1) }] }
    for (const listener of [bench.udp, bench.tcp, bench.tls]) {
      for (const asked of [{}, { edns: {} }, { edns }]) {
        const answer = listener.ask(queryOf({ name: 'Resolver.ARPA', ...asked }))
        assert.equal(answer.rcode, Rcode.NoError)
        assert.equal(answer.id, 0x1234)
        assert.equal(answer.edns !== null, 'edns' in asked)
      }
    }
    assert.equal(bench.resolver.exchanges.length, 0)
    assert.equal(bench.counts.of('local'), 9)
    assert.equal(bench.counts.of('miss'), 0)
  })

  test('have the response code that was written', () => {
    const bench = new Bench({ localAnswers: localAnswers(Rcode.NXDomain) })
    assert.equal(bench.udp.ask(queryOf({ name: 'resolver.arpa' })).rcode, Rcode.NXDomain)
    assert.equal(bench.counts.of(`answered:${Rcode.NXDomain}`), 1)
  })

  test('leave all others to the upstream', () => {
    const bench = new Bench({ localAnswers: localAnswers(Rcode.NoError) })
    bench.udp.wait(queryOf())
    assert.equal(bench.resolver.exchanges.length, 1)
    assert.equal(bench.counts.of('local'), 0)
  })
})
