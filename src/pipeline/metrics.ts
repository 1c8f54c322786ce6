import type { CookieState } from '../guard/cookies.ts'
import type { LimitReason, LimitVerdict } from '../guard/limit-verdict.ts'
import type { QueryFault } from '../wire/query-scan.ts'
import type { Transport } from './query.ts'

/** What the pipeline counts. Called on the fast lane: implementations may only add numbers. */
export interface PipelineMetrics {
  received(transport: Transport): void
  /** Refused by access control: answered REFUSED, or not at all. */
  denied(transport: Transport): void
  /** Not a query that can be asked of anybody; see `QueryFault`. */
  rejected(fault: QueryFault): void
  /** A query or an answer was over a limit. */
  limited(reason: LimitReason, verdict: LimitVerdict): void
  /** A query's cookie, where cookies are looked at. */
  cookie(state: CookieState): void
  /** Type ANY, with one record of ours. */
  anyAnswered(): void
  cacheHit(): void
  cacheMiss(): void
  /** About one of our own names, which nobody else is asked for. */
  answeredLocally(): void
  /** A query joined an equal one under way. */
  coalesced(): void
  /** More questions under way than the bound allows. */
  overloaded(): void
  answered(rcode: number): void
  /** Seconds from question to answer, for those that went upstream. */
  resolved(seconds: number): void
}
