// The memory that one batch socket shares with native/udp_batch.c, laid out as its `struct shared`.

import type { AddressFamily, Batch } from '../../pipeline/query.ts'

/** Datagrams received at once, and slots for immediate answers. */
export const BATCH_SLOTS = 64

/** Slots for late answers, behind those for immediate ones. */
export const LATE_SLOTS = 64

const OUT_SLOTS = BATCH_SLOTS + LATE_SLOTS

/** From message to message: an odd number of cache lines, or slots crowd into few cache sets. */
export const SLOT_STRIDE = 1_344

/** One record per received datagram: see `struct peer`. */
const PEER_SIZE = 64
export const PEER_WORDS = PEER_SIZE / 4

/** In a peer record: 4 or 6, and the offset of the client's address in the same record. */
const PEER_FAMILY = 28
const PEER_ADDRESS = 29

/** Words of `control`. */
export const Control = { LateBusy: 0, Unsent: 1, Port: 2 } as const

const LENGTHS = 64
const OUT_LENGTHS = LENGTHS + 4 * BATCH_SLOTS
const OUT_SOURCES = OUT_LENGTHS + 4 * OUT_SLOTS
const PEERS = OUT_SOURCES + 4 * BATCH_SLOTS
const RECEIVED = PEERS + PEER_SIZE * OUT_SLOTS
const OUT = RECEIVED + SLOT_STRIDE * BATCH_SLOTS
const SIZE = OUT + SLOT_STRIDE * OUT_SLOTS

/** Must be neither detached nor resized while the socket is open. */
export class BatchMemory implements Batch {
  readonly stride = SLOT_STRIDE
  readonly buffer = new ArrayBuffer(SIZE)
  readonly control = new Int32Array(this.buffer, 0, 16)
  /** Octets received in each slot; negative when the datagram was longer than the slot. */
  readonly lengths = new Int32Array(this.buffer, LENGTHS, BATCH_SLOTS)
  /** Octets of each answer, late ones from `BATCH_SLOTS` on. */
  readonly outLengths = new Int32Array(this.buffer, OUT_LENGTHS, OUT_SLOTS)
  /** The received slot that each immediate answer belongs to. */
  readonly outSources = new Int32Array(this.buffer, OUT_SOURCES, BATCH_SLOTS)
  /** Peer records of received datagrams, then of late answers. */
  readonly peers = new Uint8Array(this.buffer, PEERS, PEER_SIZE * OUT_SLOTS)
  readonly peerWords = new Int32Array(this.buffer, PEERS, PEER_WORDS * OUT_SLOTS)
  readonly received = new Uint8Array(this.buffer, RECEIVED, SLOT_STRIDE * BATCH_SLOTS)
  readonly out = new Uint8Array(this.buffer, OUT, SLOT_STRIDE * OUT_SLOTS)

  clientFamily(slot: number): AddressFamily {
    return this.peers[slot * PEER_SIZE + PEER_FAMILY] === 4 ? 4 : 6
  }

  clientOffset(slot: number): number {
    const peer = slot * PEER_SIZE
    return peer + this.peers[peer + PEER_ADDRESS]!
  }
}
