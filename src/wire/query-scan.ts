// One look at a client's query where it lies: header, the question, OPT. Allocates nothing; one
// instance serves a whole worker, and `keep` makes the copy that a late answer needs.

import { DNSSEC_OK, OptionCode, OPTION_HEADER_LENGTH } from './edns.ts'
import { Flag, HEADER_LENGTH, OPCODE_MASK, readUint16, readUint32 } from './header.ts'
import { skipName, skipPlainName } from './name.ts'
import { passesThrough, passingOptions } from './passing-options.ts'
import { NXNAME, RecordType } from './record-type.ts'

/** What a query is good for. From `Silent` on, it is not asked of anybody. */
export const QueryFault = {
  None: 0,
  /** Not a query at all: shorter than a header, or QR=1. Answering could start a loop. */
  Silent: 1,
  /**
   * FORMERR: bad counts, names, bounds, OPT, or octets left over (RFC 1035 §4.1.1), or a type that is for
   * proofs alone (RFC 9824 §3.5).
   */
  Malformed: 2,
  /** NOTIMP: another opcode, a zone transfer, or a signed transaction. */
  NotImplemented: 3,
  /** BADVERS: an EDNS version above 0 (RFC 6891 §6.1.3). */
  BadVersion: 4,
  /** No question but a cookie: asks for a cookie alone (RFC 7873 §5.4). FORMERR where there are none. */
  CookieOnly: 5,
} as const
export type QueryFault = (typeof QueryFault)[keyof typeof QueryFault]

const NOTHING = new Uint8Array(0)

export class QueryScan {
  /** The memory that holds the message; `start` is its first octet there. */
  bytes: Uint8Array
  start = 0

  id = 0
  flags = 0
  /** Octets of the qname, root label included; 0 when there is no usable question. */
  nameLength = 0
  type = 0
  class = 0

  hasOpt = false
  /** What the client takes over UDP, as it said (RFC 6891 §6.2.3); 0 without OPT. */
  udpSize = 0
  dnssecOk = false
  /** The client asked for the connection's idle time-out (RFC 7828 §3.2.1). */
  wantsKeepalive = false
  /** The client padded its query, so it wants the answer padded (RFC 7830 §4). */
  padded = false
  /** Bounds of the EDNS options in the message, when one of them is of a kind that must pass through. */
  optionsStart = 0
  optionsEnd = 0
  hasForeignOptions = false
  /** Where the data of the first COOKIE option lies, and how many octets; -1 without one. */
  cookieStart = 0
  cookieLength = -1
  /** What the guard made of it: where the COOKIE option's data for the answer lies; no octets for none. */
  answerCookie: Uint8Array = NOTHING
  answerCookieStart = 0
  answerCookieLength = 0
  /** Whether the client showed a cookie that we gave to its address, so that this is no forged one. */
  hasGoodCookie = false
  /**
   * Where the data of the first client subnet option lies (RFC 7871), and how many octets; -1 without
   * one. All of this means nothing without OPT.
   */
  subnet: Uint8Array = NOTHING
  subnetStart = 0
  subnetLength = -1
  /** There is another one behind it, so that nobody knows which is meant. */
  hasSubnets = false
  /** For how large a network the answer is, in bits, where the client is told; else -1. */
  subnetScope = -1

  constructor(bytes: Uint8Array = NOTHING) {
    this.bytes = bytes
  }

  /** AD in a query asks for the AD bit in its answer (RFC 6840 §5.7); so does DO. */
  get wantsAuthenticData(): boolean {
    return this.dnssecOk || (this.flags & Flag.AD) !== 0
  }

  get checkingDisabled(): boolean {
    return (this.flags & Flag.CD) !== 0
  }

  scan(bytes: Uint8Array, start: number, length: number): QueryFault {
    this.bytes = bytes
    this.start = start
    this.nameLength = 0
    this.hasOpt = false
    this.udpSize = 0
    this.dnssecOk = false
    this.wantsKeepalive = false
    this.padded = false
    this.hasForeignOptions = false
    this.cookieLength = -1
    this.answerCookieLength = 0
    this.hasGoodCookie = false
    if (length < HEADER_LENGTH) return QueryFault.Silent
    this.id = readUint16(bytes, start)
    this.flags = readUint16(bytes, start + 2)
    if ((this.flags & Flag.QR) !== 0) return QueryFault.Silent
    if ((this.flags & OPCODE_MASK) !== 0) return QueryFault.NotImplemented
    const end = start + length
    const questions = readUint16(bytes, start + 4)
    if (questions !== 1) return questions === 0 ? this.#noQuestion(end) : QueryFault.Malformed

    const name = start + HEADER_LENGTH
    const nameEnd = skipPlainName(bytes, name, end)
    if (nameEnd === -1 || nameEnd + 4 > end) return QueryFault.Malformed
    this.nameLength = nameEnd - name
    this.type = readUint16(bytes, nameEnd)
    this.class = readUint16(bytes, nameEnd + 2)

    const records = readUint32(bytes, start + 6)
    const additional = readUint16(bytes, start + 10)
    let fault: QueryFault = QueryFault.None
    if (records === 0 && additional === 0) {
      if (nameEnd + 4 !== end) return QueryFault.Malformed
    } else {
      fault = this.#records(nameEnd + 4, end, additional)
    }
    if (fault !== QueryFault.None) return fault
    if (this.type === RecordType.AXFR || this.type === RecordType.IXFR) {
      return QueryFault.NotImplemented
    }
    return this.type === NXNAME ? QueryFault.Malformed : QueryFault.None
  }

