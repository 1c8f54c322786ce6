// Domain names as they are written in settings, brought to one way of writing each.

import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'

/** Characters of the longest name without its final dot (RFC 1035 §3.1). */
const MAX_LENGTH = 253

/**
 * Lower case, without the final dot, in ASCII (RFC 5890 §2.3.2.1); `.` for the root.
 *
 * @returns null when the text is no domain name
 */
export function canonicalDomain(text: string): string | null {
  if (text === '.') return text
  const plain = text.replace(/\.$/, '')
  // An underscore is no letter of host names, but zones have names with it.
  const ascii = /^[\w.-]+$/.test(plain) ? plain.toLowerCase() : domainToASCII(plain)
  const labels = ascii.split('.')
  const isName =
    ascii.length <= MAX_LENGTH &&
    labels.every((label) => /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/.test(label)) &&
    isIP(ascii) === 0
  return isName ? ascii : null
}
