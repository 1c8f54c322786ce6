// A client of a stream door, over TCP or TLS alike, that keeps the answers it got and can stop reading.

import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { frame } from './clients.ts'

export type Way = 'tcp' | 'tls'

export interface DoorAddress {
  readonly way: Way
  readonly port: number
  /** The client's own address. */
  readonly from?: string
}

/** What an answer on a loaded machine may take. */
const ANSWER_WITHIN_MS = 20_000

export class DoorClient implements Disposable {
  readonly socket: Socket
  readonly answers: Buffer[] = []
  closed = false
  #rest: Buffer = Buffer.alloc(0)

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', () => {})
    socket.on('close', () => {
      this.closed = true
    })
  }

  /** @returns null when it is refused */
  static async open({ way, port, from }: DoorAddress): Promise<DoorClient | null> {
    const local = from === undefined ? {} : { localAddress: from }
    const to = { host: '127.0.0.1', port, ...local }
    const socket = way === 'tcp' ? connectTcp(to) : connectTls({ ...to, rejectUnauthorized: false })
    const client = new DoorClient(socket)
    const closed = once(socket, 'close').then(() => false)
    const opened = once(socket, way === 'tcp' ? 'connect' : 'secureConnect').then(() => true)
    // Whichever comes second may never come, or be an error.
    opened.catch(() => {})
    closed.catch(() => {})
    return (await Promise.race([opened, closed]).catch(() => false)) ? client : null
  }

  send(...messages: readonly Uint8Array[]): void {
    if (!this.closed) this.socket.write(Buffer.concat(messages.map(frame)))
  }

  async received(count: number): Promise<boolean> {
    const giveUp = Date.now() + ANSWER_WITHIN_MS
    while (!this.closed && this.answers.length < count && Date.now() < giveUp) await delay(2)
    return this.answers.length >= count
  }

  #take(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
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
