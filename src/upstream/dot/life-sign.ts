// Asking for a sign of life: a question that any resolver answers out of what it has at hand.

import type { UpstreamQuestion } from '../exchange.ts'
import { type PendingOwner, PendingQuery } from '../pending-query.ts'

/**
 * `1.0.0.127.in-addr.arpa. IN PTR`: every recursive server is to serve this zone itself (RFC 6303
 * §4.2), so that it answers at once even when it reaches nobody. BIND, Knot Resolver and Unbound
 * do as they come; `. NS` and, with BIND, `localhost. A` take them seconds without a network.
 */
export const LIFE_SIGN: UpstreamQuestion = {
  question: new Uint8Array(
    Buffer.from('\x011\x010\x010\x03127\x07in-addr\x04arpa\0\0\x0c\0\x01', 'latin1'),
  ),
  dnssecOk: false,
  checkingDisabled: false,
  options: null,
  subnet: null,
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
    super(NOBODY, LIFE_SIGN)
  }
}
