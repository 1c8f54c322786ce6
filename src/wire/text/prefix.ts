// Addresses and prefixes of clients as text (RFC 4632 §3.1, RFC 4291 §2.3). Strict on purpose: an
// access rule that can be read in two ways is a hole. An IPv4-mapped IPv6 address (RFC 4291
// §2.5.5.2) is the IPv4 address it stands for, everywhere.

import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from './address-text.ts'

/** A network: 4 or 16 octets in network order, host bits clear, and the length of its prefix. */
export interface Prefix {
  readonly address: Uint8Array
  readonly bits: number
}

export type ParsedPrefix =
  | { readonly ok: true; readonly prefix: Prefix }
  /** `error` tells a person what is wrong, and the right network where one can be named. */
  | { readonly ok: false; readonly error: string }

/**
 * Reads a client's address as the system names it. The zone of a link-local one (RFC 4007 §11) is
 * left out: no rule asks for it.
 *
 * @returns 4 or 16 octets in network order; null for text that is no address
 */
export function parseAddress(text: string): Uint8Array | null {
  const zone = text.indexOf('%')
  const address = parseEither(zone < 0 ? text : text.slice(0, zone))
  return address !== null && isMapped(address) ? address.slice(12) : address
}

/** Reads `address/bits`, or a bare address as a network of one. */
export function parsePrefix(text: string): ParsedPrefix {
  const slash = text.indexOf('/')
  const address = parseEither(slash < 0 ? text : text.slice(0, slash))
  if (address === null) return failure(`"${text}" is not an IPv4 or IPv6 address or prefix`)
  const most = address.length * 8
  const bits = slash < 0 ? most : parseLength(text.slice(slash + 1), most)
  if (bits === null) {
    return failure(`"${text}": the prefix length must be a number from 0 to ${most}`)
  }
  return isMapped(address) && bits >= 96
    ? network(text, address.slice(12), bits - 96)
    : network(text, address, bits)
}

function parseEither(text: string): Uint8Array | null {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
}

function parseLength(text: string, most: number): number | null {
  if (!/^(?:0|[1-9]\d{0,2})$/.test(text)) return null
  const bits = Number(text)
  return bits <= most ? bits : null
}

function network(text: string, address: Uint8Array, bits: number): ParsedPrefix {
  const masked = address.map(
    (octet, at) => octet & (0xff00 >> Math.min(8, Math.max(0, bits - 8 * at))),
  )
  if (masked.some((octet, at) => octet !== address[at])) {
    const right = `${masked.length === 4 ? formatIpv4(masked) : formatIpv6(masked)}/${bits}`
    return failure(`"${text}" has bits set beyond its prefix: the network is ${right}`)
  }
  return { ok: true, prefix: { address: masked, bits } }
}

function failure(error: string): ParsedPrefix {
  return { ok: false, error }
}

function isMapped(address: Uint8Array): boolean {
  return (
    address.length === 16 &&
    address[10] === 0xff &&
    address[11] === 0xff &&
    address.subarray(0, 10).every((octet) => octet === 0)
  )
}
