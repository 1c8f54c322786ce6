// One client's stream: queries in, answers out in any order (RFC 7766 §6.2.1.1, §7). Works on TCP
// and TLS sockets alike.
//
// Its life: open -> draining (takes no more queries, those under way are still answered) -> ended
// (all is written and FIN sent; what the client still sends is read and thrown away, for closing
// with input unread makes the kernel send RST, which can cost the client its last answers) -> gone.

import type { Socket } from 'node:net'
import type {
  ClientIdentity,
  Origin,
  Query,
  QueryHandler,
  ReturnPath,
} from '../../pipeline/query.ts'
import { HEADER_LENGTH, MAX_MESSAGE_LENGTH } from '../../wire/header.ts'
import type { Admitted, ServedConnection } from './door.ts'
import { FrameReader, LENGTH_OCTETS } from './framing.ts'
import { LINGER_OCTETS, LINGER_TIME, type StreamLimits } from './limits.ts'
import { CloseReason, type StreamMetrics } from './metrics.ts'
import type { Place } from './place.ts'
import { SLICE, type Turns } from './turns.ts'

/** What all connections of a listener have in common. */
export interface StreamContext {
  readonly handler: QueryHandler
  /** Refilled for every message. Its `out` has room for the largest message. */
  readonly query: Query
  /** Where late answers are written, with room for the largest message. */
  readonly lateAnswer: Uint8Array
  readonly turns: Turns
  readonly limits: StreamLimits
  readonly metrics: StreamMetrics
  /** Milliseconds that only grow. */
  readonly clock: () => number
  /** FIN has been sent behind a connection's last answer. */
  onFinished(): void
  onGone(connection: StreamConnection): void
  /** Told that the handler threw. */
  onError(error: unknown): void
}

export interface StreamConnectionOptions extends Admitted {
  readonly context: StreamContext
}

const State = { Open: 0, Draining: 1, Ended: 2, Gone: 3 } as const
type State = (typeof State)[keyof typeof State]

/** Unread octets past which no more queries are taken, for each answer would only wait as well. */
const ENOUGH_UNREAD = 65_536

const EMPTY = Buffer.alloc(0)

export class StreamConnection implements Origin, ServedConnection {
  readonly #clientAddress: Uint8Array
  readonly #identity: ClientIdentity | null
  readonly #context: StreamContext
  readonly #socket: Socket
  /** What the socket stands on: itself without TLS. */
  readonly #tcp: Socket
  /** How often an octet that is not yet written lies in memory: with TLS as text and enciphered. */
  readonly #copies: number
  readonly #place: Place
  readonly #frames = new FrameReader()
  readonly #openedAt: number

  #state: State = State.Open
  #reason: CloseReason = CloseReason.Client
  #inFlight = 0
  /** Frames that leave at the end of this tick: the first `#outLength` octets. */
  #out = EMPTY
  #outLength = 0
  #flushQueued = false
  /** Whether reading stands still because too much is under way or unread, or others come first. */
  #paused = false
  /** Whether it waits for its next turn. */
  #waits = false
  #inputEnded = false
  /** Octets that came after the end. */
  #discarded = 0
  #frameBegunAt = 0
  /** Whether the kernel has not taken all that was written, and since when it takes nothing. */
  #stalled = false
  #stalledSince = 0

