// The program as a whole: configuration in, workers under it, and back out again.

import { allocateCache, type CacheMemory } from '../cache/answer-cache.ts'
import type { EntryQuery, Listed } from '../cache/inspect/list.ts'
import type { Config, ListenerConfig } from '../config/config.ts'
import {
  type LoadedConfig,
  type LoadOptions,
  loadConfig,
  type ParseOptions,
} from '../config/load.ts'
import { formatProblem } from '../config/problem.ts'
import { rangeFiles } from '../config/range-files.ts'
import { UPSTREAM_SLOTS } from '../observe/catalogue.ts'
import { allocateCounters, counterRow, countersText } from '../observe/counters.ts'
import { createLogger, type LevelLogger, type LogRecord } from '../observe/log.ts'
import { SnapshotCounters } from '../observe/thread-counters.ts'
import type { ProbeResult } from '../upstream/probe.ts'
import { systemClock } from '../upstream/clock.ts'
import type { DataPlan } from '../worker/plan.ts'
import { CookieRotation } from './cookie-rotation.ts'
import { accessNotices } from './access-report.ts'
import { DiskThreads } from './disk-threads.ts'
import { CacheControl, type Flushed, type FlushRequest } from './cache-control.ts'
import { dnssecNotices } from './dnssec-report.ts'
import { FileWatch } from './file-watch.ts'
import { forwardingNotices } from './forwarding-report.ts'
import { NegativeAnchorWatch } from './negative-anchors.ts'
import { planFrom } from './plan.ts'
import { claimPort } from './ports.ts'
import { ExpiryWatch } from './certificate-expiry.ts'
import { listenerFiles } from './tls-plan.ts'
import { Snapshots } from './snapshots.ts'
import { Supervisor } from './supervisor.ts'
import { TrustAnchorKeeper } from './trust-anchors.ts'
import { changedTrust } from './trust-changes.ts'

/** The main thread's own row of counters; workers have those from 1. */
const MAIN_ROW = 0

/** Rows of counters: the main thread and as many workers as a configuration may ask for. */
const COUNTER_ROWS = 257

export interface AppOptions {
  /** Where the configuration is read from, now and at each reload. */
  readonly load: LoadOptions | ParseOptions
  /** Takes the log's records. */
  readonly sink: (record: LogRecord) => void
}

export type Opened =
  | { readonly ok: true; readonly app: App }
  /** One line for each thing that is wrong with the configuration. */
  | { readonly ok: false; readonly problems: readonly string[] }

/** What a reload came to. */
export type Reloaded =
  | { readonly ok: true }
  /** Everything is as it was; for people. */
  | { readonly ok: false; readonly problems: readonly string[] }

export class App {
  readonly log: LevelLogger
  readonly #load: LoadOptions | ParseOptions
  readonly #counters = allocateCounters(COUNTER_ROWS)
  readonly #supervisor: Supervisor
  /** By slot in the counters; whoever came too late for one shares the slot behind the last. */
  readonly #upstreamNames: string[] = []
  #config: Config
  /** Whether the file was empty from the start, so that it may be so at a reload. */
  readonly #startedEmpty: boolean
  readonly #cache: CacheControl
  readonly #snapshots: Snapshots
  readonly #disk: DiskThreads
  readonly #anchors: TrustAnchorKeeper
  readonly #negativeAnchors: NegativeAnchorWatch
  /** In force; null before the start. */
  #plan: DataPlan | null = null
  /** Certificates, keys and ranges that the plan in force was made from. */
  readonly #files = new FileWatch({ onChange: () => this.#renew(FILES) })
  readonly #cookieRotation = new CookieRotation({ random: Math.random })
  readonly #expiry: ExpiryWatch
  /** By configured address and port: what is really bound. */
  #claimed = new Map<string, ListenerConfig>()
  /** Of the plan before: sockets there may stay for answers under way. */
  #leftPorts: readonly number[] = []
  /** The start and reloads happen one after the other. */
  #reloading: Promise<unknown> = Promise.resolve()

  /** Reads the configuration; nothing is started yet. */
  static open(options: AppOptions): Opened {
    const loaded = loadConfig(options.load)
    return loaded.ok
      ? { ok: true, app: new App(options, loaded) }
      : { ok: false, problems: loaded.problems.map(formatProblem) }
  }

