// A DoT server that misbehaves in one way until it is told to behave. Both on one port, so that who
// connects again finds the same server.

import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from 'node:tls'
import { ServedConnection, type ServedQuery } from '../support/dot-server.ts'
import { rightAnswer } from './forge.ts'
import type { Certificates, Misbehaviour } from './misbehaviour.ts'

export class HostileServer implements AsyncDisposable {
  /** How often it was asked, by the first label of the name. */
  readonly asked = new Map<string, number>()
  #misbehaves = true
  #connections = 0
  #port = 0
  #tcp: Server | null = null
  readonly #sockets = new Set<Socket>()
  readonly #kind: Misbehaviour | null
  readonly #soundTls: TlsServer
  readonly #hostileTls: TlsServer

  private constructor(kind: Misbehaviour | null, certificates: Certificates) {
    this.#kind = kind
    const { cert, key } = certificates.right
    const right = { cert, key, ALPNProtocols: ['dot'] }
    this.#soundTls = this.#tlsServer(right)
    this.#hostileTls =
      kind?.tls === undefined
        ? this.#soundTls
        : this.#tlsServer({ ...right, ...kind.tls(certificates) })
  }

  /** @param kind null for a healthy one */
  static async start(
    kind: Misbehaviour | null,
    certificates: Certificates,
  ): Promise<HostileServer> {
    const server = new HostileServer(kind, certificates)
    await server.#listen()
    if (kind?.deaf === true) await server.#stopListening()
    return server
  }

  get port(): number {
    return this.#port
  }

  /** From now on it is a sound server. */
  async behave(): Promise<void> {
    this.#misbehaves = false
    const { deaf, accept, tls, restarts } = this.#kind ?? {}
    if (deaf === true) await this.#listen()
    if (accept !== undefined || tls !== undefined || restarts === true) this.#cut()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cut()
    await this.#stopListening()
  }

  async #listen(): Promise<void> {
    const tcp = createServer({ noDelay: true }, (socket) => this.#onConnection(socket))
    tcp.listen(this.#port, '127.0.0.1')
    await once(tcp, 'listening')
    this.#tcp = tcp
    this.#port = (tcp.address() as { port: number }).port
  }

  async #stopListening(): Promise<void> {
    const tcp = this.#tcp
    this.#tcp = null
    if (tcp === null) return
    const closed = once(tcp, 'close')
    tcp.close()
    await closed
  }

  #cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #onConnection(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    if (!this.#misbehaves) this.#soundTls.emit('connection', socket)
    else if (this.#kind?.accept !== undefined) this.#kind.accept(socket)
    else this.#hostileTls.emit('connection', socket)
  }

  #tlsServer(options: object): TlsServer {
    const tls = createTlsServer(options)
    tls.on('secureConnection', (socket) => this.#serve(socket))
    tls.on('tlsClientError', () => {})
    return tls
  }

  #serve(socket: TLSSocket): void {
    const connection = new ServedConnection(socket, ++this.#connections)
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      for (const query of connection.take(chunk)) this.#onQuery(query)
    })
  }

  #onQuery(query: ServedQuery): void {
    const { label } = query
    this.asked.set(label, (this.asked.get(label) ?? 0) + 1)
    const kind = this.#kind
    const meant = kind?.everything === true || label.startsWith('bad')
    if (this.#misbehaves && kind?.react !== undefined && meant) kind.react(query)
    else query.connection.sendMessage(rightAnswer(query))
  }
}
