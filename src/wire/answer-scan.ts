// One pass over an answer as it came from an upstream: checks it whole and notes where things
// stand, so that nobody behind it parses again. Allocates nothing once constructed.
//
// Checked: header, exactly one question, every record's name, class, bounds and (for the types of
// rdata-check.ts) RDATA; that the answer section belongs to the question; at most one OPT, and that
// in the additional section (RFC 6891 §6.1.1); no octets left over.

import { AnswerChain } from './answer-chain.ts'
import { SUBNET_HEADER_LENGTH } from './client-subnet.ts'
import { OptionCode } from './edns.ts'
import { Flag, HEADER_LENGTH, OPCODE_MASK, RCODE_MASK, readUint16, readUint32 } from './header.ts'
import { skipName, skipPlainName } from './name.ts'
import { checkRdata } from './rdata-check.ts'
import { RecordClass, RecordType } from './record-type.ts'

/** Why a message was not taken. `None` is success. */
export const AnswerFault = {
  None: 0,
  TooShort: 1,
  NotAnAnswer: 2,
  NotOneQuestion: 3,
  BadName: 4,
  BadBounds: 5,
  BadRdata: 6,
  BadOpt: 7,
  LeftOver: 8,
  /** A type that only questions and transactions have, or another class than the question's. */
  NotData: 9,
  /** Records of names that the question does not lead to, or a CNAME that leads back where none was asked for. */
  Unasked: 10,
} as const
export type AnswerFault = (typeof AnswerFault)[keyof typeof AnswerFault]

/** More records than a message of 65,535 octets can hold (11 octets each at the least). */
export const MAX_RECORDS = 5_960

/** RFC 2181 §8: a TTL with the top bit set counts as zero. */
const MAX_TTL = 0x7fff_ffff

export class AnswerScan {
  /** The memory that holds the message; offsets below count from `start` unless said otherwise. */
  bytes: Uint8Array = new Uint8Array(0)
  start = 0
  length = 0

  id = 0
  flags = 0
  /** The response code, joined with the upper eight bits from OPT (RFC 6891 §6.1.3). */
  rcode = 0
  /** Where the question section ends; the question's type and class are the four octets before. */
  questionEnd = 0
  answerEnd = 0
  authorityEnd = 0
  answerCount = 0
  authorityCount = 0
  /** Records of the additional section, the OPT record not among them. */
  additionalCount = 0

  /** Offsets of the TTL fields of all records but OPT, `ttlCount` of them. */
  readonly ttlOffsets = new Uint16Array(MAX_RECORDS)
  ttlCount = 0
  /** The smallest TTL in seconds; `MAX_TTL` when there is no record. */
  minTtl = MAX_TTL
  /** min(SOA TTL, SOA MINIMUM) of the authority section (RFC 2308 §5), or -1 without a SOA. */
  negativeTtl = -1
  /** Whether RRSIG, NSEC or NSEC3 records stand in it. */
  hasDnssecRecords = false

  /** Bounds of the OPT record, -1 when there is none. */
  optStart = -1
  optEnd = -1
  /** The upstream's idle time-out in units of 100 ms (RFC 7828 §3.1), -1 when it sent none. */
  keepalive = -1
  /** The first extended DNS error's code (RFC 8914), -1 when there is none. */
  extendedError = -1
  /** Where the data of the first client subnet option lies (RFC 7871), -1 when there is none. */
  subnetStart = -1
  subnetLength = 0
  /** For how large a network the answer is by that option (§7.2.1), in bits; 0 for everybody. */
  subnetScope = 0

  readonly #chain = new AnswerChain()
  #class = 0
  /** Whether there are CNAMEs, or owners that do not just point to the question. */
  #chained = false

  /** Scans the message at `start`, `length` octets long. After a fault the fields mean nothing. */
  scan(bytes: Uint8Array, start: number, length: number): AnswerFault {
    this.#reset(bytes, start, length)
    if (length < HEADER_LENGTH) return AnswerFault.TooShort
    const end = start + length
    this.id = readUint16(bytes, start)
    this.flags = readUint16(bytes, start + 2)
    this.rcode = this.flags & RCODE_MASK
    if ((this.flags & (Flag.QR | OPCODE_MASK)) !== Flag.QR) return AnswerFault.NotAnAnswer
    if (readUint16(bytes, start + 4) !== 1) return AnswerFault.NotOneQuestion
    this.answerCount = readUint16(bytes, start + 6)
    this.authorityCount = readUint16(bytes, start + 8)
    const additional = readUint16(bytes, start + 10)

    const nameEnd = skipPlainName(bytes, start + HEADER_LENGTH, end)
    if (nameEnd === -1) return AnswerFault.BadName
    if (nameEnd + 4 > end) return AnswerFault.BadBounds
    this.questionEnd = nameEnd + 4 - start
    this.#class = readUint16(bytes, nameEnd + 2)

    let at = nameEnd + 4
    for (let i = 0; i < this.answerCount; i++) {
      at = this.#record(at, end, Section.Answer)
      if (at < 0) return -at as AnswerFault
    }
    this.answerEnd = at - start
    if (this.#chained && !this.#chain.holds(bytes, start, nameEnd + 4, this.answerCount, end)) {
      return AnswerFault.Unasked
    }
    for (let i = 0; i < this.authorityCount; i++) {
      at = this.#record(at, end, Section.Authority)
      if (at < 0) return -at as AnswerFault
    }
    this.authorityEnd = at - start
    for (let i = 0; i < additional; i++) {
      at = this.#record(at, end, Section.Additional)
      if (at < 0) return -at as AnswerFault
    }
    if (at !== end) return AnswerFault.LeftOver
    this.additionalCount = additional - (this.optStart === -1 ? 0 : 1)
    return AnswerFault.None
  }

