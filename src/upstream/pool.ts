// The connections to one upstream: opened when a query needs one, more of them when those there
// are have no room, closed when idle. Queries wait here, in bounded number, for a handshake or for
// room; their own deadlines go on meanwhile.

import type { Clock } from './clock.ts'
import { type ConnectionTools, DotConnection } from './connection.ts'
import { FailureKind } from './exchange.ts'
import { Health } from './health.ts'
import type { UpstreamMetrics } from './metrics.ts'
import type { UpstreamLimits, UpstreamOptions } from './options.ts'
import { type PendingQuery, PendingQueue } from './pending-query.ts'
import { type ProbeResult, probeUpstream } from './probe.ts'
import type { SessionStore } from './session-store.ts'
import { Timer } from './timer-wheel.ts'
import { TlsDialer } from './tls-dialer.ts'
import type { UpstreamTransport } from './transport.ts'

/** Handshakes at a time: the first, and the rival of one that stalls. */
const MAX_HANDSHAKES = 2

/** Milliseconds between attempts to connect once one failed: doubled each time, up to the last. */
const FIRST_RETRY = 50
const LAST_RETRY = 1_000

/** Of the time after which an idle connection was seen to be closed by the upstream, ours. */
const LEARNED_SHARE = 0.75

/** Closed sooner than this after the last octet, a connection did not die of idleness. */
const MIN_LEARNED_IDLE = 1_000

/** A restart of the upstream looks the same, so what was learned is forgotten in time. */
const LEARNED_FOR = 600_000

export interface PoolOptions {
  readonly upstream: UpstreamOptions
  readonly limits: UpstreamLimits
  readonly sessions: SessionStore
  readonly tools: ConnectionTools
  readonly metrics: UpstreamMetrics
}

export class UpstreamPool implements UpstreamTransport {
  readonly upstream: UpstreamOptions
  readonly health = new Health()
  readonly #limits: UpstreamLimits
  readonly #tools: ConnectionTools
  readonly #clock: Clock
  readonly #metrics: UpstreamMetrics
  readonly #dialer: TlsDialer
  /** Those that shake hands, those that are open, in order of opening. */
  readonly #connecting = new Set<DotConnection>()
  readonly #open: DotConnection[] = []
  readonly #waiting = new PendingQueue()
  /** Queries whose connection closed: they wait for a connection that opens from now on. */
  readonly #waitingForFresh = new PendingQueue()
  readonly #raceTimer = new Timer(() => this.#race())
  #learnedIdle = 0
  #learnedUntil = 0
  #retryAfter = 0
  #retryAt = 0
  #lastFailure: { readonly kind: FailureKind; readonly detail: string } | null = null
  #stopped = false
  #draining = false

  /** @throws when a certificate or key of the upstream cannot be read */
  constructor(options: PoolOptions) {
    this.upstream = options.upstream
    this.#limits = options.limits
    this.#tools = options.tools
    this.#clock = options.tools.clock
    this.#metrics = options.metrics
    this.#dialer = new TlsDialer(options)
  }

  get name(): string {
    return this.upstream.name
  }

  /** Connections, open or opening. */
  get connections(): number {
    return this.#open.length + this.#connecting.size
  }

  get inFlight(): number {
    let sum = 0
    for (const connection of this.#open) sum += connection.inFlight
    return sum
  }

  get #idleTimeout(): number {
    const learned = this.#clock.now() < this.#learnedUntil
    return learned ? this.#learnedIdle : this.#limits.idleTimeout
  }

  get waiting(): number {
    return this.#waiting.size + this.#waitingForFresh.size
  }

  /** Takes a query; its owner hears once, perhaps before this returns, unless it cancels. */
  submit(pending: PendingQuery): void {
    pending.sentAt = this.#clock.now()
    pending.resent = false
    if (this.#waiting.size === 0) {
      for (const connection of this.#open) {
        if (connection.send(pending)) return
      }
    }
    this.#wait(pending, this.#waiting)
  }

  /** Forgets a query that was submitted and has not been reported on. */
  cancel(pending: PendingQuery): void {
    if (pending.connection !== null) pending.connection.forget(pending)
    else pending.queue?.remove(pending)
  }

