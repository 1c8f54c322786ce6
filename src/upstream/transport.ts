// What a forwarder sees of one upstream, whatever it speaks to it.

import type { Health } from './health.ts'
import type { PendingQuery } from './pending-query.ts'
import type { ProbeResult } from './probe.ts'

export interface UpstreamTransport {
  /** The upstream's name. */
  readonly name: string
  /**
   * What the transport saw of its upstream. It tells its health of answers, connections that fail
   * and connections that stall; the forwarder adds what it alone sees: tries that ran out of time.
   */
  readonly health: Health
  /** Queries that went out and have no answer yet. */
  readonly inFlight: number
  /** Queries that wait for a connection or for room on one. */
  readonly waiting: number

  /**
   * Takes a query; its owner hears once, perhaps before this returns, unless it cancels.
   * @param now the time, where the caller knows it already
   */
  submit(pending: PendingQuery, now?: number): void
  /** Forgets a query that was submitted and has not been reported on. */
  cancel(pending: PendingQuery): void
  /** Asks the upstream something that any resolver answers at once. Rejects never. */
  probe(timeout: number): Promise<ProbeResult>
  /** Takes nothing new, and closes as soon as nothing is under way. */
  drain(): void
  /** Closes at once; queries under way fail. */
  close(): void
}
