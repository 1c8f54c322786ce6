// A connection whose TLS handshake is under way. It counts as any other, idle from its beginning, so
// that the oldest is shed first when the table is full: a stranger who opens many and says nothing
// pushes out his own.

import type { Socket } from 'node:net'
import { CloseReason } from './metrics.ts'
import type { Place, TableEntry } from './place.ts'

export interface UnfinishedHandshakeOptions {
  readonly socket: Socket
  readonly place: Place
  /** Milliseconds from now. */
  readonly timeout: number
  readonly clock: () => number
  /** Exactly once: why it will not be a connection, or null when it has become one. */
  readonly onEnd: (reason: CloseReason | null) => void
}

export class UnfinishedHandshake implements TableEntry {
  readonly #options: UnfinishedHandshakeOptions
  readonly #deadline: number
  readonly #onClose = (): void => {
    this.#end(CloseReason.Client)
  }
  #ended = false

  constructor(options: UnfinishedHandshakeOptions) {
    const { place, timeout, clock, socket } = options
    this.#options = options
    this.#deadline = clock() + timeout
    socket.on('close', this.#onClose)
    place.occupy(this)
  }

  sweep(now: number): void {
    if (now >= this.#deadline) this.destroy(CloseReason.HandshakeTimeout)
  }

  destroy(reason: CloseReason): void {
    if (this.#end(reason)) this.#options.socket.destroy()
  }

  /** Leaves its place to the connection. @returns whether it still had one */
  finish(): boolean {
    return this.#end(null)
  }

  #end(reason: CloseReason | null): boolean {
    if (this.#ended) return false
    this.#ended = true
    this.#options.socket.off('close', this.#onClose)
    if (reason === null) this.#options.place.endHandshake()
    else this.#options.place.leave()
    this.#options.onEnd(reason)
    return true
  }
}
