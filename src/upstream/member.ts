// One upstream of a group, as the group sees it: what carries queries to it, and what it is like.

import { FailureKind } from './exchange.ts'
import type { HedgingOptions } from './selection/hedging.ts'
import { Latency } from './selection/latency.ts'
import { noUpstreamMetrics, type UpstreamMetrics } from './metrics.ts'
import type { Candidate } from './selection/strategy.ts'
import type { UpstreamTransport } from './transport.ts'

/** Milliseconds after which an upstream that takes no client subnets is sent one again. */
const SUBNET_PAUSE = 600_000

export interface MemberOptions {
  readonly transport: UpstreamTransport
  /** Its share relative to the others', above 0; 1 unless said otherwise. */
  readonly weight?: number
  readonly metrics?: UpstreamMetrics
  readonly hedging: HedgingOptions
}

export class Member implements Candidate {
  readonly name: string
  readonly transport: UpstreamTransport
  readonly weight: number
  readonly metrics: UpstreamMetrics
  readonly latency: Latency
  readonly #floor: number
  #subnetsFrom = -Infinity

  constructor(options: MemberOptions) {
    const { transport, hedging } = options
    this.name = transport.name
    this.transport = transport
    this.weight = options.weight ?? 1
    this.metrics = options.metrics ?? noUpstreamMetrics
    this.latency = new Latency(hedging)
    this.#floor = hedging.budget === 0 ? Infinity : hedging.floor
  }

  get outstanding(): number {
    return this.transport.inFlight + this.transport.waiting
  }

  /** Milliseconds after which a query here may be asked elsewhere as well. */
  get lateAfter(): number {
    return Math.max(this.#floor, this.latency.lateAfter)
  }

  expected(now: number): number {
    return this.latency.expected(now)
  }

  usable(): boolean {
    return this.transport.health.usable()
  }

  badness(now: number): number {
    return this.transport.health.badness(now)
  }

  /** A query has waited here for too long. */
  onTimeout(now: number): void {
    this.#onUseless(FailureKind.Timeout, now)
  }

  /** What was refused here has been answered elsewhere. */
  onRefused(now: number): void {
    this.#onUseless(FailureKind.Refused, now)
  }

  /** Whether it may be sent the client's subnet (RFC 7871). */
  takesSubnets(now: number): boolean {
    return now >= this.#subnetsFrom
  }

  /** It refused a question for the subnet that came with it. */
  onSubnetRefused(now: number): void {
    this.#subnetsFrom = now + SUBNET_PAUSE
    this.metrics.subnetRefused()
  }

  #onUseless(kind: FailureKind, now: number): void {
    this.transport.health.onFailure(kind, now)
    this.latency.addCost(now)
    this.metrics.failed(kind)
  }
}
