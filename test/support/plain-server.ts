// A plain DNS server on one port of 127.0.0.1, UDP and TCP, that does to a query whatever a test wants.

import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { type AnswerOptions, makeAnswer, ServedConnection, ServedQuery } from './dot-server.ts'
import { freePort } from './processes.ts'

/** A query that came over UDP, and the ways to react to it. */
export class PlainQuery {
  readonly served: ServedQuery
  readonly from: RemoteInfo
  readonly #socket: UdpSocket

  constructor(socket: UdpSocket, message: Buffer, from: RemoteInfo) {
    this.served = new ServedQuery(message, null as unknown as ServedConnection)
    this.from = from
    this.#socket = socket
  }

  answer(options: AnswerOptions = {}): void {
    this.send(this.forge(options))
  }

  /** The answer that `answer` would send. */
  forge(options: AnswerOptions): Buffer {
    return makeAnswer(this.served, options)
  }

  send(message: Uint8Array): void {
    this.#socket.send(message, this.from.port, this.from.address)
  }
}

export interface PlainServerOptions {
  readonly onUdp?: (query: PlainQuery) => void
  readonly onTcp?: (query: ServedQuery) => void
  /** A free one unless told otherwise. */
  readonly port?: number
}

export class PlainServer implements AsyncDisposable {
  readonly port: number
  /** What it does to a query that comes over UDP. */
  react: (query: PlainQuery) => void
  readonly udpQueries: PlainQuery[] = []
  readonly tcpQueries: ServedQuery[] = []
  readonly #udp: UdpSocket
  readonly #tcp: Server
  readonly #sockets = new Set<Socket>()

  private constructor(port: number, udp: UdpSocket, tcp: Server, options: PlainServerOptions) {
    this.react = options.onUdp ?? ((query) => query.answer())
    this.port = port
    this.#udp = udp
    this.#tcp = tcp
  }

  static async start(options: PlainServerOptions = {}): Promise<PlainServer> {
    const port = options.port ?? (await freePort())
    const [udp, tcp] = [createSocket('udp4'), createServer()]
    const server = new PlainServer(port, udp, tcp, options)
    const { onTcp = (query) => query.answer() } = options
    udp.on('message', (message, from) => {
      const query = new PlainQuery(udp, message, from)
      server.udpQueries.push(query)
      server.react(query)
    })
    tcp.on('connection', (socket) => server.#serve(socket, onTcp))
    udp.bind(port, '127.0.0.1')
    tcp.listen(port, '127.0.0.1')
    await Promise.all([once(udp, 'listening'), once(tcp, 'listening')])
    return server
  }

  /** Sends a datagram from this server's port to another of 127.0.0.1. */
  sendTo(port: number, message: Uint8Array): void {
    this.#udp.send(message, port, '127.0.0.1')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = Promise.all([once(this.#udp, 'close'), once(this.#tcp, 'close')])
    this.#udp.close()
    this.#tcp.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #serve(socket: Socket, onTcp: (query: ServedQuery) => void): void {
    const connection = new ServedConnection(socket, 1)
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('data', (chunk: Buffer) => {
      for (const query of connection.take(chunk)) {
        this.tcpQueries.push(query)
        onTcp(query)
      }
    })
  }
}
