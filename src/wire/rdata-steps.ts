// Stepping over the fields of RDATA where they lie, for the check of answers. Nothing here
// allocates. A step takes the offset of a field and gives the offset behind it, or -1 when the field
// is malformed or runs over the end of the RDATA.

import { readUint16, readUint32 } from './header.ts'
import { skipName, skipPlainName } from './name.ts'
import type { FieldKind } from './codec/rdata-layout.ts'

/**
 * @param start offset of the message's first octet
 * @param at offset of the field's first octet
 * @param end offset behind the RDATA
 */
export type Step = (bytes: Uint8Array, start: number, at: number, end: number) => number

/** A field of so many octets, whatever they are. */
export function octets(count: number): Step {
  return (_bytes, _start, at, end) => (at + count <= end ? at + count : -1)
}

/** All that is left, and at least so many octets of it. */
export function atLeast(count: number): Step {
  return (_bytes, _start, at, end) => (at + count <= end ? end : -1)
}

/** A length octet and what it counts (RFC 1035 §3.3). */
export function string(bytes: Uint8Array, _start: number, at: number, end: number): number {
  if (at >= end) return -1
  const behind = at + 1 + bytes[at]!
  return behind <= end ? behind : -1
}

/** One string or more, to the end (RFC 1035 §3.3.14). */
export function strings(bytes: Uint8Array, start: number, from: number, end: number): number {
  let at = from
  do {
    at = string(bytes, start, at, end)
    if (at === -1) return -1
  } while (at < end)
  return at
}

const uncompressed: Step = (bytes, _start, at, end) => skipPlainName(bytes, at, end)

/** Names to the end, uncompressed; there may be none. */
export function names(bytes: Uint8Array, _start: number, from: number, end: number): number {
  let at = from
  while (at < end && at !== -1) at = skipPlainName(bytes, at, end)
  return at
}

const filledString: Step = (bytes, start, at, end) =>
  at < end && bytes[at] === 0 ? -1 : string(bytes, start, at, end)

/** Letters and digits behind their length, at least one (RFC 8659 §4.1). */
const tag: Step = (bytes, start, at, end) => {
  const behind = filledString(bytes, start, at, end)
  for (let i = at + 1; i < behind; i++) {
    const octet = bytes[i]!
    const letter = (octet | 0x20) >= 0x61 && (octet | 0x20) <= 0x7a
    if (!letter && (octet < 0x30 || octet > 0x39)) return -1
  }
  return behind
}

/** Windows in ascending order, none empty, none with a zero octet at its end (RFC 4034 §4.1.2). */
const typeBitmap: Step = (bytes, _start, from, end) => {
  let at = from
  let previous = -1
  while (at < end) {
    if (at + 2 > end) return -1
    const window = bytes[at]!
    const length = bytes[at + 1]!
    const behind = at + 2 + length
    if (window <= previous || length < 1 || length > 32 || behind > end) return -1
    if (bytes[behind - 1] === 0) return -1
    previous = window
    at = behind
  }
  return at
}

/** Ports as bits: no more than there are ports (RFC 1035 §3.4.2). */
const ports: Step = (_bytes, _start, at, end) => (end - at <= 8_192 ? end : -1)

/** Keys strictly ascending, each value of its key's form (RFC 9460 §2.2). */
const svcParams: Step = (bytes, _start, from, end) => {
  let at = from
  let previous = -1
  while (at < end) {
    if (at + 4 > end) return -1
    const key = readUint16(bytes, at)
    const value = at + 4
    const behind = value + readUint16(bytes, at + 2)
    if (key <= previous || behind > end || !svcValueFits(bytes, key, value, behind)) return -1
    previous = key
    at = behind
  }
  return at
}

/** RFC 9460 §7 and §8, RFC 9540 §4; keys not known here may hold anything. */
function svcValueFits(bytes: Uint8Array, key: number, at: number, end: number): boolean {
  const length = end - at
  switch (key) {
    case 0:
      return mandatoryFits(bytes, at, end)
    case 1:
      return alpnFits(bytes, at, end)
    case 2:
    case 8:
      return length === 0
    case 3:
      return length === 2
    case 4:
      return length > 0 && length % 4 === 0
    case 5:
      return length > 0
    case 6:
      return length > 0 && length % 16 === 0
    default:
      return true
  }
}

