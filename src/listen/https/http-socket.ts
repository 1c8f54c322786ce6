// One client's connection as every version of HTTP needs it: octets in, one write for all answers of
// a turn, and an end after which nothing is lost. What the octets mean is its protocol's.
//
// Its life: open -> draining (takes no more queries, those under way are still answered) -> ended
// (all is written and the end sent; what the client still sends is read and thrown away, for closing
// with input unread makes the kernel send RST, which can cost the client its last answers) -> gone.

import type { Socket } from 'node:net'
import type { ClientIdentity, Origin, Query, QueryHandler } from '../../pipeline/query.ts'
import type { Admitted, ConnectionHost, ServedConnection } from '../stream/door.ts'
import { LINGER_OCTETS, LINGER_TIME, type StreamLimits } from '../stream/limits.ts'
import { CloseReason, type StreamMetrics } from '../stream/metrics.ts'
import type { Place } from '../stream/place.ts'
import { SLICE } from '../stream/turns.ts'
import type { DohReader } from './doh.ts'
import type { HttpDate } from './http-date.ts'
import type { HttpsMetrics } from './metrics.ts'

/** What all connections of a listener have in common. */
export interface HttpContext extends ConnectionHost {
  readonly handler: QueryHandler
  /** Refilled for every message. Its `out` has room for the largest message. */
  readonly query: Query
  /** Where late answers are written, with room for the largest message. */
  readonly lateAnswer: Uint8Array
  readonly reader: DohReader
  readonly date: HttpDate
  readonly limits: StreamLimits
  readonly metrics: StreamMetrics
  readonly httpsMetrics: HttpsMetrics
  /** Milliseconds that only grow. */
  readonly clock: () => number
  /** Told that the handler threw. */
  onError(error: unknown): void
}

/** A version of HTTP on one connection. */
export interface HttpProtocol {
  /** Takes octets that came, and keeps what it cannot use yet. */
  take(chunk: Uint8Array): void
  /** Goes on with what it kept: there is room for queries again. */
  resume(): void
  /** Whether a request has begun and not ended. */
  readonly midRequest: boolean
  /** Octets in memory of requests that have not come whole, and of answers kept back. */
  readonly held: number
  /** Takes no more queries; answers those under way. */
  drain(): void
  /**
   * Each second: acts on time-outs of its own.
   * @returns since when the oldest answer waits that the client does not let us send
   */
  sweep?(now: number): number
  /** The connection is gone: frees what it holds. */
  gone(): void
}

const State = { Open: 0, Draining: 1, Ended: 2, Gone: 3 } as const
type State = (typeof State)[keyof typeof State]

/** Unread octets past which no more queries are taken, for each answer would only wait as well. */
const ENOUGH_UNREAD = 65_536

/** How often an octet that is not yet written lies in memory: as text and enciphered. */
const COPIES = 2

const EMPTY = Buffer.alloc(0)

export class HttpSocket implements ServedConnection {
  readonly context: HttpContext
  /** What leaves at the end of this turn; written at the offsets that `reserve` gives. */
  out = EMPTY
  /** Queries without an answer, and answers that wait for others. */
  underWay = 0

  readonly #clientAddress: Uint8Array
  readonly #identity: ClientIdentity | null
  readonly #socket: Socket
  /** What it stands on. */
  readonly #tcp: Socket
  readonly #place: Place
  readonly #protocol: HttpProtocol
  readonly #openedAt: number
  #state: State = State.Open
  #reason: CloseReason = CloseReason.Client
  #outLength = 0
  #flushQueued = false
  /** Whether reading stands still because too much is under way or unread, or others come first. */
  #paused = false
  /** Whether it waits for its next turn, and what it has left of this one. */
  #waits = false
  #left = 0
  #inputEnded = false
  /** Octets that came after the end. */
  #discarded = 0
  /** Whether the table takes it for one that works. */
  #working = false
  /** Whether a whole request came with the octets at hand. */
  #asked = false
  #requestBegunAt = 0
  /** Whether the kernel has not taken all that was written, and since when it takes nothing. */
  #stalled = false
  #stalledSince = 0

