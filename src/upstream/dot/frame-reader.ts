// Cuts a stream of octets into DNS messages, each behind two octets of length (RFC 1035 §4.2.2).
// A message that lies whole in what was read is handed out where it lies; only one that is cut by
// the end of a read is put together in a buffer, which holds one message and no more.

import { HEADER_LENGTH, MAX_MESSAGE_LENGTH, readUint16 } from '../../wire/header.ts'
import { FRAME_HEADER_LENGTH } from './query-writer.ts'

const FIRST_SIZE = 4_096
const MAX_SIZE = FRAME_HEADER_LENGTH + MAX_MESSAGE_LENGTH

export interface MessageSink {
  /** Takes a message, valid until it returns. Returns false to stop reading for good. */
  onMessage(bytes: Uint8Array, start: number, length: number): boolean
}

export class FrameReader {
  readonly #sink: MessageSink
  /** A frame of which a part has come: length field and all. */
  #part = new Uint8Array(FIRST_SIZE)
  #partLength = 0

  constructor(options: { sink: MessageSink }) {
    this.#sink = options.sink
  }

  /** Octets of an unfinished frame that are held. */
  get held(): number {
    return this.#partLength
  }

  /**
   * Takes the first `end` octets of a buffer, as they came off the stream.
   *
   * @returns false when a frame is too short to be a DNS message: what follows cannot be trusted
   */
  read(bytes: Uint8Array, end: number): boolean {
    let at = 0
    if (this.#partLength > 0) {
      at = this.#finishPart(bytes, end)
      if (at <= 0) return at === 0
    }
    while (at + FRAME_HEADER_LENGTH <= end) {
      const length = readUint16(bytes, at)
      if (length < HEADER_LENGTH) return false
      const start = at + FRAME_HEADER_LENGTH
      if (start + length > end) break
      at = start + length
      if (!this.#sink.onMessage(bytes, start, length)) return true
    }
    if (at < end) this.#append(bytes, at, end)
    return true
  }

  /** @returns where reading goes on; 0 when nothing is left, -1 when the frame is malformed */
  #finishPart(bytes: Uint8Array, end: number): number {
    let at = 0
    if (this.#partLength < FRAME_HEADER_LENGTH) {
      this.#append(bytes, at, at + 1)
      at++
      if (at === end) return this.#partIsMalformed() ? -1 : 0
    }
    if (this.#partIsMalformed()) return -1
    const whole = FRAME_HEADER_LENGTH + readUint16(this.#part, 0)
    const missing = whole - this.#partLength
    if (end - at < missing) {
      this.#append(bytes, at, end)
      return 0
    }
    this.#append(bytes, at, at + missing)
    this.#partLength = 0
    const goOn = this.#sink.onMessage(this.#part, FRAME_HEADER_LENGTH, whole - FRAME_HEADER_LENGTH)
    return goOn && at + missing < end ? at + missing : 0
  }

  #partIsMalformed(): boolean {
    return readUint16(this.#part, 0) < HEADER_LENGTH
  }

  #append(bytes: Uint8Array, from: number, end: number): void {
    const needed = this.#partLength + end - from
    if (needed > this.#part.length) {
      const grown = new Uint8Array(Math.min(Math.max(needed, this.#part.length * 4), MAX_SIZE))
      grown.set(this.#part.subarray(0, this.#partLength))
      this.#part = grown
    }
    this.#part.set(bytes.subarray(from, end), this.#partLength)
    this.#partLength = needed
  }
}
