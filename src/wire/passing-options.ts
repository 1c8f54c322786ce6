// EDNS options that pass through: those that mean something only to the client and the resolver
// behind us. Cookies, keepalive and padding are between neighbours (RFC 7873, 7828, 7830), an
// extended error is read and written anew (RFC 8914), and the client's subnet stays here for its
// privacy (RFC 7871 §2).

import { OptionCode, OPTION_HEADER_LENGTH } from './edns.ts'
import { readUint16 } from './header.ts'

export function passesThrough(code: number): boolean {
  return (
    code !== OptionCode.Cookie &&
    code !== OptionCode.TcpKeepalive &&
    code !== OptionCode.Padding &&
    code !== OptionCode.ExtendedError &&
    code !== OptionCode.ClientSubnet
  )
}

/**
 * The options that pass through, each with code and length, byte for byte and in their order.
 *
 * @param from offset of the first option; all up to `to` must have been found whole
 * @returns octets in memory of their own; null when there are none
 */
export function passingOptions(bytes: Uint8Array, from: number, to: number): Uint8Array | null {
  const parts: Uint8Array[] = []
  let at = from
  while (at < to) {
    const next = at + OPTION_HEADER_LENGTH + readUint16(bytes, at + 2)
    if (passesThrough(readUint16(bytes, at))) parts.push(bytes.subarray(at, next))
    at = next
  }
  return parts.length === 0 ? null : Buffer.concat(parts)
}
