// IP addresses and ranges as they are written in settings, brought to one way of writing each.

import { isIP, SocketAddress } from 'node:net'
import { formatPrefix, parsePrefix } from '../wire/text/prefix.ts'
import { Fault, show } from './problem.ts'

/**
 * One way to write each address (RFC 5952), so that equal addresses compare equal. The zone of a
 * link-local address (RFC 4007 §11) stays; an IPv4-mapped address (RFC 4291 §2.5.5.2) becomes IPv4.
 *
 * @returns null when the text is no address
 */
export function canonicalAddress(text: string): string | null {
  const version = isIP(text)
  if (version === 0) return null
  if (version === 4) return text
  const [bare, zone] = text.split('%') as [string, string?]
  const { address } = new SocketAddress({ address: bare, family: 'ipv6' })
  const mapped = /^::ffff:([\d.]+)$/.exec(address)
  if (mapped !== null) return mapped[1]!
  return zone === undefined ? address : `${address}%${zone}`
}

/** As part of `address:port`: IPv6 in brackets. */
export function bracketed(address: string): string {
  return isIP(address) === 6 ? `[${address}]` : address
}

/** Reads `10.0.0.0/8`, `2001:db8::/32` or a single address; gives it with its prefix length. */
export function readRange(input: unknown): string | Fault {
  const remedy = 'give a range as 192.0.2.0/24 or "2001:db8::/32", or one address'
  if (typeof input !== 'string') return new Fault(`${show(input)} is not a range`, remedy)
  const parsed = parsePrefix(input)
  if (parsed.ok) return formatPrefix(parsed.prefix)
  const { error, meant } = parsed
  return new Fault(`${show(input)} ${error}`, meant === null ? remedy : `write ${meant}`)
}
