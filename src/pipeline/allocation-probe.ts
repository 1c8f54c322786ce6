// For allocation.test.ts, in a process of its own with --expose-gc: asks the same cached questions
// again and again, and prints how far the heap grew meanwhile, and how much of that stayed. With
// `guarded`, every stage before the cache is on, and every query with EDNS has a good cookie.

import { CookieSecrets } from '../guard/cookie-secrets.ts'
import { Cookies } from '../guard/cookies.ts'
import { LimitVerdict } from '../guard/limit-verdict.ts'
import { allocateQueryLimits, QueryLimiter } from '../guard/rate-limit.ts'
import { allocateResponseLimits, ResponseLimiter } from '../guard/response-limit.ts'
import { sharedMilliseconds } from '../guard/shared-milliseconds.ts'
import { counterRow, allocateCounters } from '../observe/counters.ts'
import { PipelineCounters } from '../observe/thread-counters.ts'
import { OptionCode } from '../wire/edns.ts'
import { CookieStage } from './cookie-stage.ts'
import { type Batch, Query, Transport } from './query.ts'
import { answer, Bench, queryOf, recordsOf } from './testing.ts'

const QUERIES = 200_000
const TURNS = 5
const WARM_UP = 100_000
const STRIDE = 128

const CLIENT = Uint8Array.of(127, 0, 0, 1)
const NOW = 1_700_000_000

const secrets = CookieSecrets.random()

/** Limits that nobody comes to. */
function guard() {
  const rate = { rate: 1_000_000, burst: 60_000_000 }
  const prefixes = { ipv4Prefix: 32, ipv6Prefix: 56 }
  const limits = { perClient: rate, perVerifiedClient: rate, perListener: rate, total: rate }
  const queryShape = { ...limits, ...prefixes }
  const most = 10_000
  const answers = { equal: most, noData: most, nxDomain: most, errors: most, window: 1 }
  return {
    cookies: new CookieStage({
      cookies: new Cookies(secrets),
      required: false,
      onMissing: LimitVerdict.Pass,
      clock: () => NOW,
    }),
    queryLimits: new QueryLimiter({
      memory: allocateQueryLimits(queryShape),
      shape: queryShape,
      listener: 0,
      onExceed: LimitVerdict.Truncate,
      slip: 2,
    }),
    responseLimits: new ResponseLimiter({
      memory: allocateResponseLimits(),
      shape: { ...answers, ...prefixes },
      slip: 2,
    }),
    minimalAny: true,
  }
}

function goodCookie(): Uint8Array {
  const cookies = new Cookies(secrets)
  cookies.check(new Uint8Array(8), 0, 8, CLIENT, 0, 4, NOW)
  return cookies.fresh
}

const clock = sharedMilliseconds()

/** Time flies: nobody asks so much of one machine. */
const milliseconds = () => 100 * clock()

const isGuarded = process.argv[2] === 'guarded'
const metrics = new PipelineCounters(counterRow(allocateCounters(1), 0))
const bench = isGuarded
  ? new Bench({ metrics, guard: guard(), milliseconds })
  : new Bench({ metrics })
const { pipeline } = bench
const options = isGuarded ? [{ code: OptionCode.Cookie, data: goodCookie() }] : []

const messages = ['www', 'WWW', 'Www'].flatMap((label) => {
  const name = `${label}.example.org`
  const all = [null, { options }, { flags: 0x8000, udpSize: 4_096, options }]
  return all.map((edns) => queryOf({ name, edns }))
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
  query.client = CLIENT
  query.out = new Uint8Array(65_536)
  return query
})

const batch: Batch = {
  received,
  stride: STRIDE,
  lengths,
  peers: CLIENT,
  clientFamily: () => 4,
  clientOffset: () => 0,
}

/** As batches that were foreseen; without a guard one by one as well, in turns. */
function ask(count: number): void {
  for (let i = 0; i < count; i++) {
    const place = i % queries.length
    const query = queries[place]!
    if (place === 0) pipeline.foresee(batch, queries.length)
    query.position = isGuarded || i % 2 === 0 ? place : -1
    if (pipeline.handle(query) <= 0) throw new Error('not answered')
  }
}

/** Octets of heap: how far it grew, and what of that stayed. */
function measure(): { grown: number; retained: number } {
  globalThis.gc!()
  const before = process.memoryUsage().heapUsed
  ask(QUERIES)
  const after = process.memoryUsage().heapUsed
  globalThis.gc!()
  return { grown: after - before, retained: process.memoryUsage().heapUsed - before }
}

ask(WARM_UP)
// Where others use the machine as well, code may be compiled only after some turns.
let least = measure()
for (let turns = 1; turns < TURNS; turns++) {
  const next = measure()
  if (next.grown < least.grown) least = next
}
const batches = Math.ceil(QUERIES / queries.length)
process.stdout.write(JSON.stringify({ queries: QUERIES, batches, ...least }))
