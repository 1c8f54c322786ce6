// Asking for a sign of life: a question that any resolver has the answer of at hand.

import type { UpstreamQuestion } from './exchange.ts'
import { type PendingOwner, PendingQuery } from './pending-query.ts'

/** `. IN NS`. */
export const ROOT_SERVERS: UpstreamQuestion = {
  question: Uint8Array.of(0, 0, 2, 0, 1),
  dnssecOk: false,
  checkingDisabled: false,
  options: null,
}

/** Whatever is answered, that it is answered is all there is to know. */
const NOBODY: PendingOwner = {
  onPendingAnswer() {},
  onPendingFailure() {},
  onPendingExpired() {},
}

/** A query of the connection's own, in flight at most once at a time. */
export class LifeSign extends PendingQuery {
  constructor() {
    super(NOBODY, ROOT_SERVERS)
  }
}
