// The option that tells an upstream in which network a client is (RFC 7871 §6), so that the answer
// may be the best one for there:
//
//   FAMILY(2) SOURCE PREFIX-LENGTH(1) SCOPE PREFIX-LENGTH(1) ADDRESS
//
// The address has as many octets as the source prefix needs, the bits behind it zero. In a query the
// scope is 0; in an answer it says for how large a network the answer is: 0 for everybody.

import type { AnswerScan } from './answer-scan.ts'
import { readUint16 } from './header.ts'
import { formatPrefix, type Prefix } from './text/prefix.ts'

/** Octets before the address. */
export const SUBNET_HEADER_LENGTH = 4

/** Octets of the longest one, and of those kept in one width: the address filled up with zeros. */
export const MAX_SUBNET_LENGTH = SUBNET_HEADER_LENGTH + 16

/** Families of addresses that have one (IANA address family numbers). */
const IPV4 = 1
const IPV6 = 2

/**
 * What stands in the place of the scope where an answer is for all networks of a family. That a client
 * told nothing of its network is another thing (RFC 7871 §7.3.1).
 */
export const ALL_NETWORKS = 0xff

/** The longest prefixes that are told of a client. */
export interface SubnetLimits {
  /** From 0 to 32. */
  readonly ipv4Prefix: number
  /** From 0 to 128. */
  readonly ipv6Prefix: number
}

/** All networks of a family. @param subnet one of them; see `QuestionKey.copySubnet` */
export function widen(subnet: Uint8Array): Uint8Array {
  return Uint8Array.of(0, subnet[1]!, 0, ALL_NETWORKS)
}

/** Octets of the option's data for a source prefix of so many bits. */
export function subnetLength(bits: number): number {
  return SUBNET_HEADER_LENGTH + ((bits + 7) >> 3)
}

/**
 * Reads a client's option, cut to the prefix that may be told of it.
 *
 * @param at where its data of `length` octets starts
 * @param into `MAX_SUBNET_LENGTH` octets: the option's data as an upstream gets it, then zeros
 * @returns false when it is malformed, which is answered FORMERR (RFC 7871 §7.1.2)
 */
export function takeSubnet(
  bytes: Uint8Array,
  at: number,
  length: number,
  limits: SubnetLimits,
  into: Uint8Array,
): boolean {
  if (!isSubnet(bytes, at, length) || bytes[at + 3] !== 0) return false
  const source = bytes[at + 2]!
  // Who tells nothing of itself is the same whatever the family, of which it may say nothing either.
  const family = source === 0 ? IPV4 : readUint16(bytes, at)
  const most = family === IPV4 ? limits.ipv4Prefix : limits.ipv6Prefix
  const bits = source < most ? source : most
  into.fill(0)
  into[1] = bits === 0 ? IPV4 : family
  into[2] = bits
  for (let i = 0; i < 16; i++) {
    const left = bits - 8 * i
    if (left <= 0) break
    into[SUBNET_HEADER_LENGTH + i] = bytes[at + SUBNET_HEADER_LENGTH + i]! & maskOf(left)
  }
  return true
}

/** The option's data for a network of the operator's choice. */
export function subnetOf({ address, bits }: Prefix): Uint8Array {
  const subnet = new Uint8Array(subnetLength(bits))
  subnet[1] = address.length === 4 ? IPV4 : IPV6
  subnet[2] = bits
  subnet.set(address.subarray(0, subnet.length - SUBNET_HEADER_LENGTH), SUBNET_HEADER_LENGTH)
  return subnet
}

/**
 * Whether the subnet that an answer says it is for, if any, is the one that was told with the question
 * (RFC 7871 §7.3, §11.2): another one's answer is not taken.
 *
 * @param subnet the data of the option in the question; null where there was none, and then what an
 *   answer says of one means nothing
 */
export function matchesSubnet(answer: AnswerScan, subnet: Uint8Array | null): boolean {
  const { subnetStart, subnetLength: length, bytes } = answer
  if (subnet === null || subnetStart === -1) return true
  const at = answer.start + subnetStart
  if (!isSubnet(bytes, at, length) || bytes[at + 2] !== subnet[2]) return false
  if (subnet[2] === 0) return true
  if (readUint16(bytes, at) !== readUint16(subnet, 0)) return false
  for (let i = SUBNET_HEADER_LENGTH; i < subnet.length; i++) {
    if (bytes[at + i] !== subnet[i]) return false
  }
  return true
}

/** Whether octets are the data of such an option: a known family, and an address of its length. */
function isSubnet(bytes: Uint8Array, at: number, length: number): boolean {
  if (length < SUBNET_HEADER_LENGTH) return false
  const family = readUint16(bytes, at)
  const source = bytes[at + 2]!
  const most = family === IPV4 ? 32 : family === IPV6 ? 128 : 0
  // Without an address, nobody needs to say of which family it is.
  if (family > IPV6 || source > most || bytes[at + 3]! > most) return false
  if (length !== subnetLength(source)) return false
  const partial = source & 7
  return partial === 0 || (bytes[at + length - 1]! & ~maskOf(partial) & 0xff) === 0
}

/** The upper bits of an octet of which `bits` belong to a prefix. */
function maskOf(bits: number): number {
  return bits >= 8 ? 0xff : (0xff00 >> bits) & 0xff
}

/**
 * The networks that an answer is for, as people write them.
 * @param subnet see `QuestionKey.copySubnet`
 */
export function formatScope(subnet: Uint8Array): string {
  if (subnet[3] === ALL_NETWORKS) return subnet[1] === IPV6 ? 'IPv6' : 'IPv4'
  const address = new Uint8Array(subnet[1] === IPV6 ? 16 : 4)
  address.set(subnet.subarray(SUBNET_HEADER_LENGTH, SUBNET_HEADER_LENGTH + address.length))
  return formatPrefix({ address, bits: subnet[2]! })
}
