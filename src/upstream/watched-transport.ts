// An upstream in one group, watched for loops: asks it now and then for a name of ours that must not
// come back, and keeps queries from it once one did.
//
// A probe goes out when a plan comes in force, when a query was left without an answer for long,
// and every few minutes while there are queries at all; of all workers, one sends it.

import type { AnswerScan } from '../wire/answer-scan.ts'
import { Rcode } from '../wire/header.ts'
import { MAX_NAME_LENGTH } from '../wire/name.ts'
import { lowerCaseName, parseName } from '../wire/text/name-text.ts'
import type { Clock } from './clock.ts'
import { FailureKind } from './exchange.ts'
import type { Health } from './health.ts'
import { type LoopGuard, probeQuestion } from './loop-guard.ts'
import { type PendingOwner, PendingQuery } from './pending-query.ts'
import type { ProbeResult } from './probe.ts'
import { Timer, type TimerWheel } from './timer-wheel.ts'
import type { UpstreamTransport } from './transport.ts'

/** Milliseconds until the first look: by then every worker has the new plan. */
const FIRST_LOOK = 300

/** Milliseconds between looks at whether a probe is due, while there are queries. */
const LOOK = 1_000

/** Milliseconds that a probe may take. */
const PROBE_TIMEOUT = 3_000

/** An upstream that asks several at once may answer before our own name has come back to us. */
const GRACE = 200

/** A query that was given up after so many milliseconds may be going round in circles. */
const SUSPICIOUS = 1_000

/** Seconds between probes: of an upstream in use, at the least, and of one that leads back to us. */
const INTERVAL = 300
const MIN_INTERVAL = 10
const RECHECK = 10

/** Probes in a row that must come back: what is forged once is seldom forged twice. */
const CONFIRMATIONS = 2

/** Octets of a name behind the token's label. */
const MAX_DOMAIN_LENGTH = MAX_NAME_LENGTH - 17

export interface LoopEvents {
  /** An upstream leads back to us: it is not asked for these names until it does not. */
  loopFound(upstream: string, domain: string): void
  loopGone(upstream: string, domain: string): void
}

export interface WatchedTransportOptions {
  readonly transport: UpstreamTransport
  readonly guard: LoopGuard
  /** Its number in the guard's memory. */
  readonly watch: number
  /** What the group is asked for; none for the default group: it is asked for everything. */
  readonly domains: readonly string[]
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly events: LoopEvents
  /** From 0 to less than 1. */
  readonly random?: () => number
  /** Two random words of 32 bits, not both zero. */
  readonly token: () => readonly [high: number, low: number]
}

export class WatchedTransport implements UpstreamTransport, PendingOwner {
  readonly #options: WatchedTransportOptions
  readonly #transport: UpstreamTransport
  readonly #guard: LoopGuard
  readonly #watch: number
  readonly #lookTimer = new Timer(() => this.#look())
  readonly #verdictTimer = new Timer(() => this.#conclude())
  #armed = false
  #asked = false
  #suspicious = false
  #domain = '.'
  #probe: PendingQuery | null = null
  /** Whether the upstream had a good answer to the probe. */
  #resolves = false
  /** Probes in a row that came back. */
  #seen = 0
  #stopped = false

  constructor(options: WatchedTransportOptions) {
    this.#options = options
    this.#transport = options.transport
    this.#guard = options.guard
    this.#watch = options.watch
  }

  get name(): string {
    return this.#transport.name
  }

  get health(): Health {
    return this.#transport.health
  }

  get inFlight(): number {
    return this.#transport.inFlight
  }

  get waiting(): number {
    return this.#transport.waiting
  }

  /** Whether queries are kept from it. */
  get looping(): boolean {
    return this.#guard.isLooping(this.#watch)
  }

  /** Begins to watch. */
  start(): void {
    const { random = Math.random } = this.#options
    this.#arm(FIRST_LOOK * (1 + random()))
  }

