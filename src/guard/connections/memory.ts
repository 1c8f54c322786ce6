// The memory in which all threads count stream connections together. Its size follows from how many
// connections there may be, so nothing that clients do makes it grow.
//
//   control   what the words below name
//   times     doubles, in milliseconds: the handshake bucket of all clients, then two of each client
//   seats     two words for each connection: its thread, and its client; free seats are a list
//   clients   those with connections, and those who had one last, for their buckets' sake
//   heads     a hash table over the clients

import { randomFillSync } from 'node:crypto'

export interface ConnectionMemoryOptions {
  /** Connections in all. */
  readonly maxConnections: number
  /** Leading bits that make two addresses the same client. */
  readonly ipv4Prefix: number
  readonly ipv6Prefix: number
}

/** Words of the control block. */
export const Control = {
  /** The number of the thread that changes the rest, plus one; 0 for none. */
  Lock: 0,
  Seats: 1,
  Clients: 2,
  Heads: 3,
  /** Seats taken, and those of them with a TLS handshake under way. */
  Taken: 4,
  Handshakes: 5,
  FreeSeat: 6,
  /** Clients without a connection, the one gone longest first. */
  Oldest: 7,
  Newest: 8,
  Ipv4Prefix: 9,
  Ipv6Prefix: 10,
  /** Nobody outside can choose addresses that meet in one chain. */
  Secret: 11,
} as const
const CONTROL_WORDS = 16

/** Words of a seat. `Owner` is 0 when it is free, else the thread plus one, with `HANDSHAKE` or not. */
export const Seat = { Owner: 0, Client: 1 } as const
export const SEAT_WORDS = 2
export const HANDSHAKE = 0x1_0000

/** Words of a client: its prefix in four words, then what it is; `Family` 0 when nobody's. */
export const Client = { Key: 0, Family: 4, Count: 5, Next: 6, Older: 7, Newer: 8 } as const
export const CLIENT_WORDS = 10

/** No seat, no client. */
export const NONE = -1

/**
 * Clients remembered beyond those with connections, so that coming back does not fill a bucket. Who
 * has so many addresses is bounded by what holds for all clients together.
 */
const REMEMBERED = 8_192

export interface ConnectionWords {
  readonly control: Int32Array
  readonly times: Float64Array
  readonly seats: Int32Array
  readonly clients: Int32Array
  readonly heads: Int32Array
}

export function allocateConnections(options: ConnectionMemoryOptions): SharedArrayBuffer {
  const seats = options.maxConnections
  const clients = seats + REMEMBERED
  const heads = 2 ** Math.ceil(Math.log2(clients))
  const words = CONTROL_WORDS + 2 * (1 + 2 * clients) + SEAT_WORDS * seats
  const memory = new SharedArrayBuffer(4 * (words + CLIENT_WORDS * clients + heads))
  const control = new Int32Array(memory, 0, CONTROL_WORDS)
  control[Control.Seats] = seats
  control[Control.Clients] = clients
  control[Control.Heads] = heads
  control[Control.Ipv4Prefix] = options.ipv4Prefix
  control[Control.Ipv6Prefix] = options.ipv6Prefix
  randomFillSync(control, Control.Secret, 1)
  return memory
}

export function connectionWords(memory: SharedArrayBuffer): ConnectionWords {
  const control = new Int32Array(memory, 0, CONTROL_WORDS)
  const seats = control[Control.Seats]!
  const clients = control[Control.Clients]!
  const timesAt = 4 * CONTROL_WORDS
  const seatsAt = timesAt + 8 * (1 + 2 * clients)
  const clientsAt = seatsAt + 4 * SEAT_WORDS * seats
  const headsAt = clientsAt + 4 * CLIENT_WORDS * clients
  return {
    control,
    times: new Float64Array(memory, timesAt, 1 + 2 * clients),
    seats: new Int32Array(memory, seatsAt, SEAT_WORDS * seats),
    clients: new Int32Array(memory, clientsAt, CLIENT_WORDS * clients),
    heads: new Int32Array(memory, headsAt, control[Control.Heads]!),
  }
}
