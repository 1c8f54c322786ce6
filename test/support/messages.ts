// DNS messages for tests, written and read without the product's own codec, so that an error in
// it cannot hide itself.

export const Type = { A: 1, SOA: 6, TXT: 16, AAAA: 28, OPT: 41 } as const

export const Rcode = {
  NoError: 0,
  FormErr: 1,
  ServFail: 2,
  NXDomain: 3,
  NotImp: 4,
  Refused: 5,
  BadVers: 16,
} as const

export interface QueryOptions {
  readonly id?: number
  readonly type?: number
  /** Bits of the header's second word; RD alone unless told otherwise. */
  readonly flags?: number
  /** Goes into the header, whatever really follows. */
  readonly questions?: number
  /** OPT records to append, each with a UDP size; none unless told otherwise. */
  readonly opts?: readonly { size?: number; version?: number; dnssecOk?: boolean }[]
}

/** A query for `name`, its labels taken apart at dots, letters as they are. */
export function makeQuery(name: string, options: QueryOptions = {}): Buffer {
  const { id = 0x1234, type = Type.A, flags = 0x0100, questions = 1, opts = [] } = options
  const header = Buffer.alloc(12)
  header.writeUInt16BE(id, 0)
  header.writeUInt16BE(flags, 2)
  header.writeUInt16BE(questions, 4)
  header.writeUInt16BE(opts.length, 10)
  return Buffer.concat([
    header,
    wireName(name),
    Buffer.from([type >> 8, type & 255, 0, 1]),
    ...opts.map(optRecord),
  ])
}

function optRecord({ size = 1232, version = 0, dnssecOk = false }): Buffer {
  const record = Buffer.from([0, 0, Type.OPT, 0, 0, 0, version, dnssecOk ? 0x80 : 0, 0, 0, 0])
  record.writeUInt16BE(size, 3)
  return record
}

function wireName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '')
  return Buffer.from([...labels.flatMap((label) => [label.length, ...Buffer.from(label)]), 0])
}

export interface Answer {
  readonly id: number
  readonly flags: number
  /** Joined with the upper bits from OPT. */
  readonly rcode: number
  readonly truncated: boolean
  /** The question section's octets. */
  readonly question: Buffer
  readonly records: readonly AnswerRecord[]
  /** The OPT record's UDP size, or null without one. */
  readonly udpSize: number | null
  /** Codes of extended DNS errors (RFC 8914), in order. */
  readonly extendedErrors: readonly number[]
}

export interface AnswerRecord {
  readonly section: 'answer' | 'authority' | 'additional'
  readonly type: number
  readonly ttl: number
  readonly rdata: Buffer
}

/** Takes an answer apart. Throws on anything that is not whole. */
export function readAnswer(message: Buffer): Answer {
  const flags = message.readUInt16BE(2)
  if ((flags & 0x8000) === 0) throw new Error('QR is not set')
  const counts = [4, 6, 8, 10].map((at) => message.readUInt16BE(at)) as [
    number,
    number,
    number,
    number,
  ]
  let at = 12
  for (let i = 0; i < counts[0]; i++) at = nameEnd(message, at) + 4
  const question = message.subarray(12, at)
  const records: AnswerRecord[] = []
  const sections = ['answer', 'authority', 'additional'] as const
  let rcode = flags & 15
  let udpSize: number | null = null
  const extendedErrors: number[] = []
  for (const [index, section] of sections.entries()) {
    for (let i = 0; i < counts[index + 1]!; i++) {
      at = nameEnd(message, at)
      const type = message.readUInt16BE(at)
      const ttl = message.readUInt32BE(at + 4)
      const end = at + 10 + message.readUInt16BE(at + 8)
      const rdata = message.subarray(at + 10, end)
      if (end > message.length) throw new Error('RDATA goes beyond the message')
      if (type === Type.OPT) {
        udpSize = message.readUInt16BE(at + 2)
        rcode |= (ttl >>> 24) << 4
        extendedErrors.push(...extendedErrorsIn(rdata))
      } else {
        records.push({ section, type, ttl, rdata })
      }
      at = end
    }
  }
  if (at !== message.length) throw new Error('octets are left over')
  const truncated = (flags & 0x0200) !== 0
  const id = message.readUInt16BE(0)
  return { id, flags, rcode, truncated, question, records, udpSize, extendedErrors }
}

/** The IPv4 addresses of the answer section. */
export function addressesIn(answer: Answer): string[] {
  return answer.records
    .filter((record) => record.section === 'answer' && record.type === Type.A)
    .map((record) => [...record.rdata].join('.'))
}

function extendedErrorsIn(options: Buffer): number[] {
  const codes: number[] = []
  for (let at = 0; at < options.length; at += 4 + options.readUInt16BE(at + 2)) {
    if (options.readUInt16BE(at) === 15) codes.push(options.readUInt16BE(at + 4))
  }
  return codes
}

function nameEnd(message: Buffer, from: number): number {
  let at = from
  for (;;) {
    const length = message.readUInt8(at)
    if (length === 0) return at + 1
    if (length >= 0xc0) return at + 2
    at += 1 + length
  }
}
