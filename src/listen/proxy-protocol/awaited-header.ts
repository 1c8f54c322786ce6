// A connection from a trusted proxy whose header has not come whole yet: in time, and in as many
// octets as a header may have. Whatever comes behind it is left to whom the connection is handed on.

import type { Socket } from 'node:net'
import type { CloseReason } from '../stream/metrics.ts'
import type { Place, TableEntry } from '../stream/place.ts'
import { MAX_HEADER_LENGTH, ProxyHeader, ProxyVerdict } from './header.ts'

/** Milliseconds: the header comes with the first packet, which may have to be sent twice or thrice. */
const PATIENCE = 3_000

export interface AwaitedHeaderOptions {
  /** Paused. */
  readonly socket: Socket
  readonly place: Place
  /** Milliseconds that only grow. */
  readonly clock: () => number
  /**
   * Exactly one of the two is called, once. The socket is paused; what came behind the header will
   * be read from it first, by TLS as well.
   * @param client 4 or 16 octets; null when the proxy speaks for itself or does not say for whom
   */
  readonly onClient: (client: Uint8Array | null) => void
  /** No header, a broken one, or too late: nothing is done to the socket, its place is kept. */
  readonly onRefused: () => void
}

export class AwaitedHeader implements TableEntry {
  readonly #options: AwaitedHeaderOptions
  readonly #deadline: number
  #held: Buffer = Buffer.alloc(0)
  #ended = false

  constructor(options: AwaitedHeaderOptions) {
    const { socket, place, clock } = options
    this.#options = options
    this.#deadline = clock() + PATIENCE
    socket.on('data', this.#onData)
    socket.on('end', this.#refuse)
    socket.on('error', this.#refuse)
    socket.on('close', this.#refuse)
    place.occupy(this)
    socket.resume()
  }

  sweep(now: number): void {
    if (now >= this.#deadline) this.#refuse()
  }

  destroy(_reason: CloseReason): void {
    this.#refuse()
  }

  readonly #onData = (chunk: Buffer): void => {
    const held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    this.#held = held
    const header = new ProxyHeader()
    switch (header.read(held, 0, Math.min(held.length, MAX_HEADER_LENGTH))) {
      case ProxyVerdict.Unfinished:
        return
      case ProxyVerdict.Whole:
        return this.#finish(header)
      case ProxyVerdict.Absent:
      case ProxyVerdict.Broken:
        return this.#refuse()
    }
  }

  #finish({ length, family, address, offset }: ProxyHeader): void {
    const { socket, onClient } = this.#options
    if (!this.#end()) return
    socket.pause()
    if (length < this.#held.length) socket.unshift(this.#held.subarray(length))
    onClient(
      family === 0 ? null : Uint8Array.from(address.subarray(offset, offset + lengthOf(family))),
    )
  }

  readonly #refuse = (): void => {
    if (this.#end()) this.#options.onRefused()
  }

  #end(): boolean {
    if (this.#ended) return false
    this.#ended = true
    const { socket } = this.#options
    socket.off('data', this.#onData)
    socket.off('end', this.#refuse)
    socket.off('close', this.#refuse)
    // 'error' keeps its listener: until somebody else has the socket, one must be there.
    return true
  }
}

function lengthOf(family: 4 | 6): number {
  return family === 4 ? 4 : 16
}