  constructor(
    context: HttpContext,
    admitted: Admitted,
    protocolOn: (socket: HttpSocket) => HttpProtocol,
  ) {
    const { socket } = admitted
    this.context = context
    this.#clientAddress = admitted.clientAddress
    this.#identity = admitted.identity
    this.#socket = socket
    this.#tcp = admitted.tcp
    this.#place = admitted.place
    this.#openedAt = context.clock()
    this.#protocol = protocolOn(this)
    socket.on('data', (chunk) => this.#onData(chunk))
    socket.on('end', () => this.#onEnd())
    // Whatever the error is, 'close' follows, and the client is gone.
    socket.on('error', () => {})
    socket.on('close', () => this.#onClose())
    this.#place.occupy(this)
    this.#place.idle()
    socket.resume()
  }

  /** Whether every answer has been handed to the kernel and the end sent behind them. */
  get finished(): boolean {
    return this.#state === State.Gone || this.#socket.writableFinished
  }

  /** Whether requests are still taken. */
  get isOpen(): boolean {
    return this.#state === State.Open
  }

  /** Whether answers can still be sent. */
  get isWritable(): boolean {
    return this.#state <= State.Draining
  }

  /** Whether this client may ask more now; when it may not, `pause`. */
  get mayTake(): boolean {
    return this.underWay < this.context.limits.maxInFlight && this.hasRoom
  }

  /** Whether the client reads what it is sent; when it does not, `pause`. */
  get hasRoom(): boolean {
    if (this.#unread < ENOUGH_UNREAD) return true
    this.#write()
    return this.#unread < ENOUGH_UNREAD
  }

  /** Whether this turn has room for more of this client; when it has not, `pause`. */
  get isInTurn(): boolean {
    return this.#left > 0
  }

  /** @param cost 1 for what takes as long as a query */
  spend(cost: number): void {
    this.#left -= cost
  }

  /** Reads no more until there is room and time; then the protocol's `resume` is called. */
  pause(): void {
    this.#paused = true
    this.#socket.pause()
    if (this.isInTurn || this.#waits) return
    this.#waits = true
    this.context.turns.wait(this)
  }

  /**
   * Hands a query on.
   * @returns what the handler does; `Handled.Dropped` too when it threw and the connection is gone
   */
  ask(bytes: Uint8Array, start: number, length: number, origin: Origin): number {
    const { query, handler } = this.context
    query.bytes = bytes
    query.start = start
    query.length = length
    query.client = this.#clientAddress
    query.clientOffset = 0
    query.clientFamily = this.#clientAddress.length === 4 ? 4 : 6
    query.identity = this.#identity
    query.origin = origin
    this.noteRequest()
    try {
      return handler.handle(query)
    } catch (error) {
      // One message that brings a fault to light must not cost other clients their connections.
      // Whether this one was counted as under way is unknown, so its own connection goes.
      this.context.onError(error)
      this.destroy(CloseReason.Fault)
      return 0
    }
  }

  /** A request has come whole: only that puts off the idle time-out, never single octets. */
  noteRequest(): void {
    this.#asked = true
    if (!this.#working) {
      this.#working = true
      if (!this.#stalled) this.#place.busy()
    }
    this.queueFlush()
  }

  /**
   * Makes room for `size` octets behind those that leave at the end of this turn.
   * @returns where in `out` they go, to be followed by `commit`; -1 when the client does not read
   *   and has lost its connection for it
   */
  reserve(size: number): number {
    const start = this.#outLength
    const end = start + size
    if (!this.isWritable) return -1
    if (end + this.#unread - start + this.#protocol.held > this.context.limits.maxUnread) {
      this.destroy(CloseReason.Unread)
      return -1
    }
    if (end > this.out.length) {
      const grown = Buffer.allocUnsafe(Math.max(end, 2 * this.out.length))
      grown.set(this.out.subarray(0, start))
      this.out = grown
    }
    return start
  }

  /** @param end behind the last octet written to `out` */
  commit(end: number): void {
    this.#outLength = end
    this.queueFlush()
  }

  queueFlush(): void {
    if (this.#flushQueued) return
    this.#flushQueued = true
    this.context.turns.add(this)
  }

  /** Writes the answers of this turn, and goes on reading if that made room. */
  flush(): void {
    this.#flushQueued = false
    if (this.#state === State.Gone) return
    this.#write()
    if (this.#paused && !this.#waits && this.hasRoom) this.#resume()
    this.#settle()
    this.#noteHeld()
  }

  /** Goes on with what has come, after others had their turn. */
  goOn(): void {
    this.#waits = false
    if (this.isWritable && this.hasRoom) this.#resume()
    this.#settle()
    this.#noteHeld()
  }

  drain(reason: CloseReason): void {
    if (this.#state !== State.Open) return
    this.#state = State.Draining
    this.#reason = reason
    this.#protocol.drain()
    this.#resume()
    this.#settle()
  }

  destroy(reason: CloseReason): void {
    if (this.#state === State.Gone) return
    if (this.#state === State.Open) this.#reason = reason
    // With nothing left to deliver FIN is the kinder end; else RST, which frees the kernel's memory.
    if (this.#unread === 0) this.#socket.destroy()
    else this.#tcp.resetAndDestroy()
    this.#onClose()
  }

  sweep(now: number, idleTimeout: number): void {
    const { limits } = this.context
    const idleFor = now - this.#place.since
    const keptSince = this.#protocol.sweep?.(now) ?? Number.POSITIVE_INFINITY
    if (now - keptSince >= limits.writeTimeout) this.destroy(CloseReason.Unread)
    else if (this.#stalled && now - this.#stalledSince >= limits.writeTimeout) {
      this.destroy(CloseReason.Unread)
    } else if (this.#state === State.Ended) {
      if (idleFor >= LINGER_TIME) this.destroy(this.#reason)
    } else if (this.#isRequestLate(now)) {
      this.drain(CloseReason.FrameTimeout)
    } else if (this.#isIdle && idleFor >= idleTimeout) {
      this.drain(CloseReason.Idle)
    } else if (now - this.#openedAt >= limits.lifetime) {
      this.drain(CloseReason.Lifetime)
    }
  }

  /** Octets in memory for answers which the kernel has not taken yet. */
  get #unread(): number {
    return this.#outLength + this.#socket.writableLength * COPIES
  }

  /** Octets in memory for either side. */
  get #waiting(): number {
    return this.#unread + this.#protocol.held + this.#socket.readableLength
  }

  get #isIdle(): boolean {
    return this.underWay === 0 && !this.#waits && this.#unread === 0
  }

  #isRequestLate(now: number): boolean {
    return (
      this.#state === State.Open &&
      !this.#paused &&
      this.#protocol.midRequest &&
      now - this.#requestBegunAt >= this.context.limits.frameTimeout
    )
  }

  #onData(chunk: Buffer): void {
    if (this.#state > State.Draining) return this.#discard(chunk.length)
    const wasMid = this.#protocol.midRequest
    this.#asked = false
    this.#left = SLICE
    // Seen as what all other code passes on, not as a Buffer, so that the fast lane reads one kind.
    this.#protocol.take(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length))
    this.#noteBegin(!wasMid || this.#asked)
    this.#noteHeld()
  }

  #discard(octets: number): void {
    this.#discarded += octets
    if (this.#discarded > LINGER_OCTETS) this.destroy(this.#reason)
  }

  #resume(): void {
    this.#paused = false
    this.#left = SLICE
    if (this.isWritable) {
      this.#protocol.resume()
      this.#noteBegin(true)
    }
    if (!this.#paused) this.#socket.resume()
  }

  /** @param fresh whether a request that is still unfinished must have begun now */
  #noteBegin(fresh: boolean): void {
    if (fresh && this.#protocol.midRequest) this.#requestBegunAt = this.context.clock()
  }

  /** What the table weighs connections by. */
  #noteHeld(): void {
    if (this.#state !== State.Gone) this.#place.hold(this.#waiting)
  }

  #write(): void {
    if (this.#outLength === 0) return
    const octets = this.out.subarray(0, this.#outLength)
    this.out = EMPTY
    this.#outLength = 0
    this.#socket.write(octets, this.#onWritten)
    if (!this.#stalled && this.#socket.writableLength > 0) {
      this.#stalled = true
      this.#stalledSince = this.context.clock()
      this.#place.stall()
    }
  }

  readonly #onWritten = (): void => {
    if (!this.#stalled || this.#state === State.Gone) return
    this.#stalled = this.#socket.writableLength > 0
    this.#stalledSince = this.context.clock()
    if (this.#stalled) this.#place.stall()
    else {
      this.#working = true
      this.#place.busy()
    }
    this.flush()
  }

  /** What follows when nothing is under way: idleness, or the end. */
  #settle(): void {
    if (!this.#isIdle || this.#state >= State.Ended) return
    if (this.#state === State.Draining || this.#inputEnded) {
      this.#state = State.Ended
      this.#socket.end(() => this.context.onFinished())
    } else if (!this.#working) return
    this.#working = false
    this.#place.idle()
  }

  /** The client sends no more, but may read on (RFC 9293 §3.6.1), and still gets its answers. */
  #onEnd(): void {
    this.#inputEnded = true
    this.#settle()
  }

  #onClose(): void {
    if (this.#state === State.Gone) return
    this.#state = State.Gone
    this.#protocol.gone()
    this.out = EMPTY
    this.#outLength = 0
    this.#place.leave()
    this.context.metrics.onClosed(this.#reason)
    this.context.onGone(this)
  }
}
