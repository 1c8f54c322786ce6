// DNS stamps of DNS-over-TLS servers (draft-denis-dns-stamps-01), the `sdns://…` strings in which
// operators publish them:
//
//   0x03, 8 octets of properties, LP(address), VLP(hashes), LP(host name) [, VLP(bootstrap)]

import { splitEndpoint, type UpstreamText } from './endpoint.ts'
import { Fault } from './problem.ts'

const PREFIX = 'sdns://'
const DOT = 0x03
const PROPERTIES_LENGTH = 8

const PROTOCOLS: Readonly<Record<number, string>> = {
  0x00: 'plain DNS',
  0x01: 'DNSCrypt',
  0x02: 'DNS over HTTPS',
  0x03: 'DNS over TLS',
  0x04: 'DNS over QUIC',
  0x05: 'Oblivious DoH',
  0x81: 'a DNSCrypt relay',
  0x85: 'an Oblivious DoH relay',
}

const REMEDY = 'copy the whole stamp of a DNS-over-TLS server, or give ADDRESS#NAME'

export function isStamp(text: string): boolean {
  return text.startsWith(PREFIX)
}

export function readStamp(text: string): UpstreamText | Fault {
  const encoded = text.slice(PREFIX.length)
  if (!/^[A-Za-z0-9_-]+$/.test(encoded)) return new Fault('the stamp is not base64url', REMEDY)
  const octets = Buffer.from(encoded, 'base64url')
  const kind = octets[0]!
  if (kind !== DOT) {
    const protocol = PROTOCOLS[kind] ?? `protocol ${kind}`
    return new Fault(`the stamp is for ${protocol}, not DNS over TLS`, REMEDY)
  }
  const reader = new StampReader(octets, 1 + PROPERTIES_LENGTH)
  const address = reader.text()
  const hashes = reader.set()
  const host = reader.text()
  if (address === null || hashes === null || host === null) {
    return new Fault('the stamp is cut short', REMEDY)
  }
  if (address === '') {
    return new Fault(
      'the stamp holds a name but no address, and names are not looked up by this version',
      'give the server as ADDRESS#NAME',
    )
  }
  // They are digests of whole certificates, not of keys as in RFC 7858 §4.2. To take the stamp
  // without them would check less than its author asked for.
  if (hashes.some((hash) => hash.length > 0)) {
    return new Fault(
      'the stamp pins certificates, and this version pins public keys only',
      'give address, tlsName and pins instead of the stamp',
    )
  }
  return combine(address, host)
}

/** Either part may carry the port; the name is Unicode in the stamp and ASCII in TLS. */
function combine(address: string, host: string): UpstreamText | Fault {
  const at = splitEndpoint(address)
  const name = splitEndpoint(host)
  if (at === null || name === null || name.host === '') {
    return new Fault('the stamp holds no usable address and name', REMEDY)
  }
  const port = at.port ?? name.port
  return { address: at.host, tlsName: name.host, ...(port === undefined ? {} : { port }) }
}

class StampReader {
  readonly #octets: Uint8Array
  #at: number

  constructor(octets: Uint8Array, start: number) {
    this.#octets = octets
    this.#at = start
  }

  /** LP(x): one octet of length, then x. */
  text(): string | null {
    const part = this.#take(this.#octets[this.#at])
    return part === null ? null : Buffer.from(part).toString('utf8')
  }

  /** VLP(x1, …): as LP, the top bit of the length saying that more follow. */
  set(): Uint8Array[] | null {
    const parts: Uint8Array[] = []
    for (;;) {
      const length = this.#octets[this.#at]
      const part = this.#take(length === undefined ? undefined : length & 0x7f)
      if (part === null) return null
      parts.push(part)
      if (length! < 0x80) return parts
    }
  }

  #take(length: number | undefined): Uint8Array | null {
    const start = this.#at + 1
    if (length === undefined || start + length > this.#octets.length) return null
    this.#at = start + length
    return this.#octets.subarray(start, this.#at)
  }
}
