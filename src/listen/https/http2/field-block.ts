// A field block that comes in more frames than one: HEADERS, then CONTINUATION until the flag says
// that it ends (RFC 9113 §4.3, §6.10).

import { MAX_FIELD_BLOCK } from './hpack-decoder.ts'

/** A whole block has room in two frames; endless small ones are an attack (CVE-2024-27316). */
const MAX_FRAMES = 16

const EMPTY = new Uint8Array(0)

export class FieldBlock {
  /** Whose it is; 0 when none is open. */
  streamId = 0
  endsStream = false
  /** What has come: `length` octets. */
  bytes = EMPTY
  length = 0
  #frames = 0

  begin(streamId: number, endsStream: boolean): void {
    this.streamId = streamId
    this.endsStream = endsStream
    this.#frames = 0
  }

  /** Takes a piece. @returns false when that is more than we take */
  append(bytes: Uint8Array, start: number, end: number): boolean {
    const length = this.length + end - start
    if (length > MAX_FIELD_BLOCK || ++this.#frames > MAX_FRAMES) return false
    if (length > this.bytes.length) {
      const grown = new Uint8Array(Math.min(MAX_FIELD_BLOCK, Math.max(length, 2 * this.length)))
      grown.set(this.bytes.subarray(0, this.length))
      this.bytes = grown
    }
    this.bytes.set(bytes.subarray(start, end), this.length)
    this.length = length
    return true
  }

  clear(): void {
    this.streamId = 0
    this.bytes = EMPTY
    this.length = 0
  }
}
