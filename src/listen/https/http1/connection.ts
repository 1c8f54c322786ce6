// DoH over HTTP/1.1 on one connection (RFC 8484, RFC 9112): requests in, pipelined as the client
// likes, and their responses out in the same order (RFC 9112 §9.3.2), although the answers come in
// any order.

import { Handled, type Origin, type Query, type ReturnPath } from '../../../pipeline/query.ts'
import { MAX_MESSAGE_LENGTH } from '../../../wire/header.ts'
import { CloseReason } from '../../stream/metrics.ts'
import { Method } from '../doh.ts'
import { freshness } from '../freshness.ts'
import type { HttpProtocol, HttpSocket } from '../http-socket.ts'
import { Refusal } from '../refusal.ts'
import { ChunkedBody, Chunks } from './chunked-body.ts'
import { headEnd, RequestHead } from './head.ts'
import { CONTINUE, MAX_ANSWER_HEAD, refusalResponse, writeAnswer } from './response.ts'

/** Octets of request line and header fields at the most: what browsers and libraries send is far less. */
const MAX_HEAD = 16_384

const CR = 0x0d
const LF = 0x0a

const EMPTY = new Uint8Array(0)

/** What comes next. */
const Expected = { Head: 0, Body: 1, Chunks: 2, Nothing: 3 } as const
type Expected = (typeof Expected)[keyof typeof Expected]

export class Http1Connection implements HttpProtocol, Origin {
  readonly #socket: HttpSocket
  readonly #head = new RequestHead()
  /** What has come and is not used: from `#at` to `#end`. */
  #bytes: Uint8Array = EMPTY
  #at = 0
  #end = 0
  /** How far the end of the head was looked for in vain. */
  #searched = 0
  #expected: Expected = Expected.Head
  #chunks: ChunkedBody | null = null
  /** Whether the connection ends behind the request at hand. */
  #closes = false
  /** Responses that wait for one before them, or for their answer, in order. */
  #first: WaitingResponse | null = null
  #last: WaitingResponse | null = null
  /** Octets of responses among them that are ready. */
  #ready = 0

  constructor(socket: HttpSocket) {
    this.#socket = socket
  }

  /** Whether a late answer can still be sent. */
  get isWritable(): boolean {
    return this.#socket.isWritable
  }

