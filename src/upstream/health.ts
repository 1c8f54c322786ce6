// Whether an upstream is in use. Its queries' own fate says so; only an upstream that is out of use
// is asked just to see, by its transport, first soon and then less often.
//
//   closed ── failures ──► open ── back-off is over ──► half-open ── silence ──► open
//      ▲                                                    │
//      └────────────────── any sound answer ◄───────────────┘
//
// It decides about the upstream, not about queries: where all are out of use, the least bad serves.

import { FailureKind } from './exchange.ts'
import { noUpstreamMetrics, type UpstreamMetrics } from './metrics.ts'

export const CircuitState = { Closed: 'closed', Open: 'open', HalfOpen: 'half-open' } as const
export type CircuitState = (typeof CircuitState)[keyof typeof CircuitState]

/** Failures in a row that open the circuit where one alone says little: they happen to anybody. */
const FAILURES = 3

/** Failures after which there is no connection that a query could go out on: one is enough. */
const FATAL: ReadonlySet<FailureKind> = new Set([
  FailureKind.Resolve,
  FailureKind.Connect,
  FailureKind.Tls,
  FailureKind.Stalled,
])

/** Answers in a row that make up for earlier failures: one query in a few may be lucky. */
const AMENDS = 4

/** Milliseconds to the first probe, then doubled until the last. */
const FIRST_BACK_OFF = 50

/** With its jitter this leaves a probe and a handshake time to be right again within a second. */
const LAST_BACK_OFF = 500

/** While nobody asks anything, nobody is kept waiting either. */
const LAST_BACK_OFF_UNASKED = 30_000

/** Of a back-off so much is left to chance, so that many of us do not ask at once. */
const JITTER = 0.2

/** Failures in a row beyond which an upstream is not any worse. */
const MAX_COUNTED = 1_000_000

/** Milliseconds after which silence does not tell upstreams apart any more. */
const LONG_SILENCE = 3_600_000

/** Opened again sooner than this after it closed, the circuit goes on with its back-off. */
const RELAPSE = 10_000

type CircuitMetrics = Pick<UpstreamMetrics, 'circuitOpened' | 'circuitClosed' | 'probeSent'>

export interface HealthOptions {
  /** From 0 to less than 1. */
  readonly random?: () => number
  /** The circuit opened: from now on probes are wanted. */
  readonly onOpen?: () => void
  readonly metrics?: CircuitMetrics
}

export class Health {
  readonly #random: () => number
  readonly #onOpen: () => void
  readonly #metrics: CircuitMetrics
  #state: CircuitState = CircuitState.Closed
  /** Failures since the last `AMENDS` answers in a row. */
  #failures = 0
  #answers = 0
  #backOff = 0
  #closedAt = -Infinity
  #lastAnswer = -Infinity
  #lastFailure: FailureKind | null = null

  constructor(options: HealthOptions = {}) {
    this.#random = options.random ?? Math.random
    this.#onOpen = options.onOpen ?? (() => {})
    this.#metrics = options.metrics ?? noUpstreamMetrics
  }

  get state(): CircuitState {
    return this.#state
  }

  /** The kind of the last failure; null when there was none. */
  get lastFailure(): FailureKind | null {
    return this.#lastFailure
  }

  /** Whether queries should go here while there is an upstream of which this is true. */
  usable(): boolean {
    return this.#state === CircuitState.Closed
  }

  /**
   * For choosing where nobody is usable: the lower the better. Below 1 for upstreams in use; then
   * by failures in a row, and among equals by how long ago the last answer came.
   */
  badness(now: number): number {
    const failures = Math.min(this.#failures, MAX_COUNTED)
    if (this.#state === CircuitState.Closed) return failures / (FAILURES + 1)
    const silence = Math.min(now - this.#lastAnswer, LONG_SILENCE)
    return 1 + failures + silence / LONG_SILENCE
  }

  /** A sound answer came, to whatever was asked. */
  onAnswer(now: number): void {
    this.#lastAnswer = now
    if (this.#failures === 0) return
    if (this.#state !== CircuitState.Closed) {
      this.#state = CircuitState.Closed
      this.#closedAt = now
      this.#failures = 0
      this.#answers = 0
      this.#metrics.circuitClosed()
    } else if (++this.#answers >= AMENDS) {
      this.#failures = 0
      this.#answers = 0
    }
  }

  onFailure(kind: FailureKind, now: number): void {
    if (kind === FailureKind.Overload || kind === FailureKind.Shutdown) return
    this.#lastFailure = kind
    this.#failures++
    this.#answers = 0
    if (this.#state !== CircuitState.Closed) return
    if (!FATAL.has(kind) && this.#failures < FAILURES) return
    this.#state = CircuitState.Open
    if (now - this.#closedAt > RELAPSE) this.#backOff = 0
    this.#metrics.circuitOpened()
    this.#onOpen()
  }

  /**
   * How long to wait before the next probe of an open circuit; longer from call to call.
   *
   * @param asked whether queries come at all at this time
   * @returns milliseconds
   */
  nextBackOff(asked: boolean): number {
    const last = asked ? LAST_BACK_OFF : LAST_BACK_OFF_UNASKED
    this.#backOff = Math.min(Math.max(FIRST_BACK_OFF, this.#backOff * 2), last)
    return this.#backOff * (1 - JITTER * this.#random())
  }

  /** A probe is under way. */
  onProbe(): void {
    if (this.#state !== CircuitState.Open) return
    this.#state = CircuitState.HalfOpen
    this.#metrics.probeSent()
  }

  /** The probe was not answered. */
  onProbeFailed(kind: FailureKind): void {
    this.#lastFailure = kind
    this.#failures++
    if (this.#state === CircuitState.HalfOpen) this.#state = CircuitState.Open
  }

  /** The transport ends: what is counted as out of use must not stay so. */
  end(): void {
    if (this.#state !== CircuitState.Closed) this.#metrics.circuitClosed()
    this.#state = CircuitState.Closed
  }
}
