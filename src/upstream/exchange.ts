// What the slow lane hands to an upstream: one question, who wants its answer, and until when.

import type { Fault, Security } from '../dnssec/verdict.ts'
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
  /** The data of the client subnet option that goes with it (RFC 7871 §6); null for none. */
  readonly subnet: Uint8Array | null
  /** Names of upstreams that are asked only where there is nobody else. Absent: all are alike. */
  readonly avoid?: readonly string[]
}

/** What is known of an answer, beside its octets and who gave it. */
export interface AnswerOrigin {
  /** It comes from a store, its TTLs aged already, and not from the upstream just now. */
  readonly stored: boolean
  /** Nobody was asked: it was made of what was proven before (RFC 8198). Absent: no. */
  readonly synthesized?: boolean
  /** What validation found; null where nobody has looked. */
  readonly security: Exclude<Security, 'bogus'> | null
  /**
   * It counts as insecure for a negative trust anchor that passes: others may have none, nor has this
   * process after a restart. Absent: no.
   */
  readonly isPassing?: boolean
}

/** As upstreams give answers. */
export const UNVALIDATED: AnswerOrigin = { stored: false, security: null }

/** What kept an upstream from answering. */
export const FailureKind = {
  Resolve: 'resolve',
  Connect: 'connect',
  Tls: 'tls',
  Closed: 'closed',
  Timeout: 'timeout',
  /** Silence where something should have come: no octet, no end of a handshake. */
  Stalled: 'stalled',
  Malformed: 'malformed',
  /** It answered with an error, and another upstream did better. Ends no exchange. */
  Refused: 'refused',
  Overload: 'overload',
  Shutdown: 'shutdown',
  /** The upstream asks us in turn what we ask it. */
  Loop: 'loop',
  /** There is an answer, and it does not validate (RFC 4035 §5). */
  Bogus: 'bogus',
} as const
export type FailureKind = (typeof FailureKind)[keyof typeof FailureKind]

/** How far a try had come when it failed. */
export const FailurePhase = {
  /** Its upstream's address was sought. */
  Resolve: 'resolve',
  Connect: 'connect',
  Tls: 'tls',
  /** The connection did not take it. */
  Write: 'write',
  /** It was written, and waited for its answer. */
  Wait: 'wait',
} as const
export type FailurePhase = (typeof FailurePhase)[keyof typeof FailurePhase]

export interface UpstreamFailure {
  readonly kind: FailureKind
  /** The name of the upstream whose failure was the last; empty when none was tried. */
  readonly upstream: string
  /** For people: what went wrong, without secrets. */
  readonly detail: string
  readonly phase: FailurePhase
  /** Milliseconds since the question was handed over. */
  readonly ms: number
  /** The names of all upstreams that were asked. */
  readonly tried: readonly string[]
  /** Of what is bogus: why. It tells nothing of upstreams. */
  readonly fault?: Fault
}

/** One question under way. Exactly one of its two methods is called, once. */
export interface Exchange {
  readonly question: UpstreamQuestion
  /** When it was handed over, in milliseconds on the clock that the upstream was constructed with. */
  readonly startedAt: number
  /** On the same clock. */
  readonly deadline: number
  /** Nobody waits for it: what is known already is to be had anew. Absent: no. */
  readonly isRenewal?: boolean
  /**
   * A message that was checked whole and matches the question. It lies in memory that is reused:
   * whatever is needed must be copied before this returns. Must not throw.
   * @param upstream the name of whoever answered
   * @param now when it came, on that clock
   * @param origin `UNVALIDATED` unless given
   */
  onAnswer(answer: AnswerScan, upstream: string, now: number, origin?: AnswerOrigin): void
  onFailure(failure: UpstreamFailure): void
}