  submit(pending: PendingQuery, now?: number): void {
    this.#asked = true
    if (this.looping) {
      pending.owner.onPendingFailure(pending, FailureKind.Loop, 'it leads back to this server')
      return
    }
    if (!this.#armed) this.#arm(LOOK)
    this.#transport.submit(pending, now)
  }

  cancel(pending: PendingQuery): void {
    if (this.#options.clock.now() - pending.sentAt >= SUSPICIOUS) this.#suspicious = true
    this.#transport.cancel(pending)
  }

  probe(timeout: number): Promise<ProbeResult> {
    return this.#transport.probe(timeout)
  }

  /** Ends the watch, and what it carries queries to. */
  drain(): void {
    this.stop()
    this.#transport.drain()
  }

  close(): void {
    this.stop()
    this.#transport.close()
  }

  /** Ends the watch alone: the transport goes on, in another's hands. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    const { wheel } = this.#options
    wheel.cancel(this.#lookTimer)
    wheel.cancel(this.#verdictTimer)
    const probe = this.#probe
    if (probe === null) return
    this.#probe = null
    this.#guard.conclude(this.#watch)
    wheel.cancel(probe)
    this.#transport.cancel(probe)
  }

  onPendingAnswer(_: PendingQuery, answer: AnswerScan): void {
    this.#onProbeEnded(answer.rcode === Rcode.NoError || answer.rcode === Rcode.NXDomain)
  }

  onPendingFailure(): void {
    this.#onProbeEnded(false)
  }

  onPendingExpired(pending: PendingQuery): void {
    this.#transport.cancel(pending)
    this.#onProbeEnded(false)
  }

  #look(): void {
    const guard = this.#guard
    this.#armed = false
    const suspicious = this.#suspicious && guard.sinceProbe(this.#watch) >= MIN_INTERVAL
    const due = suspicious || guard.isDue(this.#watch)
    if (due && this.#probe === null && guard.claim(this.#watch)) {
      this.#suspicious = false
      this.#sendProbe()
    }
    const goOn = this.#asked || this.looping
    this.#asked = false
    if (goOn) this.#arm(LOOK)
  }

  #sendProbe(): void {
    const { wheel, clock, token } = this.#options
    const [high, low] = token()
    const question = probeQuestion(high, low, this.#chooseDomain())
    const plain = { dnssecOk: false, checkingDisabled: false, options: null, subnet: null }
    const probe = new PendingQuery(this, { question, ...plain })
    this.#probe = probe
    this.#guard.expect(this.#watch, high, low)
    wheel.schedule(probe, clock.now() + PROBE_TIMEOUT)
    this.#transport.submit(probe)
  }

  /** One of the group's domains; for the default group a random name, which no resolver holds back. */
  #chooseDomain(): Uint8Array {
    const { domains, token, random = Math.random } = this.#options
    this.#domain = domains[Math.floor(random() * domains.length)] ?? '.'
    if (this.#domain === '.') return probeQuestion(...token(), ROOT).subarray(0, -4)
    const wire = parseName(this.#domain)
    const fits = typeof wire !== 'string' && wire.length <= MAX_DOMAIN_LENGTH
    return fits ? lowerCaseName(wire) : ROOT
  }

  #onProbeEnded(resolves: boolean): void {
    const { wheel, clock } = this.#options
    const probe = this.#probe
    if (probe === null) return
    wheel.cancel(probe)
    this.#resolves = resolves
    wheel.schedule(this.#verdictTimer, clock.now() + GRACE)
  }

  #conclude(): void {
    const guard = this.#guard
    this.#probe = null
    const seen = guard.conclude(this.#watch)
    this.#seen = seen ? this.#seen + 1 : 0
    if (this.#stopped) return
    if (seen && this.#seen < CONFIRMATIONS && !this.looping) {
      this.#sendProbe()
      return
    }
    if (seen) this.#setLooping(true)
    // Who answers nothing, or with an error, may just not be asking us at the moment.
    else if (this.#resolves) this.#setLooping(false)
    guard.postpone(this.#watch, this.looping ? RECHECK : INTERVAL)
    if (this.looping && !this.#armed) this.#arm(LOOK)
  }

  #setLooping(looping: boolean): void {
    if (!this.#guard.setLooping(this.#watch, looping)) return
    const { events } = this.#options
    if (looping) events.loopFound(this.name, this.#domain)
    else events.loopGone(this.name, this.#domain)
  }

  #arm(wait: number): void {
    if (this.#stopped) return
    const { wheel, clock } = this.#options
    this.#armed = true
    wheel.schedule(this.#lookTimer, clock.now() + wait)
  }
}

const ROOT = Uint8Array.of(0)
