// Queries as bytes, and answers judged.

import { ZONE } from './upstream.ts'

const HEADER = 12
const OPT_LENGTH = 11
const COOKIE = 10
const CLIENT_COOKIE_LENGTH = 8
const UDP_PAYLOAD = 1232
const ADDRESS = Buffer.from([192, 0, 2, 1])

export const Outcome = { Lost: 0, Good: 1, ServFail: 2, OtherRcode: 3, Wrong: 4 } as const
export type Outcome = (typeof Outcome)[keyof typeof Outcome]

/** `<label>.<zone> IN A`, recursion desired, no EDNS (RFC 1035 §4.1). */
export function makeQuery(label: string, id: number, zone = ZONE): Buffer {
  const labels = [label, ...zone.split('.')]
  const name = labels.map((it) => String.fromCharCode(it.length) + it).join('')
  const header = Buffer.from([id >> 8, id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0])
  return Buffer.concat([header, Buffer.from(name, 'latin1'), Buffer.from([0, 0, 1, 0, 1])])
}

/**
 * A query with OPT and one option in it (RFC 6891 §6.1.2).
 * @param cookie the client's, followed by the server's if it is known (RFC 7873 §4)
 */
export function withCookie(query: Uint8Array, cookie: Uint8Array): Buffer {
  const opt = Buffer.alloc(OPT_LENGTH + 4)
  opt[2] = 41
  opt.writeUInt16BE(UDP_PAYLOAD, 3)
  opt.writeUInt16BE(4 + cookie.length, 9)
  opt.writeUInt16BE(COOKIE, OPT_LENGTH)
  opt.writeUInt16BE(cookie.length, OPT_LENGTH + 2)
  const whole = Buffer.concat([query, opt, cookie])
  whole[11] = 1
  return whole
}

/**
 * The cookie in an answer, if the server gave one: our half and its own.
 * @param sent ours, alone or with what the server gave before
 */
export function cookieIn(answer: Buffer, sent: Uint8Array): Buffer | null {
  const at = answer.lastIndexOf(sent.subarray(0, CLIENT_COOKIE_LENGTH))
  if (at < 4 || answer.readUInt16BE(at - 4) !== COOKIE) return null
  const length = answer.readUInt16BE(at - 2)
  return length > CLIENT_COOKIE_LENGTH ? Buffer.from(answer.subarray(at, at + length)) : null
}

/** As TCP and TLS carry it (RFC 1035 §4.2.2). */
export const framed = (message: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([message.length >> 8, message.length]), message])

/** Right is NOERROR under the same ID and question, letter case included, with our address. */
export function judge(message: Buffer, query: Buffer): Outcome {
  const rcode = message[3]! & 15
  const end = questionEnd(query)
  const same =
    message.readUInt16BE(0) === query.readUInt16BE(0) &&
    message.subarray(HEADER, end).equals(query.subarray(HEADER, end))
  if (!same || (message[2]! & 0x82) !== 0x80) return Outcome.Wrong
  if (rcode === 2) return Outcome.ServFail
  if (rcode !== 0) return Outcome.OtherRcode
  // The record's owner is a pointer, or the name once more.
  const address = end + (message[end]! >= 0xc0 ? 2 : end - HEADER - 4) + 10
  const right =
    message.readUInt16BE(6) === 1 && message.subarray(address, address + 4).equals(ADDRESS)
  return right ? Outcome.Good : Outcome.Wrong
}

export const isTruncated = (message: Buffer): boolean => (message[2]! & 2) !== 0

function questionEnd(query: Buffer): number {
  let at = HEADER
  while (query[at] !== 0) at += 1 + query[at]!
  return at + 5
}