  /** The question's type. */
  get type(): number {
    return readUint16(this.bytes, this.start + this.questionEnd - 4)
  }

  /** Whether the answer is cut short (TC) and the rest must be asked for over a stream. */
  get truncated(): boolean {
    return (this.flags & Flag.TC) !== 0
  }

  #reset(bytes: Uint8Array, start: number, length: number): void {
    this.bytes = bytes
    this.start = start
    this.length = length
    this.ttlCount = 0
    this.minTtl = MAX_TTL
    this.negativeTtl = -1
    this.hasDnssecRecords = false
    this.optStart = -1
    this.optEnd = -1
    this.keepalive = -1
    this.extendedError = -1
    this.subnetStart = -1
    this.subnetScope = 0
    this.#chained = false
  }

  /** Takes one record; returns the absolute offset behind it, or a fault, negated. */
  #record(at: number, end: number, section: Section): number {
    const { bytes, start } = this
    let nameEnd = at + 2
    // A pointer straight to the question's name, which was checked already, needs no second walk.
    if (bytes[at] !== 0xc0 || nameEnd > end || bytes[at + 1] !== HEADER_LENGTH) {
      nameEnd = skipName(bytes, start, at, end)
      if (nameEnd === -1) return -AnswerFault.BadName
      if (section === Section.Answer) this.#chained = true
    }
    const rdata = nameEnd + 10
    if (rdata > end) return -AnswerFault.BadBounds
    const type = readUint16(bytes, nameEnd)
    const rdataEnd = rdata + readUint16(bytes, nameEnd + 8)
    if (rdataEnd > end) return -AnswerFault.BadBounds
    if (type === RecordType.OPT) {
      const fault = this.#opt(at, nameEnd, rdataEnd, section)
      return fault === AnswerFault.None ? rdataEnd : -fault
    }
    if (isNoData(type) || !this.#isOurClass(readUint16(bytes, nameEnd + 2))) {
      return -AnswerFault.NotData
    }
    if (!checkRdata(bytes, start, type, rdata, rdataEnd)) return -AnswerFault.BadRdata

    this.#note(type, section, nameEnd + 4, rdataEnd)
    return rdataEnd
  }

  /** Notes what a sound record tells. @param at offset of its TTL */
  #note(type: number, section: Section, at: number, end: number): void {
    const { bytes } = this
    let ttl = readUint32(bytes, at)
    if (ttl > MAX_TTL) ttl = 0
    if (ttl < this.minTtl) this.minTtl = ttl
    this.ttlOffsets[this.ttlCount++] = at - this.start
    if (type === RecordType.SOA) {
      if (section === Section.Authority && this.negativeTtl === -1) {
        let minimum = readUint32(bytes, end - 4)
        if (minimum > MAX_TTL) minimum = 0
        this.negativeTtl = minimum < ttl ? minimum : ttl
      }
    } else if (type === RecordType.CNAME) {
      if (section === Section.Answer) this.#chained = true
    } else if (type === RecordType.RRSIG || type === RecordType.NSEC || type === RecordType.NSEC3) {
      this.hasDnssecRecords = true
    }
  }

  #isOurClass(found: number): boolean {
    return found === this.#class || this.#class === RecordClass.ANY
  }

  #opt(at: number, nameEnd: number, rdataEnd: number, section: Section): AnswerFault {
    const { bytes, start } = this
    if (section !== Section.Additional || this.optStart !== -1 || nameEnd !== at + 1) {
      return AnswerFault.BadOpt
    }
    this.optStart = at - start
    this.optEnd = rdataEnd - start
    this.rcode |= bytes[nameEnd + 4]! << 4
    let option = nameEnd + 10
    while (option < rdataEnd) {
      if (option + 4 > rdataEnd) return AnswerFault.BadOpt
      const code = readUint16(bytes, option)
      const length = readUint16(bytes, option + 2)
      option += 4
      if (option + length > rdataEnd) return AnswerFault.BadOpt
      if (code === OptionCode.TcpKeepalive && length === 2) {
        this.keepalive = readUint16(bytes, option)
      } else if (code === OptionCode.ExtendedError && length >= 2 && this.extendedError === -1) {
        this.extendedError = readUint16(bytes, option)
      } else if (code === OptionCode.ClientSubnet && this.subnetStart === -1) {
        this.subnetStart = option - start
        this.subnetLength = length
        if (length >= SUBNET_HEADER_LENGTH) this.subnetScope = bytes[option + 3]!
      }
      option += length
    }
    return AnswerFault.None
  }
}

/** TSIG and QTYPEs: transactions and questions have them, records never (RFC 6895 §3.1). */
function isNoData(type: number): boolean {
  return type >= RecordType.TSIG && type <= RecordType.ANY
}

const Section = { Answer: 0, Authority: 1, Additional: 2 } as const
type Section = (typeof Section)[keyof typeof Section]