  constructor(options: StreamConnectionOptions) {
    const { context, socket } = options
    this.#clientAddress = options.clientAddress
    this.#identity = options.identity
    this.#context = context
    this.#socket = socket
    this.#tcp = options.tcp
    this.#copies = socket === options.tcp ? 1 : 2
    this.#place = options.place
    this.#openedAt = context.clock()
    socket.on('data', (chunk) => this.#onData(chunk))
    socket.on('end', () => this.#onEnd())
    // Whatever the error is, 'close' follows, and the client is gone.
    socket.on('error', () => {})
    socket.on('close', () => this.#onClose())
    this.#place.occupy(this)
    this.#place.idle()
    socket.resume()
  }

  /** Whether every answer has been handed to the kernel and FIN sent behind them. */
  get finished(): boolean {
    return this.#state === State.Gone || this.#socket.writableFinished
  }

  detach(_query: Query): ReturnPath {
    this.#inFlight++
    return new StreamReturnPath(this, this.#context.lateAnswer)
  }

  /** Takes no more queries; ends the connection when those under way are answered. */
  drain(reason: CloseReason): void {
    if (this.#state !== State.Open) return
    this.#state = State.Draining
    this.#reason = reason
    this.#frames.clear()
    this.#noteHeld()
    this.#resume()
    this.#settle()
  }

  destroy(reason: CloseReason): void {
    if (this.#state === State.Gone) return
    if (this.#state === State.Open) this.#reason = reason
    // With nothing left to deliver FIN is the kinder end; else RST, which frees the kernel's memory.
    // A TLS socket cannot reset, but what it stands on can.
    if (this.#unread === 0) this.#socket.destroy()
    else this.#tcp.resetAndDestroy()
    this.#onClose()
  }

  sweep(now: number, idleTimeout: number): void {
    const { limits } = this.#context
    const idleFor = now - this.#place.since
    if (this.#stalled && now - this.#stalledSince >= limits.writeTimeout) {
      this.destroy(CloseReason.Unread)
    } else if (this.#state === State.Ended) {
      if (idleFor >= LINGER_TIME) this.destroy(this.#reason)
    } else if (this.#isFrameLate(now)) {
      this.drain(CloseReason.FrameTimeout)
    } else if (this.#isIdle && idleFor >= idleTimeout) {
      this.drain(CloseReason.Idle)
    } else if (now - this.#openedAt >= limits.lifetime) {
      this.drain(CloseReason.Lifetime)
    }
  }

  /** Writes the answers of this tick, and goes on reading if that made room. */
  flush(): void {
    this.#flushQueued = false
    if (this.#state === State.Gone) return
    this.#write()
    if (this.#paused && !this.#waits && this.#mayTake) this.#resume()
    this.#settle()
  }

  /** Goes on with what has come, after others had their turn. */
  goOn(): void {
    this.#waits = false
    if (this.#state === State.Open && this.#mayTake) this.#resume()
    this.#settle()
  }

  /** Whether a late answer can still be sent. */
  get isOpen(): boolean {
    return this.#state === State.Open || this.#state === State.Draining
  }

  /** Takes one late answer, or with length 0 notes that there will be none. */
  finishLate(length: number): void {
    this.#inFlight--
    if (!this.isOpen) return
    if (length > 0) this.#append(this.#context.lateAnswer, 0, length)
    this.#queueFlush()
  }

  /** Octets in memory for answers which the kernel has not taken yet. */
  get #unread(): number {
    return this.#outLength + this.#socket.writableLength * this.#copies
  }

  get #isIdle(): boolean {
    return this.#inFlight === 0 && !this.#waits && this.#unread === 0
  }

  get #mayTake(): boolean {
    return this.#inFlight < this.#context.limits.maxInFlight && this.#unread < ENOUGH_UNREAD
  }

  #isFrameLate(now: number): boolean {
    return (
      this.#state === State.Open &&
      !this.#paused &&
      this.#frames.midFrame &&
      now - this.#frameBegunAt >= this.#context.limits.frameTimeout
    )
  }

  #onData(chunk: Buffer): void {
    if (this.#state !== State.Open) return this.#discard(chunk.length)
    // Seen as what all other code passes on, not as a Buffer, so that the fast lane reads one kind.
    this.#frames.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length))
    this.#takeQueries(!this.#frames.midFrame)
  }

  #discard(octets: number): void {
    if (this.#state !== State.Ended) return
    this.#discarded += octets
    if (this.#discarded > LINGER_OCTETS) this.destroy(this.#reason)
  }

  /**
   * Hands on the queries that have come whole, as long as this client may ask more: a slice of them
   * before others have their turn.
   * @param fresh whether a message that is still unfinished afterwards must have begun now
   */
  #takeQueries(fresh: boolean): void {
    const frames = this.#frames
    let taken = 0
    while (this.#state === State.Open && taken < SLICE) {
      if (!this.#mayTake) {
        this.#write()
        if (!this.#mayTake) break
      }
      if (!frames.next()) {
        this.#noteFrame(fresh || taken > 0)
        return
      }
      this.#handle(frames.bytes, frames.start, frames.length)
      taken++
    }
    if (this.#state !== State.Open) return
    this.#paused = true
    this.#socket.pause()
    if (taken === SLICE) {
      this.#waits = true
      this.#context.turns.wait(this)
    }
    this.#noteHeld()
  }

  #noteHeld(): void {
    this.#place.hold(this.#unread + this.#frames.held + this.#socket.readableLength)
  }

  #noteFrame(fresh: boolean): void {
    if (this.#frames.midFrame && fresh) this.#frameBegunAt = this.#context.clock()
    this.#noteHeld()
  }

  #handle(bytes: Uint8Array, start: number, length: number): void {
    // RFC 7766 is silent on a length that leaves no room for a header, zero among them. There is
    // no ID to answer to, and who sends it speaks no DNS: nothing behind it can be trusted.
    if (length < HEADER_LENGTH) return this.drain(CloseReason.ShortFrame)
    const { query, handler } = this.#context
    query.bytes = bytes
    query.start = start
    query.length = length
    query.client = this.#clientAddress
    query.clientOffset = 0
    query.clientFamily = this.#clientAddress.length === 4 ? 4 : 6
    query.identity = this.#identity
    query.origin = this
    // Only a whole message makes the connection busy: single octets do not put off the idle time-out.
    if (!this.#flushQueued) {
      if (!this.#stalled) this.#place.busy()
      this.#queueFlush()
    }
    try {
      const answered = handler.handle(query)
      if (answered > 0) this.#append(query.out, query.outStart, answered)
    } catch (error) {
      // One message that brings a fault to light must not cost other clients their connections.
      // Whether this one was counted as under way is unknown, so its own connection goes.
      this.#context.onError(error)
      this.destroy(CloseReason.Fault)
    }
  }

  #append(bytes: Uint8Array, start: number, length: number): void {
    const end = this.#outLength + LENGTH_OCTETS + length
    if (end + this.#unread - this.#outLength > this.#context.limits.maxUnread) {
      return this.destroy(CloseReason.Unread)
    }
    if (end > this.#out.length) {
      const grown = Buffer.allocUnsafe(Math.max(end, 2 * this.#out.length))
      grown.set(this.#out.subarray(0, this.#outLength))
      this.#out = grown
    }
    this.#out.writeUInt16BE(length, this.#outLength)
    this.#out.set(bytes.subarray(start, start + length), this.#outLength + LENGTH_OCTETS)
    this.#outLength = end
  }

  #queueFlush(): void {
    if (this.#flushQueued) return
    this.#flushQueued = true
    this.#context.turns.add(this)
  }

  /** One write for all frames that wait: length and message together (RFC 7766 §8). */
  #write(): void {
    if (this.#outLength === 0) return
    const frames = this.#out.subarray(0, this.#outLength)
    this.#out = EMPTY
    this.#outLength = 0
    this.#socket.write(frames, this.#onWritten)
    if (!this.#stalled && this.#socket.writableLength > 0) {
      this.#stalled = true
      this.#stalledSince = this.#context.clock()
      this.#place.stall()
    }
    this.#noteHeld()
  }

  readonly #onWritten = (): void => {
    if (!this.#stalled || this.#state === State.Gone) return
    this.#stalled = this.#socket.writableLength > 0
    this.#stalledSince = this.#context.clock()
    if (this.#stalled) this.#place.stall()
    else if (this.#inFlight > 0) this.#place.busy()
    this.flush()
    this.#noteHeld()
  }

  #resume(): void {
    this.#paused = false
    if (this.#state === State.Open) this.#takeQueries(true)
    if (!this.#paused) this.#socket.resume()
  }

  /** What follows when nothing is under way: idleness, or the end. */
  #settle(): void {
    if (!this.#isIdle || this.#state >= State.Ended) return
    if (this.#state === State.Draining || this.#inputEnded) {
      this.#state = State.Ended
      this.#socket.end(() => this.#context.onFinished())
    }
    this.#place.idle()
  }

  /**
   * FIN says that the client sends no more, not that it has gone: it may read on (RFC 9293 §3.6.1)
   * and still gets its answers. One that has closed its session altogether, to which none must be
   * sent (RFC 7766 §6.2.4), resets the connection at the first of them.
   */
  #onEnd(): void {
    this.#inputEnded = true
    // While reading stands still there may be whole queries among what is left.
    if (!this.#paused) this.#frames.clear()
    this.#noteHeld()
    this.#settle()
  }

  #onClose(): void {
    if (this.#state === State.Gone) return
    this.#state = State.Gone
    this.#frames.clear()
    this.#out = EMPTY
    this.#outLength = 0
    this.#place.leave()
    this.#context.metrics.onClosed(this.#reason)
    this.#context.onGone(this)
  }
}

class StreamReturnPath implements ReturnPath {
  readonly buffer: Uint8Array
  readonly offset = 0
  readonly #connection: StreamConnection

  constructor(connection: StreamConnection, buffer: Uint8Array) {
    this.#connection = connection
    this.buffer = buffer
  }

  reserve(size: number): boolean {
    return size <= MAX_MESSAGE_LENGTH && this.#connection.isOpen
  }

  commit(length: number): void {
    this.#connection.finishLate(length)
  }
}
