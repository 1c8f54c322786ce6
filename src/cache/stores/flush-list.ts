// Flushes that records in the store may be older than: a store cannot be searched for all names below
// another, so what was flushed is remembered instead, for as long as anything older may lie there.

import type { Flush } from './store.ts'

/** Flushes that are told apart; beyond, everything before the last is flushed. */
const MAX_FLUSHES = 1_000

export class FlushList {
  /** The latest of each name. */
  readonly #flushes = new Map<string, Flush>()

  add(flush: Flush): void {
    const id = `${flush.subtree ? '*.' : ''}${flush.name}`
    const before = this.#flushes.get(id)
    if (before !== undefined && before.at >= flush.at) return
    this.#flushes.set(id, flush)
    if (this.#flushes.size <= MAX_FLUSHES) return
    this.#flushes.clear()
    this.#flushes.set('*..', { name: '.', subtree: true, at: flush.at })
  }

  /** Whether an answer about a name, asked for at that time, was flushed since. */
  covers(name: string, askedAt: number): boolean {
    for (const flush of this.#flushes.values()) {
      if (askedAt <= flush.at && matches(flush, name)) return true
    }
    return false
  }

  /** Forgets those from before a moment. */
  forget(before: number): void {
    for (const [id, { at }] of this.#flushes) if (at < before) this.#flushes.delete(id)
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
