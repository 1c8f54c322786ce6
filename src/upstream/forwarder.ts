// Forwards questions to upstreams in their order, to the next when one fails. Each try has a share
// of the time that is left, so that a silent upstream leaves enough for the others; each upstream
// is tried once, and if time is left after tries that got lost on their way, all once more.

import { AnswerFault, AnswerScan } from '../wire/answer-scan.ts'
import { MAX_MESSAGE_LENGTH } from '../wire/header.ts'
import { type Clock, systemClock } from './clock.ts'
import { Demotion } from './demotion.ts'
import { type Exchange, FailureKind } from './exchange.ts'
import { RandomIds } from './in-flight.ts'
import { noUpstreamMetrics, type UpstreamMetrics } from './metrics.ts'
import { DEFAULT_UPSTREAM_LIMITS, type UpstreamLimits, type UpstreamOptions } from './options.ts'
import { type PendingOwner, PendingQuery } from './pending-query.ts'
import { UpstreamPool } from './pool.ts'
import type { ProbeResult } from './probe.ts'
import { queryLength } from './query-writer.ts'
import type { SessionStore } from './session-store.ts'
import { TimerWheel } from './timer-wheel.ts'
import { isRefusal } from './verdict.ts'

/** What a query has tried is a bit for each upstream. */
const MAX_UPSTREAMS = 31

/** Milliseconds that a probe of a demoted upstream may take. */
const PROBE_TIMEOUT = 2_000

/** Milliseconds below which a second round is not worth beginning. */
const MIN_ROUND_TIME = 50

export interface ForwarderOptions {
  /** In order of preference, 1 to `MAX_UPSTREAMS`. */
  readonly upstreams: readonly UpstreamOptions[]
  /** Outlives the forwarder, so that the next one resumes its sessions. */
  readonly sessions: SessionStore
  readonly limits?: UpstreamLimits
  readonly clock?: Clock
  readonly ids?: RandomIds
  readonly metricsFor?: (upstream: UpstreamOptions) => UpstreamMetrics
}

/** An exchange and how far it has come. Pooled. */
class PendingExchange extends PendingQuery {
  exchange: Exchange
  /** Index of the upstream that has it. */
  at = 0
  /** A bit for each upstream tried in this round. */
  tried = 0
  /** Whether a try got lost: no answer came, but one might another time. */
  lost = false
  secondRound = false
  /** An upstream's refusal, sent on if nobody does better. */
  refusal: Uint8Array | null = null
  refusedBy = ''
  failure: FailureKind = FailureKind.Timeout
  failureDetail = ''

  constructor(owner: PendingOwner, exchange: Exchange) {
    super(owner, exchange.question)
    this.exchange = exchange
  }

  begin(exchange: Exchange): void {
    this.exchange = exchange
    this.question = exchange.question
    this.tried = 0
    this.lost = false
    this.secondRound = false
    this.failure = FailureKind.Timeout
    this.failureDetail = 'its time was up before it was asked'
  }
}

interface Upstream {
  readonly name: string
  readonly pool: UpstreamPool
  readonly demotion: Demotion
  readonly metrics: UpstreamMetrics
}

export class Forwarder {
  readonly #clock: Clock
  readonly #wheel: TimerWheel
  readonly #upstreams: readonly Upstream[]
  readonly #refusalScan = new AnswerScan()
  readonly #free: PendingExchange[] = []
  #active = 0
  #stopped = false
  #onDrained: (() => void) | null = null

