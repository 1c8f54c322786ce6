// UDP over node:dgram, for where the batch addon was not built. dgram does not tell which local
// address a query was sent to, so a wildcard is bound as every local address by itself; answers
// leave from the address that was asked all the same.

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { parseAddress } from '../../wire/text/prefix.ts'
import { type Origin, Query, type ReturnPath, Transport } from '../../pipeline/query.ts'
import {
  type BoundAddress,
  UDP_MESSAGE_CAPACITY,
  type UdpListener,
  type UdpListenerOptions,
} from './listener.ts'
import { answerTooLong } from './too-long.ts'
import { WaysBack } from './ways-back.ts'

/** With any port asked for, one that is free on all addresses may take a few attempts. */
const PORT_ATTEMPTS = 8

export class DgramUdpListener implements UdpListener, Origin {
  readonly batched = false
  readonly #options: UdpListenerOptions
  readonly #sockets: readonly Socket[]
  readonly #query = new Query(Transport.Udp, this)
  readonly #lateAnswer = new Uint8Array(UDP_MESSAGE_CAPACITY)
  /** Who sent the message that the handler has at this moment, and to which socket. */
  #socket: Socket
  #client: RemoteInfo = { address: '', family: 'IPv4', port: 0, size: 0 }
  readonly ways = new WaysBack()
  #paused = false
  #closed = false
  /** Sends that the kernel has not confirmed. */
  #sending = 0
  #onIdle: (() => void) | null = null

  /** @throws when no address can be bound: an error with `code`, `address` and `port` */
  static async open(options: UdpListenerOptions): Promise<DgramUdpListener> {
    for (let attempt = 1; ; attempt++) {
      try {
        return new DgramUdpListener(options, await bindAll(options))
      } catch (error) {
        if (options.port !== 0 || attempt === PORT_ATTEMPTS || !isAddressInUse(error)) throw error
      }
    }
  }

  private constructor(options: UdpListenerOptions, sockets: readonly Socket[]) {
    this.#options = options
    this.#sockets = sockets
    this.#socket = sockets[0]!
    this.#query.out = new Uint8Array(UDP_MESSAGE_CAPACITY)
    for (const socket of sockets) {
      socket.on('message', (message, client) => this.#onMessage(socket, message, client))
      socket.on('error', options.onError)
    }
  }

  address(): BoundAddress {
    return { address: this.#options.address, port: this.#sockets[0]!.address().port }
  }

  resize(receiveBuffer: number): void {
    if (this.#closed) return
    for (const socket of this.#sockets) {
      socket.setRecvBufferSize(receiveBuffer)
      socket.setSendBufferSize(receiveBuffer)
    }
  }

  /** dgram cannot stop reading: what still comes in is thrown away. */
  pause(): void {
    this.#paused = true
  }

  async close(within = 0): Promise<void> {
    if (this.#closed) return
    this.#paused = true
    await this.ways.none(within)
    this.#closed = true
    if (this.#sending > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve))
    await Promise.all(this.#sockets.map(closeSocket))
  }

  detach(_query: Query): ReturnPath {
    return new DgramReturnPath(this, this.#lateAnswer, this.#socket, this.#client)
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** Sends a copy, for the send may outlive this turn of the event loop. */
  send(bytes: Uint8Array, start: number, length: number, socket: Socket, to: RemoteInfo): void {
    const { metrics } = this.#options
    metrics.onAnswered(1)
    this.#sending++
    const answer = Uint8Array.prototype.slice.call(bytes, start, start + length)
    socket.send(answer, to.port, to.address, (error) => {
      if (error !== null) metrics.onUnsent(1)
      if (--this.#sending === 0) this.#onIdle?.()
    })
  }

  #onMessage(socket: Socket, message: Uint8Array, client: RemoteInfo): void {
    if (this.#paused) return
    this.#options.metrics.onReceived(1)
    this.#socket = socket
    this.#client = client
    const query = this.#query
    query.bytes = message
    query.length = message.length
    query.client = addressOctets(client.address)
    query.clientFamily = query.client.length === 4 ? 4 : 6
    try {
      const answer =
        message.length > UDP_MESSAGE_CAPACITY
          ? this.#answerTooLong()
          : this.#options.handler.handle(query)
      if (answer > 0) this.send(query.out, query.outStart, answer, socket, client)
    } catch (error) {
      this.#options.onError(error)
    }
  }

  #answerTooLong(): number {
    const { bytes, start, client, clientOffset, clientFamily, out, outStart } = this.#query
    const { handler, metrics } = this.#options
    metrics.onTooLong(1)
    if (!handler.admits(client, clientOffset, clientFamily)) return 0
    return answerTooLong(bytes, start, out, outStart)
  }
}

class DgramReturnPath implements ReturnPath {
  readonly buffer: Uint8Array
  readonly offset = 0
  readonly #listener: DgramUdpListener
  readonly #socket: Socket
  readonly #client: RemoteInfo

  constructor(listener: DgramUdpListener, buffer: Uint8Array, socket: Socket, client: RemoteInfo) {
    this.buffer = buffer
    this.#listener = listener
    this.#socket = socket
    this.#client = client
    listener.ways.taken()
  }

  reserve(size: number): boolean {
    return size <= UDP_MESSAGE_CAPACITY && !this.#listener.isClosed
  }

  commit(length: number): void {
    const listener = this.#listener
    if (length > 0 && !listener.isClosed) {
      listener.send(this.buffer, this.offset, length, this.#socket, this.#client)
    }
    listener.ways.given()
  }
}

/** Binds every address that the options mean, all on one port. */
async function bindAll(options: UdpListenerOptions): Promise<Socket[]> {
  const sockets: Socket[] = []
  let { port } = options
  try {
    for (const address of localAddresses(options)) {
      const socket = await bindOne(options, address, port)
      sockets.push(socket)
      port = socket.address().port
    }
    return sockets
  } catch (error) {
    await Promise.all(sockets.map(closeSocket))
    throw error
  }
}

async function bindOne(
  options: UdpListenerOptions,
  address: string,
  port: number,
): Promise<Socket> {
  const { reusePort, receiveBuffer } = options
  const socket = createSocket({
    type: isIPv6(address) ? 'udp6' : 'udp4',
    ipv6Only: isIPv6(address),
    reusePort,
    recvBufferSize: receiveBuffer,
    sendBufferSize: receiveBuffer,
  })
  try {
    socket.bind({ address, port, exclusive: true })
    await once(socket, 'listening')
    return socket
  } catch (error) {
    await closeSocket(socket)
    throw error
  }
}

function localAddresses(options: UdpListenerOptions): string[] {
  const { address, v6Only } = options
  if (address !== '0.0.0.0' && address !== '::') return [address]
  const addresses = new Set<string>()
  for (const [name, entries] of Object.entries(networkInterfaces())) {
    for (const entry of entries ?? []) {
      if (entry.family === 'IPv4') {
        if (address === '0.0.0.0' || !v6Only) addresses.add(entry.address)
      } else if (address === '::') {
        addresses.add(entry.scopeid === 0 ? entry.address : `${entry.address}%${name}`)
      }
    }
  }
  return [...addresses]
}

function closeSocket(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(resolve))
}

function isAddressInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}

function addressOctets(text: string): Uint8Array {
  const octets = parseAddress(text)
  if (octets === null) throw new Error(`not an address: ${text}`)
  return octets
}
