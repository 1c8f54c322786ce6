// A server that speaks plain DNS, for an internal zone alone: what it is asked, anybody on the way
// can read. Nothing ever comes here because a DoT server failed.

import type { AnswerScan } from '../../wire/answer-scan.ts'
import type { Clock } from '../clock.ts'
import { FailureKind } from '../exchange.ts'
import { Health } from '../health.ts'
import type { RandomIds } from '../dot/in-flight.ts'
import type { UpstreamMetrics } from '../metrics.ts'
import { type PendingQuery, PendingQueue } from '../pending-query.ts'
import { type AttemptOwner, PlainAttempt, type PlainTools } from './plain-attempt.ts'
import { type ProbeResult, probeUpstream } from '../probe.ts'
import { Prober } from '../prober.ts'
import type { Traffic } from '../dot/traffic.ts'
import type { UpstreamTransport } from '../transport.ts'

/** Queries that have a socket; each takes one of its own, and others wait. */
const MAX_SOCKETS = 256

/** Milliseconds that a probe may take: four tries. */
const PROBE_TIMEOUT = 3_000

export interface PlainUpstream {
  readonly name: string
  /** An IPv4 or IPv6 address, without brackets. */
  readonly address: string
  readonly port: number
}

export interface PlainPoolOptions {
  readonly upstream: PlainUpstream
  readonly maxWaiting: number
  readonly tools: PlainTools & { readonly ids: RandomIds; readonly traffic: Traffic }
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
  readonly #prober: Prober
  #draining = false
  #closed = false

  constructor(options: PlainPoolOptions) {
    this.#options = options
    this.upstream = options.upstream
    const { clock, wheel, traffic } = options.tools
    this.#clock = clock
    this.health = new Health({ metrics: options.metrics, onOpen: () => this.#prober.start() })
    this.#prober = new Prober({
      health: this.health,
      clock,
      wheel,
      traffic,
      timeout: PROBE_TIMEOUT,
      submit: (pending) => this.#begin(pending, clock.now()),
      cancel: (pending) => this.cancel(pending),
    })
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

  submit(pending: PendingQuery, now: number = this.#clock.now()): void {
    this.#options.tools.traffic.note(now)
    this.#begin(pending, now)
  }

  cancel(pending: PendingQuery): void {
    if (pending.queue !== null) pending.queue.remove(pending)
    else pending.connection?.forget(pending)
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
    this.#prober.stop()
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
    pending.answeredAt = now
    this.#options.metrics.answered(now - pending.sentAt, answer.rcode)
    pending.owner.onPendingAnswer(pending, answer)
    this.#askNext()
  }

  onAttemptFailure(attempt: PlainAttempt, kind: FailureKind, detail: string): void {
    const { pending } = attempt
    this.#release(attempt)
    this.health.onFailure(kind, this.#clock.now())
    pending.owner.onPendingFailure(pending, kind, detail)
    this.#askNext()
  }

  onAttemptForgotten(attempt: PlainAttempt): void {
    this.#release(attempt)
    this.#askNext()
  }

  #begin(pending: PendingQuery, now: number): void {
    pending.sentAt = now
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
}
