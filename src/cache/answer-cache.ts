// The cache of answers that all workers share: packed wire messages in shared memory, found by
// question and variant. See layout.ts for how it lies there and shard.ts for who may do what when.

import { randomFillSync } from 'node:crypto'
import {
  Flag,
  HEADER_LENGTH,
  MAX_MESSAGE_LENGTH,
  readUint16,
  readUint32,
  writeUint32,
} from '../wire/header.ts'
import { type QuestionKey, Variant } from '../wire/question-key.ts'
import {
  Control,
  ENTRY_HEADER_LENGTH,
  ENTRY_HEADER_WORDS,
  Entry,
  Provenance,
  shardCount,
  shardGeometry,
  UNIT,
  VALIDATIONS,
} from './layout.ts'
import { endsWithName } from './name-ending.ts'
import type { PackedAnswer } from './packed-answer.ts'
import { Shard } from './shard.ts'
import { removeSlice } from './slices.ts'

/** What the threads of one process pass to each other to share a cache. */
export interface CacheMemory {
  readonly shards: readonly SharedArrayBuffer[]
  /** The secret of the key hash: 64 bits. */
  readonly secret: Uint32Array
}

/** What a flush is to forget. */
export interface FlushTarget {
  /** Uncompressed, lower-cased wire form. */
  readonly name: Uint8Array
  /** Whether the names below it go as well; all there is, below the root. */
  readonly subtree: boolean
  /** Null for all types. */
  readonly type: number | null
  /** Only what was stored before this second on the monotonic clock. */
  readonly before: number
}

/** Sums over all shards. */
export interface CacheState {
  readonly entries: number
  /** Octets set aside, index and all: the budget, rounded down. */
  readonly size: number
  /** Octets of the arena that entries take now, dead ones included. */
  readonly used: number
  readonly inserted: number
  readonly evicted: number
  readonly expired: number
}

/**
 * @param budget octets that the cache may take in all
 * @param secret that of another cache, if entries are to be moved over from there
 */
export function allocateCache(budget: number, secret: Uint32Array = newSecret()): CacheMemory {
  const count = shardCount(budget)
  const { length } = shardGeometry(Math.floor(budget / count))
  return { shards: Array.from({ length: count }, () => new SharedArrayBuffer(length)), secret }
}

function newSecret(): Uint32Array {
  const secret = new Uint32Array(new SharedArrayBuffer(8))
  secret.set(randomFillSync(new Uint32Array(2)))
  return secret
}

/** Keys that are warmed at a time. */
const MAX_WARM = 64

/** Words of a cache line of 64 octets. */
const LINE_WORDS = 16

/** An answer is due for renewal in the last part of its life: a tenth, but a second at the least. */
const RENEWAL_SHARE = 10

/** What lives for less would be renewed with nearly each use. */
const MIN_RENEWED_LIFE = 3

/** Seconds that clients may keep a stale answer (RFC 8767 §4). */
export const STALE_TTL = 30

/** Readers give up after so many changes under their hands and call it a miss. */
const READ_TRIES = 100

export interface AnswerCacheOptions {
  readonly memory: CacheMemory
  /** This thread's number, different from that of any other that writes. */
  readonly thread: number
  /** Seconds past their lifetime for which answers may be asked for; 0 unless given. */
  readonly maxStale?: number
}

export class AnswerCache {
  /** Holds an answer that was longer than the caller's limit, for the caller to cut to size. */
  readonly oversize = new Uint8Array(MAX_MESSAGE_LENGTH + 1)
  readonly #oversizeWords = new Uint32Array(this.oversize.buffer)
  /** The extended error stored with the last hit, or -1. */
  extendedError = -1
  /** Whether the last hit was past its time to live, and served all the same. */
  stale = false
  /**
   * Whether the last hit is near its end and the caller the one to renew it. True for one caller
   * among all threads, once in an entry's life.
   */
  renewalDue = false
  /** For how large a network the last hit is, in bits (RFC 7871); of a key that has one. */
  scope = 0
  /** Of a failure: octets at the end of the last hit that are no message, but say why; see `packFailure`. */
  reasonLength = 0
  /** What `warm` read, kept so that no compiler finds its reading useless. */
  warmed = 0

  readonly #shards: readonly Shard[]
  readonly #shardShift: number
  readonly #oneShard: boolean
  readonly #warming = new Int32Array(MAX_WARM)
  #random = 0x9e3779b9
  readonly #barrier = new Int32Array(new SharedArrayBuffer(64))

  constructor({ memory, thread, maxStale = 0 }: AnswerCacheOptions) {
    const { shards } = memory
    const bits = Math.log2(shards.length)
    this.#shards = shards.map((buffer) => new Shard(buffer, thread + 1, bits, maxStale))
    this.#shardShift = 32 - bits
    this.#oneShard = shards.length === 1
  }