  /** @throws when an upstream's certificate or key cannot be read */
  constructor(options: ForwarderOptions) {
    const { upstreams, sessions } = options
    if (upstreams.length < 1 || upstreams.length > MAX_UPSTREAMS) {
      throw new RangeError(`1 to ${MAX_UPSTREAMS} upstreams, not ${upstreams.length}`)
    }
    const clock = options.clock ?? systemClock
    this.#clock = clock
    this.#wheel = new TimerWheel({ clock })
    const ids = options.ids ?? new RandomIds()
    const tools = { clock, wheel: this.#wheel, ids, scan: new AnswerScan() }
    const limits = options.limits ?? DEFAULT_UPSTREAM_LIMITS
    this.#upstreams = upstreams.map((upstream) => {
      const metrics = options.metricsFor?.(upstream) ?? noUpstreamMetrics
      return {
        name: upstream.name,
        pool: new UpstreamPool({ upstream, limits, sessions, tools, metrics }),
        demotion: new Demotion(),
        metrics,
      }
    })
  }

  /** Exchanges under way. */
  get active(): number {
    return this.#active
  }

  /** Takes an exchange; it hears once, perhaps before this returns. */
  forward(exchange: Exchange): void {
    if (this.#stopped) {
      const detail = 'the forwarder has stopped'
      exchange.onFailure({
        kind: FailureKind.Shutdown,
        upstream: '',
        detail,
        phase: 'wait',
        ms: 0,
        tried: [],
      })
      return
    }
    if (queryLength(exchange.question) > MAX_MESSAGE_LENGTH) {
      const detail = 'the query is too long for a message'
      exchange.onFailure({
        kind: FailureKind.Malformed,
        upstream: '',
        detail,
        phase: 'wait',
        ms: 0,
        tried: [],
      })
      return
    }
    const pending = this.#free.pop() ?? new PendingExchange(this, exchange)
    pending.begin(exchange)
    this.#active++
    this.#tryNext(pending)
  }

  /** Asks every upstream, in order of configuration; `timeout` in milliseconds. Rejects never. */
  probe(timeout: number): Promise<ProbeResult[]> {
    return Promise.all(this.#upstreams.map(({ pool }) => pool.probe(timeout)))
  }

  /** Takes nothing new; resolves when everything under way has been answered or has failed. */
  async drain(): Promise<void> {
    this.#stopped = true
    if (this.#active > 0) {
      await new Promise<void>((resolve) => {
        this.#onDrained = resolve
      })
    }
    this.close()
  }

  /** Closes all connections; what is under way fails. */
  close(): void {
    this.#stopped = true
    for (const { pool } of this.#upstreams) pool.close()
  }

  onPendingAnswer(pending: PendingExchange, answer: AnswerScan): void {
    const upstream = this.#upstreams[pending.at]!
    upstream.demotion.onAnswer()
    if (pending.refusal === null && isRefusal(answer) && this.#untried(pending) > 0) {
      pending.refusal = answer.bytes.slice(answer.start, answer.start + answer.length)
      pending.refusedBy = upstream.name
      this.#tryNext(pending)
      return
    }
    const { exchange } = pending
    this.#release(pending)
    exchange.onAnswer(answer, upstream.name)
    this.#checkDrained()
  }

  onPendingFailure(pending: PendingExchange, kind: FailureKind, detail: string): void {
    const upstream = this.#upstreams[pending.at]!
    upstream.metrics.failed(kind)
    pending.failure = kind
    pending.failureDetail = detail
    if (kind === FailureKind.Shutdown) {
      this.#fail(pending)
      return
    }
    if (kind !== FailureKind.Overload) upstream.demotion.onFailure(this.#clock.now())
    if (kind === FailureKind.Timeout || kind === FailureKind.Closed) pending.lost = true
    this.#tryNext(pending)
  }

  onPendingExpired(pending: PendingExchange): void {
    this.#upstreams[pending.at]!.pool.cancel(pending)
    this.onPendingFailure(pending, FailureKind.Timeout, 'no answer in time')
  }

  #tryNext(pending: PendingExchange): void {
    const now = this.#clock.now()
    const left = pending.exchange.deadline - now
    if (left <= 0) {
      this.#fail(pending)
      return
    }
    let index = this.#choose(pending, now)
    if (index === -1) {
      if (!pending.lost || pending.secondRound || left < MIN_ROUND_TIME) {
        this.#fail(pending)
        return
      }
      pending.secondRound = true
      pending.tried = 0
      index = this.#choose(pending, now)
    }
    const share = left / this.#untried(pending)
    pending.at = index
    pending.tried |= 1 << index
    this.#wheel.schedule(pending, now + share)
    this.#upstreams[index]!.pool.submit(pending)
  }

  /** The first upstream not tried; the demoted ones come last. */
  #choose(pending: PendingExchange, now: number): number {
    const upstreams = this.#upstreams
    let demoted = -1
    for (let i = 0; i < upstreams.length; i++) {
      if ((pending.tried & (1 << i)) !== 0) continue
      const { demotion } = upstreams[i]!
      if (!demotion.demoted) return i
      if (demoted === -1) demoted = i
      if (demotion.takeProbe(now)) void this.#probeDemoted(upstreams[i]!)
    }
    return demoted
  }

  async #probeDemoted(upstream: Upstream): Promise<void> {
    const result = await upstream.pool.probe(PROBE_TIMEOUT)
    if (result.answered) upstream.demotion.onAnswer()
  }

  #untried(pending: PendingExchange): number {
    let count = this.#upstreams.length
    for (let bits = pending.tried; bits !== 0; bits &= bits - 1) count--
    return count
  }

  /** Ends an exchange that got no good answer. */
  #fail(pending: PendingExchange): void {
    const { exchange, refusal, refusedBy, failure: kind, failureDetail: detail } = pending
    const upstream = this.#upstreams[pending.at]!.name
    this.#release(pending)
    const scan = this.#refusalScan
    if (
      refusal !== null &&
      kind !== FailureKind.Shutdown &&
      scan.scan(refusal, 0, refusal.length) === AnswerFault.None
    ) {
      exchange.onAnswer(scan, refusedBy)
    } else {
      exchange.onFailure({ kind, upstream, detail, phase: 'wait', ms: 0, tried: [upstream] })
    }
    this.#checkDrained()
  }

  #release(pending: PendingExchange): void {
    this.#wheel.cancel(pending)
    pending.refusal = null
    this.#free.push(pending)
    this.#active--
  }

  #checkDrained(): void {
    if (this.#active === 0 && this.#onDrained !== null) {
      this.#onDrained()
      this.#onDrained = null
    }
  }
}
