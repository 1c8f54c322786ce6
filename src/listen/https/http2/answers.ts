// Answers on their way to one client, as far as its windows let them (RFC 9113 §5.2, §6.9).

import { freshness } from '../freshness.ts'
import { Refusal } from '../refusal.ts'
import { AnswerHead, MAX_ANSWER_HEAD } from './answer-head.ts'
import type { Output } from './output.ts'
import { ErrorCode, INITIAL_WINDOW, MAX_WINDOW } from './protocol.ts'
import { type Http2Stream, StreamState, type StreamTable } from './stream.ts'

export interface AnswersOptions {
  readonly output: Output
  readonly streams: StreamTable
  /** Milliseconds that only grow. */
  readonly clock: () => number
  /** Told the HTTP status of every request that is refused. */
  readonly onRefused: (status: number) => void
}

const TEXTS = new Map<Refusal, Uint8Array>()
for (const refusal of Object.values(Refusal)) {
  TEXTS.set(refusal, new Uint8Array(Buffer.from(refusal.text)))
}

export class Answers {
  readonly head = new AnswerHead()
  readonly #output: Output
  readonly #streams: StreamTable
  readonly #clock: () => number
  readonly #onRefused: (status: number) => void
  /** Octets of DATA that the client takes on the connection, and on each new stream. */
  #window = INITIAL_WINDOW
  #initialWindow = INITIAL_WINDOW

  constructor(options: AnswersOptions) {
    this.#output = options.output
    this.#streams = options.streams
    this.#clock = options.clock
    this.#onRefused = options.onRefused
  }

  /** Where the window of a new stream begins. */
  get initialWindow(): number {
    return this.#initialWindow
  }

  /**
   * Answers a request with a DNS message.
   * @param stream null when the request is read to its end and nothing else is known of its stream
   */
  ok(
    id: number,
    stream: Http2Stream | null,
    bytes: Uint8Array,
    start: number,
    length: number,
  ): void {
    const output = this.#output
    const at = output.beginHeaders(MAX_ANSWER_HEAD + length)
    if (at === -1) return
    const maxAge = freshness(bytes, start, length)
    output.endHeaders(id, at, this.head.ok(output.out, at, length, maxAge))
    this.#send(id, stream, bytes, start, start + length)
  }

  /** Says what is wrong with a request. */
  refuse(id: number, stream: Http2Stream | null, refusal: Refusal): void {
    this.#onRefused(refusal.status)
    const text = TEXTS.get(refusal)!
    const output = this.#output
    const at = output.beginHeaders(MAX_ANSWER_HEAD + text.length)
    if (at === -1) return
    output.endHeaders(id, at, this.head.refusal(output.out, at, refusal.status, text.length))
    this.#send(id, stream, text, 0, text.length)
  }

  /** The client takes more on the connection. @returns false when that is more than there may be */
  widen(increment: number): boolean {
    if (increment > MAX_WINDOW - this.#window) return false
    this.#window += increment
    this.#sendKept()
    return true
  }

  /** The client takes more on one stream. @returns false when that is more than there may be */
  widenStream(stream: Http2Stream, increment: number): boolean {
    if (increment > MAX_WINDOW - stream.window) return false
    stream.window += increment
    if (stream.state === StreamState.Sending) this.#sendMore(stream)
    return true
  }

  /**
   * Changes where windows begin, also of the streams that are open, below zero if need be (§6.9.2).
   * @returns false when one becomes larger than there may be
   */
  setInitialWindow(size: number): boolean {
    const change = size - this.#initialWindow
    if (change === 0) return true
    this.#initialWindow = size
    for (const stream of this.#streams.open) {
      stream.window += change
      if (stream.window > MAX_WINDOW) return false
    }
    if (change > 0) this.#sendKept()
    return true
  }

  #send(
    id: number,
    stream: Http2Stream | null,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const length = end - start
    const window = Math.min(this.#window, stream === null ? this.#initialWindow : stream.window)
    if (length <= window) {
      this.#window -= length
      this.#output.data(id, bytes, start, end, true)
      if (stream !== null) this.#close(stream)
      return
    }
    const now = this.#clock()
    const kept = stream ?? this.#streams.add(id, this.#initialWindow, true, now)
    kept.since = now
    const some = Math.max(window, 0)
    this.#window -= some
    kept.window -= some
    this.#output.data(id, bytes, start, start + some, false)
    this.#streams.keepAnswer(kept, bytes, start + some, end)
  }

  #sendKept(): void {
    const { open } = this.#streams
    for (let i = open.length - 1; i >= 0 && this.#window > 0; i--) {
      const stream = open[i]
      if (stream?.state === StreamState.Sending) this.#sendMore(stream)
    }
  }

  #sendMore(stream: Http2Stream): void {
    const left = stream.answer.length - stream.answerAt
    const count = Math.min(left, stream.window, this.#window)
    if (count <= 0) return
    const start = stream.answerAt
    stream.answerAt += count
    stream.window -= count
    this.#window -= count
    this.#output.data(stream.id, stream.answer, start, start + count, count === left)
    if (count === left) this.#close(stream)
  }

  /** Its answer is sent. What the client still has to say, it need not (§8.1). */
  #close(stream: Http2Stream): void {
    if (!stream.inputEnded) {
      this.#output.reset(stream.id, ErrorCode.NoError)
      this.#streams.noteReset(stream.id)
    }
    this.#streams.remove(stream)
  }
}