  /**
   * Copies an answer out, its TTLs reduced by its age; those of a stale one are `STALE_TTL`, and it is
   * not called authentic (AD), for what signs it may have ended since (RFC 4035 §5.3.3).
   *
   * @param now seconds on the monotonic clock
   * @param words the memory behind `out`, in 32-bit words
   * @param start where in `out` the message goes; a multiple of 4
   * @param limit octets that fit there; a longer answer is left in `oversize`
   * @param maxStale seconds past its lifetime for which an answer still counts (RFC 8767)
   * @returns octets of the message, which may be more than `limit`; 0 for a miss
   */
  lookup(
    key: QuestionKey,
    now: number,
    out: Uint8Array,
    words: Uint32Array,
    start: number,
    limit: number,
    maxStale = 0,
  ): number {
    this.renewalDue = false
    const shard = this.#shardOf(key)
    const { control } = shard
    for (let tries = 0; tries < READ_TRIES; tries++) {
      const version = Atomics.load(control, Control.Version)
      if ((version & 1) !== 0) continue
      const slot = shard.find(key)
      if (slot === -1) {
        if (this.#unchanged(control, version)) return 0
        continue
      }
      const entry = shard.entryAt(slot)
      const left = shard.words[entry + Entry.ExpiresAt]! - now
      if (left + maxStale <= 0) {
        if (this.#unchanged(control, version)) return 0
        continue
      }
      const length = shard.words[entry + Entry.Lengths]! & 0xffff
      const copied =
        length <= limit
          ? copyAged(shard, entry, length, now, left, out, words, start)
          : copyAged(shard, entry, length, now, left, this.oversize, this.#oversizeWords, 0)
      const life = left + now - shard.words[entry + Entry.StoredAt]!
      const extendedError = (shard.words[entry + Entry.Details]! >>> 16) - 1
      if ((key.variant & (Variant.Subnet | Variant.Failure)) !== 0) {
        this.#note(shard.words[entry + Entry.Provenance]!, length - HEADER_LENGTH - key.length)
      }
      if (!copied || !this.#unchanged(control, version)) continue
      this.extendedError = extendedError
      this.stale = left <= 0
      shard.touch(slot, entry, this.#chance())
      if (left * RENEWAL_SHARE <= life || left <= 1) this.#considerRenewal(shard, slot, entry, life)
      return length
    }
    return 0
  }

  /** The extended error stored with a fresh answer, -1 for none; null when there is no answer. */
  extendedErrorOf(key: QuestionKey, now: number): number | null {
    const shard = this.#shardOf(key)
    const { control, words } = shard
    for (let tries = 0; tries < READ_TRIES; tries++) {
      const version = Atomics.load(control, Control.Version)
      if ((version & 1) !== 0) continue
      const slot = shard.find(key)
      const entry = slot === -1 ? -1 : shard.entryAt(slot)
      const fresh = entry !== -1 && words[entry + Entry.ExpiresAt]! > now
      const extendedError = fresh ? (words[entry + Entry.Details]! >>> 16) - 1 : null
      if (this.#unchanged(control, version)) return extendedError
    }
    return null
  }

  /**
   * Has the memory of coming look-ups fetched: first all index slots, then all entries, so that the
   * waits for RAM run side by side instead of one after the other. Nothing is decided by what it reads.
   * @param keys `count` of them; those of length 0 are passed over
   */
  warm(keys: readonly QuestionKey[], count: number): void {
    const entries = this.#warming
    for (let i = 0; i < count; i++) {
      const key = keys[i]!
      entries[i] = key.length === 0 ? -1 : this.#shardOf(key).fetchSlot(key.hash)
    }
    let sum = 0
    for (let i = 0; i < count; i++) {
      const entry = entries[i]!
      if (entry < 0) continue
      const { words } = this.#shardOf(keys[i]!)
      // The first and the second cache line of an entry: its header and most of its message.
      sum += words[entry]! + words[entry + LINE_WORDS]!
    }
    this.warmed = sum
  }

  /** Stores an answer for its lifetime; false when it was not kept. */
  put(key: QuestionKey, answer: PackedAnswer, now: number): boolean {
    if (answer.lifetime <= 0) return false
    return this.#shardOf(key).put(key, answer, now)
  }

  /**
   * Keeps an answer that was stored elsewhere before, with what is known of its use; false when it was
   * not kept, or is here in as new a form already.
   * @param storedAt seconds on the monotonic clock
   * @param notes see `EntryCopy`
   */
  restore(key: QuestionKey, answer: PackedAnswer, storedAt: number, notes: number): boolean {
    if (answer.lifetime <= 0) return false
    return this.#shardOf(key).restore(key, answer, storedAt, notes)
  }

  /**
   * Forgets the entries that any of the targets means, a slice of the index with each step; gives how
   * many so far. What is stored meanwhile may stay. With a few targets, nobody waits for a step for
   * longer than some ten microseconds.
   */
  *flush(targets: readonly FlushTarget[]): Generator<number, number> {
    let removed = 0
    Atomics.add(this.#shards[0]!.control, Control.Flushed, 1)
    for (const shard of this.#shards) {
      const bytes = new Uint8Array(shard.words.buffer, shard.words.byteOffset)
      const drop = (entry: number): boolean => {
        const storedAt = shard.words[entry + Entry.StoredAt]!
        const length = shard.words[entry + Entry.Details]! & 0xffff
        const at = entry * 4 + ENTRY_HEADER_LENGTH + HEADER_LENGTH
        for (const { name, subtree, type, before } of targets) {
          if (storedAt >= before || (length !== name.length && !subtree)) continue
          if (type !== null && readUint16(bytes, at + length) !== type) continue
          if (endsWithName(bytes, at, length, name)) return true
        }
        return false
      }
      for (let next = 0; next < shard.geometry.slots; ) {
        const slice = removeSlice(shard, next, drop)
        next = slice.next
        removed += slice.removed
        yield removed
      }
    }
    return removed
  }

  /** Changes whenever something is flushed, by whatever thread. */
  get flushes(): number {
    return Atomics.load(this.#shards[0]!.control, Control.Flushed)
  }

  /** Counts flushes on from where another cache is whose place this one takes. */
  countFlushesFrom({ flushes }: AnswerCache): void {
    Atomics.store(this.#shards[0]!.control, Control.Flushed, flushes + 1)
  }

  /** Where entries are, for those who walk over them all: see `EntryCopy`. */
  get shards(): readonly Shard[] {
    return this.#shards
  }

  state(): CacheState {
    const sum = (word: number) => this.#shards.reduce((s, shard) => s + shard.control[word]!, 0)
    return {
      entries: sum(Control.Count),
      size: this.#shards.reduce((s, shard) => s + shard.geometry.length, 0),
      used: this.#shards.reduce((s, shard) => s + shard.used, 0) * UNIT,
      inserted: sum(Control.Inserted),
      evicted: sum(Control.Evicted),
      expired: sum(Control.Expired),
    }
  }

  /** Frees the shards that a thread held when it died. Call from the thread that supervises. */
  recover(deadThread: number): number {
    return this.#shards.filter((shard) => shard.recover(deadThread + 1)).length
  }

  #note(provenance: number, behindQuestion: number): void {
    const validation = (provenance >>> Provenance.ValidationShift) & Provenance.ValidationMask
    this.scope = (provenance >>> Provenance.ScopeShift) & Provenance.ScopeMask
    this.reasonLength = VALIDATIONS[validation] === 'bogus' ? behindQuestion : 0
  }

  #considerRenewal(shard: Shard, slot: number, entry: number, life: number): void {
    if (life >= MIN_RENEWED_LIFE) this.renewalDue = shard.claimRenewal(slot, entry)
  }

  /** Random enough to count by (Marsaglia 2003, xorshift). */
  #chance(): number {
    let state = this.#random
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.#random = state
    return state
  }

  #shardOf(key: QuestionKey): Shard {
    return this.#shards[this.#oneShard ? 0 : key.hash >>> this.#shardShift]!
  }

  /**
   * Whether nobody wrote since `version` was read. The read-modify-write is a full barrier: it
   * keeps the copying loads before the second look, which a mere load would not do on ARM.
   */
  #unchanged(control: Int32Array, version: number): boolean {
    Atomics.add(this.#barrier, 0, 1)
    return Atomics.load(control, Control.Version) === version
  }
}

/**
 * Copies an entry's message and ages its TTLs; false when it makes no sense (it is being changed).
 * @param length of the message, as it was read once: another by now must not go beyond the room
 *   that was found for this one
 * @param left seconds that it has to live; none when it is stale
 */
function copyAged(
  shard: Shard,
  entry: number,
  length: number,
  now: number,
  left: number,
  out: Uint8Array,
  outWords: Uint32Array,
  start: number,
): boolean {
  const { words, halves } = shard
  const lengths = words[entry + Entry.Lengths]!
  if ((lengths & 0xffff) !== length) return false
  const ttlCount = lengths >>> 16
  const message = entry + ENTRY_HEADER_WORDS
  const count = (length + 3) >> 2
  if (message + count + (ttlCount >> 1) > words.length) return false
  const target = start >> 2
  for (let i = 0; i < count; i++) outWords[target + i] = words[message + i]!
  const age = now - words[entry + Entry.StoredAt]!
  if (age <= 0) return true
  const ttls = (message + count) * 2
  for (let i = 0; i < ttlCount; i++) {
    const offset = halves[ttls + i]!
    if (offset + 4 > length) return false
    if (left <= 0) {
      writeUint32(out, start + offset, STALE_TTL)
      continue
    }
    const ttl = readUint32(out, start + offset)
    writeUint32(out, start + offset, ttl > age ? ttl - age : 0)
  }
  if (left <= 0) out[start + 3]! &= ~Flag.AD
  return true
}
