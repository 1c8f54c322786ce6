// DNS messages as a forger makes them: every field and every count as one likes, without the
// product's codec.

import type { ServedQuery } from '../support/dot-server.ts'

export const RIGHT_ADDRESS = Buffer.from([192, 0, 2, 1])

/** In answers that must never reach a client. */
export const MADE_UP_ADDRESS = Buffer.from([192, 0, 2, 66])

/** QR, RD and RA. */
export const ANSWER_FLAGS = 0x8180

/** A pointer to the question's name. */
export const ASKED = Buffer.of(0xc0, 12)

export interface MessageParts {
  readonly id?: number
  /** The second word of the header. */
  readonly flags?: number
  /** The question section; the query's own unless told otherwise. */
  readonly question?: Uint8Array
  readonly answers?: readonly Uint8Array[]
  readonly authorities?: readonly Uint8Array[]
  readonly additionals?: readonly Uint8Array[]
  /** QDCOUNT, ANCOUNT, NSCOUNT and ARCOUNT as they are written, whatever follows. */
  readonly counts?: readonly [number?, number?, number?, number?]
  /** Behind everything. */
  readonly tail?: Uint8Array
}

export function message(query: ServedQuery, parts: MessageParts = {}): Buffer {
  const { answers = [], authorities = [], additionals = [], counts = [] } = parts
  const question = parts.question ?? query.question
  const header = Buffer.alloc(12)
  header.writeUInt16BE(parts.id ?? query.id, 0)
  header.writeUInt16BE(parts.flags ?? ANSWER_FLAGS, 2)
  header.writeUInt16BE(counts[0] ?? (question.length > 0 ? 1 : 0), 4)
  for (const [i, section] of [answers, authorities, additionals].entries()) {
    header.writeUInt16BE(counts[i + 1] ?? section.length, 6 + 2 * i)
  }
  const tail = parts.tail ?? Buffer.alloc(0)
  return Buffer.concat([header, question, ...answers, ...authorities, ...additionals, tail])
}

export interface RecordParts {
  /** The query's name unless told otherwise. */
  readonly owner?: Uint8Array
  readonly type?: number
  readonly class?: number
  readonly ttl?: number
  readonly rdata?: Uint8Array
  /** RDLENGTH as it is written, whatever follows. */
  readonly length?: number
}

/** An A record with a made-up address, but for what is told otherwise. */
export function record(parts: RecordParts = {}): Buffer {
  const { owner = ASKED, rdata = MADE_UP_ADDRESS } = parts
  const fixed = Buffer.alloc(10)
  fixed.writeUInt16BE(parts.type ?? 1, 0)
  fixed.writeUInt16BE(parts.class ?? 1, 2)
  fixed.writeUInt32BE(parts.ttl ?? 300, 4)
  fixed.writeUInt16BE(parts.length ?? rdata.length, 8)
  return Buffer.concat([owner, fixed, rdata])
}

export interface OptParts {
  readonly owner?: Uint8Array
  readonly udpSize?: number
  readonly upperRcode?: number
  readonly version?: number
  readonly flags?: number
  readonly options?: Uint8Array
  readonly length?: number
}

export function opt(parts: OptParts = {}): Buffer {
  const {
    udpSize = 1232,
    upperRcode = 0,
    version = 0,
    flags = 0,
    options = Buffer.alloc(0),
  } = parts
  return record({
    owner: parts.owner ?? Buffer.of(0),
    type: 41,
    class: udpSize,
    ttl: upperRcode * 0x1_00_00_00 + version * 0x1_00_00 + flags,
    rdata: options,
    ...(parts.length !== undefined && { length: parts.length }),
  })
}

export function option(code: number, data: Uint8Array, length = data.length): Buffer {
  const header = Buffer.alloc(4)
  header.writeUInt16BE(code, 0)
  header.writeUInt16BE(length, 2)
  return Buffer.concat([header, data])
}

/** A name in wire form, its labels taken apart at dots. */
export function name(text: string): Buffer {
  const labels = text.split('.').filter((label) => label !== '')
  return Buffer.from([...labels.flatMap((label) => [label.length, ...Buffer.from(label)]), 0])
}

/** Octets from hexadecimal digits; blanks do not count. */
export function hex(digits: string): Buffer {
  return Buffer.from(digits.replaceAll(' ', ''), 'hex')
}

/** A pointer to an offset of the message. */
export function pointer(offset: number): Buffer {
  return Buffer.of(0xc0 | (offset >> 8), offset & 0xff)
}

/** Where the answer section begins. */
export function answersAt(query: ServedQuery): number {
  return 12 + query.question.length
}

const ORG = '06 6d61696c6572 07 6578616d706c65 03 6f7267 00'
const SOA_RDATA = `${ORG} ${ORG} 00000001 00001c20 00000384 00127500 0000003c`

/** RDATA that fits its type. */
export const RIGHT_RDATA: Readonly<Record<number, string>> = {
  1: 'c0000201',
  2: ORG,
  5: ORG,
  6: SOA_RDATA,
  12: ORG,
  13: '03 783836 05 6c696e7578',
  14: `${ORG} ${ORG}`,
  15: `000a ${ORG}`,
  16: '05 68656c6c6f 00',
  17: `${ORG} ${ORG}`,
  18: `0001 ${ORG}`,
  21: `0001 ${ORG}`,
  26: `0001 ${ORG} ${ORG}`,
  28: '20010db8000000000000000000000001',
  29: '00 12 16 13 89172dd0 70be15f0 00989f20',
  33: `0001 0002 0035 ${ORG}`,
  35: `0001 0002 01 73 00 00 ${ORG}`,
  36: `0001 ${ORG}`,
  37: '0001 0002 08 abcdef',
  39: ORG,
  42: '0001 18 03 c00002',
  43: `1234 08 02 ${'ab'.repeat(32)}`,
  44: `01 02 ${'ab'.repeat(32)}`,
  45: '0a 01 02 c0000201 abcd',
  46: `0001 08 02 00000e10 70dbd880 5e0be100 0001 ${ORG} abcd`,
  47: `${ORG} 00 01 40`,
  48: '0101 03 08 abcdef',
  50: '01 00 000a 00 02 abcd 00 01 40',
  51: '01 00 000a 00',
  52: `03 01 01 ${'ab'.repeat(32)}`,
  55: `02 02 0001 abcd ab ${ORG}`,
  62: '00000001 0003 00 01 40',
  63: `00000001 01 01 ${'ab'.repeat(48)}`,
  64: `0001 ${ORG} 0001 0003 02 6832`,
  65: `0001 00 0001 0003 02 6832 0003 0002 01bb`,
  108: '00005e005301',
  109: '00005e005301abcd',
  256: '000a 0001 616263',
  257: '00 05 6973737565 616263',
}

/** The type that a query asks for. */
export function typeOf(query: ServedQuery): number {
  const { question } = query
  return question.readUInt16BE(question.length - 4)
}

/** What a sound server says: the right data, or that there is none. */
export function rightAnswer(query: ServedQuery): Buffer {
  const type = typeOf(query)
  const rdata = RIGHT_RDATA[type]
  if (rdata !== undefined) {
    return message(query, { answers: [record({ type, rdata: hex(rdata) })], additionals: [opt()] })
  }
  const soa = record({ owner: name('example.org'), type: 6, rdata: hex(SOA_RDATA) })
  return message(query, { authorities: [soa], additionals: [opt()] })
}
