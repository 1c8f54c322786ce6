// A DNS message as a value (RFC 1035 §4.1), for the slow lane: names uncompressed, RDATA as it
// stands alone, EDNS taken out of the additional section (RFC 6891 §6.1). Writing one back to
// octets is in message-encode.ts.

import { HEADER_LENGTH, OPCODE_MASK, RCODE_MASK, readUint16 } from '../header.ts'
import { OctetReader } from './octet-reader.ts'
import { checkRdata } from '../rdata-check.ts'
import { extractRdata } from './rdata-codec.ts'
import { RecordType } from '../record-type.ts'

export interface Question {
  /** Uncompressed wire form, its letter case as it was sent. */
  readonly name: Uint8Array
  readonly type: number
  readonly class: number
}

export interface ResourceRecord {
  /** Uncompressed wire form of the owner. */
  readonly name: Uint8Array
  readonly type: number
  readonly class: number
  /** Seconds, all 32 bits as they were sent; with the top bit set it counts as 0 (RFC 2181 §8). */
  readonly ttl: number
  /** As it stands alone: without compression pointers where the type may have them. */
  readonly rdata: Uint8Array
}

export interface EdnsOption {
  readonly code: number
  readonly data: Uint8Array
}

/** The OPT pseudo-record, its upper rcode bits joined to `Message.rcode`. */
export interface Edns {
  /** What the sender takes over UDP, in octets. */
  readonly udpSize: number
  readonly version: number
  /** The low 16 bits of the TTL field, `DNSSEC_OK` among them. */
  readonly flags: number
  readonly options: readonly EdnsOption[]
}

export interface Message {
  readonly id: number
  /** The bits of `Flag`, and the reserved bit. */
  readonly flags: number
  readonly opcode: number
  /** All 12 bits when there is EDNS, else 4. */
  readonly rcode: number
  readonly questions: readonly Question[]
  readonly answers: readonly ResourceRecord[]
  readonly authorities: readonly ResourceRecord[]
  readonly additionals: readonly ResourceRecord[]
  readonly edns: Edns | null
}

/** Why octets are no message. */
export const MessageFault = {
  TooShort: 'shorter than a header',
  BadName: 'a malformed name',
  BadBounds: 'a record that runs over the end',
  BadRdata: 'RDATA that does not fit its type',
  BadOpt: 'a misplaced, doubled or malformed OPT record',
  LeftOver: 'octets behind the last record',
} as const
export type MessageFault = (typeof MessageFault)[keyof typeof MessageFault]

/** Takes a whole message; what it returns holds copies, nothing of `bytes`. */
export function decodeMessage(bytes: Uint8Array): Message | MessageFault {
  if (bytes.length < HEADER_LENGTH) return MessageFault.TooShort
  return new MessageDecoder(bytes).decode()
}

class MessageDecoder {
  readonly #bytes: Uint8Array
  readonly #reader: OctetReader
  #fault: MessageFault | null = null
  #edns: Edns | null = null
  #upperRcode = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#reader = new OctetReader({ bytes, at: HEADER_LENGTH, inMessage: true })
  }

  decode(): Message | MessageFault {
    const bytes = this.#bytes
    const word = readUint16(bytes, 2)
    const questions = this.#list(4, () => this.#question())
    const answers = this.#list(6, () => this.#record(false))
    const authorities = this.#list(8, () => this.#record(false))
    const additionals = this.#list(10, () => this.#record(true))
    if (this.#fault !== null) return this.#fault
    if (this.#reader.left > 0) return MessageFault.LeftOver
    return {
      id: readUint16(bytes, 0),
      flags: word & ~(OPCODE_MASK | RCODE_MASK),
      opcode: (word & OPCODE_MASK) >>> 11,
      rcode: (this.#upperRcode << 4) | (word & RCODE_MASK),
      questions,
      answers,
      authorities,
      additionals,
      edns: this.#edns,
    }
  }

  /** As many items as the header's count at `offset` says; stops at the first fault. */
  #list<Item>(offset: number, take: () => Item | null): Item[] {
    const items: Item[] = []
    for (let left = readUint16(this.#bytes, offset); left > 0 && this.#fault === null; left--) {
      const item = take()
      if (item !== null) items.push(item)
    }
    return items
  }

  #fail(fault: MessageFault): null {
    this.#fault = fault
    return null
  }

  #question(): Question | null {
    const reader = this.#reader
    const name = reader.name(true)
    if (reader.failed) return this.#fail(MessageFault.BadName)
    const question = { name, type: reader.uint16(), class: reader.uint16() }
    return reader.failed ? this.#fail(MessageFault.BadBounds) : question
  }

  /** One record; null for OPT, which goes to `#edns`, and after a fault. */
  #record(additional: boolean): ResourceRecord | null {
    const reader = this.#reader
    const from = reader.at
    const name = reader.name(true)
    if (reader.failed) return this.#fail(MessageFault.BadName)
    const owner = reader.at - from
    const type = reader.uint16()
    const recordClass = reader.uint16()
    const ttl = reader.uint32()
    const length = reader.uint16()
    const { at } = reader
    const end = at + length
    if (reader.failed || length > reader.left) return this.#fail(MessageFault.BadBounds)
    if (type === RecordType.OPT) {
      // RFC 6891 §6.1.1: one at most, in the additional section, and §6.1.2: owned by the root.
      if (!additional || this.#edns !== null || owner !== 1) return this.#fail(MessageFault.BadOpt)
      this.#edns = this.#opt(recordClass, ttl, length)
      return this.#edns === null ? this.#fail(MessageFault.BadOpt) : null
    }
    const rdata = checkRdata(this.#bytes, 0, type, at, end)
      ? extractRdata(this.#bytes, type, at, end)
      : null
    if (rdata === null) return this.#fail(MessageFault.BadRdata)
    reader.at = end
    return { name, type, class: recordClass, ttl, rdata }
  }

  #opt(udpSize: number, ttl: number, length: number): Edns | null {
    const rdata = new OctetReader({ bytes: this.#reader.take(length) })
    const options: EdnsOption[] = []
    while (rdata.left > 0) {
      options.push({ code: rdata.uint16(), data: rdata.take(rdata.uint16()) })
    }
    if (rdata.failed) return null
    this.#upperRcode = ttl >>> 24
    return { udpSize, version: (ttl >>> 16) & 0xff, flags: ttl & 0xffff, options }
  }
}
