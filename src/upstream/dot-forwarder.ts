// A group with pools of its own: for whoever wants one group, all of DoT upstreams, and nothing else.

import { AnswerScan } from '../wire/answer-scan.ts'
import { type Clock, systemClock } from './clock.ts'
import { Forwarder } from './forwarder.ts'
import type { HedgingOptions } from './hedging.ts'
import { RandomIds } from './in-flight.ts'
import { noUpstreamMetrics, type UpstreamMetrics } from './metrics.ts'
import { DEFAULT_UPSTREAM_LIMITS, type UpstreamLimits, type UpstreamOptions } from './options.ts'
import { UpstreamPool } from './pool.ts'
import type { SelectionOptions } from './selection/options.ts'
import type { SessionStore } from './session-store.ts'
import { TimerWheel } from './timer-wheel.ts'
import { Traffic } from './traffic.ts'

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