  private constructor({ load, sink }: AppOptions, { config, empty }: LoadedConfig) {
    this.#load = load
    this.#startedEmpty = empty
    this.#config = config
    this.log = createLogger(config.log.level, sink)
    this.#expiry = new ExpiryWatch({ log: this.log })
    this.#disk = new DiskThreads({ log: this.log })
    this.#supervisor = new Supervisor({
      counters: this.#counters,
      log: this.log,
      onLog: sink,
      onFlush: (flush) => this.#cache.onFlush(flush),
      onClockDoubt: (text) => this.#anchors.onClockDoubt(text),
    })
    this.#cache = new CacheControl({
      memory: allocateCache(config.cache.size),
      log: this.log,
      upstreams: this.#upstreamNames,
      flushShared: (name, subtree) => this.#supervisor.flushShared(name, subtree),
    })
    this.#anchors = new TrustAnchorKeeper({
      log: this.log,
      clock: systemClock,
      now: Date.now,
      ask: (zone) => this.#supervisor.askKeys(zone),
      onChange: () => this.#renew('trust anchors'),
    })
    this.#negativeAnchors = new NegativeAnchorWatch({
      log: this.log,
      clock: systemClock,
      now: Date.now,
      flush: (domain) => this.#forget(domain),
    })
    this.#snapshots = new Snapshots({
      control: this.#cache,
      log: this.log,
      upstreams: this.#upstreamNames,
      metrics: new SnapshotCounters(counterRow(this.#counters, MAIN_ROW)),
    })
  }

  get config(): Config {
    return this.#config
  }

  /** What is listened on, with the ports that the system chose. */
  get listeners(): readonly ListenerConfig[] {
    return [...this.#claimed.values()]
  }

  /** @throws ListenError, or what else keeps it from starting */
  start(): Promise<void> {
    const started = this.#apply(this.#config, this.#cache.memory)
    this.#reloading = started.catch(() => {})
    return started
  }

  /** Reads the configuration again and puts it in force whole, or not at all. Never rejects. */
  reload(): Promise<Reloaded> {
    const reloaded = this.#reloading.then(() => this.#reload())
    this.#reloading = reloaded
    return reloaded
  }

  async #reload(): Promise<Reloaded> {
    try {
      const loaded = loadConfig(this.#load)
      if (!loaded.ok) return { ok: false, problems: loaded.problems.map(formatProblem) }
      const { config, empty, file } = loaded
      // A file caught half-written must not send everybody's queries to the built-in upstreams.
      if (empty && !this.#startedEmpty) return { ok: false, problems: [`${file}: is empty`] }
      const memory = await this.#cache.memoryOf(config.cache.size, this.#config.cache.size)
      await this.#apply(config, memory)
      this.#config = config
      this.#cache.settle(memory)
      return { ok: true }
    } catch (error) {
      this.#cache.settle(this.#cache.memory)
      return { ok: false, problems: [(error as Error).message] }
    }
  }

  /** Asks each upstream once, through the first worker. @param timeout in milliseconds */
  probe(timeout: number): Promise<readonly ProbeResult[]> {
    return this.#supervisor.probe(timeout)
  }

  /** What is in the cache, page by page. */
  cacheEntries(query: EntryQuery): Promise<Listed> {
    return this.#cache.list(query)
  }

  /** Forgets answers, here or wherever the store is shared. */
  flush(request: FlushRequest): Promise<Flushed> {
    return this.#cache.flush(request)
  }

  /** Answers what is in flight, within the configured bound. @returns how many stayed unanswered */
  async stop(): Promise<number> {
    this.#files.stop()
    this.#expiry.stop()
    this.#cookieRotation.stop()
    this.#negativeAnchors.stop()
    await this.#anchors.stop()
    const unanswered = await this.#supervisor.stop(this.#config.timeouts.shutdown)
    await this.#disk.settle(null)
    await this.#snapshots.stop()
    return unanswered
  }

  /** For people: every counter that has counted, and the cache's state. */
  countersText(): string {
    const { entries, size, used, inserted, evicted, expired } = this.#cache.cache.state()
    return (
      countersText(this.#counters, [...this.#upstreamNames, 'others']) +
      `cache_entries ${entries}\ncache_size_bytes ${size}\ncache_used_bytes ${used}\n` +
      `cache_inserted ${inserted}\ncache_evicted ${evicted}\ncache_expired ${expired}\n`
    )
  }

  async #apply(config: Config, cache: CacheMemory): Promise<void> {
    const claimed = await this.#claim(config.listeners)
    const listeners = [...claimed.values()]
    const files = this.#files.see(filesOf(config))
    const planned = planFrom(config, listeners, this.#nameSlots(config), this.#plan)
    const learnt = this.#anchors.prepare(config.dnssec, planned.dnssec.anchors)
    const plan = { ...planned, dnssec: { ...planned.dnssec, anchors: learnt.anchors } }
    const logLevel = config.log.level
    try {
      await this.#disk.prepare(plan.store)
      await this.#supervisor.assign({ workers: config.workers, plan, cache, logLevel })
    } catch (error) {
      await this.#disk.settle(this.#plan?.store ?? null)
      throw error
    }
    this.log.level = logLevel
    const changed = changedTrust(this.#plan?.dnssec ?? null, plan.dnssec)
    this.#plan = plan
    this.#files.follow(files)
    this.#expiry.follow(config.listeners)
    this.#cookieRotation.follow(plan.cookies)
    this.#anchors.follow(learnt)
    this.#negativeAnchors.follow(config)
    for (const zone of changed) this.#forget(zone)
    this.#snapshots.follow(config)
    void this.#disk.settle(plan.store)
    for (const notice of forwardingNotices(config)) this.log.warn(notice)
    for (const notice of accessNotices(config)) this.log.warn(notice)
    for (const notice of dnssecNotices(config, Date.now())) this.log.warn(notice)
    this.#leftPorts = this.#ports()
    this.#claimed = claimed
  }

  /**
   * Connections to upstreams whose certificates or keys are new are made anew; the rest stays, and
   * so do those of clients.
   */
  #renew(what: string): void {
    const renewed = this.#reloading.then(() => this.#apply(this.#config, this.#cache.memory))
    this.#reloading = renewed.then(
      () => this.log.info(`${what} are new and in force`),
      (error: unknown) => {
        const message = `${what} are new but of no use: the old stay in force`
        this.log.error(message, { error: (error as Error).message })
      },
    )
  }

  /** Has everybody who shares the store ask anew for what lies at and below a domain. */
  #forget(domain: string): void {
    void this.#cache.flush({ name: domain, subtree: true, everywhere: true })
  }

  /** Gives new upstreams a slot of their own in the counters while there are any left. */
  #nameSlots(config: Config): readonly string[] {
    const names = this.#upstreamNames
    for (const { name } of config.upstreams) {
      if (!names.includes(name) && names.length < UPSTREAM_SLOTS - 1) names.push(name)
    }
    return [...names]
  }

  #ports(): number[] {
    return this.listeners.map(({ port }) => port)
  }

  /** Tries the listeners that are new; those in force are ours already. */
  async #claim(listeners: readonly ListenerConfig[]): Promise<Map<string, ListenerConfig>> {
    const claimed = new Map<string, ListenerConfig>()
    const ours = new Set([...this.#ports(), ...this.#leftPorts])
    for (const listener of listeners) {
      let id = `${listener.address} ${listener.port}`
      // The system may be asked for several ports of one address.
      while (claimed.has(id)) id += '+'
      const held = this.#claimed.get(id)
      if (held === undefined) {
        claimed.set(id, await claimPort(listener, this.log, ours.has(listener.port)))
        continue
      }
      const { address, port } = held
      const protocols = listener.protocols.filter((one) => !held.protocols.includes(one))
      await claimPort({ address, port, protocols }, this.log)
      claimed.set(id, { ...listener, address, port })
    }
    return claimed
  }
}

/** What the files hold that are read again when they change. */
const FILES = 'certificates, keys, anchors or ranges'

function filesOf(config: Config): string[] {
  const files = config.upstreams.flatMap((one) => [one.ca, one.clientCertificate, one.clientKey])
  const one = [config.cookies.secretFile, config.dnssec.trustAnchors]
  const all = [...files, ...listenerFiles(config.listeners), ...one]
  return [...all.filter((path) => path !== null), ...rangeFiles(config)]
}
