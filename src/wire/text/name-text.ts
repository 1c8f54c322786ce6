// Domain names between wire form and presentation text (RFC 1035 §5.1, RFC 4343 §2). Labels are
// octets: a dot inside a label is written `\.`, so that it stays apart from a label break.

import { lowerCaseOctet, MAX_LABEL_LENGTH, MAX_NAME_LENGTH } from '../name.ts'
import { escapeOctet, octetText, readOctets } from './text-escape.ts'

/** Why a text is no domain name. */
export const NameFault = {
  Empty: 'a name must not be empty',
  EmptyLabel: 'a label must not be empty',
  LabelTooLong: 'a label must not be longer than 63 octets',
  NameTooLong: 'a name must not be longer than 255 octets',
  BadEscape: 'a backslash must be followed by a character or by a number from 000 to 255',
} as const
export type NameFault = (typeof NameFault)[keyof typeof NameFault]

/** The root name in wire form. */
export const ROOT_NAME: Uint8Array = new Uint8Array(1)

/** Characters that mean something in a zone file when they stand in a name. */
const SPECIAL = '."\\;@$()'

/**
 * @param wire a well-formed, uncompressed name
 * @returns its absolute text, `.` at the end; octets outside printable ASCII as `\DDD`
 */
export function formatName(wire: Uint8Array, offset = 0): string {
  let text = ''
  let at = offset
  for (let length = wire[at]!; length > 0; length = wire[at]!) {
    for (const octet of wire.subarray(at + 1, at + 1 + length)) text += escapeOctet(octet, SPECIAL)
    text += '.'
    at += length + 1
  }
  return text === '' ? '.' : text
}

/**
 * Reads a name as people write it. Letter case is kept.
 *
 * @param origin what a name without a final dot is relative to; the root by default
 * @returns the wire form, or what is wrong with the text
 */
export function parseName(text: string, origin: Uint8Array = ROOT_NAME): Uint8Array | NameFault {
  return parseOctetName(octetText(text), origin)
}

/** As `parseName`, for text that holds one character for each octet already. */
export function parseOctetName(text: string, origin: Uint8Array): Uint8Array | NameFault {
  if (text === '') return NameFault.Empty
  if (text === '.') return ROOT_NAME
  const octets = readOctets(text)
  if (octets === null) return NameFault.BadEscape
  const wire: number[] = []
  let label: number[] = []
  for (const { octet, escaped } of octets) {
    if (escaped || octet !== 0x2e) {
      label.push(octet)
      continue
    }
    if (label.length === 0) return NameFault.EmptyLabel
    if (label.length > MAX_LABEL_LENGTH) return NameFault.LabelTooLong
    wire.push(label.length, ...label)
    label = []
  }
  if (label.length > MAX_LABEL_LENGTH) return NameFault.LabelTooLong
  if (label.length === 0) wire.push(0)
  else wire.push(label.length, ...label, ...origin)
  return wire.length > MAX_NAME_LENGTH ? NameFault.NameTooLong : Uint8Array.from(wire)
}

/** The name with its ASCII letters in lower case (RFC 4343 §3); length octets are below them. */
export function lowerCaseName(wire: Uint8Array): Uint8Array {
  return wire.map(lowerCaseOctet)
}
