import type { CookieState } from '../guard/cookies.ts'
import type { LimitReason, LimitVerdict } from '../guard/limit-verdict.ts'
import type { QueryFault } from '../wire/query-scan.ts'
import type { Transport } from './query.ts'

/** Why a client got a stale answer (RFC 8767 §5). */
export const StaleReason = {
  /** Every upstream was known to be out of use. */
  Unreachable: 'unreachable',
  /** No fresh one came within the client's time. */
  Late: 'late',
  /** The upstreams failed. */
  Failure: 'failure',
} as const
export type StaleReason = (typeof StaleReason)[keyof typeof StaleReason]

export const RenewalEvent = {
  Begun: 'begun',
  Done: 'done',
  Failed: 'failed',
  /** There was no room for it. */
  Denied: 'denied',
} as const
export type RenewalEvent = (typeof RenewalEvent)[keyof typeof RenewalEvent]

export const SubnetEvent = {
  /** A client told its network, and it goes on with the question. */
  Taken: 'taken',
  Malformed: 'malformed',
  /** An upstream's answer was for that network. */
  Tailored: 'tailored',
  /** An upstream's answer was for all networks. */
  ForAll: 'for-all',
} as const
export type SubnetEvent = (typeof SubnetEvent)[keyof typeof SubnetEvent]

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
  /** A client got an answer past its time to live. */
  servedStale(reason: StaleReason): void
  /** What became of an answer that was to be renewed before its life ends. */
  renewal(event: RenewalEvent): void
  /** The network that a client told of itself, where it goes upstream (RFC 7871). */
  subnet(event: SubnetEvent): void
}