  get midRequest(): boolean {
    return (
      this.#expected !== Expected.Nothing &&
      (this.#at < this.#end || this.#expected !== Expected.Head)
    )
  }

  get held(): number {
    return this.#end - this.#at + this.#ready + (this.#chunks?.length ?? 0)
  }

  take(chunk: Uint8Array): void {
    if (this.#expected === Expected.Nothing) return
    if (this.#at === this.#end) {
      this.#bytes = chunk
      this.#at = 0
      this.#end = chunk.length
      this.#searched = 0
    } else this.#append(chunk)
    this.resume()
    // What is left of a chunk is small, and must not hold the memory of all of it.
    if (this.#bytes === chunk) this.#keepRest()
  }

  resume(): void {
    const socket = this.#socket
    while (this.#expected !== Expected.Nothing && socket.isOpen) {
      if (!socket.mayTake || !socket.isInTurn) return socket.pause()
      socket.spend(1)
      if (!this.#step()) return
    }
  }

  drain(): void {
    this.#expected = Expected.Nothing
    if (this.#last !== null) this.#last.closes = true
    this.#chunks = null
    this.#forget()
  }

  gone(): void {
    this.drain()
    this.#ready = 0
    this.#first = null
    this.#last = null
  }

  detach(_query: Query): ReturnPath {
    return this.#wait(new WaitingResponse(this, this.#socket.context.lateAnswer, this.#closes))
  }

  /** Takes one late answer, or with length 0 that there will be none. */
  finishLate(response: WaitingResponse, length: number): void {
    const socket = this.#socket
    if (!socket.isWritable) return
    const { lateAnswer } = socket.context
    if (length === 0) {
      const octets = this.#refusal(Refusal.Unanswered, response.closes, false)
      this.#keep(response, octets)
      this.#writeReady()
    } else if (response === this.#first) {
      this.#unlinkFirst()
      this.#write(lateAnswer, 0, length, response.closes)
      this.#writeReady()
    } else {
      const octets = new Uint8Array(MAX_ANSWER_HEAD + length)
      const end = this.#compose(octets, 0, lateAnswer, 0, length, response.closes)
      this.#keep(response, octets.subarray(0, end))
    }
  }

  /** Goes one step on in what has come. @returns false when it needs more */
  #step(): boolean {
    switch (this.#expected) {
      case Expected.Head:
        return this.#takeHead()
      case Expected.Body:
        return this.#takeBody()
      case Expected.Chunks:
        return this.#takeChunks()
      case Expected.Nothing:
        return false
    }
  }

  #takeHead(): boolean {
    this.#skipEmptyLines()
    const from = Math.max(this.#at, this.#searched - 3)
    const end = headEnd(this.#bytes, from, this.#end)
    if ((end === -1 ? this.#end : end) - this.#at > MAX_HEAD) return this.#giveUp(this.#tooLong())
    this.#searched = end === -1 ? this.#end : 0
    if (end === -1) return false
    const head = this.#head
    const fault = head.parse(this.#bytes, this.#at, end)
    if (fault !== null) return this.#giveUp(fault)
    this.#at = end
    this.#closes = !head.persists
    return this.#begin()
  }

  /** Acts on a head that has come whole. */
  #begin(): boolean {
    const head = this.#head
    const { reader } = this.#socket.context
    const { method, targetStart, targetEnd, dnsMessage } = head
    const refusal = reader.request(method, this.#bytes, targetStart, targetEnd, dnsMessage)
    const hasBody = head.chunked || head.contentLength > 0
    if (refusal !== null) {
      // To read a body that nobody wants is not worth the connection.
      return hasBody ? this.#giveUp(refusal) : this.#refuse(refusal)
    }
    if (method === Method.Get) return this.#ask(reader.bytes, reader.start, reader.length)
    if (head.contentLength > MAX_MESSAGE_LENGTH) return this.#giveUp(Refusal.BodyTooLong)
    if (head.awaitsContinue && this.#at === this.#end) this.#send(CONTINUE)
    this.#expected = head.chunked ? Expected.Chunks : Expected.Body
    this.#chunks = head.chunked ? new ChunkedBody(MAX_MESSAGE_LENGTH) : null
    return true
  }

  /** A body of known length is handed on where it lies. */
  #takeBody(): boolean {
    const { contentLength } = this.#head
    if (this.#end - this.#at < contentLength) return false
    const start = this.#at
    this.#at += contentLength
    return this.#takeMessage(this.#bytes, start, contentLength)
  }

  #takeChunks(): boolean {
    const body = this.#chunks!
    const found = body.take(this.#bytes, this.#at, this.#end)
    if (found === Chunks.Malformed) return this.#giveUp(Refusal.BadChunk)
    if (found === Chunks.TooLong) return this.#giveUp(Refusal.BodyTooLong)
    this.#at += body.used
    if (found === Chunks.More) return false
    this.#chunks = null
    return this.#takeMessage(body.bytes, 0, body.length)
  }

  #takeMessage(bytes: Uint8Array, start: number, length: number): boolean {
    this.#expected = Expected.Head
    const refusal = this.#socket.context.reader.body(bytes, start, length)
    return refusal === null ? this.#ask(bytes, start, length) : this.#refuse(refusal)
  }

  #ask(bytes: Uint8Array, start: number, length: number): boolean {
    const socket = this.#socket
    const handled = socket.ask(bytes, start, length, this)
    if (handled > 0) {
      const { out, outStart } = socket.context.query
      this.#answer(out, outStart, handled)
    } else if (handled === Handled.Dropped) return this.#refuse(Refusal.Unanswered)
    if (this.#closes) this.#takeNoMore()
    return true
  }

  /** Refuses a request, and goes on with the next. */
  #refuse(refusal: Refusal): boolean {
    const socket = this.#socket
    socket.noteRequest()
    this.#send(this.#refusal(refusal, this.#closes, this.#head.isHead))
    if (this.#closes) this.#takeNoMore()
    return true
  }

  #refusal(refusal: Refusal, closes: boolean, bare: boolean): Uint8Array {
    const { date, httpsMetrics } = this.#socket.context
    httpsMetrics.onRefused(refusal.status)
    return refusalResponse(refusal, date.octets, closes, bare)
  }

  /** Refuses a request behind which nothing can be understood any more, or should be. */
  #giveUp(refusal: Refusal): boolean {
    this.#closes = true
    return this.#refuse(refusal)
  }

  /** What the client is told whose head has no end. */
  #tooLong(): Refusal {
    const line = this.#bytes.subarray(this.#at, this.#at + MAX_HEAD)
    return line.includes(CR) ? Refusal.HeadTooLong : Refusal.TargetTooLong
  }

  #takeNoMore(): void {
    this.#socket.drain(CloseReason.Client)
  }

  #answer(bytes: Uint8Array, start: number, length: number): void {
    if (this.#first === null) return this.#write(bytes, start, length, this.#closes)
    const octets = new Uint8Array(MAX_ANSWER_HEAD + length)
    const end = this.#compose(octets, 0, bytes, start, length, this.#closes)
    this.#send(octets.subarray(0, end))
  }

  /** Sends a whole response in its turn. */
  #send(octets: Uint8Array): void {
    if (this.#first === null) return this.#put(octets)
    this.#keep(this.#wait(new WaitingResponse(this, EMPTY, this.#closes)), octets)
  }

  #write(bytes: Uint8Array, start: number, length: number, closes: boolean): void {
    const socket = this.#socket
    const at = socket.reserve(MAX_ANSWER_HEAD + length)
    if (at !== -1) socket.commit(this.#compose(socket.out, at, bytes, start, length, closes))
  }

  #put(octets: Uint8Array): void {
    const socket = this.#socket
    const at = socket.reserve(octets.length)
    if (at === -1) return
    socket.out.set(octets, at)
    socket.commit(at + octets.length)
  }

  #compose(
    out: Uint8Array,
    at: number,
    bytes: Uint8Array,
    start: number,
    length: number,
    closes: boolean,
  ): number {
    const { date } = this.#socket.context
    const seconds = freshness(bytes, start, length)
    return writeAnswer(out, at, bytes, start, length, seconds, date.octets, closes)
  }

  #wait(response: WaitingResponse): WaitingResponse {
    if (this.#last === null) this.#first = response
    else this.#last.next = response
    this.#last = response
    this.#socket.underWay++
    return response
  }

  #unlinkFirst(): void {
    this.#first = this.#first!.next
    if (this.#first === null) this.#last = null
    this.#socket.underWay--
  }

  #keep(response: WaitingResponse, octets: Uint8Array): void {
    response.octets = octets
    this.#ready += octets.length
    if (this.#ready > this.#socket.context.limits.maxUnread) {
      this.#socket.destroy(CloseReason.Unread)
    }
  }

  /** Sends the responses that waited for nothing but those before them. */
  #writeReady(): void {
    while (this.#first !== null && this.#first.octets !== null) {
      const { octets } = this.#first
      this.#unlinkFirst()
      this.#ready -= octets.length
      this.#put(octets)
    }
  }

