// Looking into the cache: its entries, page by page. Nobody is locked out meanwhile; what is stored,
// renewed or evicted during a walk may be missed, or seen in its old form or twice.

import type { AnswerCache } from '../answer-cache.ts'
import { EntryCopy } from '../entry-copy.ts'
import type { Pacer } from '../pacer.ts'
import { type CacheEntry, describe } from './describe.ts'
import { type EntryFilter, matcherOf } from './filter.ts'

export interface EntryQuery extends EntryFilter {
  /** Entries on the page at the most: 1 to 1,000, 100 by default. */
  readonly limit?: number
  /** Where the page before ended. */
  readonly cursor?: string
}

export type Listed =
  | {
      readonly ok: true
      /** In no order. */
      readonly entries: readonly CacheEntry[]
      /** For the next page; null when this was the last. */
      readonly cursor: string | null
    }
  /** What is wrong with the query, in words. */
  | { readonly ok: false; readonly problem: string }

export interface ListOptions {
  readonly cache: AnswerCache
  /** Names by the slots that entries know them by. */
  readonly upstreams: readonly string[]
  /** Seconds on the monotonic clock. */
  readonly now: number
  readonly pacer: Pacer
}

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1_000

/** Slots of the index between two looks at the clock. */
const STEP_SLOTS = 64

export async function listEntries(query: EntryQuery, options: ListOptions): Promise<Listed> {
  const { cache, upstreams, now, pacer } = options
  const { limit = DEFAULT_LIMIT, cursor } = query
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    return { ok: false, problem: `limit must be a whole number from 1 to ${MAX_LIMIT}` }
  }
  const matcher = matcherOf(query, upstreams)
  if (typeof matcher === 'string') return { ok: false, problem: matcher }
  const start = cursor === undefined ? { shard: 0, slot: 0 } : placeOf(cursor, cache)
  if (start === null) return { ok: false, problem: 'the cursor is none of this cache' }
  const entries: CacheEntry[] = []
  const entry = new EntryCopy()
  let { slot } = start
  for (let at = start.shard; at < cache.shards.length; at++) {
    const shard = cache.shards[at]!
    for (; slot < shard.geometry.slots; slot++) {
      if (slot % STEP_SLOTS === 0 && pacer.isDue) await pacer.rest()
      if (!entry.take(shard, slot) || !matcher.matches(entry, now)) continue
      if (entries.length === limit) return { ok: true, entries, cursor: `${at}.${slot}` }
      entries.push(describe(entry, now, upstreams))
      if (pacer.isDue) await pacer.rest()
    }
    slot = 0
  }
  return { ok: true, entries, cursor: null }
}

function placeOf(cursor: string, { shards }: AnswerCache): { shard: number; slot: number } | null {
  const parts = /^(\d{1,5})\.(\d{1,10})$/.exec(cursor)
  if (parts === null) return null
  const [shard, slot] = [Number(parts[1]), Number(parts[2])]
  return slot < (shards[shard]?.geometry.slots ?? 0) ? { shard, slot } : null
}
