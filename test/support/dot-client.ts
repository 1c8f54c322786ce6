// A client of DNS over TLS (RFC 7858) that shows what its connection came to.

import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { setTimeout as delay } from 'node:timers/promises'
import { frame } from './clients.ts'

/** What an answer on a loaded machine may take. */
const ANSWER_WITHIN_MS = 10_000

export interface DotClientOptions extends ConnectionOptions {
  readonly port: number
  /** The client's own address. */
  readonly localAddress?: string
}

export class DotClient implements Disposable {
  readonly socket: TLSSocket
  readonly answers: Buffer[] = []
  /** The newest session that the server offered. */
  session: Buffer | null = null
  closed = false
  /** The code of what ended it, if anything did. */
  error: string | null = null
  /** Octets of the chunks that came, as TLS delivered them. */
  readonly chunks: number[] = []
  /** Whether an older session went on, and the server's certificate by its number. */
  resumed = false
  serverSerial: string | null = null
  #secure = false
  #rest = Buffer.alloc(0)

  constructor(options: DotClientOptions) {
    this.socket = connect({ host: '127.0.0.1', servername: 'dns.example.org', ...options })
    this.socket.on('secureConnect', () => {
      this.#secure = true
      this.resumed = this.socket.isSessionReused()
      this.serverSerial = this.socket.getPeerX509Certificate()?.serialNumber ?? null
    })
    this.socket.on('data', (chunk) => this.#take(chunk))
    this.socket.on('session', (session) => {
      this.session = session
    })
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message
    })
    this.socket.on('close', () => {
      this.closed = true
    })
  }

  /** Whether the handshake ended well for us, which in TLS 1.3 is before the server has seen who we are. */
  async opened(): Promise<boolean> {
    await this.#wait(() => this.closed || this.#secure)
    return this.#secure
  }

  send(...messages: readonly Uint8Array[]): void {
    if (!this.closed) this.socket.write(Buffer.concat(messages.map(frame)))
  }

  /** The answer to one more query; null when the connection ends instead, or nothing comes. */
  async ask(message: Uint8Array, waitMs = ANSWER_WITHIN_MS): Promise<Buffer | null> {
    const count = this.answers.length
    this.send(message)
    await this.#wait(() => this.closed || this.answers.length > count, waitMs)
    return this.answers[count] ?? null
  }

  async received(count: number): Promise<boolean> {
    return this.#wait(() => this.answers.length >= count)
  }

  async wasClosed(waitMs = ANSWER_WITHIN_MS): Promise<boolean> {
    return this.#wait(() => this.closed, waitMs)
  }

  /** Waits for a session that can be resumed. */
  async offeredSession(): Promise<Buffer> {
    await this.#wait(() => this.session !== null)
    if (this.session === null) throw new Error('no session was offered')
    return this.session
  }

  async #wait(ready: () => boolean, waitMs = ANSWER_WITHIN_MS): Promise<boolean> {
    const giveUp = Date.now() + waitMs
    while (!ready() && Date.now() < giveUp) await delay(2)
    return ready()
  }

  #take(chunk: Buffer): void {
    this.chunks.push(chunk.length)
    this.#rest = Buffer.concat([this.#rest, chunk])
    while (this.#rest.length >= 2) {
      const end = 2 + this.#rest.readUInt16BE(0)
      if (this.#rest.length < end) return
      this.answers.push(this.#rest.subarray(2, end))
      this.#rest = this.#rest.subarray(end)
    }
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}
