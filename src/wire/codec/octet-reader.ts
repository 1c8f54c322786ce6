// Reads fields from octets, for the slow lane. A reader that runs over its end, or meets what must
// not be, says so by `failed` from then on and hands out zeros: callers check once, at the end.

import { readUint16, readUint32 } from '../header.ts'
import { MAX_NAME_LENGTH, skipName, skipPlainName } from '../name.ts'
import { ROOT_NAME } from '../text/name-text.ts'

export interface OctetReaderOptions {
  readonly bytes: Uint8Array
  /** Offset of the first octet to read; 0 by default. */
  readonly at?: number
  /** Offset behind the last octet to read; the end of `bytes` by default. */
  readonly end?: number
  /** Whether `bytes` is a whole message, so that compression pointers into it may be followed. */
  readonly inMessage?: boolean
}

export class OctetReader {
  readonly #bytes: Uint8Array
  readonly #end: number
  readonly #inMessage: boolean
  at: number
  failed = false

  constructor(options: OctetReaderOptions) {
    this.#bytes = options.bytes
    this.at = options.at ?? 0
    this.#end = options.end ?? options.bytes.length
    this.#inMessage = options.inMessage ?? false
  }

  /** How many octets are left. */
  get left(): number {
    return this.#end - this.at
  }

  fail(): void {
    this.failed = true
    this.at = this.#end
  }

  uint8(): number {
    const at = this.#advance(1)
    return at === -1 ? 0 : this.#bytes[at]!
  }

  uint16(): number {
    const at = this.#advance(2)
    return at === -1 ? 0 : readUint16(this.#bytes, at)
  }

  uint32(): number {
    const at = this.#advance(4)
    return at === -1 ? 0 : readUint32(this.#bytes, at)
  }

  /** The next `length` octets, copied. */
  take(length: number): Uint8Array {
    const at = this.#advance(length)
    return at === -1 ? new Uint8Array(0) : this.#bytes.slice(at, at + length)
  }

  /** Octets behind a length octet: a character-string (RFC 1035 §3.3). */
  counted(): Uint8Array {
    return this.take(this.uint8())
  }

  rest(): Uint8Array {
    return this.take(this.left)
  }

  /** A name in uncompressed form; `pointers` is whether it may be compressed inside a message. */
  name(pointers: boolean): Uint8Array {
    const { at } = this
    const next =
      pointers && this.#inMessage
        ? skipName(this.#bytes, 0, at, this.#end)
        : skipPlainName(this.#bytes, at, this.#end)
    if (next === -1) {
      this.fail()
      return ROOT_NAME
    }
    this.at = next
    return expandName(this.#bytes, at)
  }

  #advance(length: number): number {
    const { at } = this
    if (length > this.left) {
      this.fail()
      return -1
    }
    this.at = at + length
    return at
  }
}

/** Copies a name without its pointers. The name must have been checked by `skipName`. */
function expandName(bytes: Uint8Array, offset: number): Uint8Array {
  const wire = new Uint8Array(MAX_NAME_LENGTH)
  let length = 0
  let at = offset
  for (let octet = bytes[at]!; octet !== 0; octet = bytes[at]!) {
    if (octet >= 0xc0) {
      at = readUint16(bytes, at) & 0x3fff
      continue
    }
    wire.set(bytes.subarray(at, at + octet + 1), length)
    length += octet + 1
    at += octet + 1
  }
  return wire.slice(0, length + 1)
}
