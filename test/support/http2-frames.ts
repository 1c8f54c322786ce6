// The client's side of HTTP/2, octet by octet, for tests that send what no library would.

import { CODE_LENGTHS } from '../../src/listen/https/http2/huffman.ts'
import { Flag, FrameType, PREFACE } from '../../src/listen/https/http2/protocol.ts'
import { STATIC_TABLE } from '../../src/listen/https/http2/static-table.ts'

export function http2Frame(
  type: number,
  flags: number,
  streamId: number,
  payload: Uint8Array | string = '',
): Buffer {
  const octets = typeof payload === 'string' ? Buffer.from(payload, 'hex') : payload
  const frame = Buffer.alloc(9 + octets.length)
  frame.writeUIntBE(octets.length, 0, 3)
  frame.writeUInt8(type, 3)
  frame.writeUInt8(flags, 4)
  frame.writeUInt32BE(streamId, 5)
  frame.set(octets, 9)
  return frame
}

/** What every client begins with. */
export function hello(...settings: readonly (readonly [id: number, value: number])[]): Buffer {
  return Buffer.concat([PREFACE, settingsFrame(...settings)])
}

export function settingsFrame(
  ...settings: readonly (readonly [id: number, value: number])[]
): Buffer {
  const payload = Buffer.alloc(6 * settings.length)
  for (const [i, [id, value]] of settings.entries()) {
    payload.writeUInt16BE(id, 6 * i)
    payload.writeUInt32BE(value, 6 * i + 2)
  }
  return http2Frame(FrameType.Settings, 0, 0, payload)
}

export function windowUpdate(streamId: number, increment: number): Buffer {
  const payload = Buffer.alloc(4)
  payload.writeUInt32BE(increment)
  return http2Frame(FrameType.WindowUpdate, 0, streamId, payload)
}

export function resetFrame(streamId: number, code = 8): Buffer {
  const payload = Buffer.alloc(4)
  payload.writeUInt32BE(code)
  return http2Frame(FrameType.RstStream, 0, streamId, payload)
}

/** A string of HPACK (RFC 7541 §5.2). */
export function hpackString(text: string, huffman = false): Buffer {
  const octets = huffman ? huffmanEncode(Buffer.from(text, 'latin1')) : Buffer.from(text, 'latin1')
  return Buffer.concat([hpackInteger(octets.length, 7, huffman ? 0x80 : 0), octets])
}

/** A number of HPACK (RFC 7541 §5.1) behind a pattern of bits. */
export function hpackInteger(value: number, prefix: number, pattern: number): Buffer {
  const most = 2 ** prefix - 1
  if (value < most) return Buffer.of(pattern | value)
  const octets = [pattern | most]
  let rest = value - most
  for (; rest >= 128; rest = Math.floor(rest / 128)) octets.push(0x80 | (rest % 128))
  octets.push(rest)
  return Buffer.from(octets)
}

/** A literal field that is not kept, its name spelt out. */
export function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.of(0), hpackString(name), hpackString(value)])
}

/** The field block of a request: fields of the static table by their index, others spelt out. */
export function fieldBlock(fields: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(
    Object.entries(fields).map(([name, value]) => {
      const index = STATIC_TABLE.findIndex((entry) => entry[0] === name && entry[1] === value)
      return index === -1 || value === '' ? literal(name, value) : Buffer.of(0x81 + index)
    }),
  )
}

/** The canonical code of RFC 7541 Appendix B. */
const CODES: { readonly code: number; readonly length: number }[] = []
for (let length = 1, code = 0; length <= 30; length++, code *= 2) {
  for (const [symbol, codeLength] of CODE_LENGTHS.entries()) {
    if (codeLength === length) CODES[symbol] = { code: code++, length }
  }
}

export function huffmanEncode(octets: Uint8Array): Buffer {
  let bits = ''
  for (const octet of octets) {
    const { code, length } = CODES[octet]!
    bits += code.toString(2).padStart(length, '0')
  }
  bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2)))
}

/** A DNS query of which only the ID matters. */
export function dnsQuery(id: number, length = 17): Buffer {
  const message = Buffer.alloc(length)
  message.writeUInt16BE(id, 0)
  return message
}

export function getFrame(streamId: number, id: number, flags = 0): Buffer {
  const path = `/dns-query?dns=${dnsQuery(id).toString('base64url')}`
  const block = fieldBlock({ ':method': 'GET', ':scheme': 'https', ':path': path })
  return http2Frame(FrameType.Headers, Flag.EndHeaders | (flags || Flag.EndStream), streamId, block)
}

export const POST_HEAD = {
  ':method': 'POST',
  ':scheme': 'https',
  ':path': '/dns-query',
  'content-type': 'application/dns-message',
} as const

/** HEADERS of a POST, whose body is to follow. */
export function postFrame(streamId: number, more: Readonly<Record<string, string>> = {}): Buffer {
  return http2Frame(
    FrameType.Headers,
    Flag.EndHeaders,
    streamId,
    fieldBlock({ ...POST_HEAD, ...more }),
  )
}

export function dataFrame(streamId: number, octets: Uint8Array, ends = true): Buffer {
  return http2Frame(FrameType.Data, ends ? Flag.EndStream : 0, streamId, octets)
}
