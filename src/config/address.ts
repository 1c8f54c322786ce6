// IP addresses and ranges as they are written in settings, brought to one way of writing each.

import { isIP, SocketAddress } from 'node:net'
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
  const [base, prefix, ...more] = input.split('/') as [string, ...string[]]
  const version = isIP(base)
  if (version === 0 || base.includes('%') || more.length > 0) {
    return new Fault(`${show(input)} is not a range`, remedy)
  }
  const width = version === 4 ? 32 : 128
  if (prefix !== undefined && (!/^\d{1,3}$/.test(prefix) || Number(prefix) > width)) {
    return new Fault(`/${prefix} is not a prefix length`, `give /0 to /${width}`)
  }
  const length = prefix === undefined ? width : Number(prefix)
  const octets = addressOctets(base)
  if (version === 6 && isMapped(octets)) {
    return new Fault(
      `${show(input)} is an IPv4-mapped range, and clients are matched by their IPv4 address`,
      'write it as an IPv4 range',
    )
  }
  const masked = maskOctets(octets, length)
  const network = version === 4 ? masked.join('.') : writeIpv6(masked)
  if (masked.some((octet, i) => octet !== octets[i])) {
    return new Fault(`${input} has bits set behind its prefix`, `write ${network}/${length}`)
  }
  return `${network}/${length}`
}

function addressOctets(address: string): number[] {
  if (isIP(address) === 4) return address.split('.').map(Number)
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address
  // The last 32 bits may be written as IPv4 (RFC 4291 §2.2).
  const plain = canonical.replace(/\d+\.\d+\.\d+\.\d+$/, (quad) => {
    const [a, b, c, d] = quad.split('.').map(Number) as [number, number, number, number]
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
  })
  const [head, tail] = plain.split('::') as [string, string?]
  const left = words(head)
  const right = words(tail ?? '')
  const gap = Array.from({ length: 8 - left.length - right.length }, () => 0)
  return [...left, ...gap, ...right].flatMap((word) => [word >> 8, word & 0xff])
}

function words(text: string): number[] {
  return text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16))
}

function isMapped(octets: readonly number[]): boolean {
  return octets.every((octet, i) => i >= 12 || octet === (i < 10 ? 0 : 0xff))
}

function maskOctets(octets: readonly number[], length: number): number[] {
  return octets.map((octet, i) => {
    const kept = Math.min(Math.max(length - i * 8, 0), 8)
    return octet & (0xff << (8 - kept)) & 0xff
  })
}

function writeIpv6(octets: readonly number[]): string {
  const parts: string[] = []
  for (let i = 0; i < 16; i += 2) parts.push((octets[i]! * 256 + octets[i + 1]!).toString(16))
  return new SocketAddress({ address: parts.join(':'), family: 'ipv6' }).address
}
