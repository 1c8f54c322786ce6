// RDATA fields that are runs of octets: strings, keys, digests, salts.

import type { FieldCodec } from './field-codec.ts'
import {
  formatBase32Hex,
  formatBase64,
  formatHex,
  parseBase32Hex,
  parseBase64,
  parseHex,
} from '../text/octet-text.ts'
import { quoteOctets } from '../text/text-escape.ts'

const NO_OCTETS = new Uint8Array(0)

/** All octets left. */
const rest: Pick<FieldCodec<Uint8Array>, 'read' | 'write'> = {
  read: (reader) => reader.rest(),
  write: (writer, value) => writer.octets(value),
}

/** Octets behind a length octet. */
const counted: Pick<FieldCodec<Uint8Array>, 'read' | 'write'> = {
  read: (reader) => reader.counted(),
  write: (writer, value) => writer.counted(value),
}

const hex: FieldCodec<Uint8Array> = {
  ...rest,
  format: formatHex,
  parse: (tokens) => tokens.joined('hexadecimal text', parseHex),
}

const base64: FieldCodec<Uint8Array> = {
  ...rest,
  format: formatBase64,
  parse: (tokens) => tokens.joined('Base64 text', parseBase64),
}

/** A character-string (RFC 1035 §3.3). */
const string: FieldCodec<Uint8Array> = {
  ...counted,
  format: quoteOctets,
  parse: (tokens) => tokens.string('a character-string', 0xff),
}

/** Text without a length octet, to the end of the RDATA, in quotes (RFC 8659 §4.1). */
const text: FieldCodec<Uint8Array> = {
  ...rest,
  format: quoteOctets,
  parse: (tokens) => tokens.string('a text', 0xffff),
}

/** The tag of a CAA property: letters and digits, never empty (RFC 8659 §4.1). */
const tag: FieldCodec<Uint8Array> = {
  read: (reader) => {
    const value = reader.counted()
    if (parseTag(Buffer.from(value).toString('latin1')) === null) reader.fail()
    return value
  },
  write: counted.write,
  format: (value) => Buffer.from(value).toString('latin1'),
  parse: (tokens) => tokens.parsed('a property tag', parseTag) ?? NO_OCTETS,
}

function parseTag(written: string): Uint8Array | null {
  return /^[0-9a-z]{1,255}$/i.test(written) ? new Uint8Array(Buffer.from(written, 'latin1')) : null
}

/** The salt of NSEC3: a dash when there is none (RFC 5155 §3.3). */
const salt: FieldCodec<Uint8Array> = {
  ...counted,
  format: (value) => (value.length === 0 ? '-' : formatHex(value)),
  parse: (tokens) => tokens.parsed('a salt', parseSalt) ?? NO_OCTETS,
}

function parseSalt(written: string): Uint8Array | null {
  if (written === '-') return NO_OCTETS
  const value = parseHex(written)
  return value === null || value.length === 0 || value.length > 0xff ? null : value
}

/** A hashed owner name, never empty (RFC 5155 §3.1.7). */
const hash: FieldCodec<Uint8Array> = {
  read: (reader) => {
    const value = reader.counted()
    if (value.length === 0) reader.fail()
    return value
  },
  write: counted.write,
  format: formatBase32Hex,
  parse: (tokens) => tokens.parsed('a Base32hex hash', parseHash) ?? NO_OCTETS,
}

function parseHash(written: string): Uint8Array | null {
  const value = parseBase32Hex(written)
  return value === null || value.length === 0 || value.length > 0xff ? null : value
}

export const octetFields = { hex, base64, string, text, tag, salt, hash } as const
