// What the slow lane hands to an upstream: one question, who wants its answer, and until when.

import type { AnswerScan } from '../wire/answer-scan.ts'

/** A question as it goes to an upstream. Its memory must not change while it is under way. */
export interface UpstreamQuestion {
  /** Lower-cased uncompressed qname, qtype and qclass: the whole question section. */
  readonly question: Uint8Array
  /** The DO bit (RFC 3225). */
  readonly dnssecOk: boolean
  /** The CD bit (RFC 4035 §3.2.2). */
  readonly checkingDisabled: boolean
  /** EDNS options to carry byte for byte, each with code and length; null for none. */
  readonly options: Uint8Array | null
}

/** What kept an upstream from answering. */
export const FailureKind = {
  Resolve: 'resolve',
  Connect: 'connect',
  Tls: 'tls',
  Closed: 'closed',
  Timeout: 'timeout',
  Malformed: 'malformed',
  Overload: 'overload',
  Shutdown: 'shutdown',
} as const
export type FailureKind = (typeof FailureKind)[keyof typeof FailureKind]

export interface UpstreamFailure {
  readonly kind: FailureKind
  /** The upstream's name; empty when none was tried. */
  readonly upstream: string
  /** For people: what went wrong, without secrets. */
  readonly detail: string
}

/** One question under way. Exactly one of its two methods is called, once. */
export interface Exchange {
  readonly question: UpstreamQuestion
  /** On the clock that the upstream was constructed with, in milliseconds. */
  readonly deadline: number
  /**
   * A message that was checked whole and matches the question. It lies in memory that is reused:
   * whatever is needed must be copied before this returns. Must not throw.
   */
  onAnswer(answer: AnswerScan, upstream: string): void
  onFailure(failure: UpstreamFailure): void
}
