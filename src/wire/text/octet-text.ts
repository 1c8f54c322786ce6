// Octets as hexadecimal, Base64 and Base32hex text (RFC 4648). The readers are strict: they take
// what the writers write (either letter case for hex and Base32hex), and nothing else.

const BASE32HEX = '0123456789ABCDEFGHIJKLMNOPQRSTUV'

export function formatHex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex').toUpperCase()
}

/** @returns the octets, or null when the text is not pairs of hexadecimal digits */
export function parseHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return null
  return new Uint8Array(Buffer.from(text, 'hex'))
}

export function formatBase64(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64')
}

/** @returns the octets, or null when the text is not Base64 with its padding (RFC 4648 §4) */
export function parseBase64(text: string): Uint8Array | null {
  const octets = Buffer.from(text, 'base64')
  return octets.toString('base64') === text ? new Uint8Array(octets) : null
}

/** Base32 with the extended hex alphabet, without padding (RFC 4648 §7, RFC 5155 §3.3). */
export function formatBase32Hex(octets: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const octet of octets) {
    held = ((held << 8) | octet) & 0xfff
    bits += 8
    for (; bits >= 5; bits -= 5) text += BASE32HEX[(held >>> (bits - 5)) & 31]!
  }
  return bits === 0 ? text : text + BASE32HEX[(held << (5 - bits)) & 31]!
}

/** @returns the octets, or null when the text is not unpadded Base32hex */
export function parseBase32Hex(text: string): Uint8Array | null {
  const octets: number[] = []
  let bits = 0
  let held = 0
  for (const character of text.toUpperCase()) {
    const digit = BASE32HEX.indexOf(character)
    if (digit === -1) return null
    held = ((held << 5) | digit) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    octets.push((held >>> bits) & 0xff)
  }
  const left = held & ((1 << bits) - 1)
  return bits > 4 || left !== 0 ? null : Uint8Array.from(octets)
}
