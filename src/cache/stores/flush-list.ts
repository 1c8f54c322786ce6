// Flushes that records in the store may be older than: a store cannot be searched for all names below
// another, so what was flushed is remembered instead, for as long as anything older may lie there.

import { CLOCK_MARGIN } from './record.ts'
import type { Flush } from './store.ts'

/** Flushes that are told apart; beyond, everything before the last is flushed. */
const MAX_FLUSHES = 1_000

const EVERYTHING = '*..'

interface Known extends Flush {
  /** Answers asked for until then are covered. */
  readonly until: number
}

export class FlushList {
  /** The latest of each name. */
  readonly #flushes = new Map<string, Known>()

  /**
   * @param now milliseconds since 1970: who flushed may have a clock that is ahead of ours
   * @returns false when nothing is flushed by it that was not before
   */
  add(flush: Flush, now: number): boolean {
    const id = `${flush.subtree ? '*.' : ''}${flush.name}`
    const covers = (known: Flush | undefined) => known !== undefined && known.at >= flush.at
    if (covers(this.#flushes.get(id)) || covers(this.#flushes.get(EVERYTHING))) return false
    // Records carry the time of their writer, whose clock may be ahead of that of who flushed.
    this.#flushes.set(id, { ...flush, until: Math.min(flush.at, now) + CLOCK_MARGIN })
    if (this.#flushes.size > MAX_FLUSHES) this.#merge()
    return true
  }

  /** Whether an answer about a name, asked for at that time, was flushed since. */
  covers(name: string, askedAt: number): boolean {
    for (const flush of this.#flushes.values()) {
      if (askedAt <= flush.until && matches(flush, name)) return true
    }
    return false
  }

  /** Forgets those from before a moment. */
  forget(before: number): void {
    for (const [id, { at }] of this.#flushes) if (at < before) this.#flushes.delete(id)
  }

  #merge(): void {
    const flushes = [...this.#flushes.values()]
    const at = Math.max(...flushes.map((flush) => flush.at))
    const until = Math.max(...flushes.map((flush) => flush.until))
    this.#flushes.clear()
    this.#flushes.set(EVERYTHING, { name: '.', subtree: true, at, until })
  }
}

function matches(flush: Flush, name: string): boolean {
  if (name === flush.name) return true
  if (!flush.subtree) return false
  // A dot that is part of a label is written \. in text, so a bare one is the border of a label.
  return flush.name === '.' || (name.endsWith(`.${flush.name}`) && !endsEscaped(name, flush.name))
}

function endsEscaped(name: string, below: string): boolean {
  let slashes = 0
  for (let at = name.length - below.length - 2; name[at] === '\\'; at--) slashes++
  return slashes % 2 === 1
}
