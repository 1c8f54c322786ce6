// Octets inside presentation text (RFC 1035 §5.1): `\DDD` is the octet with that decimal number,
// `\X` is X itself without its special meaning. Text here is one character for each octet
// (Latin-1); what people type goes through `octetText` first.

/** Text as people write it, turned into one character for each octet of its UTF-8 form. */
export function octetText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

/** One octet of presentation text; `escaped` when a backslash took its special meaning away. */
export interface TextOctet {
  readonly octet: number
  readonly escaped: boolean
}

/** @returns the octets that the text stands for, or null when an escape is malformed */
export function readOctets(text: string): TextOctet[] | null {
  const octets: TextOctet[] = []
  for (let i = 0; i < text.length; i++) {
    let octet = text.charCodeAt(i)
    const escaped = octet === 0x5c
    if (escaped) {
      const digits = /^\d+/.exec(text.slice(i + 1, i + 4))?.[0] ?? ''
      octet = digits === '' ? text.charCodeAt(i + 1) : Number(digits)
      i += digits === '' ? 1 : 3
      if (digits.length === 1 || digits.length === 2) return null
    }
    // A backslash at the very end reads as NaN.
    if (!(octet <= 0xff)) return null
    octets.push({ octet, escaped })
  }
  return octets
}

/** @returns the octets of the text with its escapes undone, or null when one is malformed */
export function unescapeText(text: string): Uint8Array | null {
  const octets = readOctets(text)
  return octets === null ? null : Uint8Array.from(octets, ({ octet }) => octet)
}

/**
 * Writes an octet so that it reads back as itself outside quotes, blanks and what is not ASCII as
 * numbers; `special` are further characters to escape.
 */
export function escapeOctet(octet: number, special: string): string {
  if (octet <= 0x20 || octet > 0x7e) return `\\${String(octet).padStart(3, '0')}`
  const character = String.fromCharCode(octet)
  return special.includes(character) ? `\\${character}` : character
}

/** A character-string in quotes (RFC 1035 §5.1). */
export function quoteOctets(octets: Uint8Array): string {
  let text = '"'
  for (const octet of octets) text += octet === 0x20 ? ' ' : escapeOctet(octet, '"\\')
  return `${text}"`
}
