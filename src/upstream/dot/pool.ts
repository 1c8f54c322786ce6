// The connections to one upstream: opened when a query needs one, more of them when those there are
// have no room, one more than needed kept warm while queries come, all closed when idle. Queries
// wait here, in bounded number, for a handshake or for room; their own deadlines go on meanwhile.

import type { AddressSource } from '../bootstrap/address-source.ts'
import type { Clock } from '../clock.ts'
import { type ConnectionEnd, type ConnectionOwner, DotConnection } from './connection.ts'
import { ConnectionMemories } from './connection-memory.ts'
import type { ConnectionTools } from './connection-tools.ts'
import { FailureKind } from '../exchange.ts'
import { HandshakeTimes } from './handshake-times.ts'
import { Health } from '../health.ts'
import { IdleLifetime } from './idle-lifetime.ts'
import type { UpstreamMetrics } from '../metrics.ts'
import type { UpstreamLimits, UpstreamOptions } from '../options.ts'
import { type PendingQuery, PendingQueue } from '../pending-query.ts'
import { type ProbeResult, probeUpstream } from '../probe.ts'
import { Prober } from '../prober.ts'
import type { SessionStore } from '../tls/session-store.ts'
import { Silence } from './silence.ts'
import { Timer } from '../timer-wheel.ts'
import { TlsDialer } from '../tls/tls-dialer.ts'
import type { UpstreamTransport } from '../transport.ts'

/** Handshakes at a time: the first, and the rivals of one that stalls. */
const MAX_HANDSHAKES = 3

/** Milliseconds after a query during which another is expected. */
const WARM_FOR = 5_000

/** Milliseconds between handshakes that no query waits for: a server that closes all does not get more. */
const SPARE_INTERVAL = 100

/** Milliseconds until another connection is tried where one is open and the next failed; doubled. */
const FIRST_RETRY = 100
const LAST_RETRY = 10_000

/** Idle for longer than this before a query, a connection that closes did not fail: it was the race. */
const IDLE_RACE = 500

export interface PoolOptions {
  readonly upstream: UpstreamOptions
  readonly limits: UpstreamLimits
  readonly sessions: SessionStore
  readonly tools: ConnectionTools
  readonly metrics: UpstreamMetrics
  /** Must be given for an upstream whose address is a host name. */
  readonly addresses?: AddressSource
}

export class UpstreamPool implements UpstreamTransport, ConnectionOwner {
  readonly upstream: UpstreamOptions
  readonly health: Health
  readonly #limits: UpstreamLimits
  readonly #tools: ConnectionTools
  readonly #clock: Clock
  readonly #metrics: UpstreamMetrics
  readonly #dialer: TlsDialer
  readonly #memories: ConnectionMemories
  readonly #silence: Silence
  readonly #idleLifetime: IdleLifetime
  readonly #handshakes: HandshakeTimes
  readonly #prober: Prober
  /** Those that shake hands, oldest first; those that are open, in order of opening. */
  readonly #connecting: DotConnection[] = []
  readonly #open: DotConnection[] = []
  readonly #waiting = new PendingQueue()
  readonly #raceTimer = new Timer(() => this.#race())
  readonly #patienceTimer = new Timer(() => this.#endPatience())
  #dialledAt = -Infinity
  #askedAt = -Infinity
  /** Whether queries follow each other. */
  #warm = false
  #retryAfter = 0
  #retryAt = 0
  #stopped = false
  #draining = false

  /** @throws when a certificate or key of the upstream cannot be read */
  constructor(options: PoolOptions) {
    const { upstream, limits, tools } = options
    this.upstream = upstream
    this.#limits = limits
    this.#tools = tools
    this.#clock = tools.clock
    this.#metrics = options.metrics
    this.#dialer = new TlsDialer(options)
    // One more than queries may take, for a sign of life.
    this.#memories = new ConnectionMemories({ ids: tools.ids, capacity: limits.maxInFlight + 1 })
    this.#silence = new Silence({ limit: limits.stallTimeout })
    this.#idleLifetime = new IdleLifetime({ configured: limits.idleTimeout })
    this.#handshakes = new HandshakeTimes({ limit: limits.raceAfter })
    this.health = new Health({ metrics: options.metrics, onOpen: () => this.#prober.start() })
    this.#prober = new Prober({
      health: this.health,
      clock: tools.clock,
      wheel: tools.wheel,
      traffic: tools.traffic,
      timeout: limits.connectTimeout,
      submit: (pending) => this.#begin(pending, this.#clock.now()),
      cancel: (pending) => this.cancel(pending),
    })
  }

  get name(): string {
    return this.upstream.name
  }

  /** Connections, open or opening. */
  get connections(): number {
    return this.#open.length + this.#connecting.length
  }

