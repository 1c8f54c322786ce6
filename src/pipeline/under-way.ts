// The questions under way, found by key.
//
// A chained hash table of fixed width, not a Map: a Map that lives long under steady insertion and
// deletion leaves behind old tables that point to newer ones, and through them V8's young collection
// keeps everything alive that has passed through it.

import type { QuestionKey } from '../wire/question-key.ts'
import type { Resolution } from './resolution.ts'

/** Buckets, a power of two: a few times the questions of a busy worker. */
const BUCKETS = 4_096

export class UnderWay {
  readonly #buckets: (Resolution | null)[] = Array.from({ length: BUCKETS }, () => null)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** One that a query with this key may join. */
  find(key: QuestionKey): Resolution | null {
    let found = this.#buckets[key.hash & (BUCKETS - 1)] ?? null
    while (found !== null && !found.isFor(key)) found = found.next
    return found
  }

  add(resolution: Resolution): void {
    const bucket = resolution.hash & (BUCKETS - 1)
    resolution.next = this.#buckets[bucket] ?? null
    this.#buckets[bucket] = resolution
    this.#size++
  }

  remove(resolution: Resolution): void {
    const bucket = resolution.hash & (BUCKETS - 1)
    const first = this.#buckets[bucket] ?? null
    if (first === resolution) {
      this.#buckets[bucket] = resolution.next
    } else {
      let before = first
      while (before !== null && before.next !== resolution) before = before.next
      if (before === null) return
      before.next = resolution.next
    }
    resolution.next = null
    this.#size--
  }
}
