// Requests on one connection: out of field blocks and DATA frames (RFC 9113 §8.1), to the handler, and
// their streams until they are over (§5.1). A request is answered when it is whole. One that is whole
// with its HEADERS frame and is answered at once never becomes a stream that anybody keeps.
//
// What returns an `ErrorCode` returns the error that the connection must end with, or `NoError`.

import type { Origin, Query, ReturnPath } from '../../../pipeline/query.ts'
import { MAX_MESSAGE_LENGTH } from '../../../wire/header.ts'
import { Method } from '../doh.ts'
import { Refusal } from '../refusal.ts'
import { Answers } from './answers.ts'
import { HpackDecoder } from './hpack-decoder.ts'
import type { Output } from './output.ts'
import { Cost, type Patience } from './patience.ts'
import { ErrorCode, INITIAL_WINDOW } from './protocol.ts'
import type { RequestHead } from './request-head.ts'
import type { SessionSocket } from './session.ts'
import { type Http2Stream, type StreamOwner, StreamState, StreamTable } from './stream.ts'

export interface RequestsOptions {
  readonly socket: SessionSocket
  readonly output: Output
  readonly patience: Patience
  /** Refilled for every request. */
  readonly head: RequestHead
  /** See `createHpackScratch`. */
  readonly scratch: Uint8Array
}

/** Octets that the unfinished bodies of one connection may hold together: two of the largest. */
const MAX_BODIES = 131_072

export class Requests implements Origin, StreamOwner {
  readonly lateAnswer: Uint8Array
  readonly streams: StreamTable
  readonly answers: Answers
  /** The last stream that the client opened, and we took. */
  lastId = 0
  /** Whether no more are taken. */
  closed = false
  readonly #socket: SessionSocket
  readonly #output: Output
  readonly #patience: Patience
  readonly #head: RequestHead
  readonly #hpack: HpackDecoder
  /** The request that the handler is asked at this moment. */
  #askedId = 0
  #asked: Http2Stream | null = null
  #over = false

  constructor(options: RequestsOptions) {
    const { socket, output } = options
    const { lateAnswer, clock, httpsMetrics } = socket.context
    this.lateAnswer = lateAnswer
    this.streams = new StreamTable(this)
    const onRefused = (status: number): void => httpsMetrics.onRefused(status)
    this.answers = new Answers({ output, streams: this.streams, clock, onRefused })
    this.#socket = socket
    this.#output = output
    this.#patience = options.patience
    this.#head = options.head
    this.#hpack = new HpackDecoder(options.scratch)
  }

  get isOpen(): boolean {
    return !this.#over && this.#socket.isWritable
  }

  /** A field block that is whole: of a request, or of what follows a body. */
  takeBlock(id: number, ends: boolean, bytes: Uint8Array, start: number, end: number): ErrorCode {
    const head = this.#head
    head.clear()
    // Whatever becomes of the request, what its block does to the table must be done (§4.3).
    if (!this.#hpack.decode(bytes, start, end, head)) return ErrorCode.CompressionError
    if (id <= this.lastId) return this.#takeTrailers(id, ends)
    if (this.closed) return ErrorCode.NoError
    this.lastId = id
    this.#takeRequest(id, ends)
    return ErrorCode.NoError
  }

  /** @param length octets of the frame, its padding too */
  takeData(
    id: number,
    ends: boolean,
    bytes: Uint8Array,
    start: number,
    end: number,
    length: number,
  ): void {
    // After GOAWAY there may be some for streams that were never taken.
    if (id > this.lastId) return
    const stream = this.streams.find(id)
    if (stream === null || stream.inputEnded) return this.#takeForEnded(id, stream)
    stream.inputEnded = ends
    stream.received += length
    stream.dataLength += end - start
    if (stream.received > INITIAL_WINDOW) this.reset(id, stream, ErrorCode.FlowControlError)
    else if (stream.state === StreamState.Receiving) this.#takeBody(stream, bytes, start, end)
  }

  /** Takes the late answer of a stream, or with length 0 learns that there will be none. */
  finishLate(stream: Http2Stream, length: number): void {
    const { id } = stream
    if (this.#over) return
    if (id === 0) this.streams.remove(stream)
    else if (length > 0) {
      this.answers.ok(id, stream, this.lateAnswer, 0, length)
      this.#patience.answered()
    } else this.answers.refuse(id, stream, Refusal.Unanswered)
    this.noteUnderWay()
  }

  detach(_query: Query): ReturnPath {
    const stream = (this.#asked ??= this.#open(this.#askedId, true))
    this.streams.release(stream)
    stream.state = StreamState.Waiting
    return stream
  }

  /** Ends a stream that breaks a rule. */
  reset(id: number, stream: Http2Stream | null, code: ErrorCode): void {
    this.#patience.spend(Cost.Reset)
    this.#output.reset(id, code)
    this.streams.noteReset(id)
    if (stream !== null) this.giveUp(stream)
  }

  /** A query that is under way keeps its place until it comes to its end: it still costs. */
  giveUp(stream: Http2Stream): void {
    if (stream.state === StreamState.Waiting) stream.id = 0
    else this.streams.remove(stream)
  }

  /** Nobody waits for any answer any more. */
  giveUpAll(): void {
    this.#over = true
    this.closed = true
    this.streams.clear()
    this.#socket.underWay = 0
  }

  /** Tells the connection what it has to wait for. */
  noteUnderWay(): void {
    const socket = this.#socket
    const { size } = this.streams
    if (socket.underWay > 0 && size === 0) socket.queueFlush()
    socket.underWay = size
  }

  /**
   * Gives up bodies that do not come.
   * @returns since when the oldest answer waits that the client's windows hold back
   */
  sweep(now: number): number {
    const { frameTimeout } = this.#socket.context.limits
    let oldest = Number.POSITIVE_INFINITY
    const { open } = this.streams
    for (let i = open.length - 1; i >= 0; i--) {
      const stream = open[i]!
      if (stream.state === StreamState.Sending) oldest = Math.min(oldest, stream.since)
      else if (stream.state === StreamState.Receiving && now - stream.since >= frameTimeout) {
        this.reset(stream.id, stream, ErrorCode.Cancel)
      }
    }
    return oldest
  }

  #takeRequest(id: number, ends: boolean): void {
    const head = this.#head
    const { reader } = this.#socket.context
    const { method, contentLength, path, pathStart, pathEnd } = head
    if (!this.#hasRoom) return this.#turnAway(id, ends)
    if (!head.isRequest || (ends && contentLength > 0)) {
      return this.reset(id, null, ErrorCode.ProtocolError)
    }
    const refusal = head.tooLarge
      ? Refusal.HeadTooLong
      : reader.request(method, path, pathStart, pathEnd, head.dnsMessage)
    if (ends) {
      if (refusal !== null) return this.#refuse(id, null, refusal)
      if (method === Method.Get) return this.#ask(id, null)
      return this.#refuse(id, null, Refusal.NotAQuery)
    }
    const stream = this.#open(id, false)
    stream.expected = contentLength
    stream.refusal = refusal
    if (contentLength > MAX_MESSAGE_LENGTH) this.#refuse(id, stream, Refusal.BodyTooLong)
    else if (refusal === null && method === Method.Get) {
      // A body says nothing then, but the request ends only with it.
      stream.hasQuery = true
      this.streams.appendBody(stream, reader.bytes, reader.start, reader.length)
    }
  }

  get #hasRoom(): boolean {
    const { maxInFlight, maxUnread } = this.#socket.context.limits
    return this.streams.size < maxInFlight && this.streams.answers < maxUnread >> 1
  }

  /** Nothing has been done for the request: it may be made again (§8.7). */
  #turnAway(id: number, ends: boolean): void {
    this.#patience.spend(Cost.Frame)
    this.#output.reset(id, ErrorCode.RefusedStream)
    if (!ends) this.streams.noteReset(id)
  }

  /** HEADERS for a stream that was there before. */
  #takeTrailers(id: number, ends: boolean): ErrorCode {
    const stream = this.streams.find(id)
    if (stream === null || stream.inputEnded) {
      if (!this.streams.wasReset(id)) return ErrorCode.StreamClosed
      this.#patience.spend(Cost.Frame)
    } else if (!ends || !this.#head.isTrailers) {
      this.reset(id, stream, ErrorCode.ProtocolError)
    } else {
      stream.inputEnded = true
      if (stream.state === StreamState.Receiving) this.#takeBody(stream, stream.body, 0, 0)
    }
    return ErrorCode.NoError
  }

