// A body that comes in chunks (RFC 9112 §7.1), put together. Every body that is worth reading here is
// short, so what the chunks cost beside their data is bounded too.

import { isToken } from './head.ts'

const CR = 0x0d
const LF = 0x0a
const TAB = 0x09
const SPACE = 0x20
const COLON = 0x3a
const SEMICOLON = 0x3b

/** Digits of a chunk's size at the most: more than enough for any body that is taken. */
const MAX_DIGITS = 8

/** Octets of sizes, extensions, line ends and trailers, taken together, at the most. */
const MAX_OVERHEAD = 16_384

const State = {
  Size: 0,
  Extension: 1,
  SizeEnd: 2,
  Data: 3,
  DataEnd: 4,
  Trailer: 5,
  Done: 6,
} as const
type State = (typeof State)[keyof typeof State]

/** What `take` came to. */
export const Chunks = { More: 0, Done: 1, Malformed: 2, TooLong: 3 } as const
export type Chunks = (typeof Chunks)[keyof typeof Chunks]

export class ChunkedBody {
  /** The data so far: `length` octets. */
  bytes = new Uint8Array(512)
  length = 0
  readonly #maxLength: number
  #state: State = State.Size
  #digits = 0
  /** The size of the chunk at hand, then what of it has not come yet. */
  #left = 0
  #overhead = 0
  #sawCr = false
  /** Characters of the trailer line at hand, and whether its name has ended. */
  #line = 0
  #named = false

  /** @param maxLength octets of data at the most */
  constructor(maxLength: number) {
    this.#maxLength = maxLength
  }

  /** How many octets the last call of `take` used. */
  used = 0

  /** Takes octets that came, up to the end of the body. */
  take(chunk: Uint8Array, start: number, end: number): Chunks {
    let at = start
    while (at < end && this.#state !== State.Done) {
      if (this.#state === State.Data) {
        at += this.#copy(chunk, at, end)
        continue
      }
      if (++this.#overhead > MAX_OVERHEAD) return Chunks.TooLong
      const fault = this.#step(chunk[at++]!)
      if (fault !== Chunks.More) return fault
    }
    this.used = at - start
    return this.#state === State.Done ? Chunks.Done : Chunks.More
  }

  #step(octet: number): Chunks {
    switch (this.#state) {
      case State.Size:
        return this.#size(octet)
      case State.Extension:
        // Extensions are passed over (RFC 9112 §7.1.1), but hold no control characters.
        if (octet === CR) this.#state = State.SizeEnd
        else if (octet < SPACE && octet !== TAB) return Chunks.Malformed
        return Chunks.More
      case State.SizeEnd:
        if (octet !== LF) return Chunks.Malformed
        this.#state = this.#left === 0 ? State.Trailer : State.Data
        return Chunks.More
      case State.DataEnd:
        return this.#dataEnd(octet)
      case State.Trailer:
        return this.#trailer(octet)
      case State.Data:
      case State.Done:
        return Chunks.More
    }
  }

  #size(octet: number): Chunks {
    const digit = hexDigit(octet)
    if (digit !== -1) {
      if (++this.#digits > MAX_DIGITS) return Chunks.TooLong
      this.#left = this.#left * 16 + digit
      return this.#left + this.length > this.#maxLength ? Chunks.TooLong : Chunks.More
    }
    if (this.#digits === 0) return Chunks.Malformed
    if (octet === CR) this.#state = State.SizeEnd
    else if (octet === SEMICOLON) this.#state = State.Extension
    else return Chunks.Malformed
    return Chunks.More
  }

  #copy(chunk: Uint8Array, at: number, end: number): number {
    const count = Math.min(this.#left, end - at)
    const length = this.length + count
    if (length > this.bytes.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.bytes.length))
      grown.set(this.bytes.subarray(0, this.length))
      this.bytes = grown
    }
    this.bytes.set(chunk.subarray(at, at + count), this.length)
    this.length = length
    this.#left -= count
    if (this.#left === 0) this.#state = State.DataEnd
    return count
  }

  #dataEnd(octet: number): Chunks {
    if (!this.#sawCr) {
      this.#sawCr = octet === CR
      return this.#sawCr ? Chunks.More : Chunks.Malformed
    }
    if (octet !== LF) return Chunks.Malformed
    this.#sawCr = false
    this.#digits = 0
    this.#state = State.Size
    return Chunks.More
  }

  /** Passes over trailer fields to the empty line (RFC 9112 §7.1.2). */
  #trailer(octet: number): Chunks {
    if (this.#sawCr) {
      if (octet !== LF) return Chunks.Malformed
      this.#sawCr = false
      if (this.#line === 0) this.#state = State.Done
      this.#line = 0
      this.#named = false
      return Chunks.More
    }
    if (octet === CR) {
      this.#sawCr = true
      return this.#line === 0 || this.#named ? Chunks.More : Chunks.Malformed
    }
    const fits = this.#named ? octet >= SPACE || octet === TAB : isToken(octet)
    if (octet === COLON && this.#line > 0) this.#named = true
    else if (!fits) return Chunks.Malformed
    this.#line++
    return Chunks.More
  }
}

function hexDigit(octet: number): number {
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30
  const lower = octet | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
