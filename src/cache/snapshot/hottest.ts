// Which entries are worth keeping over a restart, where there is no room for all of them: those asked
// for most, and among equals the youngest. All are ranked in one pass that counts how many have each
// rank, so that nothing has to be sorted or held.

import type { AnswerCache } from '../answer-cache.ts'
import type { EntryCopy } from '../entry-copy.ts'
import { Entry, Place, SIZE_MASK, UNIT, UNIT_WORDS } from '../layout.ts'
import type { Shard } from '../shard.ts'
import { KEPT_VARIANTS } from './format.ts'

/** Four to each doubling of the age, in seconds. */
const AGE_RANKS = 128
const RANKS = (Place.HeatMask + 1) * AGE_RANKS

/** Below all ranks. */
const NOT_KEPT = -1

/** Slots of the index that are looked at in one step. */
const STEP_SLOTS = 512

/** Seconds on the monotonic clock, and those past their lifetime for which entries count. */
export interface Moment {
  readonly now: number
  readonly maxStale: number
}

/** Entries, and octets of memory that they take. */
export interface Most {
  readonly entries: number
  readonly octets: number
}

/** Says of each entry, the first time it is asked, whether it is among the hottest. */
export class Hottest {
  readonly #moment: Moment
  /** The lowest rank that is kept, and how much of that rank. */
  readonly #rank: number
  #entries: number
  #octets: number

  private constructor(moment: Moment, rank: number, { entries, octets }: Most) {
    this.#moment = moment
    this.#rank = rank
    this.#entries = entries
    this.#octets = octets
  }

  /** Looks at all entries, some with each step. What it reads may be changing, so counts are rough. */
  static *of(cache: AnswerCache, most: Most, moment: Moment): Generator<void, Hottest> {
    const counts = new Uint32Array(RANKS)
    const sizes = new Float64Array(RANKS)
    for (const shard of cache.shards) {
      for (let slot = 0; slot < shard.geometry.slots; slot++) {
        if (slot % STEP_SLOTS === 0) yield
        const rank = rankAt(shard, slot, moment)
        if (rank === NOT_KEPT) continue
        counts[rank]! += 1
        sizes[rank]! += sizeAt(shard, slot)
      }
    }
    let { entries, octets } = most
    for (let rank = RANKS - 1; rank >= 0; rank--) {
      if (counts[rank]! >= entries || sizes[rank]! >= octets) {
        return new Hottest(moment, rank, { entries, octets })
      }
      entries -= counts[rank]!
      octets -= sizes[rank]!
    }
    return new Hottest(moment, 0, { entries, octets })
  }

  /** Whether it is worth while to copy an entry and ask: most need not be. */
  mayAdmit(shard: Shard, slot: number): boolean {
    return rankAt(shard, slot, this.#moment) >= this.#rank
  }

  admits({ variant, expiresAt, storedAt, heat, size }: EntryCopy): boolean {
    if (!isKept(variant, expiresAt, this.#moment)) return false
    const rank = rankOf(heat, this.#moment.now - storedAt)
    if (rank !== this.#rank) return rank > this.#rank
    this.#entries--
    this.#octets -= size
    return this.#entries >= 0 && this.#octets >= 0
  }
}

/** The rank of the entry that a slot leads to, unless it is not kept or there is none. */
function rankAt({ index, words }: Shard, slot: number, moment: Moment): number {
  const place = index[slot * 2 + 1]!
  if (place === 0) return NOT_KEPT
  const entry = entryAt(place)
  // Behind the end of the arena, and in the middle of a change, it makes no sense and does no harm.
  const variant = words[entry + Entry.Variant] ?? 0
  if (!isKept(variant, words[entry + Entry.ExpiresAt] ?? 0, moment)) return NOT_KEPT
  const heat = (place >>> Place.HeatShift) & Place.HeatMask
  return rankOf(heat, moment.now - (words[entry + Entry.StoredAt] ?? 0))
}

function sizeAt({ index, words }: Shard, slot: number): number {
  const size = words[entryAt(index[slot * 2 + 1]!) + Entry.Size] ?? 0
  return (size & SIZE_MASK) * UNIT
}

function entryAt(place: number): number {
  return ((place >>> Place.UnitShift) - 1) * UNIT_WORDS
}

function isKept(variant: number, expiresAt: number, { now, maxStale }: Moment): boolean {
  return (variant & ~KEPT_VARIANTS) === 0 && expiresAt + maxStale > now
}

function rankOf(heat: number, age: number): number {
  const seconds = Math.max(1, age)
  const doublings = 31 - Math.clz32(seconds)
  const quarter = ((seconds * 4) >>> doublings) & 3
  return heat * AGE_RANKS + (AGE_RANKS - 1 - (doublings * 4 + quarter))
}
