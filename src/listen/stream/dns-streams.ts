// The service of tcp and tls doors: DNS messages, each behind its length (RFC 7766, RFC 7858).

import { Query, type QueryHandler, type Transport } from '../../pipeline/query.ts'
import { StreamConnection, type StreamContext } from './connection.ts'
import type { Service } from './door.ts'
import type { StreamLimits } from './limits.ts'
import type { StreamMetrics } from './metrics.ts'

export interface DnsStreamsOptions {
  readonly handler: QueryHandler
  readonly metrics: StreamMetrics
  /** Milliseconds that only grow. */
  readonly clock: () => number
  readonly limits: StreamLimits
  readonly transport: Transport
  /** Told that the handler threw, which costs one connection. Without it the fault is thrown on. */
  readonly onError?: (error: unknown) => void
}

/** Room for the largest message, in whole 32-bit words. */
const ANSWER_ROOM = 65_536

const NOBODY = {
  detach: (): never => {
    throw new Error('a query was detached that came from no connection')
  },
}

export function dnsStreams(options: DnsStreamsOptions): Service {
  const { handler, metrics, clock, limits, transport, onError = throwOn } = options
  return (host) => {
    const query = new Query(transport, NOBODY)
    query.out = new Uint8Array(ANSWER_ROOM)
    const context: StreamContext = {
      handler,
      query,
      lateAnswer: new Uint8Array(ANSWER_ROOM),
      turns: host.turns,
      limits,
      metrics,
      clock,
      onError,
      onFinished: () => host.onFinished(),
      onGone: (connection) => host.onGone(connection),
    }
    return (admitted) => new StreamConnection({ context, ...admitted })
  }
}

function throwOn(error: unknown): never {
  throw error
}