  /** A copy with memory of its own: header and question, which is all that an answer needs. */
  keep(): QueryScan {
    const length = HEADER_LENGTH + (this.nameLength === 0 ? 0 : this.nameLength + 4)
    const kept = new QueryScan(this.bytes.slice(this.start, this.start + length))
    kept.id = this.id
    kept.flags = this.flags
    kept.nameLength = this.nameLength
    kept.type = this.type
    kept.class = this.class
    kept.hasOpt = this.hasOpt
    kept.udpSize = this.udpSize
    kept.dnssecOk = this.dnssecOk
    kept.wantsKeepalive = this.wantsKeepalive
    kept.padded = this.padded
    const { answerCookieStart: cookie, answerCookieLength } = this
    if (answerCookieLength > 0) {
      kept.answerCookie = this.answerCookie.slice(cookie, cookie + answerCookieLength)
      kept.answerCookieLength = answerCookieLength
    }
    kept.hasGoodCookie = this.hasGoodCookie
    if (this.hasOpt && this.subnetScope !== -1) {
      const end = this.subnetStart + this.subnetLength
      kept.subnet = this.subnet.slice(this.subnetStart, end)
      kept.subnetLength = this.subnetLength
      kept.subnetScope = this.subnetScope
    }
    return kept
  }

  /** The options that pass through byte for byte, in memory of their own; null without such. */
  foreignOptions(): Uint8Array | null {
    if (!this.hasForeignOptions) return null
    return passingOptions(this.bytes, this.optionsStart, this.optionsEnd)
  }

  #noQuestion(end: number): QueryFault {
    const { bytes, start } = this
    const fault = this.#records(start + HEADER_LENGTH, end, readUint16(bytes, start + 10))
    const asksForCookie = fault === QueryFault.None && this.cookieLength !== -1
    return asksForCookie ? QueryFault.CookieOnly : QueryFault.Malformed
  }

  /** Walks whatever follows the question; only OPT means something to us. */
  #records(from: number, end: number, additional: number): QueryFault {
    const { bytes, start } = this
    const others = readUint16(bytes, start + 6) + readUint16(bytes, start + 8)
    let fault: QueryFault = QueryFault.None
    let at = from
    for (let i = 0; i < others + additional; i++) {
      const nameEnd = skipName(bytes, start, at, end)
      if (nameEnd === -1 || nameEnd + 10 > end) return QueryFault.Malformed
      const type = readUint16(bytes, nameEnd)
      const rdataEnd = nameEnd + 10 + readUint16(bytes, nameEnd + 8)
      if (rdataEnd > end) return QueryFault.Malformed
      if (type === RecordType.OPT) {
        // One OPT, of the root, in the additional section (RFC 6891 §6.1.1).
        if (i < others || this.hasOpt || nameEnd !== at + 1) return QueryFault.Malformed
        const found = this.#opt(nameEnd, rdataEnd)
        if (found === QueryFault.Malformed) return found
        if (found !== QueryFault.None) fault = found
      } else if (type === RecordType.TSIG && fault === QueryFault.None) {
        fault = QueryFault.NotImplemented
      }
      at = rdataEnd
    }
    return at === end ? fault : QueryFault.Malformed
  }

  #opt(fixed: number, end: number): QueryFault {
    const { bytes } = this
    this.hasOpt = true
    this.udpSize = readUint16(bytes, fixed + 2)
    this.dnssecOk = (readUint16(bytes, fixed + 6) & DNSSEC_OK) !== 0
    this.subnetLength = -1
    this.subnetScope = -1
    // What another version's options look like is not ours to judge (RFC 6891 §6.1.3).
    if (bytes[fixed + 5] !== 0) return QueryFault.BadVersion
    let at = fixed + 10
    this.optionsStart = at
    this.optionsEnd = end
    while (at < end) {
      if (at + OPTION_HEADER_LENGTH > end) return QueryFault.Malformed
      const code = readUint16(bytes, at)
      const length = readUint16(bytes, at + 2)
      at += OPTION_HEADER_LENGTH
      if (code === OptionCode.Cookie) this.#cookie(at, length)
      else if (code === OptionCode.TcpKeepalive) this.wantsKeepalive = true
      else if (code === OptionCode.Padding) this.padded = true
      else if (code === OptionCode.ClientSubnet) this.#subnet(at, length)
      else if (passesThrough(code)) this.hasForeignOptions = true
      at += length
    }
    return at === end ? QueryFault.None : QueryFault.Malformed
  }

  #subnet(start: number, length: number): void {
    this.hasSubnets = this.subnetLength !== -1
    if (this.hasSubnets) return
    this.subnet = this.bytes
    this.subnetStart = start
    this.subnetLength = length
  }

  /** Of several COOKIE options the first counts (RFC 7873 §5.2). */
  #cookie(start: number, length: number): void {
    if (this.cookieLength !== -1) return
    this.cookieStart = start
    this.cookieLength = length
  }
}
