import assert from 'node:assert/strict'
import { once } from 'node:events'
import { suite, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import type { LimitTask } from './limit-torture.ts'
import { allocateQueryLimits, type QueryLimitShape } from './rate-limit.ts'

const THREADS = 3
const CLIENTS = 5
const MILLISECONDS = 5_000

const OFF: QueryLimitShape = {
  perClient: null,
  perVerifiedClient: null,
  perListener: null,
  total: null,
  ipv4Prefix: 32,
  ipv6Prefix: 56,
}

/** How many queries of each client passed, over all threads. */
async function race(shape: QueryLimitShape): Promise<number[]> {
  const workerData: LimitTask = {
    memory: allocateQueryLimits(shape),
    shape,
    clock: new Int32Array(new SharedArrayBuffer(8)),
    threads: THREADS,
    milliseconds: MILLISECONDS,
    clients: CLIENTS,
  }
  const counts = await Promise.all(
    Array.from({ length: THREADS }, async () => {
      const worker = new Worker(new URL('limit-torture.ts', import.meta.url), { workerData })
      const [passed] = (await once(worker, 'message')) as [number[]]
      return passed
    }),
  )
  return Array.from({ length: CLIENTS }, (_, at) =>
    counts.reduce((sum, passed) => sum + passed[at]!, 0),
  )
}

suite('many threads', () => {
  const limit = { rate: 5_000, burst: 500 }
  const bound = limit.burst + (limit.rate * MILLISECONDS) / 1000

  test('together never pass more of a client than its bucket gives', async () => {
    for (const passed of await race({ ...OFF, perClient: limit })) {
      // When the client is new to the table, each further thread may give it one token too many.
      assert.ok(passed <= bound + THREADS - 1, `${passed} of ${bound}`)
      assert.ok(passed > bound - limit.burst, `${passed} of ${bound}`)
    }
  })

  test('together pass no more in all than the bucket gives, and what each has not told', async () => {
    const passed = (await race({ ...OFF, total: limit })).reduce((sum, count) => sum + count, 0)
    // Within a moment of the clock a thread asks at least once for each client.
    const untold = (THREADS - 1) * limit.burst
    assert.ok(passed <= bound + untold, `${passed} of ${bound}`)
    assert.ok(passed > bound - limit.burst, `${passed} of ${bound}`)
  })
})
