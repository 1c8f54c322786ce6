// The one place that makes an answer fit for its client: ID, the question's own letter case, the
// header's bits, OPT for those who sent one (and always for them), extended errors, truncation,
// padding on encrypted transports.
//
// It works in place: the message, without OPT and with its TTLs aged, lies in the listener's memory.

import { copyOctets } from '../wire/copy.ts'
import {
  DNSSEC_OK,
  OPT_LENGTH,
  OPTION_HEADER_LENGTH,
  OptionCode,
  PLAIN_UDP_SIZE,
  UDP_PAYLOAD_SIZE,
} from '../wire/edns.ts'
import {
  Flag,
  HEADER_LENGTH,
  MAX_MESSAGE_LENGTH,
  OPCODE_MASK,
  readUint16,
  writeUint16,
} from '../wire/header.ts'
import type { QueryScan } from '../wire/query-scan.ts'
import { RecordType } from '../wire/record-type.ts'
import { Transport } from './query.ts'
import { truncate } from './truncate.ts'

export interface FinishOptions {
  /** Octets of the largest answer sent over UDP, whatever the client says that it takes. */
  readonly maxUdpSize: number
  /**
   * The same for clients that have shown no good cookie, whose address may be forged: what they ask
   * may be small and what a victim gets large. At least 310, which the longest question takes with
   * OPT and a cookie.
   */
  readonly maxUnverifiedUdpSize: number
  /** The idle time-out that stream clients are told (RFC 7828), in units of 100 ms; that of now. */
  readonly keepalive: () => number
}

/** Answers over encrypted transports are padded to a multiple of this (RFC 8467 §4.1). */
const RESPONSE_BLOCK = 468

const NOTHING = new Uint8Array(0)

export class Finish {
  readonly #maxUdpSize: number
  readonly #maxUnverifiedUdpSize: number
  readonly #keepalive: () => number

  constructor(options: FinishOptions) {
    this.#maxUdpSize = options.maxUdpSize
    this.#maxUnverifiedUdpSize = options.maxUnverifiedUdpSize
    this.#keepalive = options.keepalive
  }

  /** Octets that an answer to this client may have at the most. */
  limit(query: QueryScan, transport: Transport): number {
    if (transport !== Transport.Udp) return MAX_MESSAGE_LENGTH
    const most = query.hasGoodCookie ? this.#maxUdpSize : this.#maxUnverifiedUdpSize
    const size = query.udpSize <= PLAIN_UDP_SIZE ? PLAIN_UDP_SIZE : query.udpSize
    return size < most ? size : most
  }

  /**
   * Finishes the message of `length` octets at `start`. The memory behind it must have room up to
   * the client's limit.
   *
   * @param rcode the whole response code: its upper bits go into OPT
   * @param extendedError an info code (RFC 8914), or -1
   * @param text of the extended error, in UTF-8
   * @param passing EDNS options of the upstream's that go on byte for byte
   * @returns octets of the finished message
   */
  apply(
    out: Uint8Array,
    start: number,
    length: number,
    query: QueryScan,
    transport: Transport,
    rcode: number,
    extendedError: number,
    text: Uint8Array = NOTHING,
    passing: Uint8Array = NOTHING,
  ): number {
    const limit = this.limit(query, transport)
    let opt = 0
    let options = 0
    let end = length
    if (query.hasOpt) {
      // The cookie stays whatever goes: without it the client drops the answer (RFC 7873 §5.3).
      opt = OPT_LENGTH + cookieLength(query)
      options = this.#optionsLength(query, transport, extendedError, text) + passing.length
      if (!fits(options, length, query, limit - opt)) options = 0
      opt += options
    }
    if (length + opt > limit) end = truncate(out, start, length, limit - opt)

    writeUint16(out, start, query.id)
    writeUint16(out, start + 2, this.#flags(readUint16(out, start + 2), query) | (rcode & 0xf))
    copyOctets(
      query.bytes,
      query.start + HEADER_LENGTH,
      out,
      start + HEADER_LENGTH,
      query.nameLength,
    )
    if (!query.hasOpt) return end
    let at = writeOpt(out, start + end, query, rcode, opt - OPT_LENGTH)
    if (options > 0) {
      at = this.#writeOptions(out, at, query, transport, extendedError, text)
      copyOctets(passing, 0, out, at, passing.length)
      at += passing.length
    }
    writeUint16(out, start + 10, readUint16(out, start + 10) + 1)
    return this.#pad(out, start, at - start, opt - OPT_LENGTH, query, transport, limit)
  }

  /** The header's second word, but for the response code. @param answer what it is so far */
  #flags(answer: number, query: QueryScan): number {
    const opcode = query.flags & OPCODE_MASK
    // What the other bits mean to another opcode is not known (RFC 2136 §2.2, RFC 8490 §5.4).
    if (opcode !== 0) return Flag.QR | opcode
    const told = answer & (query.wantsAuthenticData ? Flag.TC | Flag.AD : Flag.TC)
    return told | Flag.QR | Flag.RA | (query.flags & (Flag.RD | Flag.CD))
  }

