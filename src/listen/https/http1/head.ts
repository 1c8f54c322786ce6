// The head of an HTTP/1.1 request: request line and header fields (RFC 9112 §3, §5). Strict where the
// standard lets a server choose: whatever two readers could understand in two ways is refused, for
// that is what request smuggling is made of (RFC 9112 §11.2).

import { lowerCaseOctet } from '../../../wire/name.ts'
import { isDnsMessage, Method } from '../doh.ts'
import { Refusal } from '../refusal.ts'

const CR = 0x0d
const LF = 0x0a
const SPACE = 0x20
const TAB = 0x09
const COLON = 0x3a
const COMMA = 0x2c
const SLASH = 0x2f
const ASTERISK = 0x2a

/** A body announced as longer than any that we would read. */
const TOO_LONG = 0x7fff_ffff

/** Characters of a token: names of methods and fields (RFC 9110 §5.6.2). */
const IS_TOKEN = new Uint8Array(128)
const TOKEN_CHARACTERS =
  "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
for (let i = 0; i < TOKEN_CHARACTERS.length; i++) IS_TOKEN[TOKEN_CHARACTERS.charCodeAt(i)] = 1

const GET = octets('GET ')
const POST = octets('POST ')
const HEAD = octets('HEAD ')
const HTTP_1 = octets('HTTP/1.')
const HTTP_SLASH = octets('HTTP/')
const SCHEMES = [octets('https://'), octets('http://')]

const CONTENT_LENGTH = octets('content-length')
const CONTENT_TYPE = octets('content-type')
const TRANSFER_ENCODING = octets('transfer-encoding')
const CONNECTION = octets('connection')
const HOST = octets('host')
const EXPECT = octets('expect')
const CHUNKED = octets('chunked')
const CLOSE = octets('close')
const CONTINUE = octets('100-continue')

function octets(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}

export class RequestHead {
  method: Method = Method.Other
  /** Whether the method is HEAD, whose answer has no body (RFC 9110 §9.3.2). */
  isHead = false
  /** Path and query: from `targetStart` to `targetEnd` in the memory that was parsed. */
  targetStart = 0
  targetEnd = 0
  /** Whether the connection may carry another request behind this one (RFC 9112 §9.3). */
  persists = false
  /** Octets of the body as announced; 0 without one. */
  contentLength = 0
  /** The body comes in chunks (RFC 9112 §7.1). */
  chunked = false
  /** The media type of the body is that of DNS messages. */
  dnsMessage = false
  /** The client waits for 100 before it sends the body (RFC 9110 §10.1.1). */
  awaitsContinue = false

  #minor = 1
  #hosts = 0
  #lengths = 0
  #closes = false

  /**
   * Reads a whole head: from `start`, where the request line begins, to `end`, behind its empty line.
   * @returns what is wrong; what follows on the connection can then not be trusted
   */
  parse(bytes: Uint8Array, start: number, end: number): Refusal | null {
    this.#reset()
    let at = lineEnd(bytes, start, end)
    const fault = at === -1 ? Refusal.BadHead : this.#requestLine(bytes, start, at)
    if (fault !== null) return fault
    for (;;) {
      const from = at + 2
      at = lineEnd(bytes, from, end)
      if (at === -1) return Refusal.BadHead
      if (at === from) break
      const refusal = this.#field(bytes, from, at)
      if (refusal !== null) return refusal
    }
    return this.#judge()
  }

