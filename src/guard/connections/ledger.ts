// How many stream connections there are, in all and from each client, over all threads: exact, for a
// connection has a seat in shared memory from its admission to its end. And how fast they may come
// (RFC 7766 §10, RFC 9210 §4.2).
//
// Changes are made under a lock of microseconds. The seats are the truth and the rest follows from
// them, so what a dead thread held, the lock among it, is taken back by `recover`.

import { ClientIndex } from './client-index.ts'
import {
  allocateConnections,
  type ConnectionMemoryOptions,
  connectionWords,
  type ConnectionWords,
  Control,
  HANDSHAKE,
  NONE,
  Seat,
  SEAT_WORDS,
} from './memory.ts'
import { Pace, type PaceOptions } from './pace.ts'

/** Why a connection gets no seat, or may not begin its handshake; all below zero. */
export const Refused = {
  /** The client has as many connections as one may have. */
  ClientFull: -1,
  /** The client opens connections too fast. */
  Rate: -2,
  /** No seat is free. */
  Full: -3,
  /** Handshakes begin too fast: the client's, or all together. */
  HandshakeRate: -4,
  /** As many handshakes are under way as there may be. */
  HandshakesFull: -5,
} as const
export type Refused = (typeof Refused)[keyof typeof Refused]

/** What `name` and `beginHandshake` say when nothing is against it. */
export const ALLOWED = 0

export interface ConnectionLimits {
  readonly maxPerClient: number
  /** Connections that one client opens. */
  readonly connections: PaceOptions
  /** TLS handshakes of one client, and of all. */
  readonly clientHandshakes: PaceOptions
  readonly handshakes: PaceOptions
  /** TLS handshakes under way at once. */
  readonly maxHandshakes: number
}

export interface ConnectionLedgerOptions {
  readonly memory: SharedArrayBuffer
  /** This thread's number; the main thread's is 0. */
  readonly thread: number
  readonly limits: ConnectionLimits
  /** Milliseconds that only grow, the same in all threads. */
  readonly clock: () => number
}

/** Where the times of a client stand, and that of all clients. */
const ALL_HANDSHAKES = 0
const CONNECTIONS = 1
const HANDSHAKES = 2

/** Milliseconds that a thread waits for the lock: by then the main thread has buried a dead holder. */
const PATIENCE = 2_000

export class ConnectionLedger {
  readonly #words: ConnectionWords
  readonly #clients: ClientIndex
  readonly #owner: number
  readonly #limits: ConnectionLimits
  readonly #connections: Pace
  readonly #clientHandshakes: Pace
  readonly #handshakes: Pace
  readonly #clock: () => number

  constructor(options: ConnectionLedgerOptions) {
    const { limits } = options
    this.#words = connectionWords(options.memory)
    this.#clients = new ClientIndex(this.#words)
    this.#owner = options.thread + 1
    this.#limits = limits
    this.#connections = new Pace(limits.connections)
    this.#clientHandshakes = new Pace(limits.clientHandshakes)
    this.#handshakes = new Pace(limits.handshakes)
    this.#clock = options.clock
  }

  static allocate(options: ConnectionMemoryOptions): SharedArrayBuffer {
    const memory = allocateConnections(options)
    const words = connectionWords(memory)
    rebuild(words, new ClientIndex(words))
    return memory
  }

  /** Takes back what a thread held that is no more. Of the main thread. */
  static recover(memory: SharedArrayBuffer, thread: number): void {
    const words = connectionWords(memory)
    const dead = thread + 1
    const locked = Atomics.compareExchange(words.control, Control.Lock, dead, MAIN) === dead
    if (!locked && !lock(words.control, MAIN)) return
    const { seats } = words
    for (let at = Seat.Owner; at < seats.length; at += SEAT_WORDS) {
      if ((seats[at]! & ~HANDSHAKE) === dead) seats[at] = 0
    }
    rebuild(words, new ClientIndex(words))
    Atomics.store(words.control, Control.Lock, 0)
  }

