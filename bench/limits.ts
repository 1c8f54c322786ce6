// npm run bench:limits: what a limit costs a query, and what ten million distinct sources do to
// clients that ask as much as they may.

import { AnswerKind } from '../src/guard/answer-kind.ts'
import { simulateFlood } from '../src/guard/flood.ts'
import { LimitVerdict } from '../src/guard/limit-verdict.ts'
import { allocateQueryLimits, QueryLimiter, type QueryLimitShape } from '../src/guard/rate-limit.ts'
import { allocateResponseLimits, ResponseLimiter } from '../src/guard/response-limit.ts'

const QUERIES = 4_000_000
const ROUNDS = 5
/** Queries with one reading of the clock. */
const BATCH = 32

const SOURCES = 10_000_000

/** Nanoseconds of processor time, in the best round. */
function cost(ask: (query: number, now: number) => void): number {
  let best = Infinity
  let now = 1e6
  for (let round = 0; round < ROUNDS; round++) {
    const begun = process.cpuUsage()
    for (let i = 0; i < QUERIES; i++) {
      if (i % BATCH === 0) now += 0.1
      ask(i, now)
    }
    const { user, system } = process.cpuUsage(begun)
    best = Math.min(best, ((user + system) * 1000) / QUERIES)
  }
  return best
}

function limiterOf(limits: Partial<QueryLimitShape>): QueryLimiter {
  const none = { perClient: null, perVerifiedClient: null, perListener: null, total: null }
  const shape = { ...none, ipv4Prefix: 32, ipv6Prefix: 56, ...limits }
  const memory = allocateQueryLimits(shape)
  return new QueryLimiter({
    memory,
    shape,
    listener: 0,
    onExceed: LimitVerdict.Truncate,
    slip: 0,
  })
}

function tellCosts(clients: number): void {
  const addresses = new Uint8Array(16 * clients).map(() => Math.random() * 256)
  const rate = { rate: 1_000_000, burst: 1_000_000 }
  const one = limiterOf({ perClient: rate })
  const all = limiterOf({ perClient: rate, perListener: rate, total: rate })
  const take = (limiter: QueryLimiter, family: 4 | 6) =>
    cost((i, now) => limiter.take(addresses, (i % clients) * 16, family, false, now))
  const rates = { equal: 10_000, noData: 10_000, nxDomain: 10_000, errors: 10_000, window: 15 }
  const shape = { ...rates, ipv4Prefix: 24, ipv6Prefix: 56 }
  const responses = new ResponseLimiter({ memory: allocateResponseLimits(), shape, slip: 2 })
  const answers = cost((i, now) => {
    const client = responses.clientKey(addresses, (i % clients) * 16, 4)
    responses.take(client, AnswerKind.Equal, i % 64, now)
  })
  const figures = [take(one, 4), take(one, 6), take(all, 4), take(all, 6), answers]
  console.log([clients, ...figures.map((ns) => ns.toFixed(0))].map(column).join(''))
}

function tellFlood(perSecond: number, rate: number): void {
  const outcome = simulateFlood({
    sources: SOURCES,
    perSecond,
    goodClients: 1000,
    goodRate: rate / 2,
    limit: { rate, burst: rate },
    random: Math.random,
  })
  const { asked, limited, greedyPassed, greedyBound, memory } = outcome
  const share = `${limited} of ${asked}`
  const greedy = `${greedyPassed} of ${greedyBound}`
  console.log([perSecond, rate, share, greedy, memory].map(column).join(''))
}

function column(text: number | string): string {
  return String(text).padStart(16)
}

console.log('nanoseconds a query, by clients that take turns')
console.log(['clients', 'client', 'IPv6', 'all three', 'IPv6', 'answers'].map(column).join(''))
for (const clients of [1, 1_000, 100_000]) tellCosts(clients)
console.log(`\n${SOURCES} sources, 1,000 good clients at half their rate, one that asks for 100`)
console.log(['flood/s', 'rate', 'good limited', 'greedy', 'octets'].map(column).join(''))
for (const [perSecond, rate] of [
  [400_000, 20],
  [1_000_000, 20],
  [1_000_000, 10],
  [1_000_000, 2],
] as const) {
  tellFlood(perSecond, rate)
}
