// How the cache lies in shared memory. A cache is a row of shards, each one SharedArrayBuffer:
//
//   control   16 words     see Control
//   index     2 words a slot: the key's hash, and where its entry is (see Place)
//   ghosts    a word a slot: the hash of a name that was evicted while it was new
//   arena     entries, back to back, in two logs that run in rings: a small one for what is new, and
//             the main one for what was asked for again
//
// An entry starts at a multiple of 8 octets: 8 header words, then the answer's message (its header
// and question included, so that the question in it is the key), then one 16-bit TTL offset for
// each record, then, if the answer is for a network (RFC 7871), the words of its prefix; each padded
// to 4, and all to 8.

/** Words of a shard's control block. */
export const Control = {
  /** Odd while a writer changes things: what was read meanwhile is void (a sequence lock). */
  Version: 0,
  /** 0: free. Else the number of the thread that writes, plus one. */
  Lock: 1,
  /** Three words for each ring, see `Ring`. */
  SmallRing: 2,
  MainRing: 5,
  /** Live entries. */
  Count: 8,
  Inserted: 9,
  Evicted: 10,
  Expired: 11,
  /** Of the first shard alone: how often entries were flushed. */
  Flushed: 12,
} as const
export const CONTROL_WORDS = 16

/** Octets of a unit, the grain of the arena. */
export const UNIT = 8
export const UNIT_SHIFT = 3
/** Words of a unit. */
export const UNIT_WORDS = 2

/** Words of an entry's header. */
export const Entry = {
  Hash: 0,
  /** Units that the entry takes; the top bit says that it is dead (replaced, flushed, or a gap). */
  Size: 1,
  /** Seconds on the monotonic clock. */
  StoredAt: 2,
  ExpiresAt: 3,
  /** Octets of the message, and the number of TTL offsets in the upper half. */
  Lengths: 4,
  Variant: 5,
  /** Octets of the qname, and the extended error's code plus one in the upper half. */
  Details: 6,
  /** Where it comes from and how far it may be trusted: see `Provenance`. */
  Provenance: 7,
} as const
export const ENTRY_HEADER_WORDS = 8
export const ENTRY_HEADER_LENGTH = ENTRY_HEADER_WORDS * 4

export const DEAD = 0x8000_0000
export const SIZE_MASK = 0x7fff_ffff

/**
 * An entry's word of provenance: the upstream's slot plus one (0: not known), whether it was validated
 * (see `VALIDATIONS`), whether it came from the store that proxies share, whether it was made of what
 * was proven before (RFC 8198), whether it is for nobody else and no later time, as the negative trust
 * anchor that it hangs on passes (RFC 7646), and for how large a network it is, in bits, by the
 * upstream's word (RFC 7871 §7.2.1).
 */
export const Provenance = {
  UpstreamMask: 0xff,
  ValidationShift: 8,
  ValidationMask: 0x3,
  Shared: 0x400,
  Synthesized: 0x800,
  Passing: 0x1000,
  ScopeShift: 16,
  ScopeMask: 0xff,
} as const

/** By their number in an entry's provenance (RFC 4035 §4.3). */
export const VALIDATIONS = ['unknown', 'insecure', 'secure', 'bogus'] as const

/**
 * The second word of an index slot, 0 when the slot is free: in its upper bits the entry's unit plus
 * one, in its lower bits what readers note without a lock. They stand here and not in the entry
 * because a reader that comes late could hit another entry's octets there.
 */
export const Place = {
  /** Uses that count when it is the oldest: up to three. In the main ring each is one more round. */
  Chances: 0x3,
  /** Somebody was asked to renew it: once is enough. */
  Renewing: 0x4,
  /** Binary logarithm of how often it was asked for, counted by chance (Morris 1978). */
  HeatShift: 3,
  HeatMask: 0xf,
  /** What goes with an entry to another cache: its chances and its heat. */
  Kept: 0x7b,
  UnitShift: 7,
} as const

/** The share of a shard that its index takes: one slot for 64 octets of shard. */
const INDEX_SHARE = 8
const SLOT_LENGTH = 8

/** About as many ghosts as there are entries. */
const SLOTS_PER_GHOST = 2

/** What is new has a tenth of the arena (Yang et al., SOSP 2023, §4.1). */
const SMALL_SHARE = 0.1

/** The index never fills beyond this share, so that probes stay short. */
const MAX_LOAD = 0.8

export interface ShardGeometry {
  /** Octets of the shard's whole buffer. */
  readonly length: number
  readonly slots: number
  /** The most live entries. */
  readonly maxEntries: number
  readonly indexOffset: number
  readonly ghosts: number
  readonly ghostOffset: number
  readonly arenaOffset: number
  readonly arenaUnits: number
  /** Units of the arena that the small ring takes, the first. */
  readonly smallUnits: number
}

export function shardGeometry(length: number): ShardGeometry {
  const whole = Math.floor(length / 64) * 64
  const slots = Math.floor(whole / INDEX_SHARE / SLOT_LENGTH)
  const indexOffset = CONTROL_WORDS * 4
  const ghostOffset = indexOffset + slots * SLOT_LENGTH
  const ghosts = Math.floor(slots / SLOTS_PER_GHOST / 2) * 2
  const arenaOffset = ghostOffset + ghosts * 4
  const arenaUnits = Math.floor((whole - arenaOffset) / UNIT)
  return {
    length: whole,
    slots,
    maxEntries: Math.floor(slots * MAX_LOAD),
    indexOffset,
    ghosts,
    ghostOffset,
    arenaOffset,
    arenaUnits,
    smallUnits: Math.floor(arenaUnits * SMALL_SHARE),
  }
}

const MIN_SHARD_LENGTH = 1024 * 1024
/** An entry's unit must fit the upper 25 bits of a `Place`. */
const MAX_SHARD_LENGTH = 256 * 1024 * 1024
const USUAL_SHARDS = 16

/**
 * How many shards a budget is split into: enough that writers seldom meet and that none outgrows
 * the places of its index, few enough that each can hold the largest answers.
 */
export function shardCount(budget: number): number {
  let count = USUAL_SHARDS
  while (count > 1 && budget / count < MIN_SHARD_LENGTH) count /= 2
  while (budget / count > MAX_SHARD_LENGTH) count *= 2
  return count
}
