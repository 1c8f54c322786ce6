// An answer as the caches keep it: the wire message without OPT, its question lower-cased, its
// TTLs within bounds, with the places of the TTLs beside it.

import { MAX_MESSAGE_LENGTH } from '../wire/header.ts'
import { Provenance } from './layout.ts'

/** One answer at a time; the owner refills it. */
export class PackedAnswer {
  readonly bytes = new Uint8Array(MAX_MESSAGE_LENGTH + 1)
  /** The same memory in 32-bit words. */
  readonly words = new Uint32Array(this.bytes.buffer)
  length = 0
  nameLength = 0
  readonly ttlOffsets = new Uint16Array(6_000)
  ttlCount = 0
  /** Seconds that it may be kept; 0 means not at all. */
  lifetime = 0
  /** Extended DNS error that came with it (RFC 8914), or -1. */
  extendedError = -1
  /** See `Provenance` in layout.ts. */
  provenance = 0

  /** For how large a network it is, in bits (RFC 7871); 0 for everybody. */
  get scope(): number {
    return (this.provenance >>> Provenance.ScopeShift) & Provenance.ScopeMask
  }
}
