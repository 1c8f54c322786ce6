// What every UDP listener is, however it reads its sockets.

import type { QueryHandler } from '../../pipeline/query.ts'

/** Octets of the longest query taken and the longest answer sent: some above any sane EDNS size. */
export const UDP_MESSAGE_CAPACITY = 1_280

export const udpBounds = {
  // Octets of kernel memory for queries that wait and for answers on their way. 4 MiB rides out a
  // stall of about 50 ms at 100,000 queries/s; Linux gives an ordinary process 208 KiB at most.
  receiveBuffer: { default: 4_194_304, min: 65_536, max: 268_435_456 },
} as const

export interface UdpListenerOptions {
  /** IPv4 or IPv6 text; `0.0.0.0` and `::` mean every local address. */
  readonly address: string
  /** 0 for any free port. */
  readonly port: number
  /** Keeps `::` from taking IPv4 as well. */
  readonly v6Only: boolean
  /** Lets several sockets share the port; the kernel spreads clients over them. */
  readonly reusePort: boolean
  /** What to ask the kernel for, in octets. It may give less. */
  readonly receiveBuffer: number
  readonly handler: QueryHandler
  readonly metrics: UdpMetrics
  /** Told of a fault that cost one message: the handler threw, or a socket failed. */
  readonly onError: (error: unknown) => void
}

/** What a UDP listener tells those who count; once per batch where it reads batches. */
export interface UdpMetrics {
  onReceived(datagrams: number): void
  /** Of those received: longer than `UDP_MESSAGE_CAPACITY`. */
  onTooLong(datagrams: number): void
  /** Answers handed to the kernel. */
  onAnswered(answers: number): void
  /** Of those handed over: refused by the kernel, or without room in the send buffer. */
  onUnsent(answers: number): void
}

export interface BoundAddress {
  readonly address: string
  readonly port: number
}

export interface UdpListener {
  /** Whether it reads and sends in batches. `UNBATCHED_NOTICE` tells a person what it means if not. */
  readonly batched: boolean
  /** The address as it was asked for, and the port that was really bound. */
  address(): BoundAddress
  /** Asks the kernel for another `receiveBuffer`, in octets; what waits in the old one stays. */
  resize(receiveBuffer: number): void
  /**
   * Takes no more queries than wait in the socket already; answers that are under way are still
   * sent. Other sockets that share the port get what comes from now on.
   */
  pause(): void
  /**
   * Pauses, sends the late answers at hand and those that come within `within` milliseconds, then
   * frees the port. Answers that come later are not sent.
   */
  close(within?: number): Promise<void>
}

/** For the log, once, where the addon is not in use. */
export const UNBATCHED_NOTICE =
  'UDP runs without its batch addon: about twice the CPU per cached answer, and a wildcard address ' +
  'covers only the local addresses of this moment. A C compiler and "npm rebuild" give the addon.'
