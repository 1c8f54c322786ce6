// The cache as the main thread works on it beside the workers: shown, flushed, moved to another size.
// All of it goes in small pieces, so that neither this thread nor a worker waits for it.

import {
  AnswerCache,
  allocateCache,
  type CacheMemory,
  type FlushTarget,
} from '../cache/answer-cache.ts'
import { type EntryQuery, type Listed, listEntries } from '../cache/inspect/list.ts'
import { moveEntries } from '../cache/move.ts'
import { Pacer } from '../cache/pacer.ts'
import { sharedSecondsClock } from '../cache/seconds.ts'
import { CLOCK_MARGIN } from '../cache/stores/record.ts'
import type { Flush } from '../cache/stores/store.ts'
import type { Logger } from '../observe/log.ts'
import { formatName, lowerCaseName, parseName, ROOT_NAME } from '../wire/text/name-text.ts'
import { parseType } from '../wire/text/type-text.ts'

/** What is to be forgotten, as people write it. */
export interface FlushRequest {
  readonly name: string
  /** Whether the names below it go as well; with `.`, everything. */
  readonly subtree?: boolean
  /** `AAAA`; all types when it is left out. */
  readonly type?: string
  /** Whether those who share the store forget it too: then always all types of a name. */
  readonly everywhere?: boolean
}

export type Flushed =
  | {
      readonly ok: true
      /** Entries of this process. */
      readonly removed: number
      readonly elsewhere: 'not-asked' | 'told' | 'no-store' | 'unreachable'
    }
  /** What is wrong with the request, in words. */
  | { readonly ok: false; readonly problem: string }

export interface CacheControlOptions {
  readonly memory: CacheMemory
  readonly log: Logger
  /** Names by the slots that entries know them by; grows. */
  readonly upstreams: readonly string[]
  /** As `Supervisor.flushShared`. */
  readonly flushShared: (name: string, subtree: boolean) => Promise<boolean>
}

/** The main thread's own number in the cache's locks; workers count from 1. */
const MAIN_THREAD = 0

/** Flushes that wait for their turn; beyond, everything is flushed at once. */
const MAX_QUEUED = 1_000

const EVERYTHING = { name: ROOT_NAME, subtree: true, type: null }

export class CacheControl {
  readonly #options: CacheControlOptions
  readonly #seconds = sharedSecondsClock()
  #memory: CacheMemory
  /** What is to take its place, while that is prepared. */
  #next: CacheMemory | null = null
  /** Flushes that have not begun, by what they are to forget. */
  readonly #queued = new Map<string, Promise<number>>()
  /** What was flushed while entries from before the start come back; null when none do. */
  #flushedSince: FlushTarget[] | null = null
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: CacheControlOptions) {
    this.#options = options
    this.#memory = options.memory
  }

  /** In force. */
  get memory(): CacheMemory {
    return this.#memory
  }

  get cache(): AnswerCache {
    return on(this.#memory)
  }

  list(query: EntryQuery): Promise<Listed> {
    const { upstreams } = this.#options
    const now = this.#seconds.seconds()
    return listEntries(query, { cache: this.cache, upstreams, now, pacer: new Pacer() })
  }

  async flush(request: FlushRequest): Promise<Flushed> {
    const target = targetOf(request, this.#seconds.seconds())
    if (typeof target === 'string') return { ok: false, problem: target }
    // The store comes first: what is forgotten here must not come back from there.
    const elsewhere = request.everywhere === true ? await this.#flushElsewhere(target) : 'not-asked'
    return { ok: true, removed: await this.#forget(target), elsewhere }
  }

  /** Forgets what somebody who shares the store wants forgotten. */
  onFlush({ name, subtree, at }: Flush): void {
    const target = targetOf({ name, subtree }, this.#seconds.seconds())
    if (typeof target === 'string') return
    // It may come late: what was asked for since may stay, as far as clocks agree.
    const ago = Math.max(0, Math.floor((Date.now() - CLOCK_MARGIN - at) / 1000))
    this.#forget({ ...target, before: target.before - ago }).catch((error: unknown) => {
      this.#options.log.error('names could not be flushed', { error: String(error) })
    })
  }

  /** Lets entries from before the start come back; what is flushed meanwhile is then flushed again. */
  async restore<Result>(read: (cache: AnswerCache) => Promise<Result>): Promise<Result> {
    const flushed: FlushTarget[] = []
    this.#flushedSince = flushed
    try {
      return await read(this.cache)
    } finally {
      this.#flushedSince = null
      for (const target of flushed) await this.#forget(target)
    }
  }

  /** Memory of this size, with all that is in the cache: that in force, where it has that size. */
  async memoryOf(size: number, sizeInForce: number): Promise<CacheMemory> {
    if (size === sizeInForce) return this.#memory
    const { secret } = this.#memory
    this.#next = allocateCache(size, secret)
    await new Pacer().take(moveEntries(this.cache, on(this.#next), secret))
    return this.#next
  }

  /** What `memoryOf` gave is in force, or is not to be. */
  settle(memory: CacheMemory): void {
    this.#memory = memory
    this.#next = null
  }

  async #flushElsewhere({
    name,
    subtree,
  }: FlushTarget): Promise<'told' | 'no-store' | 'unreachable'> {
    try {
      const told = await this.#options.flushShared(formatName(name), subtree)
      return told ? 'told' : 'no-store'
    } catch (error) {
      this.#options.log.warn('the store could not be told what to forget', {
        error: String(error),
      })
      return 'unreachable'
    }
  }

  /** One flush at a time. Those that are equal and have not begun are one. */
  #forget(wanted: FlushTarget): Promise<number> {
    const target =
      this.#queued.size < MAX_QUEUED ? wanted : { ...EVERYTHING, before: wanted.before }
    if (this.#flushedSince !== null && this.#flushedSince.length < MAX_QUEUED) {
      this.#flushedSince.push(target)
    }
    const id = `${formatName(target.name)} ${target.subtree} ${target.type} ${target.before}`
    const queued = this.#queued.get(id)
    if (queued !== undefined) return queued
    const done = this.#turn.then(async () => {
      this.#queued.delete(id)
      const pacer = new Pacer()
      const removed = await pacer.take(this.cache.flush(target))
      if (this.#next !== null) await pacer.take(on(this.#next).flush(target))
      return removed
    })
    this.#queued.set(id, done)
    this.#turn = done.catch(() => {})
    return done
  }
}

function on(memory: CacheMemory): AnswerCache {
  return new AnswerCache({ memory, thread: MAIN_THREAD })
}

/** @returns what is wrong with the request, in words, when it makes no sense */
function targetOf(request: FlushRequest, now: number): FlushTarget | string {
  const { name: nameText, subtree = false, type: typeText } = request
  const name = parseName(nameText)
  if (typeof name === 'string') return `${nameText} is no name: ${name}`
  const type = typeText === undefined ? null : parseType(typeText)
  if (typeText !== undefined && type === null) return `${typeText} is no record type`
  return { name: lowerCaseName(name), subtree, type, before: now + 1 }
}
