// A thread of the test 'many threads': asks for a few clients as fast as it can, on a clock that the
// threads drive on together, and counts what passes.

import { parentPort, workerData } from 'node:worker_threads'
import { LimitVerdict } from './limit-verdict.ts'
import { QueryLimiter, type QueryLimitShape } from './rate-limit.ts'

export interface LimitTask {
  readonly memory: SharedArrayBuffer
  readonly shape: QueryLimitShape
  /** Words: milliseconds, and how many threads are there. */
  readonly clock: Int32Array
  readonly threads: number
  readonly milliseconds: number
  readonly clients: number
}

/** Rounds of one thread in which the clock goes on by a millisecond. */
const ROUNDS = 16

const { memory, shape, clock, threads, milliseconds, clients } = workerData as LimitTask
const onExceed = LimitVerdict.Truncate
const limiter = new QueryLimiter({ memory, shape, listener: 0, onExceed, slip: 0 })
const address = new Uint8Array(4)
const passed = Array.from({ length: clients }, () => 0)
Atomics.add(clock, 1, 1)
while (Atomics.load(clock, 1) < threads) Atomics.wait(clock, 1, 0, 1)
for (let round = 1; ; round++) {
  const now = Atomics.load(clock, 0)
  if (now >= milliseconds) break
  for (let client = 0; client < clients; client++) {
    address[3] = client
    if (limiter.take(address, 0, 4, false, now) === LimitVerdict.Pass) passed[client]!++
  }
  if (round % ROUNDS === 0) Atomics.add(clock, 0, 1)
}
parentPort?.postMessage(passed)
