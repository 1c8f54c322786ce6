// Bare UDP and TCP clients that send whatever bytes a test wants, right or wrong.

import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

/** How long a test waits for an answer that must come. */
const ANSWER_WITHIN_MS = 10_000

export interface Endpoint {
  readonly host: string
  readonly port: number
  /** The address to ask from; the kernel's choice when left out. */
  readonly from?: string
}

/** A UDP socket that keeps every datagram that came back, in order. */
export class UdpClient implements AsyncDisposable {
  readonly answers: Buffer[] = []
  readonly #socket: UdpSocket

  private constructor(socket: UdpSocket) {
    this.#socket = socket
    socket.on('message', (message) => this.answers.push(message))
    // A connected socket hears of ICMP errors; to a test they are silence.
    socket.on('error', () => {})
  }

  /** Connected, so that only answers from the address and port that were asked are taken. */
  static async open(endpoint: Endpoint): Promise<UdpClient> {
    const socket = createSocket(endpoint.host.includes(':') ? 'udp6' : 'udp4')
    if (endpoint.from !== undefined) {
      socket.bind(0, endpoint.from)
      await once(socket, 'listening')
    }
    socket.connect(endpoint.port, endpoint.host)
    await once(socket, 'connect')
    return new UdpClient(socket)
  }

  send(message: Uint8Array): void {
    this.#socket.send(message)
  }

  /** Sends and waits for the next datagram; null when none comes within `waitMs`. */
  async ask(message: Uint8Array, waitMs = ANSWER_WITHIN_MS): Promise<Buffer | null> {
    const before = this.answers.length
    this.send(message)
    await waitFor(() => this.answers.length > before, waitMs)
    return this.answers[before] ?? null
  }

  /** Waits until nothing has come for so long. */
  async quiet(forMs: number): Promise<void> {
    for (let before = -1; before !== this.answers.length; ) {
      before = this.answers.length
      await delay(forMs)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()))
  }
}

/** A TCP connection that splits what comes back into DNS messages (RFC 1035 §4.2.2). */
export class TcpClient implements AsyncDisposable {
  readonly answers: Buffer[] = []
  /** The other side has ended or reset the connection. */
  closed = false
  readonly #socket: Socket
  readonly #opened: Promise<void>
  #rest = Buffer.alloc(0)

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.#take(chunk))
    socket.on('end', () => {
      this.closed = true
    })
    socket.on('close', () => {
      this.closed = true
    })
    this.#opened = new Promise((resolve, reject) => {
      socket.once('connect', resolve)
      socket.on('error', (error: NodeJS.ErrnoException) => {
        // A server may reset a connection before connect() has told us that there is one.
        if (error.code === 'ECONNRESET') resolve()
        else reject(error)
      })
    })
  }

  static async open({ host, port, from }: Endpoint): Promise<TcpClient> {
    const local = from === undefined ? {} : { localAddress: from }
    const client = new TcpClient(connect({ host, port, allowHalfOpen: true, ...local }))
    await client.#opened
    return client
  }

  #take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk])
    while (this.#rest.length >= 2) {
      const end = 2 + this.#rest.readUInt16BE(0)
      if (this.#rest.length < end) return
      this.answers.push(this.#rest.subarray(2, end))
      this.#rest = this.#rest.subarray(end)
    }
  }

  /** Sends bytes as they are, without a length before them. */
  write(bytes: Uint8Array): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes)
  }

  send(message: Uint8Array): void {
    this.write(frame(message))
  }

  /** Says that no more queries will come; answers may still. */
  end(): void {
    this.#socket.end()
  }

  /** Waits until `count` messages have come; true when they have. */
  received(count: number, waitMs = ANSWER_WITHIN_MS): Promise<boolean> {
    return waitFor(() => this.answers.length >= count, waitMs)
  }

  /** Waits until the other side closes; true when it has. */
  wasClosed(waitMs = ANSWER_WITHIN_MS): Promise<boolean> {
    return waitFor(() => this.closed, waitMs)
  }

  async ask(message: Uint8Array, waitMs = ANSWER_WITHIN_MS): Promise<Buffer | null> {
    const before = this.answers.length
    this.send(message)
    await this.received(before + 1, waitMs)
    return this.answers[before] ?? null
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy()
    return Promise.resolve()
  }
}

/** A message with its length before it. */
export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.alloc(2 + message.length)
  framed.writeUInt16BE(message.length)
  framed.set(message, 2)
  return framed
}

async function waitFor(ready: () => boolean, waitMs: number): Promise<boolean> {
  const giveUp = Date.now() + waitMs
  while (!ready() && Date.now() < giveUp) await delay(2)
  return ready()
}
