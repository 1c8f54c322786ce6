// The cache as the main thread works on it beside the workers: shown, flushed, moved to another size.
// All of it goes in small pieces, so that neither this thread nor a worker waits for it.

import { setTimeout as delay } from 'node:timers/promises'
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

/** Milliseconds that a store has to hear of a flush; then it goes on here. */
const STORE_PATIENCE = 2_000

/** Flushes of others that wait for their turn; beyond, everything is flushed at once. */
const MAX_HEARD = 1_000

/** Flushes that one walk over the cache sees to: each of them makes its steps longer. */
const MAX_TARGETS = 32

const EVERYTHING = { name: ROOT_NAME, subtree: true, type: null }

/** Takes entries back from before the start. */
export type EntryKeeper = Pick<AnswerCache, 'restore'>

export class CacheControl {
  readonly #options: CacheControlOptions
  readonly #seconds = sharedSecondsClock()
  #memory: CacheMemory
  #cache: AnswerCache
  /** What is to take its place, while that is prepared. */
  #next: AnswerCache | null = null
  /** Flushes of others that have not begun, by what they are to forget. */
  readonly #heard = new Map<string, FlushTarget>()
  /** What was flushed while entries from before the start come back; null when none do. */
  #flushedSince: Map<string, FlushTarget> | null = null
  /** One walk at a time. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: CacheControlOptions) {
    this.#options = options
    this.#memory = options.memory
    this.#cache = on(options.memory)
  }

  /** In force. */
  get memory(): CacheMemory {
    return this.#memory
  }

  get cache(): AnswerCache {
    return this.#cache
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
    return { ok: true, removed: await this.#flush([target]), elsewhere }
  }

  /** Forgets what somebody who shares the store wants forgotten. */
  onFlush({ name, subtree, at }: Flush): void {
    const target = targetOf({ name, subtree }, this.#seconds.seconds())
    if (typeof target === 'string') return
    // It may come late: what was asked for since may stay, as far as clocks agree.
    const ago = Math.max(0, Math.floor((Date.now() - CLOCK_MARGIN - at) / 1000))
    // All workers tell, and after a start they tell of all that still matters.
    if (this.#heard.size === 0) this.#flushHeard()
    collect(this.#heard, { ...target, before: target.before - ago })
  }

  /** Lets entries from before the start come back; what is flushed meanwhile is then flushed again. */
  async restore<Result>(read: (keeper: EntryKeeper) => Promise<Result>): Promise<Result> {
    const flushed = new Map<string, FlushTarget>()
    this.#flushedSince = flushed
    const keeper: EntryKeeper = {
      restore: (...entry) => {
        this.#next?.restore(...entry)
        return this.#cache.restore(...entry)
      },
    }
    try {
      return await read(keeper)
    } finally {
      this.#flushedSince = null
      while (flushed.size > 0) await this.#flush(takeSome(flushed))
    }
  }

  /** Memory of this size, with all that is in the cache: that in force, where it has that size. */
  async memoryOf(size: number, sizeInForce: number): Promise<CacheMemory> {
    if (size === sizeInForce) return this.#memory
    const { secret } = this.#memory
    const memory = allocateCache(size, secret)
    const next = on(memory)
    next.countFlushesFrom(this.#cache)
    this.#next = next
    await new Pacer().take(moveEntries(this.#cache, next, secret))
    return memory
  }

  /** What `memoryOf` gave is in force, or is not to be. */
  settle(memory: CacheMemory): void {
    if (memory !== this.#memory) this.#cache = on(memory)
    this.#memory = memory
    this.#next = null
  }

  async #flushElsewhere({
    name,
    subtree,
  }: FlushTarget): Promise<'told' | 'no-store' | 'unreachable'> {
    try {
      const telling = this.#options.flushShared(formatName(name), subtree)
      const told = await Promise.race([telling, tooLate()])
      return told ? 'told' : 'no-store'
    } catch (error) {
      this.#options.log.warn('the store could not be told what to forget', {
        error: String(error),
      })
      return 'unreachable'
    }
  }

  #flushHeard(): void {
    const done = this.#turn.then(() => this.#walk(takeSome(this.#heard)))
    this.#turn = done.catch((error: unknown) => {
      this.#options.log.error('names could not be flushed', { error: String(error) })
    })
    void this.#turn.then(() => {
      if (this.#heard.size > 0) this.#flushHeard()
    })
  }

  #flush(targets: readonly FlushTarget[]): Promise<number> {
    const done = this.#turn.then(() => this.#walk(targets))
    this.#turn = done.catch(() => {})
    return done
  }

  async #walk(targets: readonly FlushTarget[]): Promise<number> {
    const since = this.#flushedSince
    if (since !== null) for (const target of targets) collect(since, target)
    const pacer = new Pacer()
    const removed = await pacer.take(this.#cache.flush(targets))
    if (this.#next !== null) await pacer.take(this.#next.flush(targets))
    return removed
  }
}

/** Rejects in the end. */
async function tooLate(): Promise<never> {
  await delay(STORE_PATIENCE, null, { ref: false })
  throw new Error(`no answer within ${STORE_PATIENCE} ms`)
}

/** Adds a flush to others, unless there are too many: then they become one of everything. */
function collect(flushes: Map<string, FlushTarget>, target: FlushTarget): void {
  const id = `${formatName(target.name)} ${target.subtree} ${target.type}`
  const before = Math.max(target.before, flushes.get(id)?.before ?? 0)
  flushes.set(id, { ...target, before })
  if (flushes.size <= MAX_HEARD) return
  const latest = Math.max(...Array.from(flushes.values(), (one) => one.before))
  flushes.clear()
  flushes.set('', { ...EVERYTHING, before: latest })
}

/** Takes as many as one walk sees to. */
function takeSome(flushes: Map<string, FlushTarget>): FlushTarget[] {
  const some = [...flushes].slice(0, MAX_TARGETS)
  for (const [id] of some) flushes.delete(id)
  return some.map(([, target]) => target)
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