  /** Asks the upstream something that any resolver answers. Rejects never. */
  probe(timeout: number): Promise<ProbeResult> {
    return probeUpstream(this, this.#tools, timeout)
  }

  drain(): void {
    if (this.inFlight === 0 && this.waiting === 0) this.close()
    else this.#draining = true
  }

  /** Closes all at once; queries still there fail. */
  close(): void {
    this.#stopped = true
    this.#tools.wheel.cancel(this.#raceTimer)
    for (const connection of [...this.#connecting, ...this.#open]) {
      connection.close(FailureKind.Shutdown, 'closed')
    }
    this.#failAll(this.#waitingForFresh, FailureKind.Shutdown, 'closed')
    this.#failAll(this.#waiting, FailureKind.Shutdown, 'closed')
  }

  onConnectionOpen(connection: DotConnection): void {
    this.#connecting.delete(connection)
    this.#open.push(connection)
    this.#retryAfter = 0
    this.#retryAt = 0
    this.#lastFailure = null
    if (this.connections > this.#limits.maxConnections) this.#closeRivals()
    if (this.#connecting.size === 0) this.#tools.wheel.cancel(this.#raceTimer)
    this.#sendFrom(this.#waitingForFresh, connection)
    this.onConnectionRoom(connection)
  }

  onConnectionRoom(connection: DotConnection): void {
    if (this.#draining) this.drain()
    if (this.#waiting.size === 0) return
    this.#sendFrom(this.#waiting, connection)
    if (this.waiting > 0) this.#grow()
  }

  onConnectionClosed(
    connection: DotConnection,
    unanswered: PendingQuery[],
    kind: FailureKind,
    detail: string,
  ): void {
    if (this.#connecting.delete(connection)) this.#onHandshakeFailed(kind, detail)
    else this.#open.splice(this.#open.indexOf(connection), 1)
    if (kind === FailureKind.Closed && unanswered.length === 0) this.#learnIdle(connection.quietFor)
    for (const pending of unanswered) this.#moveOn(pending, kind, detail)
    if (this.waiting > 0) this.#grow()
  }

  /** A connection that closes may have closed before the query reached it: once, it goes again. */
  #moveOn(pending: PendingQuery, kind: FailureKind, detail: string): void {
    if (kind !== FailureKind.Closed || pending.resent) {
      pending.owner.onPendingFailure(pending, kind, detail)
      return
    }
    pending.resent = true
    this.#metrics.queryResent()
    this.#wait(pending, this.#waitingForFresh)
  }

  #wait(pending: PendingQuery, queue: PendingQueue): void {
    const { owner } = pending
    const failure = this.#lastFailure
    if (this.#stopped) {
      owner.onPendingFailure(pending, FailureKind.Shutdown, 'stopped')
    } else if (this.waiting >= this.#limits.maxWaiting) {
      owner.onPendingFailure(pending, FailureKind.Overload, 'too many queries wait')
    } else if (failure !== null && this.connections === 0 && this.#clock.now() < this.#retryAt) {
      owner.onPendingFailure(pending, failure.kind, failure.detail)
    } else {
      queue.push(pending)
      this.#grow()
    }
  }

  #sendFrom(queue: PendingQueue, connection: DotConnection): void {
    for (let next = queue.head; next !== null; next = queue.head) {
      if (!connection.send(next)) return
      queue.remove(next)
    }
  }

  /** Opens a connection unless one is opening or there are as many as there may be. */
  #grow(): void {
    if (this.#stopped || this.#connecting.size > 0) return
    if (this.connections >= this.#limits.maxConnections) return
    if (this.#clock.now() >= this.#retryAt) this.#connect()
  }

  #connect(): void {
    const { wheel } = this.#tools
    this.#connecting.add(
      new DotConnection({
        dialer: this.#dialer,
        tools: this.#tools,
        limits: this.#limits,
        idleTimeout: this.#idleTimeout,
        metrics: this.#metrics,
        owner: this,
      }),
    )
    wheel.schedule(this.#raceTimer, this.#clock.now() + this.#limits.raceAfter)
  }

  /** A handshake stalls while queries wait: another starts beside it, the first to end serves. */
  #race(): void {
    const { size } = this.#connecting
    if (this.waiting === 0 || size === 0 || size >= MAX_HANDSHAKES) return
    this.#connect()
  }

  #closeRivals(): void {
    for (const rival of this.#connecting) rival.close(FailureKind.Shutdown, 'not needed')
  }

  #onHandshakeFailed(kind: FailureKind, detail: string): void {
    if (this.#connecting.size > 0 || kind === FailureKind.Shutdown) return
    this.#lastFailure = { kind, detail }
    this.#retryAfter = Math.min(Math.max(FIRST_RETRY, this.#retryAfter * 2), LAST_RETRY)
    this.#retryAt = this.#clock.now() + this.#retryAfter
    this.#failAll(this.#waitingForFresh, kind, detail)
    if (this.#open.length === 0) this.#failAll(this.#waiting, kind, detail)
  }

  #failAll(queue: PendingQueue, kind: FailureKind, detail: string): void {
    // Only those that wait now: an owner may submit again at once.
    for (let count = queue.size; count > 0; count--) {
      const pending = queue.shift()
      if (pending === null) return
      pending.owner.onPendingFailure(pending, kind, detail)
    }
  }

  /** The upstream closed an idle connection: next time we do so first. */
  #learnIdle(quietFor: number): void {
    const learned = quietFor * LEARNED_SHARE
    if (quietFor < MIN_LEARNED_IDLE || learned >= this.#idleTimeout) return
    this.#learnedIdle = learned
    this.#learnedUntil = this.#clock.now() + LEARNED_FOR
  }
}
