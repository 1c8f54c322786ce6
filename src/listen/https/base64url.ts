// base64url without padding (RFC 4648 §5), the form that DNS messages take in a URI (RFC 8484 §6).
// Decoded in place from octets, strictly: Node's own decoder passes over what does not belong.

const INVALID = 0x80

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const VALUES = new Uint8Array(256).fill(INVALID)
for (let value = 0; value < ALPHABET.length; value++) VALUES[ALPHABET.charCodeAt(value)] = value

/** Octets that so many characters stand for. */
export function decodedLength(characters: number): number {
  return (characters * 3) >> 2
}

/**
 * Decodes the characters from `start` to `end`. There must be room for what they stand for.
 *
 * @returns octets written at the beginning of `out`; -1 for a character that does not belong,
 *   padding among them, for a length that no octets have, and for bits left over that are not zero:
 *   one message has one form, so that caches on the way keep it once (RFC 4648 §3.5)
 */
export function decodeBase64url(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
): number {
  const whole = end - ((end - start) & 3)
  let seen = 0
  let length = 0
  for (let at = start; at < whole; at += 4) {
    const a = VALUES[bytes[at]!]!
    const b = VALUES[bytes[at + 1]!]!
    const c = VALUES[bytes[at + 2]!]!
    const d = VALUES[bytes[at + 3]!]!
    seen |= a | b | c | d
    out[length] = (a << 2) | (b >> 4)
    out[length + 1] = (b << 4) | (c >> 2)
    out[length + 2] = (c << 6) | d
    length += 3
  }
  const rest = end - whole
  if (rest === 1) return -1
  if (rest > 1) {
    const a = VALUES[bytes[whole]!]!
    const b = VALUES[bytes[whole + 1]!]!
    const c = rest === 3 ? VALUES[bytes[whole + 2]!]! : 0
    seen |= a | b | c
    if ((rest === 3 ? c & 3 : b & 15) !== 0) return -1
    out[length++] = (a << 2) | (b >> 4)
    if (rest === 3) out[length++] = (b << 4) | (c >> 2)
  }
  return (seen & INVALID) === 0 ? length : -1
}
