// Queries on their way into one TLS connection, gathered so that many leave in one write: each
// write costs a TLS record, two system calls and a round of the event loop here, and as much at the
// upstream, whatever it carries. While writes are rare a query leaves at the end of its tick. When
// they follow each other closely, so that there is something to gain, queries wait for company:
// until there is enough of it, or a millisecond has passed since the last write.

import { MAX_MESSAGE_LENGTH } from '../../wire/header.ts'
import type { Clock } from '../clock.ts'
import type { UpstreamQuestion } from '../exchange.ts'
import { FRAME_HEADER_LENGTH, queryLength, writeQuery } from './query-writer.ts'

/** Room for the longest query; some 500 of the usual ones. */
export const BATCH_SIZE = FRAME_HEADER_LENGTH + MAX_MESSAGE_LENGTH

/** Milliseconds between writes that carry less than `ENOUGH`: small beside any round trip. */
const PACE = 1

/** Octets that no longer wait: about 32 queries, beyond which a write costs little more. */
const ENOUGH = 4_096

export interface QueryBatchOptions {
  readonly clock: Clock
  /** Two pieces of memory of `BATCH_SIZE` octets each. */
  readonly gathering: Uint8Array
  readonly writing: Uint8Array
  /** Writes the octets, which stay as they are until `done` is called. */
  write(bytes: Uint8Array, done: () => void): void
  /** Called when a write is done, and with it perhaps room was made. */
  onRoom(): void
}

export class QueryBatch {
  readonly #clock: Clock
  readonly #options: QueryBatchOptions
  /** One gathers while the other is being written. */
  #gathering: Uint8Array
  #spare: Uint8Array
  #length = 0
  #writing = false
  #lastWrite = -PACE
  #flushDue = false
  #timer: unknown = null
  #closed = false

  constructor(options: QueryBatchOptions) {
    this.#clock = options.clock
    this.#options = options
    this.#gathering = options.gathering
    this.#spare = options.writing
  }

  /** Whether a write is under way that the connection has not taken whole. */
  get writing(): boolean {
    return this.#writing
  }

  /** Whether the query, of a length that fits a message, can be added now. */
  hasRoom(question: UpstreamQuestion): boolean {
    return this.#length + FRAME_HEADER_LENGTH + queryLength(question) <= BATCH_SIZE
  }

  /** There must be room. */
  add(id: number, question: UpstreamQuestion): void {
    const length = queryLength(question)
    this.#length = writeQuery(this.#gathering, this.#length, id, question, length)
    if (this.#flushDue || this.#writing) return
    if (this.#timer !== null && this.#length < ENOUGH) return
    this.#flushDue = true
    setImmediate(this.#flush)
  }

  /** Nothing is written from now on. */
  close(): void {
    this.#closed = true
    this.#stopTimer()
  }

  readonly #flush = (): void => {
    this.#flushDue = false
    if (this.#writing || this.#closed || this.#length === 0) return
    if (this.#length < ENOUGH && this.#clock.now() - this.#lastWrite < PACE) {
      this.#timer ??= this.#clock.startTimer(this.#write, PACE)
    } else {
      this.#write()
    }
  }

  readonly #write = (): void => {
    this.#stopTimer()
    const full = this.#gathering
    const length = this.#length
    this.#gathering = this.#spare
    this.#spare = full
    this.#length = 0
    this.#writing = true
    this.#lastWrite = this.#clock.now()
    this.#options.write(full.subarray(0, length), this.#onWritten)
  }

  readonly #onWritten = (): void => {
    this.#writing = false
    if (this.#closed) return
    this.#flush()
    this.#options.onRoom()
  }

  #stopTimer(): void {
    if (this.#timer === null) return
    this.#clock.stopTimer(this.#timer)
    this.#timer = null
  }
}
