// A DNS-over-TLS server that does to a query whatever a test wants, right or wrong. In-process, on
// a free port of 127.0.0.1.

import { once } from 'node:events'
import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions, type TLSSocket } from 'node:tls'
import type { TestCertificate } from './certificates.ts'

/** A query as the server received it, and the ways to react to it. */
export class ServedQuery {
  /** The message without its frame's length. */
  readonly message: Buffer
  readonly connection: ServedConnection

  constructor(message: Buffer, connection: ServedConnection) {
    this.message = message
    this.connection = connection
  }

  get id(): number {
    return this.message.readUInt16BE(0)
  }

  /** The question section's octets. */
  get question(): Buffer {
    let at = 12
    while (this.message[at]! !== 0) at += this.message[at]! + 1
    return this.message.subarray(12, at + 5)
  }

  /** The first label of the qname. */
  get label(): string {
    return this.message.toString('latin1', 13, 13 + this.message[12]!)
  }

  answer(options: AnswerOptions = {}): void {
    this.connection.sendMessage(makeAnswer(this, options))
  }
}

export interface AnswerOptions {
  readonly id?: number
  /** The question section; the query's own unless told otherwise. */
  readonly question?: Uint8Array
  readonly rcode?: number
  /** Bits to set besides QR, RD and RA. */
  readonly flags?: number
  /** For an A record that answers the question; null for none. */
  readonly address?: readonly number[] | null
  /** TXT records of 255 octets of text each, instead of the address. */
  readonly texts?: number
  /** An OPT record with these options, each with code and length. */
  readonly options?: Uint8Array
}

export const DEFAULT_ADDRESS: readonly number[] = [192, 0, 2, 1]

/** A right answer to a query, but for what is asked to be wrong. */
export function makeAnswer(query: ServedQuery, options: AnswerOptions = {}): Buffer {
  const { rcode = 0, flags = 0, texts = 0 } = options
  const question = options.question ?? query.question
  const address = options.address ?? (rcode === 0 && texts === 0 ? DEFAULT_ADDRESS : null)
  const records: Buffer[] = []
  if (address !== null) records.push(record(1, Buffer.from(address)))
  for (let i = 0; i < texts; i++) {
    records.push(record(16, Buffer.concat([Buffer.of(255), Buffer.alloc(255, 0x61 + (i % 26))])))
  }
  const header = Buffer.alloc(12)
  header.writeUInt16BE(options.id ?? query.id, 0)
  header.writeUInt16BE(0x8180 | flags | rcode, 2)
  header.writeUInt16BE(question.length === 0 ? 0 : 1, 4)
  header.writeUInt16BE(records.length, 6)
  header.writeUInt16BE(options.options === undefined ? 0 : 1, 10)
  const opt = options.options === undefined ? [] : [optRecord(options.options)]
  return Buffer.concat([header, question, ...records, ...opt])
}

function record(type: number, rdata: Buffer): Buffer {
  const fixed = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0x0e, 0x10, 0, 0])
  fixed.writeUInt16BE(rdata.length, 10)
  return Buffer.concat([fixed, rdata])
}

function optRecord(options: Uint8Array): Buffer {
  const fixed = Buffer.from([0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0])
  fixed.writeUInt16BE(options.length, 9)
  return Buffer.concat([fixed, options])
}

export class ServedConnection {
  readonly socket: TLSSocket | Socket
  /** Which connection of the server it is, from 1. */
  readonly number: number
  queries = 0
  /** Pieces in which the queries came: TLS records, at most. */
  reads = 0
  #received: Buffer = Buffer.alloc(0)

  constructor(socket: TLSSocket | Socket, number: number) {
    this.socket = socket
    this.number = number
  }

  sendMessage(message: Uint8Array): void {
    this.send(Buffer.concat([Buffer.of(message.length >> 8, message.length & 255), message]))
  }

  /** Octets as they are, with no frame around them. */
  send(bytes: Uint8Array): void {
    if (!this.socket.destroyed) this.socket.write(bytes)
  }

  close(): void {
    this.socket.end()
  }

  /** Cuts whole messages off what has come so far. */
  *take(chunk: Buffer): Generator<ServedQuery> {
    this.reads++
    this.#received = Buffer.concat([this.#received, chunk])
    while (this.#received.length >= 2) {
      const end = 2 + this.#received.readUInt16BE(0)
      if (this.#received.length < end) return
      const message = this.#received.subarray(2, end)
      this.#received = this.#received.subarray(end)
      this.queries++
      yield new ServedQuery(message, this)
    }
  }
}

export interface DotServerOptions {
  readonly certificate: TestCertificate
  /** Called for each query; answers rightly unless told otherwise. */
  readonly react?: (query: ServedQuery) => void
  /** Speaks plain TCP where TLS should be. */
  readonly plain?: boolean
  /** What it says first on a plain connection. */
  readonly greeting?: string
  /** Takes connections and says nothing, not even a TLS handshake. */
  readonly mute?: boolean
  readonly tls?: TlsOptions
  /** A free one unless told otherwise. */
  readonly port?: number
}

export class DotServer implements AsyncDisposable {
  react: (query: ServedQuery) => void
  /** Connections taken, TLS sessions resumed among them, and queries received. */
  connections = 0
  resumed = 0
  queries = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server, options: DotServerOptions) {
    this.#server = server
    this.react = options.react ?? ((query) => query.answer())
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => this.#sockets.delete(socket))
      if (options.plain && options.greeting !== undefined) socket.write(options.greeting)
    })
    if (!options.mute) {
      server.on(options.plain ? 'connection' : 'secureConnection', (socket: TLSSocket) => {
        this.#serve(socket)
      })
    }
  }

  static async start(options: DotServerOptions): Promise<DotServer> {
    const { cert, key } = options.certificate
    const raw = options.plain === true || options.mute === true
    const server = raw
      ? createTcpServer()
      : createTlsServer({ cert, key, ALPNProtocols: ['dot'], ...options.tls })
    const dotServer = new DotServer(server, options)
    server.listen(options.port ?? 0, '127.0.0.1')
    await once(server, 'listening')
    return dotServer
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port
  }

  /** Cuts every connection. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.dropConnections()
    await closed
  }

  #serve(socket: TLSSocket | Socket): void {
    const connection = new ServedConnection(socket, ++this.connections)
    if ('isSessionReused' in socket && socket.isSessionReused()) this.resumed++
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      for (const query of connection.take(chunk)) {
        this.queries++
        this.react(query)
      }
    })
  }
}