  #reset(): void {
    this.method = Method.Other
    this.isHead = false
    this.contentLength = 0
    this.chunked = false
    this.dnsMessage = false
    this.awaitsContinue = false
    this.#hosts = 0
    this.#lengths = 0
    this.#closes = false
  }

  #requestLine(bytes: Uint8Array, start: number, end: number): Refusal | null {
    let at = start
    while (at < end && isToken(bytes[at]!)) at++
    if (at === start || bytes[at] !== SPACE) return Refusal.BadHead
    if (holds(bytes, start, end, GET)) this.method = Method.Get
    else if (holds(bytes, start, end, POST)) this.method = Method.Post
    else this.isHead = holds(bytes, start, end, HEAD)
    this.targetStart = at + 1
    at = this.targetStart
    // Octets above ASCII have no place in a target (RFC 3986 §2), nor has white space.
    while (at < end && bytes[at]! > SPACE && bytes[at]! < 0x7f) at++
    if (at === this.targetStart || bytes[at] !== SPACE) return Refusal.BadHead
    this.targetEnd = at
    if (!this.#findPath(bytes)) return Refusal.BadHead
    const version = at + 1
    if (!holds(bytes, version, end, HTTP_SLASH)) return Refusal.BadHead
    const minor = bytes[version + HTTP_1.length]! - 0x30
    const known = holds(bytes, version, end, HTTP_1) && (minor === 0 || minor === 1)
    if (!known || version + HTTP_1.length + 1 !== end) return Refusal.BadVersion
    this.#minor = minor
    return null
  }

  /**
   * A target is a path; or a whole URI, of which whose it is does not matter here; or "*", that is,
   * nothing that we have (RFC 9112 §3.2).
   */
  #findPath(bytes: Uint8Array): boolean {
    if (bytes[this.targetStart] === SLASH) return true
    for (const scheme of SCHEMES) {
      if (!holds(bytes, this.targetStart, this.targetEnd, scheme)) continue
      let at = this.targetStart + scheme.length
      while (at < this.targetEnd && bytes[at] !== SLASH) at++
      this.targetStart = at
      return true
    }
    return this.targetEnd - this.targetStart === 1 && bytes[this.targetStart] === ASTERISK
  }

  /** @param end where the line's CR stands */
  #field(bytes: Uint8Array, start: number, end: number): Refusal | null {
    let colon = start
    while (colon < end && isToken(bytes[colon]!)) colon++
    // White space before the colon, or a line that goes on the one before (RFC 9112 §5.1, §5.2).
    if (colon === start || bytes[colon] !== COLON) return Refusal.BadHead
    let from = colon + 1
    while (from < end && isBlank(bytes[from]!)) from++
    let to = end
    while (to > from && isBlank(bytes[to - 1]!)) to--
    return this.#known(bytes, start, colon - start, from, to)
  }

  #known(
    bytes: Uint8Array,
    name: number,
    length: number,
    from: number,
    to: number,
  ): Refusal | null {
    switch (length) {
      case HOST.length:
        if (isNamed(bytes, name, HOST)) this.#hosts++
        break
      case EXPECT.length:
        if (isNamed(bytes, name, EXPECT)) return this.#expect(bytes, from, to)
        break
      case CONNECTION.length:
        if (isNamed(bytes, name, CONNECTION)) this.#connection(bytes, from, to)
        break
      case CONTENT_TYPE.length:
        if (isNamed(bytes, name, CONTENT_TYPE)) this.dnsMessage = isDnsMessage(bytes, from, to)
        break
      case CONTENT_LENGTH.length:
        if (isNamed(bytes, name, CONTENT_LENGTH)) return this.#length(bytes, from, to)
        break
      case TRANSFER_ENCODING.length:
        if (!isNamed(bytes, name, TRANSFER_ENCODING)) break
        if (this.chunked || !isWord(bytes, from, to, CHUNKED)) return Refusal.BadTransferCoding
        this.chunked = true
        break
    }
    return null
  }

  #length(bytes: Uint8Array, from: number, to: number): Refusal | null {
    // Twice is once too often, even when both say the same (RFC 9112 §6.3).
    if (++this.#lengths > 1 || from === to) return Refusal.BadLength
    let value = 0
    for (let at = from; at < to; at++) {
      const digit = bytes[at]! - 0x30
      if (digit < 0 || digit > 9) return Refusal.BadLength
      value = value > TOO_LONG / 10 - 1 ? TOO_LONG : value * 10 + digit
    }
    this.contentLength = value
    return null
  }

  #expect(bytes: Uint8Array, from: number, to: number): Refusal | null {
    if (!isWord(bytes, from, to, CONTINUE)) return Refusal.BadExpectation
    this.awaitsContinue = true
    return null
  }

  /** A list of words (RFC 9110 §7.6.1). */
  #connection(bytes: Uint8Array, from: number, to: number): void {
    let start = from
    while (start < to) {
      let comma = start
      while (comma < to && bytes[comma] !== COMMA) comma++
      let end = comma
      while (start < end && isBlank(bytes[start]!)) start++
      while (end > start && isBlank(bytes[end - 1]!)) end--
      if (isWord(bytes, start, end, CLOSE)) this.#closes = true
      start = comma + 1
    }
  }

  /** What only the fields together can tell. */
  #judge(): Refusal | null {
    if (this.#hosts !== 1 && (this.#minor === 1 || this.#hosts > 1)) return Refusal.BadHost
    if (this.chunked && (this.#lengths > 0 || this.#minor === 0)) return Refusal.BadLength
    // A GET has no body that means anything, and a smuggler's would (RFC 9110 §9.3.1).
    if (this.method !== Method.Post && (this.chunked || this.contentLength > 0)) {
      return Refusal.BodyUnasked
    }
    this.awaitsContinue &&= this.#minor === 1
    // Clients of HTTP/1.0 ask once and go: what they say of more is not listened to.
    this.persists = !this.#closes && this.#minor === 1
    return null
  }
}

/**
 * Where the empty line behind a head ends. Every line must end in CR LF: what ends in LF alone is
 * found never, and what has a CR inside is refused by `RequestHead`.
 *
 * @param from where to look on: octets before it have been looked at
 * @param end behind the last octet that has come
 * @returns the offset behind the empty line, or -1 when it has not come
 */
export function headEnd(bytes: Uint8Array, from: number, end: number): number {
  for (let at = from; at + 4 <= end; at++) {
    if (bytes[at] === CR && bytes[at + 1] === LF && bytes[at + 2] === CR && bytes[at + 3] === LF) {
      return at + 4
    }
  }
  return -1
}

/** Where the line's CR stands; -1 when there is none or the line holds what no line may. */
function lineEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end) {
    const octet = bytes[at]!
    if (octet < SPACE && octet !== TAB) break
    if (octet === 0x7f) return -1
    at++
  }
  return at + 1 < end && bytes[at] === CR && bytes[at + 1] === LF ? at : -1
}

/** Whether an octet may stand in the name of a method or field (RFC 9110 §5.6.2). */
export function isToken(octet: number): boolean {
  return octet < 128 && IS_TOKEN[octet] === 1
}

function isBlank(octet: number): boolean {
  return octet === SPACE || octet === TAB
}

/** Whether exactly these octets stand there. */
function holds(bytes: Uint8Array, start: number, end: number, expected: Uint8Array): boolean {
  if (end - start < expected.length) return false
  for (let i = 0; i < expected.length; i++) if (bytes[start + i] !== expected[i]) return false
  return true
}

/** Whether a field has this lower-case name, of the same length. */
function isNamed(bytes: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) {
    if (lowerCaseOctet(bytes[start + i]!) !== name[i]) return false
  }
  return true
}

/** Whether a value is this lower-case word and nothing else. */
function isWord(bytes: Uint8Array, from: number, to: number, word: Uint8Array): boolean {
  return to - from === word.length && isNamed(bytes, from, word)
}