  get inFlight(): number {
    let sum = 0
    for (const connection of this.#open) sum += connection.inFlight
    return sum
  }

  get waiting(): number {
    return this.#waiting.size
  }

  submit(pending: PendingQuery, now: number = this.#clock.now()): void {
    this.#tools.traffic.note(now)
    this.#warm = now - this.#askedAt <= WARM_FOR
    this.#askedAt = now
    if (this.#draining) pending.owner.onPendingFailure(pending, FailureKind.Shutdown, 'draining')
    else this.#begin(pending, now)
  }

  cancel(pending: PendingQuery): void {
    if (pending.connection !== null) pending.connection.forget(pending)
    else pending.queue?.remove(pending)
    if (this.#draining) this.drain()
  }

  probe(timeout: number): Promise<ProbeResult> {
    return probeUpstream(this, this.#tools, timeout)
  }

  drain(): void {
    this.#draining = true
    this.#prober.stop()
    if (this.inFlight === 0 && this.waiting === 0) this.close()
  }

  close(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#draining = true
    this.#prober.stop()
    this.health.end()
    this.#tools.wheel.cancel(this.#raceTimer)
    this.#tools.wheel.cancel(this.#patienceTimer)
    for (const connection of [...this.#connecting, ...this.#open]) {
      connection.close(FailureKind.Shutdown, 'closed')
    }
    this.#failWaiting(FailureKind.Shutdown, 'closed')
  }

  onConnectionOpen(connection: DotConnection): void {
    const now = this.#clock.now()
    remove(this.#connecting, connection)
    this.#open.push(connection)
    this.#handshakes.onDone(now - connection.dialledAt)
    this.#retryAfter = 0
    this.#retryAt = 0
    if (this.connections > this.#limits.maxConnections) {
      for (const rival of this.#connecting.slice()) rival.close(FailureKind.Shutdown, 'not needed')
    }
    this.onConnectionRoom(connection)
    this.#prober.onConnectionOpen()
    this.#keepWarm(now)
  }

  onConnectionRoom(connection: DotConnection): void {
    for (let next = this.#waiting.head; next !== null; next = this.#waiting.head) {
      if (!connection.send(next)) {
        this.#grow(this.#clock.now())
        break
      }
      this.#waiting.remove(next)
    }
    if (this.#draining) this.drain()
  }

  onConnectionSuspect(): void {
    this.#keepWarm(this.#clock.now())
  }

  onConnectionClosed(connection: DotConnection, end: ConnectionEnd): void {
    const now = this.#clock.now()
    if (remove(this.#connecting, connection)) this.#onHandshakeFailed(end, now)
    else if (remove(this.#open, connection)) this.#onLost(connection, end, now)
    for (const pending of end.unanswered) this.#moveOn(pending, end, now)
    if (this.waiting > 0) this.#grow(now)
    else this.#keepWarm(now)
    if (this.#draining) this.drain()
  }

  /** What the end of an open connection says of the upstream. */
  #onLost(connection: DotConnection, { kind, unanswered, idleFor }: ConnectionEnd, now: number) {
    if (kind === FailureKind.Closed) {
      const race = unanswered.length === 0 || idleFor > IDLE_RACE
      if (race) this.#idleLifetime.onClosed(idleFor, now)
      else this.health.onFailure(kind, now)
    } else if (kind === FailureKind.Stalled) {
      // On a path that loses packets one connection stands still while another goes on.
      const alive = this.#open.some((other) => other.heardAt > connection.suspectSince)
      if (!alive) this.health.onFailure(kind, now)
    } else {
      this.health.onFailure(kind, now)
    }
    if (this.#open.length > 0) this.#prober.onConnectionOpen()
  }

  /** A connection that closes may have closed before the query reached it: once, it goes again. */
  #moveOn(pending: PendingQuery, { kind, detail }: ConnectionEnd, now: number): void {
    if (kind !== FailureKind.Closed || pending.resent) {
      pending.owner.onPendingFailure(pending, kind, detail)
      return
    }
    pending.resent = true
    this.#metrics.queryResent()
    this.#accept(pending, now)
  }

  #begin(pending: PendingQuery, now: number): void {
    pending.sentAt = now
    pending.resent = false
    this.#accept(pending, now)
  }

  #accept(pending: PendingQuery, now: number): void {
    if (this.waiting > 0 || !this.#send(pending, now)) this.#wait(pending, now)
  }

  /** By the first connection that has room: full ones write best. */
  #send(pending: PendingQuery, now: number): boolean {
    const open = this.#open
    const spare = open.length - this.#limits.spareConnections
    const stale = spare > 0 && spare < open.length && open[spare]!.staleAt(now)
    if (stale && open[spare]!.send(pending)) return true
    for (let i = 0; i < open.length; i++) {
      const connection = open[i]!
      if (connection.suspect || !connection.send(pending)) continue
      if (i >= spare) this.#keepWarm(now)
      return true
    }
    return open.some((connection) => connection.send(pending))
  }

  #wait(pending: PendingQuery, now: number): void {
    if (this.#stopped) {
      pending.owner.onPendingFailure(pending, FailureKind.Shutdown, 'stopped')
    } else if (this.waiting >= this.#limits.maxWaiting) {
      pending.owner.onPendingFailure(pending, FailureKind.Overload, 'too many queries wait')
    } else {
      this.#waiting.push(pending)
      if (this.waiting === 1) {
        const patience = this.#handshakes.patience + this.#dialer.attemptDelay
        this.#tools.wheel.schedule(this.#patienceTimer, now + patience)
      }
      this.#grow(now)
    }
  }

  /** Opens a connection for queries that wait, unless one is opening or no more may be open. */
  #grow(now: number): void {
    if (this.#stopped || (!this.health.usable() && !this.#prober.underWay)) return
    if (this.#connecting.length > 0) {
      if (now - this.#dialledAt >= this.#rivalDelay) this.#race()
    } else if (this.connections < this.#limits.maxConnections && now >= this.#retryAt) {
      this.#connect(now)
    }
  }

  /** Opens a connection that no query waits for, while queries follow each other. */
  #keepWarm(now: number): void {
    const { spareConnections, maxConnections } = this.#limits
    if (this.#connecting.length > 0 || this.connections >= maxConnections) return
    if (!this.#warm || now - this.#askedAt > WARM_FOR || now - this.#dialledAt < SPARE_INTERVAL) {
      return
    }
    if (this.#draining || now < this.#retryAt || !this.health.usable()) return
    let idle = 0
    for (const connection of this.#open) if (connection.inFlight === 0) idle++
    if (idle < spareConnections) this.#connect(now)
  }

  get #rivalDelay(): number {
    return this.#dialer.rivalDelay(this.#limits.raceAfter)
  }

  #connect(now: number): void {
    this.#dialledAt = now
    this.#connecting.push(
      new DotConnection({
        dialer: this.#dialer,
        tools: this.#tools,
        limits: this.#limits,
        metrics: this.#metrics,
        health: this.health,
        silence: this.#silence,
        memories: this.#memories,
        idleLifetime: this.#idleLifetime,
        owner: this,
      }),
    )
    this.#tools.wheel.schedule(this.#raceTimer, now + this.#rivalDelay)
  }

  /**
   * A handshake stalls while queries wait: another starts beside it, the first to end serves. A
   * server that comes back answers a new SYN sooner than the kernel repeats an old one.
   */
  #race(): void {
    const connecting = this.#connecting
    if (this.waiting === 0 || connecting.length === 0) return
    const now = this.#clock.now()
    if (connecting.length >= MAX_HANDSHAKES) {
      const unheard = connecting.find(({ tcpConnected }) => !tcpConnected)
      if (unheard === undefined) return
      this.#dialledAt = now
      unheard.close(FailureKind.Shutdown, 'another attempt takes its place')
    }
    this.#connect(now)
  }

  /**
   * The handshake takes unusually long, so queries go elsewhere. Only the first do: with the circuit
   * open, those that still come have nowhere better to wait.
   */
  #endPatience(): void {
    if (this.#open.length > 0 || this.waiting === 0 || !this.health.usable()) return
    const now = this.#clock.now()
    this.health.onFailure(FailureKind.Stalled, now)
    const waited = Math.round(now - this.#dialledAt)
    this.#failWaiting(FailureKind.Stalled, `no connection within ${waited} ms`)
  }

  #onHandshakeFailed({ kind, detail }: ConnectionEnd, now: number): void {
    if (this.#connecting.length > 0 || kind === FailureKind.Shutdown) return
    if (this.waiting > 0 && this.#dialer.hasUntried) {
      // RFC 8305 §5: the next address is tried at once.
      this.#connect(now)
    } else if (this.#open.length > 0) {
      this.#retryAfter = Math.min(Math.max(FIRST_RETRY, this.#retryAfter * 2), LAST_RETRY)
      this.#retryAt = now + this.#retryAfter
    } else {
      this.health.onFailure(kind, now)
      this.#failWaiting(kind, detail)
    }
  }

  #failWaiting(kind: FailureKind, detail: string): void {
    // Only those that wait now: an owner may submit again at once.
    for (let count = this.waiting; count > 0; count--) {
      const pending = this.#waiting.shift()
      if (pending === null) return
      pending.owner.onPendingFailure(pending, kind, detail)
    }
  }
}

function remove<T>(list: T[], item: T): boolean {
  const at = list.indexOf(item)
  if (at !== -1) list.splice(at, 1)
  return at !== -1
}