  #optionsLength(
    query: QueryScan,
    transport: Transport,
    extendedError: number,
    text: Uint8Array,
  ): number {
    let length = 0
    if (extendedError !== -1) length += OPTION_HEADER_LENGTH + 2 + text.length
    if (query.wantsKeepalive && transport !== Transport.Udp) length += OPTION_HEADER_LENGTH + 2
    if (query.subnetScope !== -1) length += OPTION_HEADER_LENGTH + query.subnetLength
    return length
  }

  /** @returns the offset behind the options */
  #writeOptions(
    out: Uint8Array,
    at: number,
    query: QueryScan,
    transport: Transport,
    extendedError: number,
    text: Uint8Array,
  ): number {
    let end = at
    if (extendedError !== -1) {
      writeUint16(out, end, OptionCode.ExtendedError)
      writeUint16(out, end + 2, 2 + text.length)
      writeUint16(out, end + 4, extendedError)
      copyOctets(text, 0, out, end + 6, text.length)
      end += 6 + text.length
    }
    if (query.wantsKeepalive && transport !== Transport.Udp) {
      writeUint16(out, end, OptionCode.TcpKeepalive)
      writeUint16(out, end + 2, 2)
      writeUint16(out, end + 4, this.#keepalive())
      end += 6
    }
    return query.subnetScope === -1 ? end : writeSubnet(out, end, query)
  }

  /** Pads for encrypted clients that padded their query (RFC 7830 §4: never in the clear). */
  #pad(
    out: Uint8Array,
    start: number,
    length: number,
    options: number,
    query: QueryScan,
    transport: Transport,
    limit: number,
  ): number {
    const encrypted = transport === Transport.Tls || transport === Transport.Https
    if (!encrypted || !query.padded) return length
    const bare = length + OPTION_HEADER_LENGTH
    if (bare > limit) return length
    const padded = Math.min(Math.ceil(bare / RESPONSE_BLOCK) * RESPONSE_BLOCK, limit)
    writeUint16(out, start + length, OptionCode.Padding)
    writeUint16(out, start + length + 2, padded - bare)
    out.fill(0, start + bare, start + padded)
    writeUint16(out, start + length - options - 2, options + OPTION_HEADER_LENGTH + padded - bare)
    return padded
  }
}

/** Octets of the answer's COOKIE option. */
function cookieLength({ answerCookieLength }: QueryScan): number {
  return answerCookieLength === 0 ? 0 : OPTION_HEADER_LENGTH + answerCookieLength
}

/** The client's own words, and for how large a network the answer is (RFC 7871 §7.2.2). */
function writeSubnet(out: Uint8Array, at: number, query: QueryScan): number {
  const { subnet, subnetStart, subnetLength, subnetScope } = query
  const data = at + OPTION_HEADER_LENGTH
  writeUint16(out, at, OptionCode.ClientSubnet)
  writeUint16(out, at + 2, subnetLength)
  copyOctets(subnet, subnetStart, out, data, subnetLength)
  out[data + 3] = subnetScope
  return data + subnetLength
}

/**
 * Whether options have room in an answer of `length` octets. They go before records do; but when
 * the records must go anyway, they stay if the question has room beside them.
 * @param room octets for all but OPT and the cookie in it
 */
function fits(options: number, length: number, query: QueryScan, room: number): boolean {
  if (length <= room) return length + options <= room
  const question = query.nameLength === 0 ? 0 : query.nameLength + 4
  return HEADER_LENGTH + question + options <= room
}

/** @returns the offset behind the OPT record's cookie; the rest of its `options` octets follow */
function writeOpt(
  out: Uint8Array,
  at: number,
  query: QueryScan,
  rcode: number,
  options: number,
): number {
  out[at] = 0
  writeUint16(out, at + 1, RecordType.OPT)
  writeUint16(out, at + 3, UDP_PAYLOAD_SIZE)
  out[at + 5] = rcode >>> 4
  out[at + 6] = 0
  writeUint16(out, at + 7, query.dnssecOk ? DNSSEC_OK : 0)
  writeUint16(out, at + 9, options)
  return writeCookie(out, at + OPT_LENGTH, query)
}

function writeCookie(out: Uint8Array, at: number, query: QueryScan): number {
  const length = query.answerCookieLength
  if (length === 0) return at
  const data = at + OPTION_HEADER_LENGTH
  writeUint16(out, at, OptionCode.Cookie)
  writeUint16(out, at + 2, length)
  copyOctets(query.answerCookie, query.answerCookieStart, out, data, length)
  return data + length
}

/**
 * Writes an answer without records: the header, and the question when the query had a usable one.
 * @returns its length, ready for `Finish.apply`
 */
export function emptyAnswer(out: Uint8Array, start: number, query: QueryScan): number {
  out.fill(0, start, start + HEADER_LENGTH)
  if (query.nameLength === 0) return HEADER_LENGTH
  const length = query.nameLength + 4
  copyOctets(query.bytes, query.start + HEADER_LENGTH, out, start + HEADER_LENGTH, length)
  writeUint16(out, start + 4, 1)
  return HEADER_LENGTH + length
}

/** The same with TC set: whoever really asked comes back over TCP. */
export function truncatedAnswer(out: Uint8Array, start: number, query: QueryScan): number {
  const length = emptyAnswer(out, start, query)
  writeUint16(out, start + 2, Flag.TC)
  return length
}
