// The requests of a connection that are not over yet (RFC 9113 §5.1). One that is answered as soon as
// it is read, as most are, never becomes a stream here: only its number counts.

import type { ReturnPath } from '../../../pipeline/query.ts'
import { MAX_MESSAGE_LENGTH } from '../../../wire/header.ts'
import type { Refusal } from '../refusal.ts'

export const StreamState = {
  /** Its body is coming. */
  Receiving: 0,
  /** Its query is under way. */
  Waiting: 1,
  /** Its answer waits for the client's windows. */
  Sending: 2,
} as const
export type StreamState = (typeof StreamState)[keyof typeof StreamState]

const EMPTY = new Uint8Array(0)

/** Those who hear of late answers. */
export interface StreamOwner {
  /** Where late answers are written. */
  readonly lateAnswer: Uint8Array
  /** Whether answers can still be sent. */
  readonly isOpen: boolean
  finishLate(stream: Http2Stream, length: number): void
}

/** One object serves many streams, one after the other. */
export class Http2Stream implements ReturnPath {
  readonly offset = 0
  readonly #owner: StreamOwner
  /** 0 once the client wants no answer any more. */
  id = 0
  state: StreamState = StreamState.Receiving
  /** Whether the client has sent all that it sends. */
  inputEnded = false
  /** How many octets of answer the client takes on this stream. */
  window = 0
  /** What `content-length` promises; -1 without one. */
  expected = -1
  /** Octets of DATA that came, padding and all. */
  received = 0
  /** Octets of the body that came. */
  dataLength = 0
  /** What the request will be told when it is whole. */
  refusal: Refusal | null = null
  /** Whether the body below is a query that stood in the path; what comes as a body counts for nothing. */
  hasQuery = false
  /** The body so far: `bodyLength` octets. */
  body = EMPTY
  bodyLength = 0
  /** What has not been sent of the answer. */
  answer = EMPTY
  answerAt = 0
  /** When its state began that has a time-out. */
  since = 0
  /** Where it stands among its table's. */
  place = 0

  constructor(owner: StreamOwner) {
    this.#owner = owner
  }

  get buffer(): Uint8Array {
    return this.#owner.lateAnswer
  }

  reserve(size: number): boolean {
    return size <= MAX_MESSAGE_LENGTH && this.id !== 0 && this.#owner.isOpen
  }

  commit(length: number): void {
    this.#owner.finishLate(this, length)
  }

  begin(id: number, window: number, inputEnded: boolean, now: number): void {
    this.id = id
    this.state = StreamState.Receiving
    this.inputEnded = inputEnded
    this.window = window
    this.expected = -1
    this.received = 0
    this.dataLength = 0
    this.refusal = null
    this.hasQuery = false
    this.since = now
  }
}

/** Objects kept for streams to come. */
const MAX_SPARE = 16

/** Streams whose resets the client may not have seen yet when its next frames for them come. */
const MAX_RECENT = 64

/** The streams of one connection. They are few, so that looking at all is the quickest way to one. */
export class StreamTable {
  readonly #owner: StreamOwner
  /** In no order. Whoever removes some while going through them goes from the last to the first. */
  readonly open: Http2Stream[] = []
  readonly #spare: Http2Stream[] = []
  /** Octets that bodies hold, and answers. */
  bodies = 0
  answers = 0
  #recent: Int32Array | null = null
  #resets = 0

  constructor(owner: StreamOwner) {
    this.#owner = owner
  }

  get size(): number {
    return this.open.length
  }

  find(id: number): Http2Stream | null {
    const { open } = this
    for (let i = open.length - 1; i >= 0; i--) if (open[i]!.id === id) return open[i]!
    return null
  }

  add(id: number, window: number, inputEnded: boolean, now: number): Http2Stream {
    const stream = this.#spare.pop() ?? new Http2Stream(this.#owner)
    stream.begin(id, window, inputEnded, now)
    stream.place = this.open.push(stream) - 1
    return stream
  }

  /** Forgets all of them. */
  clear(): void {
    for (let i = this.open.length - 1; i >= 0; i--) this.remove(this.open[i]!)
    this.#spare.length = 0
  }

  /** Takes one out, unless it is out already. */
  remove(stream: Http2Stream): void {
    if (this.open[stream.place] !== stream) return
    const last = this.open.pop()!
    if (last !== stream) {
      this.open[stream.place] = last
      last.place = stream.place
    }
    this.release(stream)
    stream.id = 0
    if (this.#spare.length < MAX_SPARE) this.#spare.push(stream)
  }

  /** Puts a piece of a body behind the others, into memory that grows with what really came. */
  appendBody(stream: Http2Stream, bytes: Uint8Array, start: number, length: number): void {
    const end = stream.bodyLength + length
    if (end > stream.body.length) {
      const grown = new Uint8Array(Math.max(end, 2 * stream.body.length))
      grown.set(stream.body.subarray(0, stream.bodyLength))
      this.bodies += grown.length - stream.body.length
      stream.body = grown
    }
    stream.body.set(bytes.subarray(start, start + length), stream.bodyLength)
    stream.bodyLength = end
  }

  /** Keeps what cannot be sent yet of an answer. */
  keepAnswer(stream: Http2Stream, bytes: Uint8Array, start: number, end: number): void {
    this.release(stream)
    stream.answer = bytes.slice(start, end)
    stream.answerAt = 0
    stream.state = StreamState.Sending
    this.answers += stream.answer.length
  }

  /** Frees what a stream holds. */
  release(stream: Http2Stream): void {
    this.bodies -= stream.body.length
    this.answers -= stream.answer.length
    stream.body = EMPTY
    stream.bodyLength = 0
    stream.answer = EMPTY
    stream.answerAt = 0
  }

  noteReset(id: number): void {
    this.#recent ??= new Int32Array(MAX_RECENT)
    this.#recent[this.#resets++ % MAX_RECENT] = id
  }

  wasReset(id: number): boolean {
    return this.#recent !== null && this.#recent.includes(id)
  }
}