function mandatoryFits(bytes: Uint8Array, from: number, end: number): boolean {
  if (from === end || (end - from) % 2 !== 0) return false
  let previous = 0
  for (let at = from; at < end; at += 2) {
    const key = readUint16(bytes, at)
    if (key <= previous) return false
    previous = key
  }
  return true
}

function alpnFits(bytes: Uint8Array, from: number, end: number): boolean {
  let at = from
  while (at < end && bytes[at] !== 0) at += bytes[at]! + 1
  return at === end && from < end
}

/** Latitude and longitude are counted in thousandths of a second of arc from here (RFC 1876 §2). */
const LOC_ORIGIN = 0x8000_0000
const QUARTER_TURN = 90 * 3_600_000

/** RFC 1876 §2: the form of version 0 is known, that of others is not. */
export const location: Step = (bytes, _start, at, end) => {
  if (at >= end) return -1
  if (bytes[at] !== 0) return end
  if (end - at !== 16) return -1
  for (let i = at + 1; i < at + 4; i++) {
    if (bytes[i]! >>> 4 > 9 || (bytes[i]! & 15) > 9) return -1
  }
  const latitude = readUint32(bytes, at + 4) - LOC_ORIGIN
  const longitude = readUint32(bytes, at + 8) - LOC_ORIGIN
  return Math.abs(latitude) <= QUARTER_TURN && Math.abs(longitude) <= 2 * QUARTER_TURN ? end : -1
}

/** Items of family(2) prefix(1) N and length(1) address, zeros at its end cut (RFC 3123 §4). */
export const addressPrefixes: Step = (bytes, _start, from, end) => {
  let at = from
  while (at < end) {
    if (at + 4 > end) return -1
    const family = readUint16(bytes, at)
    const prefix = bytes[at + 2]!
    const length = bytes[at + 3]! & 0x7f
    const behind = at + 4 + length
    const size = family === 1 ? 4 : family === 2 ? 16 : 127
    if (behind > end || length > size || (size < 127 && prefix > size * 8)) return -1
    if (length > 0 && bytes[behind - 1] === 0) return -1
    at = behind
  }
  return at
}

/** precedence(1) gateway type(1) algorithm(1) gateway key (RFC 4025 §2). */
export const ipsecKey: Step = (bytes, _start, at, end) => {
  const gateway = at + 3
  if (gateway > end) return -1
  switch (bytes[at + 1]) {
    case 1:
      return gateway + 4 <= end ? end : -1
    case 2:
      return gateway + 16 <= end ? end : -1
    case 3:
      return skipPlainName(bytes, gateway, end) === -1 ? -1 : end
    default:
      return end
  }
}

/** HIT length(1) algorithm(1) key length(2) HIT key and servers (RFC 8005 §5). */
export const hostIdentity: Step = (bytes, start, at, end) => {
  if (at + 4 > end || bytes[at] === 0) return -1
  const servers = at + 4 + bytes[at]! + readUint16(bytes, at + 2)
  return servers > end ? -1 : names(bytes, start, servers, end)
}

const octet = octets(1)
const two = octets(2)
const four = octets(4)
const rest = atLeast(0)

/** How each kind of field in rdata-layout.ts is stepped over. */
export const steps: Readonly<Record<FieldKind, Step>> = {
  uint8: octet,
  uint16: two,
  uint32: four,
  ttl: four,
  time: four,
  type: two,
  algorithm: octet,
  protocol: octet,
  ipv4: four,
  ipv6: octets(16),
  name: skipName,
  expandedName: skipName,
  signerName: uncompressed,
  exactName: uncompressed,
  hex: rest,
  base64: rest,
  string,
  text: rest,
  tag,
  salt: string,
  hash: filledString,
  strings,
  types: typeBitmap,
  ports,
  svcParams,
}
