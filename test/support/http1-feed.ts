// Octets fed to DoH over HTTP/1.1 without any network, and to the HTTP server of Node.js beside it: two
// readers that must see the same requests, for where they differ requests are smuggled.

import { EventEmitter } from 'node:events'
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { isDeepStrictEqual } from 'node:util'
import { DohReader, isDnsMessage, Method } from '../../src/listen/https/doh.ts'
import { Http1Connection } from '../../src/listen/https/http1/connection.ts'
import { HttpDate } from '../../src/listen/https/http-date.ts'
import { type HttpContext, HttpSocket } from '../../src/listen/https/http-socket.ts'
import type { Flushable, Waiter } from '../../src/listen/stream/turns.ts'
import { Handled, Query, type ReturnPath, Transport } from '../../src/pipeline/query.ts'

const PATH = '/dns-query'
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'

export interface Fed {
  /** The DNS messages that were asked, as hexadecimal text. */
  readonly asked: readonly string[]
  /** All that was sent back, but for 100, which a body that is there already makes idle. */
  readonly sent: string
}

/** What HttpSocket uses of a socket. Takes whatever is written at once. */
class SocketStub extends EventEmitter {
  readonly readableLength = 0
  readonly writableLength = 0
  readonly writableFinished = false
  sent = ''
  pause(): void {}
  resume(): void {}
  end(): void {}
  destroy(): void {
    this.emit('close')
  }
  resetAndDestroy(): void {
    this.emit('close')
  }
  write(octets: Uint8Array): void {
    this.sent += Buffer.from(octets).toString('latin1')
  }
}

/** @param cuts where the octets are cut into chunks; every third answer comes late */
export function feed(octets: Uint8Array, cuts: readonly number[]): Fed {
  const asked: string[] = []
  const late: ReturnPath[] = []
  const flushing: Flushable[] = []
  const waiting: Waiter[] = []
  const query = new Query(Transport.Https, {
    detach: () => {
      throw new Error('a query without a connection')
    },
  })
  query.out = new Uint8Array(65_536)
  const lateAnswer = new Uint8Array(65_536)
  const stub = new SocketStub()
  const context = {
    handler: {
      admits: () => true,
      handle: (one: Query) => {
        const message = one.bytes.subarray(one.start, one.start + one.length)
        asked.push(Buffer.from(message).toString('hex'))
        if (message[1]! % 3 === 0) {
          late.push(one.origin.detach(one))
          return Handled.Later
        }
        one.out.set(message)
        return message.length
      },
    },
    query,
    lateAnswer,
    reader: new DohReader(PATH),
    date: new HttpDate(() => 0),
    turns: {
      add: (item: Flushable) => flushing.push(item),
      wait: (item: Waiter) => waiting.push(item),
    },
    limits: {
      frameTimeout: 1,
      writeTimeout: 1,
      lifetime: 1,
      maxInFlight: 10_000,
      maxUnread: 2 ** 26,
    },
    httpsMetrics: { onRefused() {} },
    metrics: { onOpened() {}, onRefused() {}, onClosed() {} },
    clock: () => 0,
    onError: (error: unknown) => {
      throw error
    },
    onFinished() {},
    onGone() {},
  } as unknown as HttpContext
  const place = { since: 0, occupy() {}, idle() {}, busy() {}, stall() {}, hold() {}, leave() {} }
  const socket = stub as unknown as Socket
  const admitted = { socket, tcp: socket, place, clientAddress: Uint8Array.of(127, 0, 0, 1) }
  const flush = (): void => {
    while (waiting.length > 0) waiting.shift()!.goOn()
    for (const item of flushing.splice(0)) item.flush()
  }
  // oxlint-disable-next-line no-new -- it lives on its socket's events
  new HttpSocket(context, { ...admitted, identity: null, alpn: null } as never, (on) => {
    return new Http1Connection(on)
  })
  let from = 0
  for (const to of [...cuts.map((cut) => cut % (octets.length + 1)), octets.length].sort(
    (a, b) => a - b,
  )) {
    if (to > from) stub.emit('data', Buffer.from(octets.slice(from, to)))
    flush()
    from = to
  }
  for (const path of late.toReversed()) {
    const length = path.reserve(12) ? 12 : 0
    if (length > 0) lateAnswer.fill(0, 0, 12)
    path.commit(length)
    flush()
  }
  return { asked, sent: stub.sent.replaceAll(CONTINUE, '') }
}

/**
 * Whether Node.js sees what was asked. It knows only registered methods and stops at any other, from
 * where on it cannot be asked; ours refuses that request and goes on (RFC 9110 §9.1).
 */
export async function isSeenByNode(octets: Uint8Array, asked: readonly string[]): Promise<boolean> {
  const { found, knowsMethods } = await readByNode(octets)
  const comparable = knowsMethods ? asked : asked.slice(0, found.length)
  return isDeepStrictEqual(comparable, found.slice(0, comparable.length))
}

interface Found {
  readonly found: readonly string[]
  readonly knowsMethods: boolean
}

/** The DNS messages that the HTTP server of Node.js finds, judged as ours are. */
async function readByNode(octets: Uint8Array): Promise<Found> {
  let knowsMethods = true
  const found: (string | null)[] = []
  const reader = new DohReader(PATH)
  const server = createServer((request, response) => {
    const place = found.push(null) - 1
    const target = Buffer.from((request.url ?? '').replace(/^https?:\/\/[^/]*/, ''), 'latin1')
    const type = Buffer.from(request.headers['content-type'] ?? '', 'latin1')
    const { method } = request
    const known = method === 'GET' ? Method.Get : method === 'POST' ? Method.Post : Method.Other
    const refusal = reader.request(
      known,
      target,
      0,
      target.length,
      isDnsMessage(type, 0, type.length),
    )
    const note = (): void => {
      const { bytes, start, length } = reader
      found[place] = Buffer.from(bytes.subarray(start, start + length)).toString('hex')
    }
    if (refusal === null && known === Method.Get) note()
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      const posted = refusal === null && known === Method.Post
      if (posted && reader.body(body, 0, body.length) === null) note()
      response.end()
    })
  })
  // Requests before a bad one must have the time to come to their end.
  server.on('clientError', ({ code }: NodeJS.ErrnoException, socket) => {
    if (code === 'HPE_INVALID_METHOD') knowsMethods = false
    setTimeout(() => socket.destroy(), 1)
  })
  await new Promise<void>((resolve) => {
    const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
    socket.on('error', () => {})
    socket.on('close', () => resolve())
    server.emit('connection', socket)
    socket.push(octets)
    socket.push(null)
  })
  return { found: found.filter((one) => one !== null), knowsMethods }
}
