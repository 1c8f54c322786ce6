// For limit-allocation.test.ts, in a process of its own with --expose-gc: counts queries and answers
// again and again, below the limits and above them, and prints how far the heap grew meanwhile.

import { AnswerKind } from './answer-kind.ts'
import { LimitVerdict } from './limit-verdict.ts'
import { allocateQueryLimits, QueryLimiter } from './rate-limit.ts'
import { allocateResponseLimits, ResponseLimiter } from './response-limit.ts'

const QUERIES = 4_000_000
const WARM_UP = 100_000
const CLIENTS = 1_000

const limit = { rate: 100, burst: 100 }
const all = { rate: 1_000_000, burst: 1_000_000 }
const limits = { perClient: limit, perVerifiedClient: limit, perListener: all, total: all }
const shape = { ...limits, ipv4Prefix: 32, ipv6Prefix: 56 }
const memory = allocateQueryLimits(shape)
const onExceed = LimitVerdict.Drop
const queries = new QueryLimiter({ memory, shape, listener: 0, onExceed, slip: 2 })
const rates = { equal: 5, noData: 5, nxDomain: 5, errors: 5, window: 15 }
const responses = new ResponseLimiter({
  memory: allocateResponseLimits(),
  shape: { ...rates, ipv4Prefix: 24, ipv6Prefix: 56 },
  slip: 2,
})
const addresses = Uint8Array.from({ length: 16 * CLIENTS }, (_, i) => (i * 2_654_435_761) >>> 24)

const verdicts = new Uint32Array(4)
const clock = Float64Array.of(1e6)

function take(count: number): void {
  for (let i = 0; i < count; i++) {
    if (i % 32 === 0) clock[0]! += 0.37
    const now = clock[0]!
    const client = (i % CLIENTS) * 16
    const family = i % 2 === 0 ? 4 : 6
    verdicts[queries.take(addresses, client, family, i % 3 === 0, now)]! += 1
    const key = responses.clientKey(addresses, client, family)
    verdicts[responses.take(key, AnswerKind.Equal, i % 3, now)]! += 1
  }
}

take(WARM_UP)
globalThis.gc!()
const before = process.memoryUsage().heapUsed
take(QUERIES)
const grown = process.memoryUsage().heapUsed - before
process.stdout.write(JSON.stringify({ queries: QUERIES, grown, verdicts: [...verdicts] }))