  /** Before a request line, empty lines are passed over (RFC 9112 §2.2). */
  #skipEmptyLines(): void {
    const bytes = this.#bytes
    while (this.#at + 1 < this.#end && bytes[this.#at] === CR && bytes[this.#at + 1] === LF) {
      this.#at += 2
    }
  }

  /** Puts a chunk behind what is left, in memory that grows with what has come. */
  #append(chunk: Uint8Array): void {
    const rest = this.#end - this.#at
    const length = rest + chunk.length
    const grows = length > this.#bytes.length
    const target = grows ? new Uint8Array(Math.max(length, 2 * rest)) : this.#bytes
    target.set(this.#bytes.subarray(this.#at, this.#end))
    target.set(chunk, rest)
    this.#searched = Math.max(0, this.#searched - this.#at)
    this.#bytes = target
    this.#at = 0
    this.#end = length
  }

  #keepRest(): void {
    if (this.#at === this.#end) return this.#forget()
    this.#searched = Math.max(0, this.#searched - this.#at)
    this.#bytes = this.#bytes.slice(this.#at, this.#end)
    this.#end -= this.#at
    this.#at = 0
  }

  #forget(): void {
    this.#bytes = EMPTY
    this.#at = 0
    this.#end = 0
  }
}

/** A response in the order of requests: one whose answer is on its way, or which waits its turn. */
class WaitingResponse implements ReturnPath {
  readonly buffer: Uint8Array
  readonly offset = 0
  /** Whether the connection ends behind it. */
  closes: boolean
  next: WaitingResponse | null = null
  /** The whole response, once it is known. */
  octets: Uint8Array | null = null
  readonly #connection: Http1Connection

  constructor(connection: Http1Connection, buffer: Uint8Array, closes: boolean) {
    this.#connection = connection
    this.buffer = buffer
    this.closes = closes
  }

  reserve(size: number): boolean {
    return size <= MAX_MESSAGE_LENGTH && this.#connection.isWritable
  }

  commit(length: number): void {
    this.#connection.finishLate(this, length)
  }
}
