// RDATA fields that are one number, one address or one name.

import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../text/address-text.ts'
import type { FieldCodec } from './field-codec.ts'
import { formatName } from '../text/name-text.ts'
import { parseNumber } from '../text/number-text.ts'
import { formatTime, parseTime, parseTtl } from '../text/time-text.ts'
import { formatType, parseType } from '../text/type-text.ts'

/** DNSSEC algorithms by mnemonic (RFC 4034 Appendix A.1 and the IANA registry). */
const algorithms: Readonly<Record<string, number>> = {
  RSAMD5: 1,
  DH: 2,
  DSA: 3,
  RSASHA1: 5,
  'DSA-NSEC3-SHA1': 6,
  'RSASHA1-NSEC3-SHA1': 7,
  RSASHA256: 8,
  RSASHA512: 10,
  'ECC-GOST': 12,
  ECDSAP256SHA256: 13,
  ECDSAP384SHA384: 14,
  ED25519: 15,
  ED448: 16,
  INDIRECT: 252,
  PRIVATEDNS: 253,
  PRIVATEOID: 254,
}

/** Protocols that a WKS record may name (RFC 1035 §3.4.2). */
const protocols: Readonly<Record<string, number>> = { TCP: 6, UDP: 17 }

const uint8: FieldCodec<number> = {
  read: (reader) => reader.uint8(),
  write: (writer, value) => writer.uint8(value),
  format: String,
  parse: (tokens) => tokens.number('a number from 0 to 255', 0xff),
}

const uint16: FieldCodec<number> = {
  read: (reader) => reader.uint16(),
  write: (writer, value) => writer.uint16(value),
  format: String,
  parse: (tokens) => tokens.number('a number from 0 to 65535', 0xffff),
}

const uint32: FieldCodec<number> = {
  read: (reader) => reader.uint32(),
  write: (writer, value) => writer.uint32(value),
  format: String,
  parse: (tokens) => tokens.number('a number from 0 to 4294967295', 0xffff_ffff),
}

/** A number of 8 bits that may be written by one of `names`, in either letter case. */
function named(what: string, names: Readonly<Record<string, number>>): FieldCodec<number> {
  const byName = (text: string) => names[text.toUpperCase()] ?? parseNumber(text, 0xff)
  return { ...uint8, parse: (tokens) => tokens.parsed(what, byName) ?? 0 }
}

function address(
  length: number,
  what: string,
  format: (octets: Uint8Array) => string,
  parse: (text: string) => Uint8Array | null,
): FieldCodec<Uint8Array> {
  return {
    read: (reader) => reader.take(length),
    write: (writer, value) => writer.octets(value),
    format,
    parse: (tokens) => tokens.parsed(what, parse) ?? new Uint8Array(length),
  }
}

/** @param pointers whether readers must take it compressed (RFC 3597 §4) */
function name(rule: {
  readonly pointers: boolean
  readonly compressed: boolean
  readonly lowerCased: boolean
}): FieldCodec<Uint8Array> {
  return {
    read: (reader) => reader.name(rule.pointers),
    write: (writer, value) => writer.name(value, rule),
    format: (value) => formatName(value),
    parse: (tokens) => tokens.name('a name'),
  }
}

export const scalarFields = {
  uint8,
  uint16,
  uint32,
  /** Seconds of 32 bits, for people also with units. */
  ttl: { ...uint32, parse: (tokens) => tokens.parsed('a time to live', parseTtl) ?? 0 },
  /** A moment in seconds since 1970, 32 bits (RFC 4034 §3.1.5). */
  time: {
    ...uint32,
    format: formatTime,
    parse: (tokens) => tokens.parsed('a time YYYYMMDDHHmmSS', parseTime) ?? 0,
  },
  type: {
    ...uint16,
    format: formatType,
    parse: (tokens) => tokens.parsed('a record type', parseType) ?? 0,
  },
  algorithm: named('a DNSSEC algorithm', algorithms),
  protocol: named('a protocol', protocols),
  ipv4: address(4, 'an IPv4 address', formatIpv4, parseIpv4),
  ipv6: address(16, 'an IPv6 address', formatIpv6, parseIpv6),
  /** A name in a type of RFC 1035: may come and go compressed. */
  name: name({ pointers: true, compressed: true, lowerCased: true }),
  /** A name in a type of the years between: may come compressed, never goes so (RFC 3597 §4). */
  expandedName: name({ pointers: true, compressed: false, lowerCased: true }),
  /** The signer's name of an RRSIG: never compressed, signed in lower case (RFC 6840 §5.1). */
  signerName: name({ pointers: false, compressed: false, lowerCased: true }),
  /** A name in a newer type: never compressed, signed as it is written (RFC 3597 §7). */
  exactName: name({ pointers: false, compressed: false, lowerCased: false }),
} as const satisfies Readonly<Record<string, FieldCodec<number> | FieldCodec<Uint8Array>>>
