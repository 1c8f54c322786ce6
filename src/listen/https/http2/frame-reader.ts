// Frames out of a client's octets (RFC 9113 §3.4, §4.1). A frame that lies whole in one chunk is
// handed out in place. Only one that is cut by the end of a chunk is copied, into memory that grows
// with what has really come and never holds more than one frame.

import { ErrorCode, FRAME_HEADER_LENGTH, MAX_FRAME_LENGTH, PREFACE } from './protocol.ts'

const EMPTY = new Uint8Array(0)
const FIRST_STEP = 256

/** Cuts one connection's stream into frames: `push` a chunk, then `next` until it says false. */
export class FrameReader {
  /** The frame that `next` found; its payload is `length` octets at `start`. Valid until the next call. */
  type = 0
  flags = 0
  streamId = 0
  bytes: Uint8Array = EMPTY
  start = 0
  length = 0
  /** What is wrong with the stream as a whole; nothing more can be read from it then. */
  fault: ErrorCode = ErrorCode.NoError

  #chunk: Uint8Array = EMPTY
  #at = 0
  /** Octets of the client's preface that have come. */
  #prefaced = 0
  /** The beginning of a frame whose end has not come. */
  #partial: Uint8Array = EMPTY
  #held = 0

  /** Whether a frame, or the preface, has begun and not ended. Only when `next` has returned false. */
  get midFrame(): boolean {
    return this.#held > 0 || this.#prefaced < PREFACE.length
  }

  /** Octets of memory that it keeps: a chunk that is not read to its end, the beginning of a frame. */
  get held(): number {
    return this.#chunk.length + this.#partial.length
  }

  /** Takes a chunk, which the reader keeps. Only when `next` has returned false. */
  push(chunk: Uint8Array): void {
    this.#chunk = chunk
    this.#at = 0
  }

  /** Finds the next whole frame. @returns false when more input is needed, or there is a `fault` */
  next(): boolean {
    if (this.#prefaced < PREFACE.length && !this.#takePreface()) return this.#none()
    if (this.#held > 0) return this.#completePartial()
    const chunk = this.#chunk
    const at = this.#at
    if (at + FRAME_HEADER_LENGTH <= chunk.length) {
      const length = lengthOf(chunk, at)
      if (length > MAX_FRAME_LENGTH) return this.#tooLong()
      const end = at + FRAME_HEADER_LENGTH + length
      if (end <= chunk.length) {
        this.#at = end
        return this.#found(chunk, at, length)
      }
    }
    this.#hold(chunk.length - at)
    return this.#none()
  }

  /** Forgets all input and frees its memory. */
  clear(): void {
    this.#held = 0
    this.#partial = EMPTY
    this.#none()
  }

  #takePreface(): boolean {
    const chunk = this.#chunk
    while (this.#prefaced < PREFACE.length) {
      if (this.#at === chunk.length) return false
      if (chunk[this.#at] !== PREFACE[this.#prefaced]) {
        this.fault = ErrorCode.ProtocolError
        return false
      }
      this.#at++
      this.#prefaced++
    }
    return true
  }

  #completePartial(): boolean {
    if (this.#held < FRAME_HEADER_LENGTH) this.#hold(FRAME_HEADER_LENGTH - this.#held)
    if (this.#held < FRAME_HEADER_LENGTH) return this.#none()
    const length = lengthOf(this.#partial, 0)
    if (length > MAX_FRAME_LENGTH) return this.#tooLong()
    const whole = FRAME_HEADER_LENGTH + length
    this.#hold(whole - this.#held)
    if (this.#held < whole) return this.#none()
    const partial = this.#partial
    this.#partial = EMPTY
    this.#held = 0
    return this.#found(partial, 0, length)
  }

  #found(bytes: Uint8Array, at: number, length: number): boolean {
    this.type = bytes[at + 3]!
    this.flags = bytes[at + 4]!
    // The top bit is reserved and ignored (§4.1).
    this.streamId = readUint31(bytes, at + 5)
    this.bytes = bytes
    this.start = at + FRAME_HEADER_LENGTH
    this.length = length
    return true
  }

  #tooLong(): boolean {
    this.fault = ErrorCode.FrameSizeError
    return this.#none()
  }

  /** Moves up to `wanted` octets from the chunk behind those already held. */
  #hold(wanted: number): void {
    const count = Math.min(wanted, this.#chunk.length - this.#at)
    if (count === 0) return
    const held = this.#held + count
    if (held > this.#partial.length) {
      const grown = new Uint8Array(Math.max(held, 2 * this.#partial.length, FIRST_STEP))
      grown.set(this.#partial.subarray(0, this.#held))
      this.#partial = grown
    }
    this.#partial.set(this.#chunk.subarray(this.#at, this.#at + count), this.#held)
    this.#held = held
    this.#at += count
  }

  #none(): boolean {
    this.#chunk = EMPTY
    this.#at = 0
    this.bytes = EMPTY
    return false
  }
}

function lengthOf(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
}

/** Stream identifiers and window increments: 31 bits behind a reserved one. */
export function readUint31(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at]! & 0x7f) << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
  )
}
