// Messages out of a byte stream: each has its length in two octets before it (RFC 1035 §4.2.2,
// RFC 7766 §8). A message that lies whole in one chunk is handed out in place. Only one that is cut
// by the end of a chunk is copied, into memory that grows with what has really come: the announced
// length is a stranger's word.

const EMPTY = new Uint8Array(0)
const FIRST_STEP = 64

/** Octets of the length before each message. */
export const LENGTH_OCTETS = 2

/** Cuts one connection's stream into messages: `push` a chunk, then `next` until it says false. */
export class FrameReader {
  /** The message that `next` found: `length` octets at `start`. Valid until the next call. */
  bytes: Uint8Array = EMPTY
  start = 0
  length = 0

  #chunk: Uint8Array = EMPTY
  #at = 0
  /** The beginning of a message whose end has not come: its length octets, then its own. */
  #partial: Uint8Array = EMPTY
  #held = 0

  /** Whether a message has begun and not ended. Meaningful after `next` has returned false. */
  get midFrame(): boolean {
    return this.#held > 0
  }

  /** Octets of memory that it keeps: a chunk that is not read to its end, the beginning of a message. */
  get held(): number {
    return this.#chunk.length + this.#partial.length
  }

  /** Takes a chunk, which the reader keeps. Only when `next` has returned false. */
  push(chunk: Uint8Array): void {
    this.#chunk = chunk
    this.#at = 0
  }

  /** Finds the next whole message. @returns false when more input is needed */
  next(): boolean {
    if (this.#held > 0) return this.#completePartial()
    const chunk = this.#chunk
    const start = this.#at + LENGTH_OCTETS
    if (start <= chunk.length) {
      const length = (chunk[this.#at]! << 8) | chunk[this.#at + 1]!
      if (start + length <= chunk.length) {
        this.#at = start + length
        return this.#found(chunk, start, length)
      }
    }
    this.#hold(chunk.length - this.#at)
    this.#release()
    return false
  }

  /** Forgets all input and frees its memory. */
  clear(): void {
    this.#held = 0
    this.#partial = EMPTY
    this.#release()
  }

  #completePartial(): boolean {
    if (this.#held < LENGTH_OCTETS) this.#hold(LENGTH_OCTETS - this.#held)
    if (this.#held >= LENGTH_OCTETS) {
      const partial = this.#partial
      const length = (partial[0]! << 8) | partial[1]!
      this.#hold(LENGTH_OCTETS + length - this.#held)
      if (this.#held === LENGTH_OCTETS + length) {
        this.#held = 0
        return this.#found(this.#takePartial(), LENGTH_OCTETS, length)
      }
    }
    this.#release()
    return false
  }

  #found(bytes: Uint8Array, start: number, length: number): boolean {
    this.bytes = bytes
    this.start = start
    this.length = length
    return true
  }

  #takePartial(): Uint8Array {
    const partial = this.#partial
    this.#partial = EMPTY
    return partial
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

  #release(): void {
    this.#chunk = EMPTY
    this.#at = 0
    this.bytes = EMPTY
  }
}
