// HTTP/2 as no honest client sends it, frame by frame (RFC 9113 §4.1, §6).

import { makeQuery } from '../lab/message.ts'
import { nameLabel } from '../lab/questions.ts'

const Frame = { Headers: 1, Reset: 3, Settings: 4, Continuation: 9 } as const
const END_STREAM = 1
const END_HEADERS = 4
const CANCEL = 8

const REQUESTS = 100
const BLOCK = 16_384

export const http2Start = (): Buffer =>
  Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1'),
    frame(Frame.Settings, 0, 0, Buffer.alloc(0)),
  ])

/** Requests, each followed by its reset. Streams are numbered oddly from `first` on. */
export function requestsTakenBack(first: number): { bytes: Buffer; streams: number } {
  const frames: Buffer[] = []
  for (let i = 0; i < REQUESTS; i++) {
    const stream = first + 2 * i
    const cancel = Buffer.from([0, 0, 0, CANCEL])
    frames.push(
      frame(Frame.Headers, END_STREAM | END_HEADERS, stream, request(i)),
      frame(Frame.Reset, 0, stream, cancel),
    )
  }
  return { bytes: Buffer.concat(frames), streams: 2 * REQUESTS }
}

/** A header block that goes on for ever: first its beginning, then more of it at each call. */
export function endHeadersNever(): () => Buffer {
  let begun = false
  return () => {
    if (begun) return frame(Frame.Continuation, 0, 1, manyFields(BLOCK))
    begun = true
    return frame(Frame.Headers, END_STREAM, 1, request(0))
  }
}

/** A header block of a megabyte that does end. */
export function megabyteOfHeaders(): Buffer {
  const frames = [frame(Frame.Headers, END_STREAM, 1, request(0))]
  for (let i = 0; i < 63; i++) frames.push(frame(Frame.Continuation, 0, 1, manyFields(BLOCK)))
  frames.push(frame(Frame.Continuation, END_HEADERS, 1, manyFields(BLOCK)))
  return Buffer.concat(frames)
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** A GET for a question, as HPACK writes it with indexed names (RFC 7541 §6, Appendix A). */
function request(number: number): Buffer {
  const query = makeQuery(nameLabel('', number), 0).toString('base64url')
  const get = Buffer.from([0x82, 0x87])
  return Buffer.concat([get, literal(4, `/dns-query?dns=${query}`), literal(1, 'dns.example.org')])
}

/** A literal field without indexing, with an indexed name below 15; at most 126 octets. */
const literal = (name: number, value: string): Buffer =>
  Buffer.concat([Buffer.from([name, value.length]), Buffer.from(value, 'latin1')])

/** Fields `a: aaaa…` without indexing, as many as fit into so many octets. */
function manyFields(octets: number): Buffer {
  const field = Buffer.concat([Buffer.from([0, 1, 0x61, 100]), Buffer.alloc(100, 0x61)])
  return Buffer.concat(Array.from({ length: Math.floor(octets / field.length) }, () => field))
}