  /** A frame for a stream that has ended, as far as the client is concerned. */
  #takeForEnded(id: number, stream: Http2Stream | null): void {
    if (this.streams.wasReset(id)) this.#patience.spend(Cost.Frame)
    else this.reset(id, stream, ErrorCode.StreamClosed)
  }

  /** A piece of a body; the last one if the input has ended. */
  #takeBody(stream: Http2Stream, bytes: Uint8Array, start: number, end: number): void {
    const { id, expected, dataLength, inputEnded } = stream
    if (expected !== -1 && (inputEnded ? dataLength !== expected : dataLength > expected)) {
      return this.reset(id, stream, ErrorCode.ProtocolError)
    }
    if (stream.refusal !== null || stream.hasQuery) {
      if (inputEnded) this.#takeMessage(stream, stream.body, 0, stream.bodyLength)
    } else if (inputEnded && stream.bodyLength === 0) {
      this.#takeMessage(stream, bytes, start, end - start)
    } else {
      this.streams.appendBody(stream, bytes, start, end - start)
      if (inputEnded) this.#takeMessage(stream, stream.body, 0, stream.bodyLength)
      else if (this.streams.bodies > MAX_BODIES) {
        this.reset(id, stream, ErrorCode.EnhanceYourCalm)
      }
    }
  }

  /** The request is whole. */
  #takeMessage(stream: Http2Stream, bytes: Uint8Array, start: number, length: number): void {
    const refusal = stream.refusal ?? this.#socket.context.reader.body(bytes, start, length)
    if (refusal === null) this.#ask(stream.id, stream)
    else this.#refuse(stream.id, stream, refusal)
  }

  /** Asks the handler what the reader holds. */
  #ask(id: number, stream: Http2Stream | null): void {
    const socket = this.#socket
    const { reader, query } = socket.context
    this.#askedId = id
    this.#asked = stream
    const answered = socket.ask(reader.bytes, reader.start, reader.length, this)
    if (answered > 0) {
      this.answers.ok(id, stream, query.out, query.outStart, answered)
      this.#patience.answered()
    } else if (answered === 0 && socket.isWritable) {
      this.answers.refuse(id, stream, Refusal.Unanswered)
    }
  }

  #refuse(id: number, stream: Http2Stream | null, refusal: Refusal): void {
    this.#socket.noteRequest()
    this.#patience.spend(Cost.Frame)
    this.answers.refuse(id, stream, refusal)
  }

  #open(id: number, inputEnded: boolean): Http2Stream {
    const { clock } = this.#socket.context
    return this.streams.add(id, this.answers.initialWindow, inputEnded, clock())
  }
}
