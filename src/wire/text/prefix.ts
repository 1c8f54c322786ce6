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
  | {
      readonly ok: false
      /** What is wrong with it, for people: the end of a sentence that begins with the text. */
      readonly error: string
      /** The network that may have been meant; null where none can be named. */
      readonly meant: string | null
    }

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
  if (address === null) return failure('is not an IPv4 or IPv6 address or prefix')
  const most = address.length * 8
  const bits = slash < 0 ? most : parseLength(text.slice(slash + 1), most)
  if (bits === null) return failure(`has a prefix length that is no number from 0 to ${most}`)
  return isMapped(address) && bits >= 96
    ? network(address.slice(12), bits - 96)
    : network(address, bits)
}

/** One way to write each prefix, with its length (RFC 5952 §4). */
export function formatPrefix({ address, bits }: Prefix): string {
  return `${formatAddress(address)}/${bits}`
}

/** @param address 4 or 16 octets */
export function formatAddress(address: Uint8Array): string {
  return address.length === 4 ? formatIpv4(address) : formatIpv6(address)
}

function parseEither(text: string): Uint8Array | null {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
}

function parseLength(text: string, most: number): number | null {
  if (!/^(?:0|[1-9]\d{0,2})$/.test(text)) return null
  const bits = Number(text)
  return bits <= most ? bits : null
}

function network(address: Uint8Array, bits: number): ParsedPrefix {
  const masked = address.map(
    (octet, at) => octet & (0xff00 >> Math.min(8, Math.max(0, bits - 8 * at))),
  )
  const prefix = { address: masked, bits }
  return masked.every((octet, at) => octet === address[at])
    ? { ok: true, prefix }
    : failure('has bits set behind its prefix', formatPrefix(prefix))
}

function failure(error: string, meant: string | null = null): ParsedPrefix {
  return { ok: false, error, meant }
}

function isMapped(address: Uint8Array): boolean {
  return (
    address.length === 16 &&
    address[10] === 0xff &&
    address[11] === 0xff &&
    address.subarray(0, 10).every((octet) => octet === 0)
  )
}
