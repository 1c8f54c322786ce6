// Domain names as octets on the wire (RFC 1035 §3.1, §4.1.4): length-prefixed labels, ended by
// the root label or by a compression pointer. Nothing here allocates.

import { HEADER_LENGTH } from './header.ts'

/** Octets of the longest name, root label and length octets counted (RFC 1035 §3.1). */
export const MAX_NAME_LENGTH = 255

/** Octets of the longest label (RFC 1035 §3.1). */
export const MAX_LABEL_LENGTH = 63

/**
 * Pointers that one name may hold: with one before each of its labels it would hold 127. Without
 * this bound, a chain of pointers through 16 KB costs 8,000 steps for each of 4,000 records.
 */
const MAX_POINTERS = 127

/**
 * Steps over a name as it stands in a message, compressed or not, and checks it whole.
 *
 * Pointers must go backwards, each to a place before the name (or pointed-to part) that holds it,
 * so that a chain of them always ends (RFC 9267 §2).
 *
 * @param start offset of the message's first octet: pointers count from it
 * @param offset offset of the name's first octet
 * @param end offset behind the message's last octet
 * @returns the offset behind the name, or -1 when it is malformed or longer than 255 octets
 */
export function skipName(bytes: Uint8Array, start: number, offset: number, end: number): number {
  let at = offset
  let behind = -1
  let earliest = offset
  let pointers = 0
  let length = 0
  while (at < end) {
    const octet = bytes[at]!
    if (octet === 0) {
      return length + 1 > MAX_NAME_LENGTH ? -1 : behind === -1 ? at + 1 : behind
    }
    if (octet <= MAX_LABEL_LENGTH) {
      length += octet + 1
      if (length >= MAX_NAME_LENGTH) return -1
      at += octet + 1
      continue
    }
    if (octet < 0xc0 || at + 1 >= end) return -1
    const target = start + (((octet & 0x3f) << 8) | bytes[at + 1]!)
    if (target >= earliest || target < start + HEADER_LENGTH) return -1
    if (++pointers > MAX_POINTERS) return -1
    if (behind === -1) behind = at + 2
    earliest = target
    at = target
  }
  return -1
}

/**
 * Steps over a name that must not be compressed: a question's, or one inside newer RDATA.
 *
 * @returns the offset behind the name, or -1 when it is malformed, compressed or too long
 */
export function skipPlainName(bytes: Uint8Array, offset: number, end: number): number {
  let at = offset
  const limit = offset + MAX_NAME_LENGTH < end ? offset + MAX_NAME_LENGTH : end
  while (at < limit) {
    const octet = bytes[at]!
    if (octet === 0) return at + 1
    if (octet > MAX_LABEL_LENGTH) return -1
    at += octet + 1
  }
  return -1
}

/** The lower case of an ASCII letter; every other octet as it is (RFC 4343 §3). */
export function lowerCaseOctet(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet
}

/**
 * Whether two runs of octets are the same but for the case of ASCII letters. Fit for uncompressed
 * names: length octets are below 0x41, so they compare exactly.
 */
export function equalIgnoringCase(
  a: Uint8Array,
  aOffset: number,
  b: Uint8Array,
  bOffset: number,
  length: number,
): boolean {
  for (let i = 0; i < length; i++) {
    const x = a[aOffset + i]!
    const y = b[bOffset + i]!
    if (x !== y && lowerCaseOctet(x) !== lowerCaseOctet(y)) return false
  }
  return true
}

/**
 * Whether two names of a message are the same but for letter case. Both must have been checked by
 * `skipName`.
 */
export function sameName(bytes: Uint8Array, start: number, a: number, b: number): boolean {
  let x = followPointers(bytes, start, a)
  let y = followPointers(bytes, start, b)
  while (x !== y) {
    const length = bytes[x]!
    if (length !== bytes[y]) return false
    if (length === 0) return true
    if (!equalIgnoringCase(bytes, x + 1, bytes, y + 1, length)) return false
    x = followPointers(bytes, start, x + length + 1)
    y = followPointers(bytes, start, y + length + 1)
  }
  return true
}

/** Whether a name is another one or stands below it. Both must have been checked by `skipName`. */
export function isAtOrBelow(
  bytes: Uint8Array,
  start: number,
  name: number,
  ancestor: number,
): boolean {
  let at = followPointers(bytes, start, name)
  while (!sameName(bytes, start, at, ancestor)) {
    if (bytes[at] === 0) return false
    at = followPointers(bytes, start, at + bytes[at]! + 1)
  }
  return true
}

function followPointers(bytes: Uint8Array, start: number, from: number): number {
  let at = from
  while (bytes[at]! >= 0xc0) at = start + (((bytes[at]! & 0x3f) << 8) | bytes[at + 1]!)
  return at
}
