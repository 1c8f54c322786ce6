// The header in which a proxy tells for whom it speaks (HAProxy's "The PROXY protocol", versions 1 and
// 2). Read in place, without allocating for version 2: over UDP one stands before every message.

import { parseIpv4, parseIpv6 } from '../../wire/text/address-text.ts'

/** What the octets at hand are. */
export const ProxyVerdict = {
  /** A whole header: the fields say what it holds. */
  Whole: 0,
  /** The beginning of a header, so far. */
  Unfinished: 1,
  /** No header. */
  Absent: 2,
  /** A header that breaks the rules, or is longer than we take. */
  Broken: 3,
} as const
export type ProxyVerdict = (typeof ProxyVerdict)[keyof typeof ProxyVerdict]

/** §2.1: no line of version 1 is longer, CRLF included. */
const MAX_LINE = 107

/** §2.2. */
const SIGNATURE = Uint8Array.of(13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10)
const FIXED_LENGTH = 16
const INET_LENGTH = 12
const INET6_LENGTH = 36
const UNIX_LENGTH = 216

/** "PROXY ". */
const PREFIX = Uint8Array.of(80, 82, 79, 88, 89, 32)

/**
 * Octets of the longest header taken: TLVs are of no use to us, but those that proxies send (a name
 * by SNI, a certificate's name, an ID of the connection) have room.
 */
export const MAX_HEADER_LENGTH = 1_024

const EMPTY = new Uint8Array(0)

export class ProxyHeader {
  /** Octets of the whole header. */
  length = 0
  /** The client's address, at `offset`; family 0 when the proxy speaks for itself or does not say. */
  address: Uint8Array = EMPTY
  offset = 0
  family: 0 | 4 | 6 = 0

  /** Looks at the octets from `start` up to `end`. The fields count when the verdict is `Whole`. */
  read(bytes: Uint8Array, start: number, end: number): ProxyVerdict {
    this.length = 0
    this.address = bytes
    this.offset = 0
    this.family = 0
    if (start === end) return ProxyVerdict.Unfinished
    return bytes[start] === PREFIX[0]
      ? this.#readLine(bytes, start, end)
      : this.#readBinary(bytes, start, end)
  }

  #readBinary(bytes: Uint8Array, start: number, end: number): ProxyVerdict {
    const size = end - start
    if (!begins(bytes, start, size, SIGNATURE)) return ProxyVerdict.Absent
    if (size < FIXED_LENGTH) return ProxyVerdict.Unfinished
    const command = bytes[start + 12]!
    const transport = bytes[start + 13]!
    const length = (bytes[start + 14]! << 8) | bytes[start + 15]!
    // Version 2, and LOCAL or PROXY: what else there may be one day must be refused.
    if (command !== 0x20 && command !== 0x21) return ProxyVerdict.Broken
    if (transport >>> 4 > 3 || (transport & 15) > 2) return ProxyVerdict.Broken
    this.length = FIXED_LENGTH + length
    if (this.length > MAX_HEADER_LENGTH) return ProxyVerdict.Broken
    // LOCAL: the proxy itself, to see whether we live. Whatever follows is to be skipped.
    const family = command === 0x20 ? 0 : transport >>> 4
    if (length < addressLength(family)) return ProxyVerdict.Broken
    if (size < this.length) return ProxyVerdict.Unfinished
    this.#take(family, bytes, start + FIXED_LENGTH)
    return ProxyVerdict.Whole
  }

  #take(family: number, bytes: Uint8Array, at: number): void {
    if (family === 1) {
      this.family = 4
      this.offset = at
    } else if (family === 2) {
      // An IPv4-mapped address is the IPv4 address it stands for, as everywhere.
      const mapped = isMapped(bytes, at)
      this.family = mapped ? 4 : 6
      this.offset = mapped ? at + 12 : at
    }
  }

  #readLine(bytes: Uint8Array, start: number, end: number): ProxyVerdict {
    const size = end - start
    if (!begins(bytes, start, size, PREFIX)) return ProxyVerdict.Absent
    const most = Math.min(end, start + MAX_LINE)
    const feed = bytes.subarray(start, most).indexOf(10)
    if (feed === -1) return size < MAX_LINE ? ProxyVerdict.Unfinished : ProxyVerdict.Broken
    if (bytes[start + feed - 1] !== 13) return ProxyVerdict.Broken
    this.length = feed + 1
    const line = String.fromCharCode(...bytes.subarray(start + PREFIX.length, start + feed - 1))
    return this.#takeLine(line)
  }

  /** @param line without its first word and its end */
  #takeLine(line: string): ProxyVerdict {
    // Whatever follows is to be skipped.
    if (line === 'UNKNOWN' || line.startsWith('UNKNOWN ')) return ProxyVerdict.Whole
    const [transport, source = '', destination = '', ...ports] = line.split(' ')
    const parse = transport === 'TCP4' ? parseIpv4 : transport === 'TCP6' ? parseIpv6 : null
    if (parse === null || ports.length !== 2 || !ports.every(isPort)) return ProxyVerdict.Broken
    const client = parse(source)
    if (client === null || parse(destination) === null) return ProxyVerdict.Broken
    this.address = client
    this.#take(client.length === 4 ? 1 : 2, client, 0)
    return ProxyVerdict.Whole
  }
}

/** Whether `size` octets begin as `pattern`, or are its beginning. */
function begins(bytes: Uint8Array, start: number, size: number, pattern: Uint8Array): boolean {
  const most = size < pattern.length ? size : pattern.length
  for (let i = 0; i < most; i++) if (bytes[start + i] !== pattern[i]) return false
  return true
}

function addressLength(family: number): number {
  switch (family) {
    case 0:
      return 0
    case 1:
      return INET_LENGTH
    case 2:
      return INET6_LENGTH
    default:
      return UNIX_LENGTH
  }
}

function isMapped(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < 10; i++) if (bytes[at + i] !== 0) return false
  return bytes[at + 10] === 0xff && bytes[at + 11] === 0xff
}

/** §2.1: no zeros in front. */
function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535
}
