// Asks many questions over one TCP connection, so that no answer is cut, and reads from answers what
// validators differ in.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { parseType } from '../../../src/wire/text/type-text.ts'
import { frame } from '../../support/clients.ts'
import { makeQuery, Rcode, readAnswer } from '../../support/messages.ts'

const ANSWER_WITHIN_MS = 20_000
const CD = 0x0010
const AD = 0x0020
const RD = 0x0100

export interface Asked {
  readonly name: string
  readonly type: string
  /** Checking disabled: nothing is validated (RFC 4035 §3.2.2). */
  readonly cd?: boolean
}

export interface Found {
  /** -1 when no answer came. */
  readonly rcode: number
  readonly ad: boolean
  readonly ede: readonly number[]
  readonly message: Buffer
}

/** As `Found.rcode` and AD tell: bogus data are a SERVFAIL that turns good with CD. */
export type Class = 'secure' | 'insecure' | 'bogus' | 'failed'

const SILENCE: Found = { rcode: -1, ad: false, ede: [], message: Buffer.alloc(0) }

export class Asker implements Disposable {
  readonly #port: number
  #socket: Socket | null = null
  #rest = Buffer.alloc(0)
  #nextId = 1
  readonly #waiting = new Map<number, (answer: Found) => void>()

  constructor(port: number) {
    this.#port = port
  }

  /** Whether something takes connections there. */
  static async reaches(port: number): Promise<boolean> {
    const socket = connect(port, '127.0.0.1')
    try {
      await once(socket, 'connect')
      return true
    } catch {
      return false
    } finally {
      socket.destroy()
    }
  }

  async ask({ name, type, cd = false }: Asked): Promise<Found> {
    const found = await this.#send(name, parseType(type)!, cd)
    // A connection that closes between two questions takes the second along.
    return found.rcode === -1 ? this.#send(name, parseType(type)!, cd) : found
  }

  /** What an answer without CD comes to; SERVFAIL is asked again with it. */
  async classOf({ name, type }: Asked): Promise<{ class: Class; found: Found }> {
    const found = await this.ask({ name, type })
    if (found.rcode !== Rcode.ServFail && found.rcode !== -1) {
      return { class: found.ad ? 'secure' : 'insecure', found }
    }
    const unchecked = await this.ask({ name, type, cd: true })
    const isGood = unchecked.rcode === Rcode.NoError || unchecked.rcode === Rcode.NXDomain
    return { class: isGood ? 'bogus' : 'failed', found }
  }

  #send(name: string, type: number, cd: boolean): Promise<Found> {
    const id = this.#nextId++ & 0xffff
    const flags = RD | (cd ? CD : AD)
    const query = makeQuery(name, { id, type, flags, opts: [{ dnssecOk: true }] })
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#end(id, SILENCE), ANSWER_WITHIN_MS)
      this.#waiting.set(id, (answer) => {
        clearTimeout(timer)
        resolve(answer)
      })
      this.#connection().write(frame(query))
    })
  }

  #connection(): Socket {
    if (this.#socket !== null) return this.#socket
    const socket = connect(this.#port, '127.0.0.1')
    this.#socket = socket
    this.#rest = Buffer.alloc(0)
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.#take(chunk))
    socket.on('error', () => {})
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = null
      for (const id of this.#waiting.keys()) this.#end(id, SILENCE)
    })
    return socket
  }

  #take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk])
    while (this.#rest.length >= 2) {
      const end = 2 + this.#rest.readUInt16BE(0)
      if (this.#rest.length < end) return
      const message = this.#rest.subarray(2, end)
      this.#rest = this.#rest.subarray(end)
      const { id, rcode, flags, extendedErrors } = readAnswer(message)
      this.#end(id, { rcode, ad: (flags & AD) !== 0, ede: extendedErrors, message })
    }
  }

  #end(id: number, answer: Found): void {
    this.#waiting.get(id)?.(answer)
    this.#waiting.delete(id)
  }

  [Symbol.dispose](): void {
    this.#socket?.destroy()
  }
}
