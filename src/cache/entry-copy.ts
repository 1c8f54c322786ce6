// An entry copied out of the cache for those who look at all of them: without a lock, one at a time,
// by the same rules as a look-up (see shard.ts). Walking the index so, entries that are stored, moved
// or removed meanwhile may be missed or seen twice.

import { SUBNET_WORDS, Variant } from '../wire/question-key.ts'
import { Control, ENTRY_HEADER_WORDS, Entry, Place, SIZE_MASK, UNIT, UNIT_WORDS } from './layout.ts'
import { PackedAnswer } from './packed-answer.ts'
import type { Shard } from './shard.ts'

/** Looks at an entry that is being changed: well over what a writer needs for one. */
const TRIES = 10_000

/** Refilled with each entry. */
export class EntryCopy {
  /** As it was stored: its TTLs are not aged. */
  readonly answer = new PackedAnswer()
  /** Bits of the key's variant. */
  variant = 0
  /** The key's network with `Variant.Subnet`, as in `QuestionKey`. */
  readonly subnet = new Uint32Array(SUBNET_WORDS)
  readonly subnetBytes = new Uint8Array(this.subnet.buffer)
  /** Seconds on the monotonic clock. */
  storedAt = 0
  expiresAt = 0
  /** Octets that it takes in the arena. */
  size = 0
  /** The lower bits of its `Place`. */
  notes = 0
  readonly #barrier = new Int32Array(new SharedArrayBuffer(64))

  /**
   * How often it was asked for, estimated: half or twice that may be true. What an answer in its place
   * had before counts half.
   */
  get hits(): number {
    return 2 ** this.heat - 1
  }

  get heat(): number {
    return (this.notes >>> Place.HeatShift) & Place.HeatMask
  }

  /** Copies the entry that a slot of the index leads to; false when there is none to be had. */
  take(shard: Shard, slot: number): boolean {
    const { control, index } = shard
    for (let tries = 0; tries < TRIES; tries++) {
      const version = Atomics.load(control, Control.Version)
      if ((version & 1) !== 0) continue
      const place = index[slot * 2 + 1]!
      const whole = place !== 0 && this.#copy(shard, place)
      // As in a look-up, the read-modify-write is a full barrier.
      Atomics.add(this.#barrier, 0, 1)
      if (Atomics.load(control, Control.Version) === version) return whole
    }
    return false
  }

  /** @returns false when it makes no sense, since it is being changed */
  #copy(shard: Shard, place: number): boolean {
    const { words, halves } = shard
    const { answer, subnet } = this
    const entry = ((place >>> Place.UnitShift) - 1) * UNIT_WORDS
    const lengths = words[entry + Entry.Lengths]!
    const length = lengths & 0xffff
    const ttlCount = lengths >>> 16
    const message = entry + ENTRY_HEADER_WORDS
    const ttls = message + ((length + 3) >> 2)
    if (ttls * 2 + ttlCount > halves.length || ttlCount > answer.ttlOffsets.length) return false
    answer.length = length
    answer.ttlCount = ttlCount
    answer.nameLength = words[entry + Entry.Details]! & 0xffff
    answer.extendedError = (words[entry + Entry.Details]! >>> 16) - 1
    answer.provenance = words[entry + Entry.Provenance]!
    for (let i = message; i < ttls; i++) answer.words[i - message] = words[i]!
    for (let i = 0; i < ttlCount; i++) answer.ttlOffsets[i] = halves[ttls * 2 + i]!
    this.variant = words[entry + Entry.Variant]!
    if ((this.variant & Variant.Subnet) !== 0) {
      const at = shard.subnetAt(entry)
      if (at + SUBNET_WORDS > words.length) return false
      for (let i = 0; i < SUBNET_WORDS; i++) subnet[i] = words[at + i]!
    }
    this.storedAt = words[entry + Entry.StoredAt]!
    this.expiresAt = words[entry + Entry.ExpiresAt]!
    answer.lifetime = this.expiresAt - this.storedAt
    this.size = (words[entry + Entry.Size]! & SIZE_MASK) * UNIT
    this.notes = place & ((1 << Place.UnitShift) - 1)
    return true
  }
}
