// The large pieces of memory that a connection works in, 320 KB together. Where a server closes
// connections all the time they would be most of what the collector has to do, so they are used
// again.

import { InFlightTable, type RandomIds } from './in-flight.ts'
import type { PendingQuery } from '../pending-query.ts'
import { BATCH_SIZE } from './query-batch.ts'

/** Four TLS records' worth: one read call takes what a tick's answers usually are. */
const READ_SIZE = 65_536

/** Sets kept for later: for the connection in use and its successor. */
const MAX_FREE = 2

export interface ConnectionMemory {
  readonly read: Uint8Array
  /** For batches of queries: one gathers while the other is written. */
  readonly gathering: Uint8Array
  readonly writing: Uint8Array
  readonly inFlight: InFlightTable<PendingQuery>
}

export class ConnectionMemories {
  readonly #ids: RandomIds
  readonly #capacity: number
  readonly #free: ConnectionMemory[] = []

  /** @param options.capacity queries in flight on a connection at the most */
  constructor(options: { readonly ids: RandomIds; readonly capacity: number }) {
    this.#ids = options.ids
    this.#capacity = options.capacity
  }

  take(): ConnectionMemory {
    return (
      this.#free.pop() ?? {
        read: new Uint8Array(READ_SIZE),
        gathering: new Uint8Array(BATCH_SIZE),
        writing: new Uint8Array(BATCH_SIZE),
        inFlight: new InFlightTable({ capacity: this.#capacity, ids: this.#ids }),
      }
    )
  }

  /** Gives memory back that nobody reads or writes any more; its table must be empty. */
  give(memory: ConnectionMemory): void {
    if (this.#free.length < MAX_FREE) this.#free.push(memory)
  }
}
