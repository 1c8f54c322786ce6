// Limits of queries and answers, and the memory that they are counted in.

import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../config/config.ts'
import { LimitVerdict } from '../guard/limit-verdict.ts'
import { allocateQueryLimits, type QueryLimitShape, type QueryRate } from '../guard/rate-limit.ts'
import { allocateResponseLimits, type ResponseLimitShape } from '../guard/response-limit.ts'
import type { LimitsPlan } from '../worker/plan.ts'

const SECOND = 1000

const VERDICTS = {
  truncate: LimitVerdict.Truncate,
  drop: LimitVerdict.Drop,
  refuse: LimitVerdict.Refuse,
} as const

/**
 * @param before those in force, if any: while a limit's shape stays the same, so does its memory, lest
 *   a reload fill everybody's bucket
 */
export function limitsPlan(config: Config['rateLimit'], before: LimitsPlan | null): LimitsPlan {
  return {
    queries: queriesPlan(config, before?.queries ?? null),
    responses: responsesPlan(config.responses, before?.responses ?? null),
  }
}

function queriesPlan(
  config: Config['rateLimit'],
  before: LimitsPlan['queries'],
): LimitsPlan['queries'] {
  const rateOf = (rate: number): QueryRate =>
    rate === 0 ? null : { rate, burst: Math.max(1, Math.ceil((rate * config.burst) / SECOND)) }
  const limits = {
    perClient: rateOf(config.perClient),
    perVerifiedClient: rateOf(config.perVerifiedClient),
    perListener: rateOf(config.perListener),
    total: rateOf(config.total),
  }
  if (Object.values(limits).every((limit) => limit === null)) return null
  const { ipv4Prefix, ipv6Prefix, onExceed, slip } = config
  const shape: QueryLimitShape = { ...limits, ipv4Prefix, ipv6Prefix }
  const memory = isDeepStrictEqual(before?.shape, shape)
    ? before!.memory
    : allocateQueryLimits(shape)
  return { memory, shape, onExceed: VERDICTS[onExceed], slip }
}

function responsesPlan(
  config: Config['rateLimit']['responses'],
  before: LimitsPlan['responses'],
): LimitsPlan['responses'] {
  const { equal, noData, nxDomain, errors, ipv4Prefix, ipv6Prefix, slip } = config
  if (equal + noData + nxDomain + errors === 0) return null
  const window = config.window / SECOND
  const rates = { equal, noData, nxDomain, errors, window }
  const shape: ResponseLimitShape = { ...rates, ipv4Prefix, ipv6Prefix }
  const memory = isDeepStrictEqual(before?.shape, shape) ? before!.memory : allocateResponseLimits()
  return { memory, shape, slip }
}
