// The workers: as many as the plan wants, all under the same plan, each replaced when it dies.

import { setTimeout as delay } from 'node:timers/promises'
import { AnswerCache, type CacheMemory } from '../cache/answer-cache.ts'
import type { Flush } from '../cache/stores/store.ts'
import { ConnectionLedger } from '../guard/connections/ledger.ts'
import type { Name } from '../dnssec/name.ts'
import type { SourceAnswer } from '../dnssec/source.ts'
import type { Level, Logger, LogRecord } from '../observe/log.ts'
import type { ProbeResult } from '../upstream/probe.ts'
import type { DataPlan } from '../worker/plan.ts'
import { WorkerHandle } from './worker-handle.ts'

/** What all workers run under. */
export interface Assignment {
  readonly workers: number
  readonly plan: DataPlan
  readonly cache: CacheMemory
  readonly logLevel: Level
}

export interface SupervisorOptions {
  readonly counters: SharedArrayBuffer
  readonly log: Logger
  readonly onLog: (record: LogRecord) => void
  /** A worker heard that names are to be forgotten; each of them says so. */
  readonly onFlush: (flush: Flush) => void
  /** A worker doubts the system's clock; others may as well. */
  readonly onClockDoubt: (text: string) => void
}

/** Milliseconds before a dead worker is replaced, doubled for each death in a row. */
const FIRST_DELAY = 10
const LAST_DELAY = 5_000

/** A worker that lived this long, in milliseconds, did not die of its birth. */
const HEALTHY_LIFE = 10_000

/** The main thread's own number in the cache's locks; workers count from 1. */
const MAIN_THREAD = 0

interface Seat {
  /** From 1; its place among the seats. */
  readonly thread: number
  handle: WorkerHandle
  bornAt: number
  /** In a row. */
  deaths: number
  /** While it waits for a new worker. */
  vacancy: NodeJS.Timeout | null
}

export class Supervisor {
  readonly #options: SupervisorOptions
  /** By thread number less one. */
  readonly #seats: Seat[] = []
  #assignment: Assignment | null = null
  /** Assignments and replacements happen one after the other. */
  #turn: Promise<unknown> = Promise.resolve()
  #stopping = false

  constructor(options: SupervisorOptions) {
    this.#options = options
  }

  /**
   * Puts all workers under a new assignment, or none: rejects when one of them cannot follow, with
   * everything as it was. A dead one takes it when it is replaced.
   */
  assign(next: Assignment): Promise<void> {
    return this.#inTurn(() => this.#assign(next))
  }

  /** What the first worker's upstreams answer. */
  async probe(timeout: number): Promise<readonly ProbeResult[]> {
    const first = this.#seats[0]
    if (first === undefined) return []
    const { results } = await first.handle.ask({ kind: 'probe', timeout }, 'probed')
    return results
  }

  /**
   * Has all who share the store forget names, through the first worker that lives. Rejects when the
   * store cannot be told.
   * @returns false when there is no store
   */
  async flushShared(name: string, subtree: boolean): Promise<boolean> {
    const { shared } = await this.#anyone().ask({ kind: 'flush', name, subtree }, 'flushed')
    return shared
  }

  /** What upstreams say of a zone's keys, through the first worker that lives; rejects without one. */
  async askKeys(zone: Name): Promise<SourceAnswer> {
    const { answer } = await this.#anyone().ask({ kind: 'keys', zone }, 'keys')
    return answer
  }

