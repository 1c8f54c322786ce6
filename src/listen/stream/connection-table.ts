// All stream connections of one worker, whatever listener they came through: how many there may
// be, in all and from one client, and who goes first when there is no room (RFC 7766 §10). One
// sweep a second looks at time-outs, so that a connection costs no timer.

import { CloseReason, RefuseReason } from './metrics.ts'

/** What the table sees of a connection. */
export interface TableEntry {
  /** Stands for the client's address: the same for all its connections. */
  readonly client: string
  /** Acts on whatever time-out has passed. */
  sweep(now: number): void
  /** Ends it at once. */
  destroy(reason: CloseReason): void
}

export interface ConnectionTableOptions {
  /** Connections in all. */
  readonly maxConnections: number
  /** Connections from one address. */
  readonly maxPerClient: number
  /** Milliseconds that only grow. */
  readonly clock: () => number
}

/** What the settings offer; their test keeps the two the same. */
export const connectionTableBounds = {
  // About 6 KB each, and the kernel's part of it. The process's descriptors set the upper bound.
  maxConnections: { default: 4_096, min: 16, max: 1_000_000 },
  // Many clients stand behind one address (NAT, a sidecar, another proxy), so not a handful; but
  // sixteen strangers must join up before the table is full.
  maxPerClient: { default: 256, min: 1, max: 1_000_000 },
} as const

const SWEEP_INTERVAL = 1_000

export class ConnectionTable {
  readonly #maxConnections: number
  readonly #maxPerClient: number
  readonly #clock: () => number
  readonly #all = new Set<TableEntry>()
  /** Those with nothing to do, in the order in which they fell idle. */
  readonly #idle = new Set<TableEntry>()
  readonly #perClient = new Map<string, number>()
  #timer: NodeJS.Timeout | null = null

  constructor(options: ConnectionTableOptions) {
    this.#maxConnections = options.maxConnections
    this.#maxPerClient = options.maxPerClient
    this.#clock = options.clock
  }

  get size(): number {
    return this.#all.size
  }

  /**
   * Makes room for one more connection of a client, at the cost of the oldest idle one if need be.
   * @returns why there is none; null when it may be added
   */
  admit(client: string): RefuseReason | null {
    if ((this.#perClient.get(client) ?? 0) >= this.#maxPerClient) return RefuseReason.ClientFull
    if (this.#all.size < this.#maxConnections) return null
    const [oldest] = this.#idle
    if (oldest === undefined) return RefuseReason.TableFull
    oldest.destroy(CloseReason.Shed)
    return null
  }

  /** Adds an admitted connection, idle as every new one. */
  add(entry: TableEntry): void {
    this.#all.add(entry)
    this.#idle.add(entry)
    this.#perClient.set(entry.client, (this.#perClient.get(entry.client) ?? 0) + 1)
    this.#timer ??= setInterval(() => this.sweep(), SWEEP_INTERVAL).unref()
  }

  /** Takes a connection out, once. */
  remove(entry: TableEntry): void {
    this.#all.delete(entry)
    this.#idle.delete(entry)
    const left = this.#perClient.get(entry.client)! - 1
    if (left > 0) this.#perClient.set(entry.client, left)
    else this.#perClient.delete(entry.client)
    if (this.#all.size === 0 && this.#timer !== null) {
      clearInterval(this.#timer)
      this.#timer = null
    }
  }

  /** Marks a connection as one that works, which is never shed. */
  busy(entry: TableEntry): void {
    this.#idle.delete(entry)
  }

  /** Marks a connection as idle from now. */
  idle(entry: TableEntry): void {
    this.#idle.add(entry)
  }

  /** Ends what has been open, idle, unread or half-sent for too long. Runs each second. */
  sweep(): void {
    const now = this.#clock()
    for (const entry of this.#all) entry.sweep(now)
  }
}
