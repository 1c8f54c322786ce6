// Writes fields into a growing run of octets, for the slow lane. The form of names is chosen once:
// plain; compressed, for a message; or canonical, for signatures (RFC 4034 §6.2).

import { writeUint16, writeUint32 } from '../header.ts'
import { lowerCaseName } from '../text/name-text.ts'

export type NameForm = 'plain' | 'compressed' | 'canonical'

/** What may be done to a name in a field, whatever the form asks for. */
export interface NameRule {
  /** Senders may compress it (RFC 3597 §4). */
  readonly compressed: boolean
  /** Its letters go to lower case in canonical form (RFC 4034 §6.2, RFC 6840 §5.1). */
  readonly lowerCased: boolean
}

/** A compression pointer has 14 bits for its offset (RFC 1035 §4.1.4). */
const MAX_POINTER = 0x3fff

export class OctetWriter {
  readonly #form: NameForm
  /** Where each name and each ending of it was written; letter case counts, so that it survives. */
  readonly #offsets = new Map<string, number>()
  #bytes = new Uint8Array(512)
  #length = 0

  constructor(options: { readonly names: NameForm }) {
    this.#form = options.names
  }

  get length(): number {
    return this.#length
  }

  /** What was written, copied. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  /** Takes back all that was written from offset `length` on. */
  truncate(length: number): void {
    this.#length = length
    for (const [name, offset] of this.#offsets) {
      if (offset >= length) this.#offsets.delete(name)
    }
  }

  uint8(value: number): void {
    const at = this.#grow(1)
    this.#bytes[at] = value
  }

  uint16(value: number): void {
    const at = this.#grow(2)
    writeUint16(this.#bytes, at, value)
  }

  uint32(value: number): void {
    const at = this.#grow(4)
    writeUint32(this.#bytes, at, value)
  }

  /** Overwrites a 16-bit number that was written at `offset`. */
  patchUint16(offset: number, value: number): void {
    writeUint16(this.#bytes, offset, value)
  }

  octets(value: Uint8Array): void {
    const at = this.#grow(value.length)
    this.#bytes.set(value, at)
  }

  /** Octets behind their length in one octet; there must be no more than 255. */
  counted(value: Uint8Array): void {
    this.uint8(value.length)
    this.octets(value)
  }

  /** @param wire a well-formed, uncompressed name */
  name(wire: Uint8Array, rule: NameRule): void {
    if (this.#form === 'compressed' && rule.compressed) this.#compressed(wire)
    else this.octets(this.#form === 'canonical' && rule.lowerCased ? lowerCaseName(wire) : wire)
  }

  #compressed(wire: Uint8Array): void {
    const text = Buffer.from(wire).toString('latin1')
    for (let at = 0; wire[at]! > 0; at += wire[at]! + 1) {
      const ending = text.slice(at)
      const offset = this.#offsets.get(ending)
      if (offset !== undefined) {
        this.uint16(0xc000 | offset)
        return
      }
      if (this.#length <= MAX_POINTER) this.#offsets.set(ending, this.#length)
      this.octets(wire.subarray(at, at + wire[at]! + 1))
    }
    this.uint8(0)
  }

  /** Makes room and returns where it starts. */
  #grow(count: number): number {
    const at = this.#length
    this.#length += count
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(2 * this.#length)
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    return at
  }
}
