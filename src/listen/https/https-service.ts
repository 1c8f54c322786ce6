// The service of https doors: DNS over HTTPS (RFC 8484), in the version of HTTP that was agreed on
// in the TLS handshake.

import { Query, type QueryHandler, Transport } from '../../pipeline/query.ts'
import type { Service } from '../stream/door.ts'
import type { StreamLimits } from '../stream/limits.ts'
import type { StreamMetrics } from '../stream/metrics.ts'
import { DohReader } from './doh.ts'
import { Http1Connection } from './http1/connection.ts'
import { http2Sessions } from './http2/session.ts'
import { HttpDate } from './http-date.ts'
import type { HttpsMetrics } from './metrics.ts'
import { type HttpContext, HttpSocket } from './http-socket.ts'

export interface HttpsServiceOptions {
  readonly handler: QueryHandler
  readonly metrics: StreamMetrics
  readonly httpsMetrics: HttpsMetrics
  /** Milliseconds that only grow. */
  readonly clock: () => number
  readonly limits: StreamLimits
  /** Where DNS is served: begins with "/". */
  readonly path: string
  /** Told that the handler threw, which costs one connection. */
  readonly onError: (error: unknown) => void
}

/** Room for the largest message, in whole 32-bit words. */
const ANSWER_ROOM = 65_536

/** What a door offers in the TLS handshake, the best first (RFC 7301). */
export const HTTPS_ALPN: readonly string[] = ['h2', 'http/1.1']

const NOBODY = {
  detach: (): never => {
    throw new Error('a query was detached that came from no connection')
  },
}

export function httpsService(options: HttpsServiceOptions): Service {
  const { handler, metrics, httpsMetrics, clock, limits, path, onError } = options
  return (host) => {
    const query = new Query(Transport.Https, NOBODY)
    query.out = new Uint8Array(ANSWER_ROOM)
    const context: HttpContext = {
      handler,
      query,
      lateAnswer: new Uint8Array(ANSWER_ROOM),
      reader: new DohReader(path),
      date: new HttpDate(() => Date.now()),
      turns: host.turns,
      limits,
      metrics,
      httpsMetrics,
      clock,
      onError,
      onFinished: () => host.onFinished(),
      onGone: (connection) => host.onGone(connection),
    }
    const http1 = (socket: HttpSocket) => new Http1Connection(socket)
    const http2 = http2Sessions()
    return (admitted) => new HttpSocket(context, admitted, admitted.alpn === 'h2' ? http2 : http1)
  }
}
