// What an upstream tells about its work. Called on the hot path: must not throw or allocate.

import type { FailureKind } from './exchange.ts'

export interface UpstreamMetrics {
  /** A query was written, for the first time or again. */
  querySent(): void
  /** An answer was matched and found sound, so many milliseconds after its query was handed over. */
  answered(milliseconds: number, rcode: number): void
  /** One try of one query failed; another upstream may still answer it. */
  failed(kind: FailureKind): void
  /** A message came whose ID or question belongs to no query under way: forged, or too late. */
  answerUnmatched(): void
  /** A query was put on a fresh connection because its own closed before the answer. */
  queryResent(): void
  connectionOpened(resumed: boolean, milliseconds: number): void
  connectionFailed(kind: FailureKind): void
  connectionClosed(): void
  /**
   * A connection is open to a server that did not prove who it is, as the opportunistic profile
   * lets it (RFC 8310 §5).
   * @param fault why it could not, for people
   */
  unauthenticatedOpened(fault: string): void
  unauthenticatedClosed(): void
  /** Its failures put the upstream out of use. */
  circuitOpened(): void
  /** It is in use again, or its transport has ended. */
  circuitClosed(): void
  /** A question was asked to see whether the upstream is back. */
  probeSent(): void
  /** A query came here after another upstream failed it. */
  retried(): void
  /** A query came here because another upstream was late with it. */
  hedged(): void
  /** Such a query was answered here first. */
  hedgeWon(): void
  /** An answer was late here, and all extra queries that may be sent had been sent. */
  hedgeDenied(): void
  /** It took a question only without the client's subnet (RFC 7871). */
  subnetRefused(): void
}

export const noUpstreamMetrics: UpstreamMetrics = {
  querySent() {},
  answered() {},
  failed() {},
  answerUnmatched() {},
  queryResent() {},
  connectionOpened() {},
  connectionFailed() {},
  connectionClosed() {},
  unauthenticatedOpened() {},
  unauthenticatedClosed() {},
  circuitOpened() {},
  circuitClosed() {},
  probeSent() {},
  retried() {},
  hedged() {},
  hedgeWon() {},
  hedgeDenied() {},
  subnetRefused() {},
}
