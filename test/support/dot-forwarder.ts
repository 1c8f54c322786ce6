// A forwarder over DoT pools of its own, which it closes with itself.

import { AnswerScan } from '../../src/wire/answer-scan.ts'
import { type Clock, systemClock } from '../../src/upstream/clock.ts'
import { Forwarder } from '../../src/upstream/forwarder.ts'
import type { HedgingOptions } from '../../src/upstream/selection/hedging.ts'
import { RandomIds } from '../../src/upstream/dot/in-flight.ts'
import { noUpstreamMetrics, type UpstreamMetrics } from '../../src/upstream/metrics.ts'
import {
  DEFAULT_UPSTREAM_LIMITS,
  type UpstreamLimits,
  type UpstreamOptions,
} from '../../src/upstream/options.ts'
import { UpstreamPool } from '../../src/upstream/dot/pool.ts'
import type { SelectionOptions } from '../../src/upstream/selection/options.ts'
import type { SessionStore } from '../../src/upstream/tls/session-store.ts'
import { TimerWheel } from '../../src/upstream/timer-wheel.ts'
import { Traffic } from '../../src/upstream/dot/traffic.ts'

export interface DotForwarderOptions {
  readonly upstreams: readonly UpstreamOptions[]
  /** Outlives the forwarder, so that the next one resumes its sessions. */
  readonly sessions: SessionStore
  readonly limits?: UpstreamLimits
  readonly selection?: SelectionOptions
  readonly hedging?: HedgingOptions
  readonly clock?: Clock
  readonly metricsFor?: (upstream: UpstreamOptions) => UpstreamMetrics
}

export class DotForwarder extends Forwarder {
  /** @throws when an upstream's certificate or key cannot be read */
  constructor(options: DotForwarderOptions) {
    const { sessions, clock = systemClock, limits = DEFAULT_UPSTREAM_LIMITS } = options
    const { metricsFor = () => noUpstreamMetrics, ...rest } = options
    const wheel = new TimerWheel({ clock })
    const scan = new AnswerScan()
    const tools = { clock, wheel, ids: new RandomIds(), scan, traffic: new Traffic() }
    const members = options.upstreams.map((upstream) => {
      const metrics = metricsFor(upstream)
      const transport = new UpstreamPool({ upstream, limits, sessions, tools, metrics })
      return { transport, metrics }
    })
    super({ ...rest, members, wheel })
  }

  override async drain(): Promise<void> {
    await super.drain()
    this.close()
  }

  override close(): void {
    super.close()
    for (const { transport } of this.members) transport.close()
  }
}
