// A server that speaks plain DNS, for an internal zone alone: what it is asked, anybody on the way
// can read. Nothing ever comes here because a DoT server failed.

import type { AnswerScan } from '../wire/answer-scan.ts'
import type { Clock } from './clock.ts'
import { FailureKind } from './exchange.ts'
import type { Health } from './health.ts'
import type { RandomIds } from './in-flight.ts'
import type { UpstreamMetrics } from './metrics.ts'
import { type PendingQuery, PendingQueue } from './pending-query.ts'
import { type AttemptOwner, PlainAttempt, type PlainTools } from './plain-attempt.ts'
import { type ProbeResult, probeUpstream } from './probe.ts'
import { Timer } from './timer-wheel.ts'
import type { UpstreamTransport } from './transport.ts'

/** Queries that have a socket; each takes one of its own, and others wait. */
const MAX_SOCKETS = 256

/** Milliseconds that a probe may take: four tries. */
const PROBE_TIMEOUT = 3_000

/** Milliseconds without a query after which nobody counts as asking. */
const ASKED_WITHIN = 10_000

export interface PlainUpstream {
  readonly name: string
  /** An IPv4 or IPv6 address, without brackets. */
  readonly address: string
  readonly port: number
}

export interface PlainPoolOptions {
  readonly upstream: PlainUpstream
  readonly maxWaiting: number
  readonly tools: PlainTools & { readonly ids: RandomIds }
  readonly health: Health
  readonly metrics: UpstreamMetrics
}

export class PlainPool implements UpstreamTransport, AttemptOwner {
  readonly upstream: PlainUpstream
  readonly health: Health
  readonly #options: PlainPoolOptions
  readonly #clock: Clock
  /** In no order: the last takes the place of one that leaves. */
  readonly #attempts: PlainAttempt[] = []
  readonly #waiting = new PendingQueue()
  readonly #watchTimer = new Timer(() => this.#checkHealth())
  #watching = false
  #probing = false
  #askedAt = -Infinity
  #draining = false
  #closed = false

  constructor(options: PlainPoolOptions) {
    this.#options = options
    this.#clock = options.tools.clock
    this.upstream = options.upstream
    this.health = options.health
  }

  get name(): string {
    return this.upstream.name
  }

  get inFlight(): number {
    return this.#attempts.length
  }

  get waiting(): number {
    return this.#waiting.size
  }

  submit(pending: PendingQuery): void {
    pending.sentAt = this.#clock.now()
    if (!this.#probing) this.#askedAt = pending.sentAt
    if (this.#closed || this.#draining) {
      pending.owner.onPendingFailure(pending, FailureKind.Shutdown, 'stopped')
    } else if (this.#attempts.length < MAX_SOCKETS) {
      this.#ask(pending)
    } else if (this.#waiting.size < this.#options.maxWaiting) {
      this.#waiting.push(pending)
    } else {
      pending.owner.onPendingFailure(pending, FailureKind.Overload, 'too many queries wait')
    }
  }

  cancel(pending: PendingQuery): void {
    if (pending.queue !== null) pending.queue.remove(pending)
    else pending.connection?.forget(pending)
    // Whoever cancels tells our health why just after this.
    this.#watch(0)
  }

  probe(timeout: number): Promise<ProbeResult> {
    return probeUpstream(this, this.#options.tools, timeout)
  }

  drain(): void {
    this.#draining = true
    this.#checkDrained()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#options.tools.wheel.cancel(this.#watchTimer)
    for (const attempt of this.#attempts.splice(0)) {
      attempt.close()
      this.onAttemptFailure(attempt, FailureKind.Shutdown, 'closed')
    }
    for (let next = this.#waiting.shift(); next !== null; next = this.#waiting.shift()) {
      next.owner.onPendingFailure(next, FailureKind.Shutdown, 'closed')
    }
  }

  onAttemptAnswer(attempt: PlainAttempt, answer: AnswerScan): void {
    const { pending } = attempt
    const now = this.#clock.now()
    this.#release(attempt)
    this.health.onAnswer(now)
    this.#options.metrics.answered(now - pending.sentAt, answer.rcode)
    pending.owner.onPendingAnswer(pending, answer)
    this.#askNext()
  }

  onAttemptFailure(attempt: PlainAttempt, kind: FailureKind, detail: string): void {
    const { pending } = attempt
    this.#release(attempt)
    this.health.onFailure(kind, this.#clock.now())
    pending.owner.onPendingFailure(pending, kind, detail)
    this.#watch(0)
    this.#askNext()
  }

  onAttemptForgotten(attempt: PlainAttempt): void {
    this.#release(attempt)
    this.#askNext()
  }

  #ask(pending: PendingQuery): void {
    const { upstream: server, tools, metrics } = this.#options
    const id = tools.ids.next()
    const attempt = new PlainAttempt({ server, id, pending, tools, metrics, owner: this })
    pending.id = id
    pending.connection = attempt
    this.#attempts.push(attempt)
  }

  #release(attempt: PlainAttempt): void {
    attempt.pending.connection = null
    const place = this.#attempts.indexOf(attempt)
    if (place === -1) return
    const last = this.#attempts.pop()!
    if (last !== attempt) this.#attempts[place] = last
  }

  #askNext(): void {
    if (this.#closed) return
    while (this.#attempts.length < MAX_SOCKETS) {
      const next = this.#waiting.shift()
      if (next === null) break
      this.#ask(next)
    }
    this.#checkDrained()
  }

  #checkDrained(): void {
    if (this.#draining && this.#attempts.length === 0 && this.#waiting.size === 0) this.close()
  }

  /** Looks at our health after `wait` milliseconds, unless somebody will anyway. */
  #watch(wait: number): void {
    if (this.#closed || this.#draining || this.#probing || this.#watching) return
    this.#watching = true
    this.#options.tools.wheel.schedule(this.#watchTimer, this.#clock.now() + wait)
  }

  #checkHealth(): void {
    const { health } = this
    this.#watching = false
    if (health.usable()) return
    this.#probing = true
    health.onProbe()
    void this.probe(PROBE_TIMEOUT).then((result) => {
      this.#probing = false
      if (result.answered || this.#closed) return
      health.onProbeFailed(result.failure.kind)
      this.#watch(health.nextBackOff(this.#clock.now() - this.#askedAt < ASKED_WITHIN))
    })
  }
}
