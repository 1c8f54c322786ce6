// Accepts TCP connections on one address (RFC 7766) and admits or refuses each before an octet of
// it is read. What may be shared by the listeners of a worker is passed in: the handler and the
// table of connections.

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { parseAddress } from '../../wire/text/prefix.ts'
import { Query, type QueryHandler, Transport } from '../../pipeline/query.ts'
import type { ConnectionTable } from './connection-table.ts'
import { StreamConnection, type StreamContext } from './connection.ts'
import type { StreamLimits } from './limits.ts'
import { CloseReason, RefuseReason, type StreamMetrics } from './metrics.ts'
import { TickFlush } from './tick-flush.ts'

export interface StreamListenerOptions {
  readonly handler: QueryHandler
  readonly table: ConnectionTable
  readonly metrics: StreamMetrics
  /** Milliseconds that only grow. */
  readonly clock: () => number
  /** IPv4 or IPv6 text; `0.0.0.0` and `::` mean every local address. */
  readonly address: string
  /** 0 for any free one. */
  readonly port: number
  /** Lets every worker listen on the same port; the kernel spreads connections over them. */
  readonly reusePort?: boolean
  /** Keeps `::` from taking IPv4 as well. */
  readonly v6Only?: boolean
  readonly limits: StreamLimits
  /** Told that the handler threw, which costs one connection. Without it the fault is thrown on. */
  readonly onError?: (error: unknown) => void
}

/** Connections that wait to be accepted; Linux cuts it to net.core.somaxconn. */
const BACKLOG = 4_096

/** Room for the largest message, in whole 32-bit words. */
const ANSWER_ROOM = 65_536

export class StreamListener {
  readonly #options: StreamListenerOptions
  readonly #context: StreamContext
  readonly #server: Server
  readonly #connections = new Set<StreamConnection>()
  #stopped = false
  #onProgress: (() => void) | null = null

  constructor(options: StreamListenerOptions) {
    this.#options = options
    this.#server = createServer({
      allowHalfOpen: true,
      noDelay: true,
      pauseOnConnect: true,
    })
    this.#server.on('connection', (socket) => this.#accept(socket))
    this.#context = this.#createContext()
  }

  /** How long a connection may be idle, in milliseconds: what RFC 7828 lets us tell clients. */
  get idleTimeout(): number {
    return this.#context.limits.idleTimeout
  }

  /**
   * Starts to accept connections. Rejects with what the system says: an error with `code`
   * (EADDRINUSE, EACCES, EADDRNOTAVAIL), `address` and `port`.
   */
  listen(): Promise<void> {
    const { address: host, port, reusePort = false, v6Only: ipv6Only = false } = this.#options
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ host, port, reusePort, ipv6Only, backlog: BACKLOG }, () => {
        this.#server.off('error', reject)
        // From now on an error is one connection that could not be accepted.
        this.#server.on('error', () => this.#options.metrics.onRefused(RefuseReason.Accept))
        resolve()
      })
    })
  }

  /** The address listened on. Only between `listen` and `stop`. */
  address(): AddressInfo {
    return this.#server.address() as AddressInfo
  }

  /** Accepts and reads no more. Queries under way are answered, then each connection ends. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    if (this.#server.listening) this.#server.close()
    for (const connection of this.#connections) connection.drain(CloseReason.Shutdown)
  }

  /** Stops, waits at most `within` milliseconds for the last answers, then ends what is left. */
  async close(within: number): Promise<void> {
    this.stop()
    if (!this.#isFinished()) await this.#allFinished(within)
    for (const connection of this.#connections) connection.destroy(CloseReason.Shutdown)
  }

  #allFinished(within: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, within)
      this.#onProgress = () => {
        if (!this.#isFinished()) return
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #isFinished(): boolean {
    for (const connection of this.#connections) if (!connection.finished) return false
    return true
  }

  #accept(socket: Socket): void {
    // Without an address the client went before we came to look.
    const clientAddress = parseAddress(socket.remoteAddress ?? '')
    if (clientAddress === null) return this.#refuse(socket, RefuseReason.Accept)
    const client = clientAddress.join('.')
    const refusal = this.#refusal(clientAddress, client)
    if (refusal !== null) return this.#refuse(socket, refusal)
    const context = this.#context
    this.#connections.add(new StreamConnection({ context, socket, client, clientAddress }))
    this.#options.metrics.onOpened()
  }

  #refusal(address: Uint8Array, client: string): RefuseReason | null {
    const family = address.length === 4 ? 4 : 6
    if (!this.#options.handler.admits(address, 0, family)) return RefuseReason.Unauthorised
    return this.#options.table.admit(client)
  }

  /** RST: costs us least, and the client learns at once. */
  #refuse(socket: Socket, reason: RefuseReason): void {
    this.#options.metrics.onRefused(reason)
    socket.on('error', () => {})
    socket.resetAndDestroy()
  }

  #createContext(): StreamContext {
    const { handler, table, metrics, clock, limits } = this.#options
    const nobody = {
      detach: (): never => {
        throw new Error('a query was detached that came from no connection')
      },
    }
    const query = new Query(Transport.Tcp, nobody)
    query.out = new Uint8Array(ANSWER_ROOM)
    return {
      handler,
      query,
      lateAnswer: new Uint8Array(ANSWER_ROOM),
      table,
      flush: new TickFlush(),
      limits,
      metrics,
      clock,
      onError: this.#options.onError ?? throwOn,
      onFinished: () => this.#onProgress?.(),
      onGone: (connection) => {
        this.#connections.delete(connection)
        this.#onProgress?.()
      },
    }
  }
}

function throwOn(error: unknown): never {
  throw error
}
