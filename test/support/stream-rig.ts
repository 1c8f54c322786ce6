// What the tests of stream listeners share: a listener with a handler made for the test, a clock
// that stands still, and a client that counts frames.

import assert from 'node:assert/strict'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import {
  Handled,
  type Query,
  type QueryHandler,
  type ReturnPath,
  Transport,
} from '../../src/pipeline/query.ts'
import { ConnectionLedger, type ConnectionLimits } from '../../src/guard/connections/ledger.ts'
import type { IdleTimes } from '../../src/listen/stream/idle-time.ts'
import { ConnectionTable } from '../../src/listen/stream/connection-table.ts'
import { FrameReader } from '../../src/listen/stream/framing.ts'
import {
  type StreamLimits,
  streamLimitBounds,
  tableBounds,
} from '../../src/listen/stream/limits.ts'
import { dnsStreams, type DnsStreamsOptions } from '../../src/listen/stream/dns-streams.ts'
import type { Handshaker, Service } from '../../src/listen/stream/door.ts'
import type { StreamMetrics } from '../../src/listen/stream/metrics.ts'
import { StreamListener, type StreamListenerOptions } from '../../src/listen/stream/listener.ts'

/** A message of a header with this ID and of `length` octets in all. */
export function message(id: number, length = 12): Buffer {
  const bytes = Buffer.alloc(length)
  bytes.writeUInt16BE(id, 0)
  return bytes
}

export function frame(bytes: Uint8Array): Buffer {
  const framed = Buffer.alloc(2 + bytes.length)
  framed.writeUInt16BE(bytes.length, 0)
  framed.set(bytes, 2)
  return framed
}

/** Answers at once with the query itself. */
export function echo(query: Query): number {
  query.out.set(query.bytes.subarray(query.start, query.start + query.length), query.outStart)
  return query.length
}

/** Keeps queries until the test answers them. */
export class LateHandler {
  readonly waiting: { id: number; path: ReturnPath }[] = []

  handle(query: Query): number {
    const id = (query.bytes[query.start]! << 8) | query.bytes[query.start + 1]!
    this.waiting.push({ id, path: query.origin.detach(query) })
    return Handled.Later
  }

  /** Answers the oldest query with a message of `length` octets. @returns whether it could */
  answerNext(length = 12): boolean {
    const { id, path } = this.waiting.shift()!
    if (!path.reserve(length)) {
      path.commit(0)
      return false
    }
    path.buffer.set(message(id, length), path.offset)
    path.commit(length)
    return true
  }
}

export class Client {
  readonly socket: Socket
  readonly ids: number[] = []
  octets = 0
  ended = false
  error: string | null = null
  readonly closed: Promise<void>

  constructor(address: AddressInfo, paused = false) {
    this.socket = connect({ port: address.port, host: address.address, allowHalfOpen: true })
    const frames = new FrameReader()
    if (!paused) {
      this.socket.on('data', (chunk) => {
        this.octets += chunk.length
        frames.push(chunk)
        while (frames.next())
          this.ids.push((frames.bytes[frames.start]! << 8) | frames.bytes[frames.start + 1]!)
      })
    }
    this.socket.on('end', () => {
      this.ended = true
    })
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message
    })
    this.closed = new Promise((resolve) => this.socket.on('close', () => resolve()))
  }

  async ask(...messages: Uint8Array[]): Promise<this> {
    if (this.socket.connecting) await once(this.socket, 'connect')
    this.socket.write(Buffer.concat(messages.map(frame)))
    return this
  }
}

export const testIdleTimes: IdleTimes = {
  idleTimeout: tableBounds.idleTimeout.default,
  minIdleTimeout: tableBounds.minIdleTimeout.default,
}

/** Far from everything, unless a test gives others. */
export const testConnectionLimits: ConnectionLimits = {
  maxPerClient: 10_000,
  connections: { rate: 10_000, burst: 10_000 },
  clientHandshakes: { rate: 10_000, burst: 10_000 },
  handshakes: { rate: 10_000, burst: 10_000 },
  maxHandshakes: 10_000,
}

/** Limits unless a test gives others. */
export const testLimits: StreamLimits = {
  frameTimeout: streamLimitBounds.frameTimeout.default,
  writeTimeout: streamLimitBounds.writeTimeout.default,
  lifetime: streamLimitBounds.lifetime.default,
  maxInFlight: streamLimitBounds.maxInFlight.default,
  maxUnread: streamLimitBounds.maxUnread.default,
}

export interface Rig {
  readonly listener: StreamListener
  readonly table: ConnectionTable
  /** Reasons of refused and closed connections, in order. */
  readonly events: string[]
  /** Lets time pass, then sweeps. */
  advance(milliseconds: number): void
  client(paused?: boolean): Client
}

interface RigOptions {
  readonly handle: (query: Query) => number
  readonly admits?: QueryHandler['admits']
  readonly limits?: Partial<StreamLimits>
  readonly handshaker?: Handshaker
  /** What runs on the connections: DNS behind its length, unless a test gives another. */
  readonly service?: (options: DnsStreamsOptions) => Service
  readonly maxConnections?: number
  readonly connections?: Partial<ConnectionLimits>
  readonly idleTimes?: IdleTimes
  readonly maxHeld?: number
  readonly listen?: Partial<
    Pick<StreamListenerOptions, 'address' | 'port' | 'reusePort' | 'v6Only' | 'proxies'>
  >
}

/** A listener on a free port of loopback, closed when the test ends, as are its clients. */
export async function startRig(context: TestContext, options: RigOptions): Promise<Rig> {
  let now = 0
  const clock = () => now
  const events: string[] = []
  const table = new ConnectionTable({
    ledger: new ConnectionLedger({
      memory: ConnectionLedger.allocate({
        maxConnections: options.maxConnections ?? 10_000,
        ipv4Prefix: 32,
        ipv6Prefix: 56,
      }),
      thread: 1,
      limits: { ...testConnectionLimits, ...options.connections },
      clock,
    }),
    idleTimes: options.idleTimes ?? testIdleTimes,
    maxHeld: options.maxHeld ?? tableBounds.maxBuffered.default,
    clock,
  })
  const handler = { handle: options.handle, admits: options.admits ?? (() => true) }
  const metrics: StreamMetrics = {
    onOpened: () => events.push('opened'),
    onRefused: (reason) => events.push(reason),
    onClosed: (reason) => events.push(reason),
  }
  const listener = new StreamListener({
    handler,
    table,
    clock,
    metrics,
    address: '127.0.0.1',
    port: 0,
    handshaker: options.handshaker ?? null,
    handshakeTimeout: 1_000,
    service: (options.service ?? dnsStreams)({
      handler,
      clock,
      metrics,
      transport: Transport.Tcp,
      limits: { ...testLimits, ...options.limits },
      onError: (error) => events.push(String(error)),
    }),
    ...options.listen,
  })
  await listener.listen()
  const clients: Client[] = []
  context.after(async () => {
    for (const client of clients) client.socket.destroy()
    await listener.close(0)
  })
  return {
    listener,
    table,
    events,
    advance: (milliseconds) => {
      now += milliseconds
      table.sweep()
    },
    client: (paused) => {
      const client = new Client(listener.address(), paused)
      clients.push(client)
      return client
    },
  }
}

/** Waits until something holds; gives up after ten seconds. */
export async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    assert.ok(tries < 2_000, `waited in vain until ${holds.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
