// What passes between a listener and the pipeline: a query on its way in, and the way back for an
// answer that comes later. Listeners refill one Query for every message, so that the fast lane
// allocates nothing.

const EMPTY = new Uint8Array(0)

export const Transport = { Udp: 0, Tcp: 1, Tls: 2, Https: 3 } as const
export type Transport = (typeof Transport)[keyof typeof Transport]

export type AddressFamily = 4 | 6

/** What a client proved about itself with a TLS certificate; the same object for all its queries. */
export interface ClientIdentity {
  /** Subject and alternative names, as `AccessList.certificateTraits` takes them. */
  readonly names: readonly string[]
  /** What `owner`, an access list, made of the names: filled in by the pipeline at the first query. */
  traits: number
  owner: object | null
}

/** A message as a listener received it, who sent it, and where an immediate answer is written. */
export class Query {
  readonly transport: Transport

  /** The message: `length` octets at `start`. Valid until the handler returns. */
  bytes: Uint8Array = EMPTY
  start = 0
  length = 0
  /** Its place in the batch that the handler has foreseen; -1 when it came alone. */
  position = -1

  /** The client's address: 4 or 16 octets in network order at `clientOffset`. */
  client: Uint8Array = EMPTY
  clientOffset = 0
  clientFamily: AddressFamily = 4
  /** Null unless the client showed a certificate that we trust (RFC 8446 §4.4.2). */
  identity: ClientIdentity | null = null

  /**
   * Room for an immediate answer from `outStart` on, a multiple of 4: for the largest that this
   * transport takes, in whole 32-bit words.
   */
  out: Uint8Array = EMPTY
  outStart = 0

  /** Makes the way back for a late answer. The listener sets it before each message. */
  origin: Origin

  #words: Uint32Array = new Uint32Array(0)

  constructor(transport: Transport, origin: Origin) {
    this.transport = transport
    this.origin = origin
  }

  /** The memory behind `out` in 32-bit words; `out` must begin on a multiple of 4 there. */
  get outWords(): Uint32Array {
    const { out } = this
    if (this.#words.buffer !== out.buffer || this.#words.byteOffset !== out.byteOffset) {
      this.#words = new Uint32Array(out.buffer, out.byteOffset, out.length >> 2)
    }
    return this.#words
  }
}

/** The listener's side of a query that leaves the fast lane. */
export interface Origin {
  /** Called at most once for a query, before the handler returns. */
  detach(query: Query): ReturnPath
}

/**
 * The way back to one client for one late answer: `reserve`, write at `buffer[offset]`, `commit`.
 * `commit` is called exactly once, also when `reserve` refused; with 0 when nothing will be sent.
 */
export interface ReturnPath {
  readonly buffer: Uint8Array
  readonly offset: number
  /** Finds room for up to `size` octets; false when the client has gone. */
  reserve(size: number): boolean
  commit(length: number): void
}

/** Messages that one batch may hold. */
export const MAX_BATCH = 64

/** Messages that a listener received together. */
export interface Batch {
  /** The first message begins at 0, the next `stride` further on. */
  readonly received: Uint8Array
  readonly stride: number
  /** Octets of each; below zero for what will not be handled. */
  readonly lengths: Int32Array
  /** Holds the clients' addresses. */
  readonly peers: Uint8Array
  clientFamily(message: number): AddressFamily
  /** Where in `peers` the address of a message's client begins. */
  clientOffset(message: number): number
}

/** What `QueryHandler.handle` returns when there is no answer to send now. */
export const Handled = { Dropped: 0, Later: -1 } as const

/** The pipeline as listeners see it. */
export interface QueryHandler {
  /** @returns octets of the answer at `query.out[query.outStart]`, or one of `Handled` */
  handle(query: Query): number
  /**
   * Hears of a batch before `handle` gets its messages one by one, in order, so that memory they
   * need can be on its way from RAM for all of them at once.
   * @param count messages of the batch, up to `MAX_BATCH`
   */
  foresee?(batch: Batch, count: number): void
  /** Whether this client may open a connection at all (4 or 16 octets at `offset`). */
  admits(client: Uint8Array, offset: number, family: AddressFamily): boolean
  /** Whether a certificate may admit a client that its address does not. */
  readonly admitsCertificates?: boolean
}
