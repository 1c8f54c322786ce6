// RDATA fields that are lists to the end of the RDATA.

import type { FieldCodec } from './field-codec.ts'
import { readTypeBitmap, writeTypeBitmap } from './type-bitmap.ts'
import { formatSvcParams, parseSvcParams, readSvcParams, type SvcParam } from './svc-params.ts'
import { quoteOctets } from '../text/text-escape.ts'
import { formatType, parseType } from '../text/type-text.ts'

/** One or more character-strings (RFC 1035 §3.3.14). */
const strings: FieldCodec<readonly Uint8Array[]> = {
  read: (reader) => {
    const values: Uint8Array[] = []
    do values.push(reader.counted())
    while (reader.left > 0)
    return values
  },
  write: (writer, values) => {
    for (const value of values) writer.counted(value)
  },
  format: (values) => values.map(quoteOctets).join(' '),
  parse: (tokens) => {
    const values: Uint8Array[] = []
    do values.push(tokens.string('a character-string', 0xff))
    while (!tokens.done)
    return values
  },
}

/** Record types in ascending order (RFC 4034 §4.1.2); NSEC3 may have none. */
const types: FieldCodec<readonly number[]> = {
  read: readTypeBitmap,
  write: writeTypeBitmap,
  format: (values) => values.map(formatType).join(' '),
  parse: (tokens) => {
    const values = new Set<number>()
    while (!tokens.done) values.add(tokens.parsed('a record type', parseType) ?? 0)
    return [...values].sort((a, b) => a - b)
  },
}

/** Ports as one bit each, the first bit port 0 (RFC 1035 §3.4.2). Zero octets at the end go. */
const ports: FieldCodec<readonly number[]> = {
  read: (reader) => {
    const octets = reader.rest()
    if (octets.length > 8_192) reader.fail()
    return [...octets].flatMap((octet, i) => bits(octet).map((bit) => i * 8 + bit))
  },
  write: (writer, values) => {
    const octets = new Uint8Array(Math.floor((values.at(-1) ?? -1) / 8) + 1)
    for (const port of values) octets[port >>> 3]! |= 0x80 >>> (port & 7)
    writer.octets(octets)
  },
  format: (values) => values.join(' '),
  parse: (tokens) => {
    const values = new Set<number>()
    while (!tokens.done) values.add(tokens.number('a port', 0xffff))
    return [...values].sort((a, b) => a - b)
  },
}

function bits(octet: number): number[] {
  return [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (octet & (0x80 >>> bit)) !== 0)
}

/** Service parameters in ascending order of their keys (RFC 9460 §2.2). */
const svcParams: FieldCodec<readonly SvcParam[]> = {
  read: readSvcParams,
  write: (writer, params) => {
    for (const { key, value } of params) {
      writer.uint16(key)
      writer.uint16(value.length)
      writer.octets(value)
    }
  },
  format: formatSvcParams,
  parse: parseSvcParams,
}

export const listFields = { strings, types, ports, svcParams } as const
