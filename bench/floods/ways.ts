// The ways in which good clients ask. Each is one client at an address of its own.

import { createSocket, type Socket as Datagrams } from 'node:dgram'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

import { cookieIn, framed, isTruncated, withCookie } from '../lab/message.ts'
import type { ClientKind } from './clients.ts'

/** Milliseconds before one that was turned away tries again. */
const BREATH = 100

export interface WayOptions {
  readonly server: string
  readonly port: number
  readonly dotPort: number
  readonly dohPort: number
  /** The client's address. */
  readonly from: string
  /** Gets whole messages, in any order. */
  readonly onAnswer: (answer: Buffer) => void
}

export interface Way {
  readonly cameBack: number
  readonly reconnected: number
  ask(query: Buffer): void
  close(): void
}

export function openWay(kind: ClientKind, options: WayOptions): Way {
  if (kind === 'udp') return new UdpWay(options, null)
  if (kind === 'cookie') return new UdpWay(options, Buffer.from(`me${options.from}`.slice(-8)))
  if (kind === 'tcp') return new StreamWay(options, () => tcp(options, options.port))
  if (kind === 'dot') {
    return new StreamWay(options, () => encrypted(options, options.dotPort, undefined))
  }
  return new HttpWay(options)
}

const tcp = ({ server, from }: WayOptions, port: number): Socket =>
  connectTcp({ host: server, port, localAddress: from, noDelay: true })

const encrypted = (options: WayOptions, port: number, protocol: string | undefined): Socket =>
  connectTls({
    socket: tcp(options, port),
    rejectUnauthorized: false,
    ...(protocol !== undefined && { ALPNProtocols: [protocol] }),
  })

class UdpWay implements Way {
  reconnected = 0
  cameBack = 0
  readonly #options: WayOptions
  readonly #socket: Datagrams
  readonly #fallback: StreamWay
  /** The client's half and, once it is known, the server's; null without cookies. */
  #cookie: Buffer | null

  constructor(options: WayOptions, cookie: Buffer | null) {
    this.#options = options
    this.#cookie = cookie
    this.#fallback = new StreamWay(options, () => tcp(options, options.port))
    this.#socket = createSocket('udp4')
    this.#socket.on('message', (answer) => this.#take(answer))
    this.#socket.on('error', () => {})
    this.#socket.bind(0, options.from)
  }

  ask(query: Buffer): void {
    const sent = this.#cookie === null ? query : withCookie(query, this.#cookie)
    this.#socket.send(sent, this.#options.port, this.#options.server)
  }

  close(): void {
    this.#socket.close()
    this.#fallback.close()
  }

  #take(answer: Buffer): void {
    if (this.#cookie !== null) this.#cookie = cookieIn(answer, this.#cookie) ?? this.#cookie
    if (!isTruncated(answer)) {
      this.#options.onAnswer(answer)
      return
    }
    this.cameBack++
    this.#fallback.ask(questionOf(answer))
  }
}

/** One connection, made when it is needed and made anew when it ended with questions open. */
class StreamWay implements Way {
  cameBack = 0
  reconnected = 0
  readonly #options: WayOptions
  readonly #connect: () => Socket
  readonly #open = new Map<number, Buffer>()
  #socket: Socket | null = null
  #received: Buffer = Buffer.alloc(0)
  #closed = false

  constructor(options: WayOptions, connect: () => Socket) {
    this.#options = options
    this.#connect = connect
  }

  ask(query: Buffer): void {
    this.#open.set(query.readUInt16BE(0), query)
    this.#socket ??= this.#connectAnew()
    this.#socket.write(framed(query))
  }

  close(): void {
    this.#closed = true
    this.#socket?.destroy()
  }

  #connectAnew(): Socket {
    const socket = this.#connect()
    this.#received = Buffer.alloc(0)
    socket.on('data', (chunk) => this.#take(chunk))
    socket.on('error', () => {})
    socket.once('close', () => {
      this.#socket = null
      if (this.#open.size > 0) setTimeout(() => this.#askAgain(), BREATH)
    })
    return socket
  }

  #askAgain(): void {
    if (this.#closed || this.#socket !== null) return
    this.reconnected++
    this.#socket = this.#connectAnew()
    for (const query of this.#open.values()) this.#socket.write(framed(query))
  }

  #take(chunk: Buffer): void {
    let rest = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      const answer = rest.subarray(2, 2 + rest.readUInt16BE(0))
      rest = rest.subarray(2 + answer.length)
      this.#open.delete(answer.readUInt16BE(0))
      this.#options.onAnswer(answer)
    }
    this.#received = rest
  }
}

class HttpWay implements Way {
  cameBack = 0
  reconnected = 0
  readonly #options: WayOptions
  #session: ClientHttp2Session | null = null
  #closed = false

  constructor(options: WayOptions) {
    this.#options = options
  }

  ask(query: Buffer): void {
    this.#session ??= this.#connect()
    const stream = this.#session.request({
      ':path': `/dns-query?dns=${query.toString('base64url')}`,
      accept: 'application/dns-message',
    })
    stream.on('error', () => {})
    stream.toArray().then(
      (chunks) => {
        const answer = Buffer.concat(chunks as Buffer[])
        if (answer.length > 0) this.#options.onAnswer(answer)
        else setTimeout(() => this.#again(query), BREATH)
      },
      () => setTimeout(() => this.#again(query), BREATH),
    )
  }

  close(): void {
    this.#closed = true
    this.#session?.destroy()
  }

  #again(query: Buffer): void {
    if (this.#closed) return
    this.reconnected++
    this.ask(query)
  }

  #connect(): ClientHttp2Session {
    const session = connectHttp2(`https://${this.#options.server}`, {
      createConnection: () => encrypted(this.#options, this.#options.dohPort, 'h2'),
    })
    session.on('error', () => {})
    session.once('close', () => {
      if (this.#session === session) this.#session = null
    })
    return session
  }
}

/** The question of a truncated answer, as a query. */
function questionOf(answer: Buffer): Buffer {
  let end = 12
  while (answer[end] !== 0) end += 1 + answer[end]!
  const query = Buffer.from(answer.subarray(0, end + 5))
  query[2] = 1
  query[3] = 0
  query.writeUInt16BE(1, 4)
  query.fill(0, 6, 12)
  return query
}
