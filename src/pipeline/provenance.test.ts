import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { EntryCopy } from '../cache/entry-copy.ts'
import { Provenance } from '../cache/layout.ts'
import { FailureKind } from '../upstream/exchange.ts'
import { answer, Bench, fail, queryOf, recordsOf } from './testing.ts'

const RECORDS = { answers: recordsOf('www.example.org. 60 IN A 192.0.2.1') }

/** The place of `upstream` among the names that a bench knows, and one. */
const SLOT = 2

function provenancesIn({ cache }: Bench): number[] {
  const entry = new EntryCopy()
  const found: number[] = []
  for (const shard of cache.shards) {
    for (let slot = 0; slot < shard.geometry.slots; slot++) {
      if (entry.take(shard, slot)) found.push(entry.answer.provenance)
    }
  }
  return found
}

suite('an answer that is kept', () => {
  test('is known by who gave it', () => {
    const bench = new Bench()
    bench.ready({}, RECORDS)
    assert.deepEqual(provenancesIn(bench), [SLOT])
  })

  test('of a store is known as such, and by who gave it there', () => {
    const bench = new Bench()
    bench.udp.wait(queryOf())
    answer(stored(bench), RECORDS)
    assert.deepEqual(provenancesIn(bench), [SLOT | Provenance.Shared])
  })

  test('that is a failure of ours is known by who failed', () => {
    const bench = new Bench()
    bench.udp.wait(queryOf())
    fail(bench.resolver.last, FailureKind.Timeout)
    assert.deepEqual(provenancesIn(bench), [SLOT])
  })
})

/** The exchange under way, answered from a store. */
function stored({ resolver: { last } }: Bench): Bench['resolver']['last'] {
  return {
    question: last.question,
    startedAt: last.startedAt,
    deadline: last.deadline,
    onAnswer: (scan, upstream, now) =>
      last.onAnswer(scan, upstream, now, { stored: true, security: null }),
    onFailure: (failure) => last.onFailure(failure),
  }
}
