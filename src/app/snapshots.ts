// The snapshot file of the cache over the program's life: read back once at the start, in the
// background, written every few minutes and at the end. Whatever is wrong with the file is told in the
// log and keeps nobody from answering.

import { setTimeout as delay } from 'node:timers/promises'
import type { Config } from '../config/config.ts'
import { Pacer } from '../cache/pacer.ts'
import { type SnapshotRead, readSnapshot, SnapshotFault } from '../cache/snapshot/read.ts'
import { writeSnapshot } from '../cache/snapshot/write.ts'
import { sharedSecondsClock } from '../cache/seconds.ts'
import type { Logger } from '../observe/log.ts'
import type { CacheControl } from './cache-control.ts'

export interface SnapshotMetrics {
  /** A file was written, or not: see `SNAPSHOT_EVENTS`. */
  snapshot(event: SnapshotEvent): void
  entries(event: 'written' | 'restored' | 'passed', count: number): void
}

type SnapshotEvent = 'written' | 'failed' | 'read' | 'refused'

export interface SnapshotsOptions {
  readonly control: CacheControl
  readonly log: Logger
  /** Names by the slots that entries know them by; grows. */
  readonly upstreams: readonly string[]
  readonly metrics: SnapshotMetrics
}

/** Milliseconds that the last snapshot may take: less than supervisors leave before they kill. */
const LAST_PATIENCE = 10_000

const SECOND = 1_000

export class Snapshots {
  readonly #options: SnapshotsOptions
  readonly #seconds = sharedSecondsClock()
  #config: Config | null = null
  #timer: NodeJS.Timeout | null = null
  /** Reading and writing happen one after the other. */
  #turn: Promise<unknown> = Promise.resolve()
  #stop = new AbortController()
  /** Until all was read that there is, the file is worth more than the cache. */
  #restored = false
  #failing = false
  /** Answers that had been stored when the last one was written. */
  #stored = -1

  constructor(options: SnapshotsOptions) {
    this.#options = options
  }

  /** A configuration is in force; with the first, the file is read. Returns at once. */
  follow(config: Config): void {
    const before = this.#config
    this.#config = config
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    this.#stored = -1
    const { path, interval } = config.cache.snapshot
    if (path === null) return
    this.#timer = setInterval(() => this.#inTurn(() => this.#writeNews(path)), interval)
    this.#timer.unref()
    if (before === null) this.#inTurn(() => this.#read(path))
    else if (before.cache.snapshot.path !== path) this.#restored = true
  }

  /** Writes once more, within a bounded time, and nothing from then on. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    const path = this.#config?.cache.snapshot.path ?? null
    // What is under way is not waited for: it would be made once more anyway.
    this.#stop.abort()
    if (path === null) return
    const ended = new AbortController()
    this.#inTurn(() => {
      this.#stop = ended
      return this.#write(path)
    })
    await Promise.race([this.#turn, delay(LAST_PATIENCE, null, { ref: false })])
    ended.abort()
  }

  #inTurn(work: () => Promise<void>): void {
    this.#turn = this.#turn.then(work)
  }

  async #read(path: string): Promise<void> {
    const { log, control, metrics, upstreams } = this.#options
    const { cache, upstreams: configured } = this.#config!
    const names = new Set(configured.map(({ name }) => name))
    const begun = performance.now()
    let result: SnapshotRead
    try {
      result = await control.restore((into) =>
        readSnapshot(path, {
          cache: into,
          secret: control.memory.secret,
          slotOf: (name) => (names.has(name) ? upstreams.indexOf(name) : -1),
          maxTtl: Math.ceil(cache.maxTtl / SECOND),
          maxStale: Math.floor(cache.stale.maxAge / SECOND),
          ...this.#moment(),
          pacer: new Pacer(),
          signal: this.#stop.signal,
        }),
      )
    } catch (error) {
      this.#restored = true
      metrics.snapshot('refused')
      log.warn('the snapshot of the cache cannot be read', { path, error: String(error) })
      return
    }
    if (!result.ok) {
      this.#restored = true
      const { fault } = result
      if (fault === SnapshotFault.Absent) return
      metrics.snapshot('refused')
      log.warn('the snapshot of the cache is refused: starting without it', { path, fault })
      return
    }
    if (this.#stop.signal.aborted) return
    this.#restored = true
    const { restored, passed } = result
    metrics.snapshot('read')
    metrics.entries('restored', restored)
    metrics.entries('passed', passed)
    const ms = Math.round(performance.now() - begun)
    log.info('answers from before the restart are back', { restored, passed, ms })
  }

  /** Where nobody asks for anything, nothing is written over and over. */
  async #writeNews(path: string): Promise<void> {
    if (this.#options.control.cache.state().inserted !== this.#stored) await this.#write(path)
  }

  async #write(path: string): Promise<void> {
    const { log, control, metrics, upstreams } = this.#options
    const { signal } = this.#stop
    if (!this.#restored || signal.aborted) return
    const { snapshot, stale } = this.#config!.cache
    const begun = performance.now()
    const { inserted } = control.cache.state()
    try {
      const entries = await writeSnapshot(path, {
        cache: control.cache,
        upstreams,
        maxEntries: snapshot.maxEntries,
        maxSize: snapshot.maxSize,
        maxStale: Math.floor(stale.maxAge / SECOND),
        ...this.#moment(),
        pacer: new Pacer(),
        signal,
      })
      metrics.snapshot('written')
      metrics.entries('written', entries)
      log.debug('snapshot written', { entries, ms: Math.round(performance.now() - begun) })
      if (this.#failing) log.info('snapshots of the cache can be written again', { path })
      this.#failing = false
      this.#stored = inserted
    } catch (error) {
      if (signal.aborted) return
      metrics.snapshot('failed')
      // One line for a full disk, not one every few minutes.
      if (!this.#failing)
        log.warn('the snapshot of the cache cannot be written', { path, error: String(error) })
      this.#failing = true
    }
  }

  #moment(): { readonly now: number; readonly wallNow: number } {
    return { now: this.#seconds.seconds(), wallNow: Date.now() }
  }
}
