// One connection's place in the table, from its admission to its end, through whatever hands it goes:
// a PROXY header, a TLS handshake, then queries.

import type { ConnectionTable } from './connection-table.ts'
import type { CloseReason, RefuseReason } from './metrics.ts'
import type { PlaceList } from './place-list.ts'

/** Who has a connection at the moment. */
export interface TableEntry {
  /**
   * Acts on whatever time-out has passed.
   * @param idleTimeout how long a connection may be idle at this moment, in milliseconds
   */
  sweep(now: number, idleTimeout: number): void
  /** Ends it at once, whereupon it leaves its place. */
  destroy(reason: CloseReason): void
}

export class Place {
  readonly table: ConnectionTable
  /** In the ledger of all threads. */
  readonly seat: number
  entry: TableEntry | null = null
  /** The list that it stands in, and its neighbours there; the table's business. */
  list: PlaceList
  older: Place | null = null
  newer: Place | null = null
  /** Since when it is as it is. */
  since = 0
  held = 0
  #left = false

  constructor(table: ConnectionTable, seat: number, list: PlaceList) {
    this.table = table
    this.seat = seat
    this.list = list
  }

  /** Whose connection it is, told by a proxy: 4 or 16 octets. @returns why not, or null */
  nameClient(address: Uint8Array): RefuseReason | null {
    return this.table.nameClient(this, address)
  }

  /** Counts a TLS handshake before it costs anything. @returns why not, or null */
  beginHandshake(): CloseReason | null {
    return this.table.beginHandshake(this)
  }

  /** It is over, well or not. May be called again. */
  endHandshake(): void {
    this.table.endHandshake(this)
  }

  /** Who sees to the connection from now on: the first, or in place of the one before. */
  occupy(entry: TableEntry): void {
    this.entry = entry
  }

  /** Works on queries: never shed. */
  busy(): void {
    if (!this.#left) this.table.move(this, this.table.working)
  }

  /** Has nothing to do. */
  idle(): void {
    if (!this.#left) this.table.move(this, this.table.idling)
  }

  /** Its client does not read; again when it has read something and stopped once more. */
  stall(): void {
    if (!this.#left) this.table.move(this, this.table.stalling)
  }

  /** Octets that it holds: answers that wait for their client, the beginnings of messages. */
  hold(octets: number): void {
    if (octets !== this.held && !this.#left) this.table.hold(this, octets)
  }

  /** Gives the place back. May be called again. */
  leave(): void {
    if (this.#left) return
    this.#left = true
    this.table.remove(this)
  }
}
