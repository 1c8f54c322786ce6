// UDP over the batch addon: one call for up to 64 datagrams, answered in place. Nothing is
// allocated for an immediate answer.

import { setImmediate as turn } from 'node:timers/promises'
import { type Origin, Query, type ReturnPath, Transport } from '../../pipeline/query.ts'
import { type BatchAddon, type BatchHandle, OpenFlag } from './batch-addon.ts'
import { BatchMemory, Control, SLOT_STRIDE } from './batch-memory.ts'
import { LateAnswers } from './late.ts'
import { type BoundAddress, type UdpListener, type UdpListenerOptions } from './listener.ts'
import { answerTooLong } from './too-long.ts'

export class BatchUdpListener implements UdpListener, Origin {
  readonly batched = true
  readonly #options: UdpListenerOptions
  readonly #addon: BatchAddon
  readonly #handle: BatchHandle
  readonly #memory = new BatchMemory()
  readonly #late: LateAnswers
  readonly #query: Query
  /** The slot of the message that the handler has at this moment. */
  #slot = 0
  readonly #foreseen: boolean
  /** Received so far. */
  #batches = 0
  /** The kernel's refusals, as far as they have been told to the metrics. */
  #unsent = 0

  /** @throws when the address cannot be bound: an error with `code`, `address` and `port` */
  constructor(options: UdpListenerOptions, addon: BatchAddon) {
    this.#options = options
    this.#addon = addon
    this.#handle = this.#open()
    this.#late = new LateAnswers({
      memory: this.#memory,
      send: (count) => this.#sendLate(count),
      onUnsent: (count) => options.metrics.onUnsent(count),
    })
    const query = new Query(Transport.Udp, this)
    query.bytes = this.#memory.received
    query.client = this.#memory.peers
    query.out = this.#memory.out
    this.#query = query
    this.#foreseen = options.handler.foresee !== undefined
  }

  address(): BoundAddress {
    return { address: this.#options.address, port: this.#memory.control[Control.Port]! }
  }

  resize(receiveBuffer: number): void {
    this.#addon.resize(this.#handle, receiveBuffer)
  }

  pause(): void {
    this.#addon.pause(this.#handle)
  }

  async close(within = 0): Promise<void> {
    this.pause()
    await this.#readRest()
    await this.#late.ways.none(within)
    this.#late.close()
    this.#noteUnsent()
    this.#addon.close(this.#handle)
  }

  detach(_query: Query): ReturnPath {
    return this.#late.take(this.#slot)
  }

  /** What came before the pause is read turn by turn; a batch under way gets its answers out. */
  async #readRest(): Promise<void> {
    let before: number
    do {
      before = this.#batches
      await turn()
      await turn()
    } while (this.#batches !== before)
  }

  #open(): BatchHandle {
    const { address, port, reusePort, v6Only, receiveBuffer } = this.#options
    const flags = (reusePort ? OpenFlag.ReusePort : 0) | (v6Only ? OpenFlag.V6Only : 0)
    const onBatch = (received: number): number => this.#onBatch(received)
    try {
      return this.#addon.open(this.#memory.buffer, address, port, flags, receiveBuffer, onBatch)
    } catch (error) {
      throw bindError(error, address, port)
    }
  }

  /** @returns how many answers stand in the first out slots */
  #onBatch(received: number): number {
    const { lengths, outLengths, outSources } = this.#memory
    const { handler, metrics } = this.#options
    const query = this.#query
    this.#batches++
    let answers = 0
    query.outStart = 0
    handler.foresee?.(this.#memory, received)
    for (let slot = 0; slot < received; slot++) {
      const answer = this.#answer(slot, lengths[slot]!)
      if (answer > 0) {
        outLengths[answers] = answer
        outSources[answers] = slot
        answers++
        query.outStart = answers * SLOT_STRIDE
      }
    }
    metrics.onReceived(received)
    metrics.onAnswered(answers)
    this.#noteUnsent()
    return answers
  }

  #answer(slot: number, length: number): number {
    const query = this.#query
    this.#slot = slot
    query.start = slot * SLOT_STRIDE
    query.length = length
    query.position = this.#foreseen ? slot : -1
    query.clientFamily = this.#memory.clientFamily(slot)
    query.clientOffset = this.#memory.clientOffset(slot)
    try {
      return length < 0 ? this.#answerTooLong() : this.#options.handler.handle(query)
    } catch (error) {
      // One message that brings a fault to light must not cost the others of its batch.
      this.#options.onError(error)
      return 0
    }
  }

  #answerTooLong(): number {
    const { bytes, start, client, clientOffset, clientFamily, out, outStart } = this.#query
    const { handler, metrics } = this.#options
    metrics.onTooLong(1)
    if (!handler.admits(client, clientOffset, clientFamily)) return 0
    return answerTooLong(bytes, start, out, outStart)
  }

  #sendLate(count: number): void {
    this.#options.metrics.onAnswered(count)
    this.#addon.flush(this.#handle, count)
    this.#noteUnsent()
  }

  #noteUnsent(): void {
    const unsent = this.#memory.control[Control.Unsent]!
    if (unsent === this.#unsent) return
    this.#options.metrics.onUnsent((unsent - this.#unsent) | 0)
    this.#unsent = unsent
  }
}

/** The shape that Node.js' own sockets give to the same failure. */
function bindError(cause: unknown, address: string, port: number): Error {
  if (!(cause instanceof Error) || !('code' in cause)) return new Error('bind failed', { cause })
  const { code } = cause
  const message = `bind ${String(code)} ${address}:${port}`
  return Object.assign(new Error(message, { cause }), { code, syscall: 'bind', address, port })
}
