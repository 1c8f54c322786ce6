// For allocation.test.ts, in a process of its own with --expose-gc: asks the same cached questions
// again and again, and prints how far the heap grew meanwhile, and how much of that stayed.

import { counterRow, allocateCounters } from '../observe/counters.ts'
import { PipelineCounters } from '../observe/thread-counters.ts'
import { Query, Transport } from './query.ts'
import { answer, Bench, queryOf, recordsOf } from './testing.ts'

const QUERIES = 200_000
const WARM_UP = 100_000
const STRIDE = 128

const bench = new Bench({ metrics: new PipelineCounters(counterRow(allocateCounters(1), 0)) })
const { pipeline } = bench

const messages = ['www', 'WWW', 'Www'].flatMap((label) => {
  const name = `${label}.example.org`
  return [null, {}, { flags: 0x8000, udpSize: 4_096 }].map((edns) => queryOf({ name, edns }))
})
for (const message of messages) {
  if (bench.udp.send(message) === bench.udp.late.at(-1)) {
    answer(bench.resolver.last, { answers: recordsOf('www.example.org. 300 IN A 192.0.2.1') })
  }
}

const received = new Uint8Array(messages.length * STRIDE)
const lengths = Int32Array.from(messages, ({ length }) => length)
const queries = messages.map((message, i) => {
  received.set(message, i * STRIDE)
  const origin = {
    detach(): never {
      throw new Error('not in the cache')
    },
  }
  const query = new Query(i % 2 === 0 ? Transport.Udp : Transport.Tcp, origin)
  query.bytes = received
  query.start = i * STRIDE
  query.length = message.length
  query.client = Uint8Array.of(127, 0, 0, 1)
  query.out = new Uint8Array(65_536)
  return query
})

/** As batches that were foreseen, and one by one, in turns. */
function ask(count: number): void {
  for (let i = 0; i < count; i++) {
    const place = i % queries.length
    const query = queries[place]!
    if (place === 0) pipeline.foresee(received, STRIDE, lengths, queries.length)
    query.position = i % 2 === 0 ? place : -1
    if (pipeline.handle(query) <= 0) throw new Error('not answered')
  }
}

ask(WARM_UP)
globalThis.gc!()
const before = process.memoryUsage().heapUsed
ask(QUERIES)
const after = process.memoryUsage().heapUsed
globalThis.gc!()
const kept = process.memoryUsage().heapUsed
const grown = { queries: QUERIES, grown: after - before, retained: kept - before }
process.stdout.write(JSON.stringify(grown))
