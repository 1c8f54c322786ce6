// One worker's data plane: its listeners, pipeline and upstream connections, made from a plan. A new
// plan is prepared beside the one in force and then put in its place whole, or dropped.

import { setImmediate as turn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { AnswerCache, type CacheMemory } from '../cache/answer-cache.ts'
import { sharedSecondsClock } from '../cache/seconds.ts'
import type { SharedCache } from '../cache/stores/shared-cache.ts'
import type { Flush } from '../cache/stores/store.ts'
import type { Name } from '../dnssec/name.ts'
import type { SourceAnswer } from '../dnssec/source.ts'
import { ConnectionLedger } from '../guard/connections/ledger.ts'
import { sharedMilliseconds } from '../guard/shared-milliseconds.ts'
import { idleTimeAt } from '../listen/stream/idle-time.ts'
import { counterRow } from '../observe/counters.ts'
import { FailureLog } from '../observe/failure-log.ts'
import type { Logger } from '../observe/log.ts'
import {
  DnssecCounters,
  HttpsCounters,
  PipelineCounters,
  ProxyCounters,
  StreamCounters,
  StoreCounters,
  TlsCounters,
  UdpCounters,
} from '../observe/thread-counters.ts'
import { Discovery } from '../pipeline/discovery.ts'
import { Finish } from '../pipeline/finish.ts'
import { Pipeline } from '../pipeline/pipeline.ts'
import { SharedLane } from '../pipeline/shared-lane.ts'
import { type Resolver, SlowLane } from '../pipeline/slow-lane.ts'
import { SynthesisLane } from '../pipeline/synthesis-lane.ts'
import { SubnetStage } from '../pipeline/subnet-stage.ts'
import { needsValidation } from '../pipeline/validation-lane.ts'
import { UpstreamSource } from '../pipeline/upstream-source.ts'
import { systemClock } from '../upstream/clock.ts'
import type { ProbeResult } from '../upstream/probe.ts'
import { RecordType } from '../wire/record-type.ts'
import { CurrentHandler } from './current-handler.ts'
import { doorStages, sharedStages } from './guard-stages.ts'
import { ListenerSet } from './listener-set.ts'
import { type DataPlan, doorOf, type ListenerPlan } from './plan.ts'
import { openSharedStore } from './shared-store.ts'
import { UpstreamPools } from './upstream-pools.ts'
import { UpstreamSet } from './upstream-set.ts'
import { reportFault, ValidationStage } from './validation-stage.ts'

/** Questions that one worker has under way at the most: about 1 KB each, and an ID for each. */
const MAX_QUESTIONS = 16_384

/** Clients that wait for one and the same question at the most. */
const MAX_WAITERS = 4_096

/** RFC 7828 counts time in tenths of a second. */
const KEEPALIVE_UNIT = 100

export interface DataPlaneOptions {
  /** This worker's number: its row of counters, and its name in the cache's locks. */
  readonly thread: number
  readonly counters: SharedArrayBuffer
  readonly log: Logger
  /** Names are to be forgotten, as somebody who shares the store says. */
  readonly onFlush: (flush: Flush) => void
  /** The system's clock seems wrong. @param text for the log, once for all workers */
  readonly onClockDoubt: (text: string) => void
}

/** What may go over from one plan to the next. */
interface Parts {
  readonly plan: DataPlan
  readonly upstreams: UpstreamSet
  /** Null where nothing is validated. */
  readonly validation: ValidationStage | null
  /** Null when nothing is shared. */
  readonly shared: SharedCache | null
}

interface Setup extends Parts {
  readonly listeners: ListenerSet
  readonly slowLane: SlowLane
  /** By door, those that this plan takes away as well: their last queries are still answered. */
  readonly pipelines: ReadonlyMap<string, Pipeline>
}

export class DataPlane {
  readonly #options: DataPlaneOptions
  /** What listeners call, by door. */
  readonly #handlers = new Map<string, CurrentHandler>()
  readonly #seconds = sharedSecondsClock()
  readonly #pipelineCounters: PipelineCounters
  readonly #pools: UpstreamPools
  readonly #failures: FailureLog
  readonly #udpCounters: UdpCounters
  readonly #streamCounters: StreamCounters
  readonly #proxyCounters: ProxyCounters
  readonly #tlsCounters: TlsCounters
  readonly #storeCounters: StoreCounters
  readonly #httpsCounters: HttpsCounters
  readonly #dnssecCounters: DnssecCounters
  #inForce: Setup | null = null
  #prepared: Setup | null = null
  /** Of plans no longer in force: those that have questions under way. */
  readonly #leaving = new Set<SlowLane>()

  constructor(options: DataPlaneOptions) {
    this.#options = options
    const row = counterRow(options.counters, options.thread)
    this.#pipelineCounters = new PipelineCounters(row)
    this.#pools = new UpstreamPools(row)
    this.#failures = new FailureLog({ log: options.log, clock: () => performance.now() })
    this.#udpCounters = new UdpCounters(row)
    this.#streamCounters = new StreamCounters(row)
    this.#proxyCounters = new ProxyCounters(row)
    this.#tlsCounters = new TlsCounters(row)
    this.#storeCounters = new StoreCounters(row)
    this.#httpsCounters = new HttpsCounters(row)
    this.#dnssecCounters = new DnssecCounters(row)
  }

  /** Makes a plan ready to be put in force. Rejects when it cannot be: nothing has changed then. */
  async prepare(plan: DataPlan, cache: CacheMemory): Promise<void> {
    await this.abort()
    const connections = this.#connectionsOf(plan)
    const shared = await this.#sharedFor(plan)
    const upstreams = this.#upstreamsFor(plan)
    const validation = this.#validationFor(plan, upstreams)
    const parts = { plan, upstreams, validation, shared }
    const { slowLane, pipelines } = this.#assemble(parts, cache, connections)
    // New sockets get queries as soon as they are bound, while others still bind theirs.
    for (const [door, pipeline] of pipelines) this.#handlerOf(door).current ??= pipeline
    try {
      const listeners = await ListenerSet.open({
        plan,
        before: this.#inForce?.listeners ?? null,
        connections,
        handlerOf: (door) => this.#handlerOf(door),
        udpMetrics: this.#udpCounters,
        streamMetrics: this.#streamCounters,
        proxyMetrics: this.#proxyCounters,
        tlsMetrics: this.#tlsCounters,
        httpsMetrics: this.#httpsCounters,
        log: this.#options.log,
      })
      this.#prepared = { plan, listeners, upstreams, validation, shared, slowLane, pipelines }
    } catch (error) {
      this.#forgetHandlers(this.#inForce)
      if (shared !== this.#inForce?.shared) void shared?.close()
      if (upstreams !== this.#inForce?.upstreams) void upstreams.drain()
      throw error
    }
  }

  /** Puts the prepared plan in force; what it replaces ends in its own time. */
  commit(): void {
    const old = this.#inForce
    const next = this.#prepared
    if (next === null) return
    this.#prepared = null
    this.#inForce = next
    for (const [door, pipeline] of next.pipelines) this.#handlerOf(door).current = pipeline
    this.#forgetHandlers(next)
    if (old?.upstreams !== next.upstreams) next.upstreams.start()
    if (old === null) return
    if (old.validation !== next.validation) old.slowLane.keepNothing()
    this.#leaving.add(old.slowLane)
    void old.slowLane.idle().then(() => {
      this.#leaving.delete(old.slowLane)
      if (old.shared !== this.#inForce?.shared) void old.shared?.close()
      // Not before: what is under way may need keys to be validated, or wait for what others ask.
      if (old.upstreams !== this.#inForce?.upstreams) void old.upstreams.drain()
    })
    void old.listeners.retire(next.listeners, old.plan.queryTimeout)
  }

  async abort(): Promise<void> {
    const prepared = this.#prepared
    this.#prepared = null
    if (prepared === null) return
    this.#forgetHandlers(this.#inForce)
    await prepared.listeners.discard()
    if (prepared.shared !== this.#inForce?.shared) void prepared.shared?.close()
    if (prepared.upstreams !== this.#inForce?.upstreams) void prepared.upstreams.drain()
  }

  /** Asks every upstream in force once. @param timeout in milliseconds */
  async probe(timeout: number): Promise<readonly ProbeResult[]> {
    return (await this.#inForce?.upstreams.probe(timeout)) ?? []
  }

  /** What upstreams say of a zone's keys. Rejects never. */
  askKeys(zone: Name): Promise<SourceAnswer> {
    const setup = this.#inForce
    if (setup === null) return Promise.resolve({ failure: 'no plan is in force' })
    const { plan, upstreams } = setup
    const source = new UpstreamSource({
      next: upstreams,
      clock: systemClock,
      timeout: plan.queryTimeout,
      subnet: plan.subnets.sent,
      stripping: null,
      onFault: (error) => reportFault(this.#options.log, error),
    })
    return source.ask(zone, RecordType.DNSKEY, [])
  }

  /**
   * Has all who share the store forget names. Rejects when it cannot be told.
   * @returns false when there is no store
   */
  async flushShared(name: string, subtree: boolean): Promise<boolean> {
    const shared = this.#inForce?.shared ?? null
    await shared?.flush(name, subtree)
    return shared !== null
  }

  /**
   * Takes no more queries, waits at most `within` milliseconds for the answers under way, and ends
   * everything.
   * @returns how many questions were left without an answer
   */
  async stop(within: number): Promise<number> {
    await this.abort()
    const setup = this.#inForce
    this.#inForce = null
    if (setup === null) return 0
    const { listeners, slowLane, upstreams, shared } = setup
    const begun = performance.now()
    listeners.pause()
    // What waited in the sockets is read before anything is found idle.
    await turn()
    await turn()
    const lanes = [slowLane, ...this.#leaving]
    await Promise.race([Promise.all(lanes.map((lane) => lane.idle())), delay(within)])
    const unanswered = lanes.reduce((sum, { count }) => sum + count, 0)
    upstreams.close()
    void shared?.close()
    this.#pools.close()
    await listeners.retire(null, Math.max(0, within - (performance.now() - begun)))
    return unanswered
  }

  #handlerOf(door: string): CurrentHandler {
    let handler = this.#handlers.get(door)
    if (handler === undefined) {
      handler = new CurrentHandler()
      this.#handlers.set(door, handler)
    }
    return handler
  }

  /** Leaves the handlers of doors that a setup does not open to the listeners that still call them. */
  #forgetHandlers(setup: Setup | null): void {
    const doors = new Set(setup?.plan.listeners.map(doorOf))
    for (const door of this.#handlers.keys()) if (!doors.has(door)) this.#handlers.delete(door)
  }

  #sharedLane(shared: SharedCache, next: Resolver, { subnets, dnssec }: DataPlan): SharedLane {
    const wallNow = () => Date.now()
    return new SharedLane({
      shared,
      next,
      clock: systemClock,
      wallNow,
      passesSubnets: subnets.passed !== null,
      validates: dnssec.mode === 'validate' ? needsValidation : null,
      metrics: this.#storeCounters,
    })
  }

  /** The upstreams in force, with all that was learnt of them, if they are right for the plan. */
  #upstreamsFor(plan: DataPlan): UpstreamSet {
    const old = this.#inForce
    if (old !== null && isDeepStrictEqual(old.plan.forwarding, plan.forwarding)) {
      return old.upstreams
    }
    return new UpstreamSet({ plan, pools: this.#pools, log: this.#options.log })
  }

  /** The validation in force, with all keys that it knows, if it is right for the plan. */
  #validationFor(plan: DataPlan, upstreams: UpstreamSet): ValidationStage | null {
    if (plan.dnssec.mode !== 'validate') return null
    const old = this.#inForce?.validation ?? null
    if (old !== null && old.isFor(plan, upstreams)) return old
    const { tools } = this.#pools
    const { log, onClockDoubt } = this.#options
    const metrics = this.#dnssecCounters
    return new ValidationStage({ plan, upstreams, tools, metrics, log, onClockDoubt })
  }

  /** The store in force, with its connections, if it is right for the plan. */
  async #sharedFor({ store }: DataPlan): Promise<SharedCache | null> {
    const old = this.#inForce
    if (old !== null && isDeepStrictEqual(old.plan.store, store)) return old.shared
    if (store === null) return null
    const { log, onFlush } = this.#options
    const metrics = this.#storeCounters
    return openSharedStore({ plan: store, metrics, log, onFlush })
  }

  #connectionsOf({ tcp }: DataPlan): ConnectionLedger {
    return new ConnectionLedger({
      memory: tcp.memory,
      thread: this.#options.thread,
      limits: tcp.connections,
      clock: sharedMilliseconds(),
    })
  }

  /** Who is asked what the cache does not know, in the order in which he is. */
  #resolverOf({ plan, upstreams, validation, shared }: Parts, cache: AnswerCache): Resolver {
    const flushes = () => cache.flushes
    const asking = validation?.lane(flushes) ?? upstreams
    const next = shared === null ? asking : this.#sharedLane(shared, asking, plan)
    const ranges = validation?.ranges ?? null
    if (ranges === null) return next
    return new SynthesisLane({
      next,
      ranges,
      clock: systemClock,
      flushes,
      metrics: this.#dnssecCounters,
    })
  }

  #assemble(parts: Parts, memory: CacheMemory, connections: ConnectionLedger) {
    const { plan, shared: store } = parts
    const { thread } = this.#options
    const { secret } = memory
    const cache = new AnswerCache({ memory, thread, maxStale: plan.stale?.maxAge ?? 0 })
    const finish = new Finish({
      maxUdpSize: plan.udp.maxAnswerSize,
      maxUnverifiedUdpSize: plan.udp.maxUnverifiedAnswer,
      keepalive: () => {
        const fill = connections.taken / connections.capacity
        return Math.floor(idleTimeAt(fill, plan.tcp.idleTimes) / KEEPALIVE_UNIT)
      },
    })
    const metrics = this.#pipelineCounters
    const seconds = this.#seconds
    const milliseconds = sharedMilliseconds()
    const shared = sharedStages(plan)
    const slowLane = new SlowLane({
      resolver: this.#resolverOf(parts, cache),
      cache,
      shared: store,
      dnssec: plan.dnssec.mode,
      upstreamNames: plan.upstreamNames,
      secret,
      responseLimits: shared.responseLimits,
      bounds: plan.bounds,
      subnet: plan.subnets.sent,
      finish,
      clock: systemClock,
      seconds,
      milliseconds,
      metrics,
      timeout: plan.queryTimeout,
      maxQuestions: MAX_QUESTIONS,
      maxWaiters: MAX_WAITERS,
      maxRenewals: plan.maxRenewals,
      stale: plan.stale,
      explain: plan.explain,
      onFailure: (failure) => this.#failures.report(failure),
    })
    const { passed } = plan.subnets
    const subnets = passed && new SubnetStage({ limits: passed, secret, metrics })
    const discovery = new Discovery(plan.designations)
    const pipelineAt = (listener: ListenerPlan): Pipeline =>
      new Pipeline({
        ...shared,
        ...doorStages(plan, listener),
        dnssec: plan.dnssec.mode,
        cache,
        maxStale: plan.stale?.maxAge ?? 0,
        localAnswers: discovery,
        subnets,
        secret,
        slowLane,
        finish,
        seconds,
        milliseconds,
        metrics,
      })
    // In this order, for what the new plan says of a door is what holds.
    const listeners = [...(this.#inForce?.plan.listeners ?? []), ...plan.listeners]
    const pipelines = new Map(listeners.map((one) => [doorOf(one), pipelineAt(one)]))
    return { slowLane, pipelines }
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })
}
