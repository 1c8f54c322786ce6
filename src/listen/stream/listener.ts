// Accepts connections on one address and admits or refuses each before an octet of it is read, sees
// to its handshake where the door demands one, and hands it to what serves it. What may be shared by
// the listeners of a worker is passed in: the handler and the table of connections.

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { parseAddress } from '../../wire/text/prefix.ts'
import type { AccessList } from '../../guard/acl.ts'
import type { QueryHandler } from '../../pipeline/query.ts'
import { AwaitedHeader } from '../proxy-protocol/awaited-header.ts'
import type { ConnectionTable } from './connection-table.ts'
import type { Admitted, Handshaker, Secured, ServedConnection, Service } from './door.ts'
import { CloseReason, RefuseReason, type StreamMetrics } from './metrics.ts'
import type { Place, TableEntry } from './place.ts'
import { UnfinishedHandshake } from './unfinished-handshake.ts'

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
  /** The only ones served, each telling for whom it asks; null where everybody asks for himself. */
  readonly proxies?: AccessList | null
  /** Null for a door without TLS. */
  readonly handshaker: Handshaker | null
  /** Milliseconds that a handshake may take. */
  readonly handshakeTimeout: number
  /** What runs on the connections. */
  readonly service: Service
}

/** Connections that wait to be accepted; Linux cuts it to net.core.somaxconn. */
const BACKLOG = 4_096

export class StreamListener {
  /** May change between two connections. */
  proxies: AccessList | null
  readonly #options: StreamListenerOptions
  readonly #server: Server
  readonly #serve: (admitted: Admitted) => ServedConnection
  readonly #connections = new Set<ServedConnection>()
  /** Those with a header or a handshake to come. */
  readonly #beginnings = new Set<TableEntry>()
  #stopped = false
  #onProgress: (() => void) | null = null

  constructor(options: StreamListenerOptions) {
    this.#options = options
    this.proxies = options.proxies ?? null
    this.#server = createServer({
      allowHalfOpen: true,
      noDelay: true,
      pauseOnConnect: true,
    })
    this.#server.on('connection', (socket) => this.#accept(socket))
    this.#serve = options.service({
      turns: options.table.turns,
      onFinished: () => this.#onProgress?.(),
      onGone: (connection) => {
        this.#connections.delete(connection)
        this.#onProgress?.()
      },
    })
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

  /** Ends what is open, each behind the answers that it waits for; new connections are taken. */
  dismiss(reason: CloseReason): void {
    for (const connection of this.#connections) connection.drain(reason)
  }

  /** Accepts and reads no more. Queries under way are answered, then each connection ends. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    if (this.#server.listening) this.#server.close()
    for (const beginning of this.#beginnings) beginning.destroy(CloseReason.Shutdown)
    this.dismiss(CloseReason.Shutdown)
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
    const peer = parseAddress(socket.remoteAddress ?? '')
    if (peer === null) return this.#refuse(socket, RefuseReason.Accept)
    if (this.proxies !== null) return this.#acceptProxy(this.proxies, socket, peer)
    const place = this.#mayEnter(peer) ? this.#options.table.admit(peer) : RefuseReason.Unauthorised
    if (typeof place === 'string') return this.#refuse(socket, place)
    this.#begin(socket, place, peer)
  }

  /** Nothing is guessed from what comes: proxies must send a header, and others are not served. */
  #acceptProxy(proxies: AccessList, socket: Socket, peer: Uint8Array): void {
    const { table, clock } = this.#options
    const known = proxies.allows(peer, 0, peer.length === 4 ? 4 : 6)
    const place = known ? table.admitProxy() : RefuseReason.NotAProxy
    if (typeof place === 'string') return this.#refuse(socket, place)
    const refuse = (reason: RefuseReason): void => {
      place.leave()
      this.#refuse(socket, reason)
    }
    const header: AwaitedHeader = new AwaitedHeader({
      socket,
      place,
      clock,
      onClient: (named) => {
        this.#beginnings.delete(header)
        const client = named ?? peer
        const refusal = this.#mayEnter(client)
          ? place.nameClient(client)
          : RefuseReason.Unauthorised
        if (refusal !== null) refuse(refusal)
        else this.#begin(socket, place, client)
      },
      onRefused: () => {
        this.#beginnings.delete(header)
        refuse(RefuseReason.ProxyHeader)
      },
    })
    this.#beginnings.add(header)
  }

  #begin(socket: Socket, place: Place, clientAddress: Uint8Array): void {
    const { handshaker, metrics } = this.#options
    if (handshaker !== null) return this.#shakeHands(handshaker, socket, place, clientAddress)
    metrics.onOpened()
    this.#open({ socket, tcp: socket, place, clientAddress, identity: null, alpn: null })
  }

  #shakeHands(
    handshaker: Handshaker,
    socket: Socket,
    place: Place,
    clientAddress: Uint8Array,
  ): void {
    const { table, metrics, clock, handshakeTimeout } = this.#options
    metrics.onOpened()
    const handshake = new UnfinishedHandshake({
      socket,
      place,
      timeout: handshakeTimeout,
      clock,
      onEnd: (reason) => {
        this.#beginnings.delete(handshake)
        if (reason !== null) metrics.onClosed(reason)
      },
    })
    this.#beginnings.add(handshake)
    onFirstOctets(socket, (spoke) => {
      if (!spoke) return handshake.destroy(CloseReason.Client)
      const refusal = place.beginHandshake()
      if (refusal !== null) return handshake.destroy(refusal)
      const done = (secured: Secured | null): void => {
        if (secured === null) handshake.destroy(CloseReason.Handshake)
        else if (!this.#mayAsk(clientAddress, secured)) handshake.destroy(CloseReason.Unauthorised)
        else if (handshake.finish()) this.#open({ ...secured, tcp: socket, place, clientAddress })
      }
      table.turns.waitToBegin({
        goOn: () => {
          if (!socket.destroyed) handshaker.begin(socket, clientAddress, done)
        },
      })
    })
  }

  #open(admitted: Admitted): void {
    this.#connections.add(this.#serve(admitted))
  }

  /** Where certificates may open the door, an address alone cannot close it. */
  #mayEnter(address: Uint8Array): boolean {
    const { handler, handshaker } = this.#options
    const byCertificate =
      handshaker?.asksForCertificates === true && handler.admitsCertificates === true
    return byCertificate || this.#admits(address)
  }

  /** With a certificate it is the pipeline that decides, query by query. */
  #mayAsk(address: Uint8Array, { identity }: Secured): boolean {
    return identity !== null || this.#admits(address)
  }

  #admits(address: Uint8Array): boolean {
    return this.#options.handler.admits(address, 0, address.length === 4 ? 4 : 6)
  }

  /** RST: costs us least, and the client learns at once. */
  #refuse(socket: Socket, reason: RefuseReason): void {
    this.#options.metrics.onRefused(reason)
    socket.on('error', () => {})
    socket.resetAndDestroy()
  }
}

/**
 * Calls back once the client has begun to speak, and what it said will be read again; or has ended
 * its stream without a word. Until then its connection costs no TLS: whoever opens many and says
 * nothing has used up no handshake.
 */
function onFirstOctets(socket: Socket, done: (spoke: boolean) => void): void {
  socket.on('error', () => {})
  const onEnd = (): void => done(false)
  socket.once('end', onEnd)
  socket.once('data', (chunk: Buffer) => {
    socket.off('end', onEnd)
    socket.pause()
    socket.unshift(chunk)
    done(true)
  })
  socket.resume()
}