  /** Connections in all threads together, now. */
  get taken(): number {
    return Atomics.load(this.#words.control, Control.Taken)
  }

  /** How many there may be. */
  get capacity(): number {
    return this.#words.control[Control.Seats]!
  }

  /** Handshakes under way in all threads together, now. */
  get handshakes(): number {
    return Atomics.load(this.#words.control, Control.Handshakes)
  }

  /**
   * Takes a seat for a client's connection.
   * @param address 4 or 16 octets; null while nobody knows whose it is
   * @returns the seat, or a `Refused`
   */
  take(address: Uint8Array | null): number {
    if (!this.#lock()) return Refused.Full
    const seat = this.#take(address)
    this.#unlock()
    return seat
  }

  /** Tells whose connection it is that got its seat without an address. */
  name(seat: number, address: Uint8Array): Refused | typeof ALLOWED {
    if (!this.#lock()) return Refused.Full
    const client = this.#clients.place(address)
    const now = this.#clock()
    const verdict = this.#judge(client, now)
    if (verdict === ALLOWED) this.#enter(seat, client, now)
    this.#unlock()
    return verdict
  }

  /** Counts a TLS handshake before it costs anything. */
  beginHandshake(seat: number): Refused | typeof ALLOWED {
    if (!this.#lock()) return Refused.HandshakesFull
    const verdict = this.#beginHandshake(seat)
    this.#unlock()
    return verdict
  }

  endHandshake(seat: number): void {
    if (!this.#lock()) return
    this.#endHandshake(seat)
    this.#unlock()
  }

  /** Gives a seat back, once. */
  give(seat: number): void {
    if (!this.#lock()) return
    this.#endHandshake(seat)
    const { control, seats } = this.#words
    const client = seats[seat * SEAT_WORDS + Seat.Client]!
    seats[seat * SEAT_WORDS + Seat.Owner] = 0
    if (client !== NONE) this.#clients.drop(client)
    seats[seat * SEAT_WORDS + Seat.Client] = control[Control.FreeSeat]!
    control[Control.FreeSeat] = seat
    Atomics.sub(control, Control.Taken, 1)
    this.#unlock()
  }

  #take(address: Uint8Array | null): number {
    const { control, seats } = this.#words
    const now = this.#clock()
    const client = address === null ? NONE : this.#clients.place(address)
    // Before room is asked for, which others may have to make.
    const verdict = client === NONE ? ALLOWED : this.#judge(client, now)
    if (verdict !== ALLOWED) return verdict
    const seat = control[Control.FreeSeat]!
    if (seat === NONE) return Refused.Full
    control[Control.FreeSeat] = seats[seat * SEAT_WORDS + Seat.Client]!
    seats[seat * SEAT_WORDS + Seat.Client] = NONE
    seats[seat * SEAT_WORDS + Seat.Owner] = this.#owner
    Atomics.add(control, Control.Taken, 1)
    if (client !== NONE) this.#enter(seat, client, now)
    return seat
  }

  #judge(client: number, now: number): Refused | typeof ALLOWED {
    if (this.#clients.countOf(client) >= this.#limits.maxPerClient) return Refused.ClientFull
    const full = this.#words.times[2 * client + CONNECTIONS]!
    return this.#connections.allows(full, now) ? ALLOWED : Refused.Rate
  }

  #enter(seat: number, client: number, now: number): void {
    const { times, seats } = this.#words
    const at = 2 * client + CONNECTIONS
    times[at] = this.#connections.after(times[at]!, now)
    seats[seat * SEAT_WORDS + Seat.Client] = client
    this.#clients.add(client)
  }

  #beginHandshake(seat: number): Refused | typeof ALLOWED {
    const { control, seats, times } = this.#words
    const now = this.#clock()
    const client = seats[seat * SEAT_WORDS + Seat.Client]!
    const own = 2 * client + HANDSHAKES
    const rated = client !== NONE
    if (rated && !this.#clientHandshakes.allows(times[own]!, now)) return Refused.HandshakeRate
    if (!this.#handshakes.allows(times[ALL_HANDSHAKES]!, now)) return Refused.HandshakeRate
    if (control[Control.Handshakes]! >= this.#limits.maxHandshakes) return Refused.HandshakesFull
    if (rated) times[own] = this.#clientHandshakes.after(times[own]!, now)
    times[ALL_HANDSHAKES] = this.#handshakes.after(times[ALL_HANDSHAKES]!, now)
    seats[seat * SEAT_WORDS + Seat.Owner] = this.#owner | HANDSHAKE
    Atomics.add(control, Control.Handshakes, 1)
    return ALLOWED
  }

  #endHandshake(seat: number): void {
    const { control, seats } = this.#words
    const at = seat * SEAT_WORDS + Seat.Owner
    if ((seats[at]! & HANDSHAKE) === 0) return
    seats[at] = this.#owner
    Atomics.sub(control, Control.Handshakes, 1)
  }

  #lock(): boolean {
    return lock(this.#words.control, this.#owner)
  }

  #unlock(): void {
    Atomics.store(this.#words.control, Control.Lock, 0)
  }
}

const MAIN = 1

/** Tries before a thread sleeps over it. */
const SPINS = 200

/** @returns false when a thread does not let go, dead or not */
function lock(control: Int32Array, owner: number): boolean {
  for (let i = 0; i < SPINS; i++) {
    if (Atomics.compareExchange(control, Control.Lock, 0, owner) === 0) return true
  }
  for (let waited = 0; waited < PATIENCE; waited++) {
    const holder = Atomics.load(control, Control.Lock)
    if (holder !== 0) Atomics.wait(control, Control.Lock, holder, 1)
    if (Atomics.compareExchange(control, Control.Lock, 0, owner) === 0) return true
  }
  return false
}

/** Makes all counts and lists anew from the seats' owners. */
function rebuild({ control, seats }: ConnectionWords, clients: ClientIndex): void {
  const taken: number[] = []
  let handshakes = 0
  let count = 0
  control[Control.FreeSeat] = NONE
  for (let at = seats.length - SEAT_WORDS; at >= 0; at -= SEAT_WORDS) {
    const owner = seats[at + Seat.Owner]!
    if (owner === 0) {
      seats[at + Seat.Client] = control[Control.FreeSeat]!
      control[Control.FreeSeat] = at / SEAT_WORDS
      continue
    }
    count++
    if ((owner & HANDSHAKE) !== 0) handshakes++
    const client = seats[at + Seat.Client]!
    if (client !== NONE) taken.push(client)
  }
  clients.rebuild(taken)
  Atomics.store(control, Control.Taken, count)
  Atomics.store(control, Control.Handshakes, handshakes)
}
