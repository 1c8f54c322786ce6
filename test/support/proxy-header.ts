// Headers of the PROXY protocol, right ones and wrong ones, written without the product's reader.

import { SocketAddress } from 'node:net'

export const Transport = { Unspecified: 0, Stream: 1, Datagram: 2 } as const

export interface Addresses {
  readonly family: number
  readonly addresses: Uint8Array
}

/** The proxy speaks for itself: no addresses, and no PROXY command. */
export const Local = null

export function inet(client: string): Addresses {
  const addresses = Buffer.alloc(12)
  addresses.set(client.split('.').map(Number), 0)
  addresses.set([198, 51, 100, 1], 4)
  addresses.writeUInt16BE(4711, 8)
  addresses.writeUInt16BE(53, 10)
  return { family: 1, addresses }
}

export function inet6(client: string): Addresses {
  const addresses = Buffer.alloc(36)
  addresses.set(octetsOf(client), 0)
  addresses.set([0x20, 1, 0xd, 0xb8], 16)
  addresses.writeUInt16BE(4711, 32)
  addresses.writeUInt16BE(53, 34)
  return { family: 2, addresses }
}

export interface BinaryOptions {
  readonly command?: number
  readonly transport?: number
  readonly tlvs?: Uint8Array
}

/** Version 2. */
export function binaryHeader(
  from: Addresses | typeof Local,
  options: BinaryOptions = {},
): Buffer<ArrayBuffer> {
  const { command = from === Local ? 0 : 1, transport = Transport.Stream, tlvs } = options
  const { family, addresses } = from ?? { family: 0, addresses: new Uint8Array(0) }
  const rest = Buffer.concat([addresses, tlvs ?? new Uint8Array(0)])
  const fixed = Buffer.from('\r\n\r\n\0\r\nQUIT\n0000', 'latin1')
  fixed[12] = 0x20 | command
  fixed[13] = (family << 4) | (from === Local ? 0 : transport)
  fixed.writeUInt16BE(rest.length, 14)
  return Buffer.concat([fixed, rest])
}

/** Version 1, of what stands between "PROXY " and the end of the line. */
export function lineHeader(line: string): Buffer {
  return Buffer.from(`PROXY ${line}\r\n`, 'latin1')
}

function octetsOf(address: string): number[] {
  const quad = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(
    new SocketAddress({ address, family: 'ipv6' }).address,
  )
  const plain =
    quad === null
      ? new SocketAddress({ address, family: 'ipv6' }).address
      : `${quad[1]}${hex(quad[2]!, quad[3]!)}:${hex(quad[4]!, quad[5]!)}`
  const [head = '', tail] = plain.split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':'))
  const before = groups(head)
  const after = groups(tail ?? '')
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return [...before, ...zeros, ...after].flatMap((group) => {
    const number = Number.parseInt(group, 16)
    return [number >> 8, number & 255]
  })
}

function hex(high: string, low: string): string {
  return (Number(high) * 256 + Number(low)).toString(16)
}
