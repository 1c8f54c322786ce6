// DNS queries over HTTPS (RFC 8484), whatever version of HTTP carries them: from a request to a DNS
// message, or to what is wrong with it. No I/O, and nothing is allocated for a good request.
//
// The order of calls: `request` when the headers are there. For a GET the message is found then; for
// a POST the caller gathers the body and hands it to `body`. What `Accept` says is passed over:
// there is one form of answer (RFC 9110 §12.5.1).

import { HEADER_LENGTH, MAX_MESSAGE_LENGTH } from '../../wire/header.ts'
import { lowerCaseOctet } from '../../wire/name.ts'
import { decodeBase64url, decodedLength } from './base64url.ts'
import { DNS_MESSAGE, Refusal } from './refusal.ts'

export const Method = { Get: 0, Post: 1, Other: 2 } as const
export type Method = (typeof Method)[keyof typeof Method]

const QUESTION_MARK = 0x3f
const AMPERSAND = 0x26

/** Reads requests, one at a time: one instance serves all connections of a listener. */
export class DohReader {
  /** The message that `request` or `body` found: `length` octets at `start`. Valid until the next call. */
  bytes: Uint8Array = new Uint8Array(0)
  start = 0
  length = 0
  readonly #path: Uint8Array
  readonly #decoded = new Uint8Array(MAX_MESSAGE_LENGTH + 1)

  /** @param path begins with "/" and has no characters that a URI escapes */
  constructor(path: string) {
    this.#path = Buffer.from(path, 'latin1')
  }

  /**
   * @param bytes holds the request's target, path and query (RFC 9112 §3.2.1), from `start` to `end`
   * @param dnsMessage whether the body's media type is that of DNS messages; counts for POST
   * @returns null when all is well: the message of a GET stands ready, that of a POST is its body
   */
  request(
    method: Method,
    bytes: Uint8Array,
    start: number,
    end: number,
    dnsMessage: boolean,
  ): Refusal | null {
    const path = this.#path
    const query = start + path.length
    if (end < query || (end > query && bytes[query] !== QUESTION_MARK)) return Refusal.NoSuchPath
    for (let i = 0; i < path.length; i++) {
      if (bytes[start + i] !== path[i]) return Refusal.NoSuchPath
    }
    if (method === Method.Get) return this.#parameter(bytes, query + 1, end)
    if (method !== Method.Post) return Refusal.BadMethod
    return dnsMessage ? null : Refusal.BadMediaType
  }

  /** @returns null when the octets may be a query, which then stands ready */
  body(bytes: Uint8Array, start: number, length: number): Refusal | null {
    if (length > MAX_MESSAGE_LENGTH) return Refusal.BodyTooLong
    // What is too short or a response would be dropped without a word, and HTTP wants a word.
    if (length < HEADER_LENGTH || (bytes[start + 2]! & 0x80) !== 0) return Refusal.NotAQuery
    this.bytes = bytes
    this.start = start
    this.length = length
    return null
  }

  /** Finds the parameter "dns" among any others (RFC 8484 §6). */
  #parameter(bytes: Uint8Array, from: number, end: number): Refusal | null {
    let value = -1
    let valueEnd = -1
    let at = from
    while (at < end) {
      const isDns = startsParameter(bytes, at, end)
      if (isDns && value !== -1) return Refusal.TwoParameters
      const begin = at + 4
      while (at < end && bytes[at] !== AMPERSAND) at++
      if (isDns) {
        value = begin
        valueEnd = at
      }
      at++
    }
    if (value === -1) return Refusal.NoParameter
    if (decodedLength(valueEnd - value) > MAX_MESSAGE_LENGTH) return Refusal.TargetTooLong
    const length = decodeBase64url(bytes, value, valueEnd, this.#decoded)
    return length === -1 ? Refusal.BadEncoding : this.body(this.#decoded, 0, length)
  }
}

/** Whether "dns=" stands there. */
function startsParameter(bytes: Uint8Array, at: number, end: number): boolean {
  return (
    at + 4 <= end &&
    bytes[at] === 0x64 &&
    bytes[at + 1] === 0x6e &&
    bytes[at + 2] === 0x73 &&
    bytes[at + 3] === 0x3d
  )
}

/** Whether a `content-type` is that of DNS messages, with or without parameters (RFC 9110 §8.3.1). */
export function isDnsMessage(bytes: Uint8Array, start: number, end: number): boolean {
  const length = DNS_MESSAGE.length
  if (end - start < length) return false
  for (let i = 0; i < length; i++) {
    if (lowerCaseOctet(bytes[start + i]!) !== DNS_MESSAGE.charCodeAt(i)) return false
  }
  const next = start + length
  // A parameter behind it, or white space before one: ";", " " or a tab.
  return next === end || bytes[next] === 0x3b || bytes[next] === 0x20 || bytes[next] === 0x09
}
