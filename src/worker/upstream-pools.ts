// The connections of one worker to its upstreams, shared by all groups and kept over reloads.

import { UpstreamCounters } from '../observe/thread-counters.ts'
import { systemClock } from '../upstream/clock.ts'
import type { ConnectionTools } from '../upstream/connection.ts'
import { RandomIds } from '../upstream/in-flight.ts'
import type { UpstreamLimits } from '../upstream/options.ts'
import { PlainPool } from '../upstream/plain-pool.ts'
import { UpstreamPool } from '../upstream/pool.ts'
import { PoolRegistry } from '../upstream/pool-registry.ts'
import { SessionStore } from '../upstream/session-store.ts'
import { TimerWheel } from '../upstream/timer-wheel.ts'
import { Traffic } from '../upstream/traffic.ts'
import type { UpstreamTransport } from '../upstream/transport.ts'
import { AnswerScan } from '../wire/answer-scan.ts'
import type { UpstreamPlan } from './plan.ts'

/** All that matters for an upstream's connections: while it stays the same, so do they. */
interface Settings {
  readonly plan: UpstreamPlan
  readonly limits: UpstreamLimits
  /** Its place in the counters. */
  readonly slot: number
}

export class UpstreamPools {
  /** What all connections of this worker share. */
  readonly tools: ConnectionTools = {
    clock: systemClock,
    wheel: new TimerWheel({ clock: systemClock }),
    ids: new RandomIds(),
    scan: new AnswerScan(),
    traffic: new Traffic(),
  }
  readonly #row: Float64Array
  readonly #sessions = new SessionStore()
  readonly #registry = new PoolRegistry<Settings>({ open: (settings) => this.#open(settings) })

  /** @param row this worker's counters */
  constructor(row: Float64Array) {
    this.#row = row
  }

  /** Each call wants a `release`. @throws when a certificate or key cannot be read */
  acquire(plan: UpstreamPlan, limits: UpstreamLimits, slot: number): UpstreamTransport {
    return this.#registry.acquire({ plan, limits, slot })
  }

  release(transport: UpstreamTransport): void {
    this.#registry.release(transport)
  }

  countersFor(slot: number): UpstreamCounters {
    return new UpstreamCounters(this.#row, slot)
  }

  /** Closes all at once. */
  close(): void {
    this.#registry.close()
  }

  #open({ plan, limits, slot }: Settings): UpstreamTransport {
    const { tools } = this
    const metrics = this.countersFor(slot)
    if (plan.protocol === 'plain') {
      const { maxWaiting } = limits
      return new PlainPool({ upstream: plan.upstream, maxWaiting, tools, metrics })
    }
    const sessions = this.#sessions
    return new UpstreamPool({ upstream: plan.upstream, limits, sessions, tools, metrics })
  }
}
