// Finds out when an upstream that is out of use is back: one question at a time, on a connection of
// its pool, after waits that grow. While no query comes to anybody they grow long.

import type { Clock } from './clock.ts'
import { FailureKind } from './exchange.ts'
import type { Health } from './health.ts'
import { LIFE_SIGN } from './dot/life-sign.ts'
import { type PendingOwner, PendingQuery } from './pending-query.ts'
import { Timer, type TimerWheel } from './timer-wheel.ts'
import type { Traffic } from './dot/traffic.ts'

export interface ProberOptions {
  readonly health: Health
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly traffic: Traffic
  /** Milliseconds that one probe may take, connecting included. */
  readonly timeout: number
  /** Sends the question, on a new connection when there is none. */
  readonly submit: (pending: PendingQuery) => void
  readonly cancel: (pending: PendingQuery) => void
}

export class Prober implements PendingOwner {
  readonly #options: ProberOptions
  readonly #pending = new PendingQuery(this, LIFE_SIGN)
  readonly #timer = new Timer(() => this.#probe())
  readonly #onTraffic = (): void => this.#wait()
  #underWay = false

  constructor(options: ProberOptions) {
    this.#options = options
  }

  /** Whether a question is under way, and with it the right to open a connection. */
  get underWay(): boolean {
    return this.#underWay
  }

  /** The circuit opened. */
  start(): void {
    if (!this.#underWay) this.#wait()
  }

  /** There is a connection to ask on: no use in waiting any longer. */
  onConnectionOpen(): void {
    if (!this.#underWay && !this.#options.health.usable()) this.#probe()
  }

  stop(): void {
    const { wheel, traffic, cancel } = this.#options
    wheel.cancel(this.#timer)
    traffic.forget(this.#onTraffic)
    if (!this.#underWay) return
    this.#underWay = false
    wheel.cancel(this.#pending)
    cancel(this.#pending)
  }

  onPendingAnswer(pending: PendingQuery): void {
    this.#underWay = false
    this.#options.wheel.cancel(pending)
  }

  onPendingFailure(pending: PendingQuery, kind: FailureKind): void {
    const { health, wheel } = this.#options
    wheel.cancel(pending)
    this.#underWay = false
    health.onProbeFailed(kind)
    if (kind !== FailureKind.Shutdown) this.#wait()
  }

  onPendingExpired(pending: PendingQuery): void {
    this.#options.cancel(pending)
    this.onPendingFailure(pending, FailureKind.Timeout)
  }

  #wait(): void {
    const { health, clock, wheel, traffic } = this.#options
    traffic.forget(this.#onTraffic)
    if (this.#underWay || health.usable()) return
    const now = clock.now()
    const flows = traffic.flows(now)
    if (!flows) traffic.whenBack(this.#onTraffic)
    wheel.schedule(this.#timer, now + health.nextBackOff(flows))
  }

  #probe(): void {
    const { health, clock, wheel, timeout, submit } = this.#options
    wheel.cancel(this.#timer)
    if (health.usable()) return
    this.#underWay = true
    health.onProbe()
    wheel.schedule(this.#pending, clock.now() + timeout)
    submit(this.#pending)
  }
}
