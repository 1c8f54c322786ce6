// Late answers of one batch socket: written to slots of their own, sent together at the end of the
// event loop's turn. The ways back are pooled, for every cache miss needs one.

import type { ReturnPath } from '../../pipeline/query.ts'
import { BATCH_SLOTS, Control, LATE_SLOTS, PEER_WORDS, SLOT_STRIDE } from './batch-memory.ts'
import type { BatchMemory } from './batch-memory.ts'
import { UDP_MESSAGE_CAPACITY } from './listener.ts'
import { WaysBack } from './ways-back.ts'

/** Ways back made at once, in one piece of memory. */
const CHUNK = 256

export interface LateAnswersOptions {
  readonly memory: BatchMemory
  /** Sends the first `count` late slots. */
  readonly send: (count: number) => void
  /** Told when an answer found no room, since the kernel takes no more. */
  readonly onUnsent: (answers: number) => void
}

export class LateAnswers {
  readonly memory: BatchMemory
  readonly ways = new WaysBack()
  readonly #send: (count: number) => void
  readonly #onUnsent: (answers: number) => void
  readonly #free: LateAnswer[] = []
  #count = 0
  #closed = false

  constructor(options: LateAnswersOptions) {
    this.memory = options.memory
    this.#send = options.send
    this.#onUnsent = options.onUnsent
  }

  /** The way back to the client of a received slot. */
  take(slot: number): ReturnPath {
    if (this.#free.length === 0) this.#grow()
    const path = this.#free.pop()!
    path.begin(slot)
    this.ways.taken()
    return path
  }

  /** Finds a slot. @returns its offset in `memory.out`, or -1 */
  reserve(size: number): number {
    if (this.#closed || size > UDP_MESSAGE_CAPACITY) return -1
    if (this.#count === LATE_SLOTS) this.flush()
    if (this.memory.control[Control.LateBusy] !== 0) {
      this.#onUnsent(1)
      return -1
    }
    return (BATCH_SLOTS + this.#count) * SLOT_STRIDE
  }

  /** Takes the slot that was reserved last, with `length` octets for the peer at `words[at]`. */
  commit(length: number, words: Int32Array, at: number): void {
    if (this.#closed) return
    const slot = BATCH_SLOTS + this.#count
    this.memory.outLengths[slot] = length
    copyPeer(words, at, this.memory.peerWords, slot * PEER_WORDS)
    if (this.#count++ === 0) setImmediate(this.flush)
  }

  giveBack(path: LateAnswer): void {
    this.#free.push(path)
    this.ways.given()
  }

  /** Sends what there is. Its own, so that it can be handed out without a closure. */
  readonly flush = (): void => {
    const count = this.#count
    this.#count = 0
    if (count > 0 && !this.#closed) this.#send(count)
  }

  /** Sends what there is and refuses whatever comes later. */
  close(): void {
    this.flush()
    this.#closed = true
  }

  #grow(): void {
    const words = new Int32Array(CHUNK * PEER_WORDS)
    for (let i = 0; i < CHUNK; i++) this.#free.push(new LateAnswer(this, words, i * PEER_WORDS))
  }
}

/** Remembers who asked, and at which of our addresses. */
class LateAnswer implements ReturnPath {
  readonly buffer: Uint8Array
  offset = 0
  readonly #owner: LateAnswers
  readonly #words: Int32Array
  readonly #at: number
  #waiting = false

  constructor(owner: LateAnswers, words: Int32Array, at: number) {
    this.buffer = owner.memory.out
    this.#owner = owner
    this.#words = words
    this.#at = at
  }

  begin(slot: number): void {
    this.#waiting = true
    copyPeer(this.#owner.memory.peerWords, slot * PEER_WORDS, this.#words, this.#at)
  }

  reserve(size: number): boolean {
    this.offset = this.#owner.reserve(size)
    return this.offset >= 0
  }

  commit(length: number): void {
    if (!this.#waiting) throw new Error('a late answer was committed twice')
    this.#waiting = false
    if (length > 0 && this.offset >= 0) this.#owner.commit(length, this.#words, this.#at)
    this.#owner.giveBack(this)
  }
}

function copyPeer(from: Int32Array, fromAt: number, to: Int32Array, toAt: number): void {
  for (let i = 0; i < PEER_WORDS; i++) to[toAt + i] = from[fromAt + i]!
}
