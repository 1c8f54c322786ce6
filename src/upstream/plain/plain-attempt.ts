// One query to a server that speaks plain DNS: over UDP from a port of its own, so that whoever forges
// an answer has to guess port and ID both (RFC 5452 §4.5); again when it got lost; over TCP when the
// answer is cut short (RFC 7766 §5) or when somebody seems to be guessing.

import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { connect, isIPv6, type Socket as TcpSocket } from 'node:net'
import { AnswerFault, type AnswerScan } from '../../wire/answer-scan.ts'
import { HEADER_LENGTH, readUint16 } from '../../wire/header.ts'
import { matchesSubnet } from '../../wire/client-subnet.ts'
import { equalIgnoringCase } from '../../wire/name.ts'
import type { Clock } from '../clock.ts'
import { FailureKind } from '../exchange.ts'
import { FrameReader } from '../dot/frame-reader.ts'
import type { UpstreamMetrics } from '../metrics.ts'
import type { PendingQuery } from '../pending-query.ts'
import { plainQuery } from './plain-query.ts'
import { FRAME_HEADER_LENGTH } from '../dot/query-writer.ts'
import { TimerEntry, type TimerWheel } from '../timer-wheel.ts'

/** Milliseconds until a query goes out again, doubled each time: a local server answers in few. */
const FIRST_RETRANSMIT = 400

/** Wrong IDs on one port, after which the answer is fetched where it cannot be forged so easily. */
const MAX_UNMATCHED = 16

/** Octets of a question's type and class. */
const FIXED_LENGTH = 4

export interface PlainTools {
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly scan: AnswerScan
}

export interface AttemptOwner {
  /** It is over, its sockets are closed; the query has not heard yet. */
  onAttemptAnswer(attempt: PlainAttempt, answer: AnswerScan): void
  onAttemptFailure(attempt: PlainAttempt, kind: FailureKind, detail: string): void
  /** Its query was cancelled. */
  onAttemptForgotten(attempt: PlainAttempt): void
}

export interface AttemptOptions {
  readonly server: { readonly address: string; readonly port: number }
  readonly id: number
  readonly pending: PendingQuery
  readonly tools: PlainTools
  readonly metrics: UpstreamMetrics
  readonly owner: AttemptOwner
}

export class PlainAttempt extends TimerEntry {
  readonly pending: PendingQuery
  readonly #options: AttemptOptions
  readonly #message: Uint8Array
  #udp: UdpSocket | null = null
  #tcp: TcpSocket | null = null
  #wait = FIRST_RETRANSMIT
  #unmatched = 0
  #ended = false

  constructor(options: AttemptOptions) {
    super()
    this.#options = options
    this.pending = options.pending
    this.#message = plainQuery(options.id, options.pending.question)
    this.#askUdp()
  }

  /** Time for the same datagram again: from the same port, so that there is no more to guess. */
  override expire(): void {
    this.#sendUdp()
  }

  /** Nobody wants the answer any more (called by way of the query). */
  forget(): void {
    this.close()
    this.#options.owner.onAttemptForgotten(this)
  }

  /** Gives up; the owner is not told. */
  close(): void {
    this.#ended = true
    this.#options.tools.wheel.cancel(this)
    this.#closeUdp()
    this.#tcp?.destroy()
  }

  #askUdp(): void {
    const { address, port } = this.#options.server
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
    this.#udp = socket
    // Connected, so that the kernel drops what does not come from this address and port, and tells
    // of a port that nobody listens on.
    socket.on('error', (error) => this.#fail(FailureKind.Connect, error.message))
    socket.on('message', (bytes) => this.#onDatagram(bytes))
    socket.once('connect', () => this.#sendUdp())
    socket.connect(port, address)
  }

  #sendUdp(): void {
    const { tools, metrics } = this.#options
    if (this.#ended || this.#udp === null) return
    this.#udp.send(this.#message)
    metrics.querySent()
    tools.wheel.schedule(this, tools.clock.now() + this.#wait)
    this.#wait *= 2
  }

  #onDatagram(bytes: Uint8Array): void {
    if (this.#ended || this.#tcp !== null) return
    const { tools, metrics } = this.#options
    if (!this.#isOurs(bytes, 0, bytes.length)) {
      metrics.answerUnmatched()
      if (++this.#unmatched >= MAX_UNMATCHED) this.#askTcp()
      return
    }
    const fault = tools.scan.scan(bytes, 0, bytes.length)
    if (fault === AnswerFault.None && tools.scan.truncated) this.#askTcp()
    else this.#end(fault)
  }

  #askTcp(): void {
    const { server, tools, metrics } = this.#options
    tools.wheel.cancel(this)
    this.#closeUdp()
    const socket = connect({ host: server.address, port: server.port, noDelay: true })
    this.#tcp = socket
    const frames = new FrameReader({ sink: this })
    let connected = false
    const lost = (detail: string): void => {
      this.#fail(connected ? FailureKind.Closed : FailureKind.Connect, detail)
    }
    socket.once('connect', () => {
      connected = true
      const { length } = this.#message
      const framed = new Uint8Array(FRAME_HEADER_LENGTH + length)
      framed.set([length >> 8, length & 0xff])
      framed.set(this.#message, FRAME_HEADER_LENGTH)
      socket.write(framed)
      metrics.querySent()
    })
    socket.on('data', (chunk: Uint8Array) => {
      if (this.#ended || frames.read(chunk, chunk.length)) return
      this.#fail(FailureKind.Malformed, 'a frame too short for a DNS message')
    })
    socket.on('error', (error) => lost(error.message))
    socket.once('end', () => lost('the upstream closed the connection'))
  }

  /** A message off the stream (called by the frame reader). */
  onMessage(bytes: Uint8Array, start: number, length: number): boolean {
    if (this.#ended) return false
    if (!this.#isOurs(bytes, start, length)) {
      this.#fail(FailureKind.Malformed, 'an answer to nothing that was asked')
      return false
    }
    this.#end(this.#options.tools.scan.scan(bytes, start, length))
    return false
  }

  /** Whether ID and question are the query's own; a server may leave the question out of an error. */
  #isOurs(bytes: Uint8Array, start: number, length: number): boolean {
    if (length < HEADER_LENGTH || readUint16(bytes, start) !== this.#options.id) return false
    if (readUint16(bytes, start + 4) === 0) return true
    const { question } = this.pending.question
    const nameLength = question.length - FIXED_LENGTH
    const at = start + HEADER_LENGTH
    if (length < HEADER_LENGTH + question.length) return false
    for (let i = nameLength; i < question.length; i++) {
      if (bytes[at + i] !== question[i]) return false
    }
    return equalIgnoringCase(bytes, at, question, 0, nameLength)
  }

  #end(fault: AnswerFault): void {
    const { tools, owner } = this.#options
    if (fault !== AnswerFault.None) {
      this.#fail(FailureKind.Malformed, `a malformed answer (fault ${fault})`)
    } else if (tools.scan.truncated) {
      this.#fail(FailureKind.Malformed, 'a truncated answer over a stream')
    } else if (!matchesSubnet(tools.scan, this.pending.question.subnet)) {
      this.#fail(FailureKind.Malformed, 'an answer for another client subnet')
    } else {
      this.close()
      owner.onAttemptAnswer(this, tools.scan)
    }
  }

  #fail(kind: FailureKind, detail: string): void {
    if (this.#ended) return
    this.close()
    this.#options.owner.onAttemptFailure(this, kind, detail)
  }

  #closeUdp(): void {
    this.#udp?.close()
    this.#udp = null
  }
}
