// A flood of distinct sources against the limits, with good clients among them, on a clock of its
// own: for the tests at a small size, for `node bench/limits.ts` at the full one.

import { LimitVerdict } from './limit-verdict.ts'
import { allocateQueryLimits, QueryLimiter, type QueryLimitShape } from './rate-limit.ts'

export interface Flood {
  /** Sources that ask once each, evenly over time. */
  readonly sources: number
  /** Of their queries, in a second. */
  readonly perSecond: number
  /** Clients that ask at `goodRate`, at moments of their own. */
  readonly goodClients: number
  readonly goodRate: number
  readonly limit: { readonly rate: number; readonly burst: number }
  /** Gives numbers below 1. */
  readonly random: () => number
}

export interface FloodOutcome {
  readonly seconds: number
  readonly asked: number
  /** Queries of good clients that were limited. */
  readonly limited: number
  /** Of one more client, which asks a hundred times as much as it may: what it got, and may get. */
  readonly greedyPassed: number
  readonly greedyBound: number
  /** Octets of memory, which is all there is. */
  readonly memory: number
}

/** Times that the greedy client asks for each query that it may ask. */
const GREED = 100

export function simulateFlood(flood: Flood): FloodOutcome {
  const { sources, perSecond, goodClients, goodRate, limit, random } = flood
  const shape: QueryLimitShape = {
    perClient: limit,
    perVerifiedClient: null,
    perListener: null,
    total: null,
    ipv4Prefix: 32,
    ipv6Prefix: 56,
  }
  const memory = allocateQueryLimits(shape)
  const onExceed = LimitVerdict.Truncate
  const limiter = new QueryLimiter({ memory, shape, listener: 0, onExceed, slip: 0 })
  const address = new Uint8Array(4)
  const view = new DataView(address.buffer)
  const passes = (client: number, now: number) => {
    view.setUint32(0, client)
    return limiter.take(address, 0, 4, false, now) === LimitVerdict.Pass
  }
  const seconds = sources / perSecond
  const step = 1000 / perSecond
  const goodShare = (goodClients * goodRate) / perSecond
  const greedyShare = (GREED * limit.rate) / perSecond
  let asked = 0
  let limited = 0
  let greedyPassed = 0
  let good = 0
  let greedy = 0
  const due = Float64Array.from({ length: goodClients }, () => (random() * 1000) / goodRate)
  let next = 0
  for (let i = 0; i < sources; i++) {
    const now = i * step
    passes(GOOD + goodClients + 1 + i, now)
    for (good += goodShare; good >= 1; good--) {
      next = (next + 1) % goodClients
      if (due[next]! > now) continue
      due[next] = due[next]! + 1000 / goodRate
      asked++
      if (!passes(GOOD + next, now)) limited++
    }
    for (greedy += greedyShare; greedy >= 1; greedy--) if (passes(GREEDY, now)) greedyPassed++
  }
  const greedyBound = limit.burst + Math.ceil(limit.rate * seconds) + 1
  return { seconds, asked, limited, greedyPassed, greedyBound, memory: memory.byteLength }
}

/** 10.0.0.0: the first of the good; the greedy one is 192.0.2.1. */
const GOOD = 0x0a000000
const GREEDY = 0xc0000201