  #anyone(): WorkerHandle {
    const seat = this.#seats.find(({ handle }) => !handle.ended)
    if (seat === undefined) throw new Error('no worker is there to be asked')
    return seat.handle
  }

  /**
   * Ends all workers; each has `within` milliseconds for what is in flight.
   * @returns how many questions were left without an answer
   */
  async stop(within: number): Promise<number> {
    this.#stopping = true
    const left = await Promise.all(this.#seats.splice(0).map((seat) => retire(seat, within)))
    // Workers that were only now being made, or are leaving anyway.
    await Promise.race([this.#turn, delay(within, null, { ref: false })])
    return left.reduce((sum, unanswered) => sum + unanswered, 0)
  }

  #inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const done = this.#turn.then(change)
    this.#turn = done.catch(() => {})
    return done
  }

  async #assign(next: Assignment): Promise<void> {
    const { plan, cache, workers, logLevel } = next
    const standing = this.#seats.slice(0, workers).filter(({ handle }) => !handle.ended)
    const fresh: Seat[] = []
    for (let thread = this.#seats.length + 1; thread <= workers; thread++) {
      fresh.push(this.#seat(thread, logLevel))
    }
    const seats = [...standing, ...fresh]
    const prepared = await Promise.allSettled(
      seats.map(({ handle }) => handle.ask({ kind: 'prepare', plan, cache }, 'prepared')),
    )
    const refusal = prepared.find((result) => result.status === 'rejected')
    if (refusal !== undefined || this.#stopping) {
      for (const { handle } of standing) handle.tell({ kind: 'abort' })
      await Promise.all(fresh.map((seat) => retire(seat, 0)))
      throw refusal?.reason ?? new Error('everything is being stopped')
    }
    this.#assignment = next
    this.#seats.push(...fresh)
    const surplus = this.#seats.splice(workers)
    for (const { handle } of seats) handle.tell({ kind: 'commit', logLevel })
    // One that died while others made ready had no seat then in which to be missed.
    for (const seat of fresh) if (seat.handle.ended) this.#onDeath(seat, null)
    await Promise.all(surplus.map((seat) => retire(seat, plan.queryTimeout)))
    // One that had to be terminated may have held a lock, and connections.
    for (const { thread } of surplus) {
      freeLocks(cache, thread)
      ConnectionLedger.recover(plan.tcp.memory, thread)
    }
  }

  #seat(thread: number, logLevel: Level): Seat {
    const seat: Seat = {
      thread,
      handle: this.#spawn(thread, logLevel, (error) => this.#onDeath(seat, error)),
      bornAt: performance.now(),
      deaths: 0,
      vacancy: null,
    }
    return seat
  }

  #spawn(thread: number, logLevel: Level, onDeath: (error: Error | null) => void): WorkerHandle {
    const { counters, onLog, onFlush, onClockDoubt } = this.#options
    const birth = { thread, counters, logLevel }
    return new WorkerHandle({ birth, onLog, onFlush, onClockDoubt, onDeath })
  }

  /** The assignment that a seat is under; null when nobody needs a worker there. */
  #assignmentOf(seat: Seat): Assignment | null {
    if (this.#stopping || this.#seats[seat.thread - 1] !== seat) return null
    return this.#assignment
  }

  #onDeath(seat: Seat, error: Error | null): void {
    const assignment = this.#assignmentOf(seat)
    if (assignment === null) return
    const emptied = freeLocks(assignment.cache, seat.thread)
    ConnectionLedger.recover(assignment.plan.tcp.memory, seat.thread)
    const cause = error === null ? 'none given' : (error.stack ?? error.message)
    const after = this.#fill(seat)
    const { thread } = seat
    this.#options.log.error('a worker died and is replaced', { thread, after, emptied, cause })
  }

  /** Has a dead worker replaced. @returns after how many milliseconds */
  #fill(seat: Seat): number {
    const lived = performance.now() - seat.bornAt
    seat.deaths = lived > HEALTHY_LIFE ? 1 : seat.deaths + 1
    const after = Math.min(FIRST_DELAY * 2 ** (seat.deaths - 1), LAST_DELAY)
    seat.vacancy = setTimeout(() => void this.#inTurn(() => this.#replace(seat)), after)
    return after
  }

  async #replace(seat: Seat): Promise<void> {
    const assignment = this.#assignmentOf(seat)
    if (assignment === null) return
    const { log } = this.#options
    const { thread } = seat
    const { plan, cache, logLevel } = assignment
    const handle = this.#spawn(thread, logLevel, (error) => this.#onDeath(seat, error))
    seat.handle = handle
    seat.bornAt = performance.now()
    try {
      await handle.ask({ kind: 'prepare', plan, cache }, 'prepared')
      handle.tell({ kind: 'commit', logLevel })
      log.info('the worker is back', { thread })
    } catch (error) {
      // If it died again, that is seen to already; else it lives and cannot bind, for now.
      if (handle.ended || this.#stopping) return
      await handle.stop(0)
      const after = this.#fill(seat)
      log.error('a worker could not be replaced', { thread, after, error: String(error) })
    }
  }
}

function retire({ vacancy, handle }: Seat, within: number): Promise<number> {
  if (vacancy !== null) clearTimeout(vacancy)
  return handle.stop(within)
}

/** @returns how many shards of the cache had to be emptied, since a dead thread was writing there */
function freeLocks(memory: CacheMemory, thread: number): number {
  return new AnswerCache({ memory, thread: MAIN_THREAD }).recover(thread)
}
