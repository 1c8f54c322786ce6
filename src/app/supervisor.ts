// The workers: as many as the plan wants, all under the same plan, each replaced when it dies.

import { AnswerCache, type CacheMemory } from '../cache/answer-cache.ts'
import type { Level, Logger, LogRecord } from '../observe/log.ts'
import type { ProbeResult } from '../upstream/probe.ts'
import type { DataPlan } from '../worker/plan.ts'
import { WorkerHandle } from './worker-handle.ts'

/** What all workers run under. */
export interface Assignment {
  readonly workers: number
  readonly plan: DataPlan
  readonly cache: CacheMemory
}

export interface SupervisorOptions {
  readonly counters: SharedArrayBuffer
  readonly logLevel: Level
  readonly log: Logger
  readonly onLog: (record: LogRecord) => void
}

/** Milliseconds before a dead worker is replaced, doubled for each death in a row. */
const FIRST_DELAY = 10
const LAST_DELAY = 5_000

/** A worker that lived this long, in milliseconds, did not die of its birth. */
const HEALTHY_LIFE = 10_000

/** The main thread's own number in the cache's locks; workers count from 1. */
const MAIN_THREAD = 0

interface Seat {
  handle: WorkerHandle
  bornAt: number
  deaths: number
}

export class Supervisor {
  readonly #options: SupervisorOptions
  /** By thread number less one. */
  readonly #seats: Seat[] = []
  #assignment: Assignment | null = null
  #stopping = false

  constructor(options: SupervisorOptions) {
    this.#options = options
  }

  /**
   * Puts all workers under a new assignment, or none: rejects when one of them cannot follow, with
   * everything as it was.
   */
  async assign(next: Assignment): Promise<void> {
    const standing = this.#seats.slice(0, next.workers)
    const fresh: Seat[] = []
    for (let thread = this.#seats.length + 1; thread <= next.workers; thread++) {
      fresh.push(this.#seat(thread))
    }
    const { plan, cache } = next
    const seats = [...standing, ...fresh]
    const prepared = await Promise.allSettled(
      seats.map(({ handle }) => handle.ask({ kind: 'prepare', plan, cache }, 'prepared')),
    )
    const refusal = prepared.find((result) => result.status === 'rejected')
    if (refusal !== undefined) {
      for (const { handle } of standing) handle.tell({ kind: 'abort' })
      await Promise.all(fresh.map(({ handle }) => handle.stop(0)))
      throw refusal.reason
    }
    this.#assignment = next
    this.#seats.push(...fresh)
    const surplus = this.#seats.splice(next.workers)
    for (const { handle } of seats) handle.tell({ kind: 'commit' })
    await Promise.all(surplus.map(({ handle }) => handle.stop(plan.queryTimeout)))
  }

  /** What the first worker's upstreams answer. */
  async probe(timeout: number): Promise<readonly ProbeResult[]> {
    const first = this.#seats[0]
    if (first === undefined) return []
    const { results } = await first.handle.ask({ kind: 'probe', timeout }, 'probed')
    return results
  }

  /**
   * Ends all workers; each has `within` milliseconds for what is in flight.
   * @returns how many questions were left without an answer
   */
  async stop(within: number): Promise<number> {
    this.#stopping = true
    const left = await Promise.all(this.#seats.splice(0).map(({ handle }) => handle.stop(within)))
    return left.reduce((sum, unanswered) => sum + unanswered, 0)
  }

  #seat(thread: number): Seat {
    return { handle: this.#spawn(thread), bornAt: performance.now(), deaths: 0 }
  }

  #spawn(thread: number): WorkerHandle {
    const { counters, logLevel, onLog } = this.#options
    return new WorkerHandle({
      birth: { thread, counters, logLevel },
      onLog,
      onDeath: (error) => this.#onDeath(thread, error),
    })
  }

  #onDeath(thread: number, error: Error | null): void {
    const seat = this.#seats[thread - 1]
    const assignment = this.#assignment
    if (this.#stopping || seat === undefined || assignment === null) return
    const { log } = this.#options
    const main = new AnswerCache({ memory: assignment.cache, thread: MAIN_THREAD })
    const emptied = main.recover(thread)
    const lived = performance.now() - seat.bornAt
    seat.deaths = lived > HEALTHY_LIFE ? 1 : seat.deaths + 1
    const delay = Math.min(FIRST_DELAY * 2 ** (seat.deaths - 1), LAST_DELAY)
    const cause = error === null ? 'none given' : (error.stack ?? error.message)
    log.error('a worker died and is replaced', { thread, delay, emptied, cause })
    setTimeout(() => void this.#replace(thread), delay)
  }

  async #replace(thread: number): Promise<void> {
    const seat = this.#seats[thread - 1]
    const assignment = this.#assignment
    if (this.#stopping || seat === undefined || assignment === null) return
    seat.handle = this.#spawn(thread)
    seat.bornAt = performance.now()
    const { plan, cache } = assignment
    try {
      await seat.handle.ask({ kind: 'prepare', plan, cache }, 'prepared')
      seat.handle.tell({ kind: 'commit' })
      this.#options.log.info('the worker is back', { thread })
    } catch (error) {
      // It died again, which is seen to already, or cannot bind: the others go on.
      this.#options.log.error('a worker could not be replaced', { thread, error: String(error) })
    }
  }
}
