// The header fields that mean something here (RFC 9113 §8.2, §8.3). Of any other only the size counts.

import { lowerCaseOctet } from '../../../wire/name.ts'
import { isDnsMessage, Method } from '../doh.ts'

export const Field = {
  Other: 0,
  Method: 1,
  Path: 2,
  Scheme: 3,
  Authority: 4,
  ContentType: 5,
  ContentLength: 6,
  Te: 7,
  /** Makes a request malformed: of a connection, of answers, unknown with a colon, ill-spelt. */
  Forbidden: 8,
} as const
export type Field = (typeof Field)[keyof typeof Field]

/** Fields of a connection have no place in HTTP/2 (§8.2.2); `:status` is for answers (§8.3). */
const NAMES: readonly (readonly [name: string, field: Field])[] = [
  [':method', Field.Method],
  [':path', Field.Path],
  [':scheme', Field.Scheme],
  [':authority', Field.Authority],
  ['content-type', Field.ContentType],
  ['content-length', Field.ContentLength],
  ['te', Field.Te],
  ['connection', Field.Forbidden],
  ['keep-alive', Field.Forbidden],
  ['proxy-connection', Field.Forbidden],
  ['transfer-encoding', Field.Forbidden],
  ['upgrade', Field.Forbidden],
]

const BY_LENGTH: { readonly octets: Uint8Array; readonly field: Field }[][] = []
for (const [name, field] of NAMES) {
  BY_LENGTH[name.length] ??= []
  BY_LENGTH[name.length]!.push({ octets: Buffer.from(name, 'latin1'), field })
}

const COLON = 0x3a
const SPACE = 0x20
const DELETE = 0x7f

/** Which field has the name from `start` to `end`. */
export function fieldNamed(bytes: Uint8Array, start: number, end: number): Field {
  for (const { octets, field } of BY_LENGTH[end - start] ?? []) {
    if (equals(bytes, start, octets)) return field
  }
  if (start === end || bytes[start] === COLON) return Field.Forbidden
  for (let at = start; at < end; at++) {
    const octet = bytes[at]!
    // Upper case, controls, colons and what is no ASCII are malformed (§8.2.1).
    if (octet <= SPACE || octet >= DELETE || octet === COLON) return Field.Forbidden
    if (octet >= 0x41 && octet <= 0x5a) return Field.Forbidden
  }
  return Field.Other
}

/** What a value comes to that breaks its field's rules. */
export const BAD_VALUE = -1

const GET = Buffer.from('GET', 'latin1')
const POST = Buffer.from('POST', 'latin1')
const TRAILERS = Buffer.from('trailers', 'latin1')

/**
 * What a value comes to: a method; the length of a body; 1 for the media type of DNS messages; 1 for
 * a path that is not empty; else 0, or `BAD_VALUE`.
 */
export function meaningOf(field: Field, bytes: Uint8Array, start: number, end: number): number {
  switch (field) {
    case Field.Method:
      if (is(bytes, start, end, GET)) return Method.Get
      return is(bytes, start, end, POST) ? Method.Post : Method.Other
    case Field.Path:
      return end > start ? 1 : BAD_VALUE
    case Field.ContentType:
      return isDnsMessage(bytes, start, end) ? 1 : 0
    case Field.ContentLength:
      return decimal(bytes, start, end)
    case Field.Te:
      return isTrailers(bytes, start, end) ? 0 : BAD_VALUE
    default:
      return 0
  }
}

/** Whether there is nothing in a value that must not be in any: NUL, LF and CR (§8.2.1). */
export function isValue(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const octet = bytes[at]!
    if (octet <= 0x0d && (octet === 0 || octet === 0x0a || octet === 0x0d)) return false
  }
  return true
}

/** "trailers" is the one value that `te` may have (§8.2.2). */
function isTrailers(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== TRAILERS.length) return false
  for (let i = 0; i < TRAILERS.length; i++) {
    if (lowerCaseOctet(bytes[start + i]!) !== TRAILERS[i]) return false
  }
  return true
}

/** Nine digits are more than any body that is taken. */
const MAX_DIGITS = 9

function decimal(bytes: Uint8Array, start: number, end: number): number {
  if (end === start) return BAD_VALUE
  let value = 0
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - 0x30
    if (digit < 0 || digit > 9) return BAD_VALUE
    if (at - start < MAX_DIGITS) value = value * 10 + digit
  }
  return end - start <= MAX_DIGITS ? value : 10 ** MAX_DIGITS
}

function is(bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  return end - start === text.length && equals(bytes, start, text)
}

function equals(bytes: Uint8Array, start: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false
  return true
}
