// What the tests of UDP listeners share: a handler that does as the message says, and counters.

import { Handled, type Query, type QueryHandler, type ReturnPath } from '../../pipeline/query.ts'
import { type ListenUdpOptions, listenUdp } from './listen.ts'
import { type UdpListener, type UdpMetrics, udpBounds } from './listener.ts'

/** What the handler does with a message; its octet stands right behind the header. */
export const Kind = { Echo: 1, Drop: 2, Throw: 3, Late: 4, Tick: 5, Microtask: 6, Hold: 7 } as const
type Kind = (typeof Kind)[keyof typeof Kind]

/** A header with RD, one question announced, then the kind and filling. */
export function message(kind: Kind, id: number, length = 40): Buffer {
  const bytes = Buffer.alloc(length, 0x61)
  bytes.writeUInt16BE(id, 0)
  bytes.writeUInt16BE(0x0100, 2)
  bytes.fill(0, 4, 12)
  bytes.writeUInt8(1, 5)
  bytes.writeUInt8(kind, 12)
  return bytes
}

/** The message as the handler answers it: QR set. */
export function answerTo(query: Buffer): Buffer {
  const answer = Buffer.from(query)
  answer.writeUInt16BE(query.readUInt16BE(2) | 0x8000, 2)
  return answer
}

export class ScriptedHandler implements QueryHandler {
  /** Clients of all messages, as octets. */
  readonly clients: number[][] = []
  readonly lengths: number[] = []
  /** Ways back of messages that ask to be held. */
  readonly held: (() => boolean)[] = []
  admitted = true

  handle(query: Query): number {
    const { bytes, start, length, client, clientOffset, clientFamily } = query
    const size = clientFamily === 4 ? 4 : 16
    this.clients.push([...client.subarray(clientOffset, clientOffset + size)])
    this.lengths.push(length)
    const answer = answerTo(
      Buffer.concat([bytes.subarray(start, start + length), Buffer.alloc(13)]),
    )
    const send = (path: ReturnPath): boolean => reply(path, answer.subarray(0, length))
    switch (bytes[start + 12] as Kind) {
      case Kind.Echo:
        query.out.set(answer.subarray(0, length), query.outStart)
        return length
      case Kind.Throw:
        throw new Error('a fault in the handler')
      case Kind.Late:
        setTimeout(send, 5, query.origin.detach(query))
        return Handled.Later
      case Kind.Tick:
        process.nextTick(send, query.origin.detach(query))
        return Handled.Later
      case Kind.Microtask: {
        const path = query.origin.detach(query)
        queueMicrotask(() => send(path))
        return Handled.Later
      }
      case Kind.Hold: {
        const path = query.origin.detach(query)
        this.held.push(() => send(path))
        return Handled.Later
      }
      case Kind.Drop:
      default:
        return Handled.Dropped
    }
  }

  admits(): boolean {
    return this.admitted
  }
}

/** @returns whether there was room */
function reply(path: ReturnPath, answer: Buffer): boolean {
  const room = path.reserve(answer.length)
  if (room) path.buffer.set(answer, path.offset)
  path.commit(room ? answer.length : 0)
  return room
}

export class CountingMetrics implements UdpMetrics {
  received = 0
  tooLong = 0
  answered = 0
  unsent = 0

  onReceived(datagrams: number): void {
    this.received += datagrams
  }
  onTooLong(datagrams: number): void {
    this.tooLong += datagrams
  }
  onAnswered(answers: number): void {
    this.answered += answers
  }
  onUnsent(answers: number): void {
    this.unsent += answers
  }
}

/** A listener under test, with what it was given; closed at the end of its block. */
export class TestListener implements AsyncDisposable {
  readonly handler = new ScriptedHandler()
  readonly metrics = new CountingMetrics()
  readonly errors: unknown[] = []
  #listener: UdpListener | null = null

  static async open(options: Partial<ListenUdpOptions>): Promise<TestListener> {
    const made = new TestListener()
    made.#listener = await listenUdp({
      address: '127.0.0.1',
      port: 0,
      v6Only: false,
      reusePort: false,
      receiveBuffer: udpBounds.receiveBuffer.default,
      batch: 'auto',
      handler: made.handler,
      metrics: made.metrics,
      onError: (error) => made.errors.push(error),
      ...options,
    })
    return made
  }

  get listener(): UdpListener {
    return this.#listener!
  }

  get port(): number {
    return this.listener.address().port
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.listener.close()
  }
}
