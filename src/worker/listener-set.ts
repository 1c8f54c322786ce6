// The listeners of one worker. A new set takes over those of the set before that stay the same, so
// that a reload drops no packet and no connection.

import { ConnectionTable } from '../listen/connection-table.ts'
import { StreamListener } from '../listen/stream-listener.ts'
import type { StreamMetrics } from '../listen/stream-metrics.ts'
import { listenUdp } from '../listen/udp.ts'
import { UNBATCHED_NOTICE, type UdpListener, type UdpMetrics } from '../listen/udp-listener.ts'
import type { Logger } from '../observe/log.ts'
import type { QueryHandler } from '../pipeline/query.ts'
import type { DataPlan, ListenerPlan } from './plan.ts'

export interface ListenerSetOptions {
  readonly plan: DataPlan
  /** The set in force, or null at the start. */
  readonly before: ListenerSet | null
  readonly handler: QueryHandler
  readonly udpMetrics: UdpMetrics
  readonly streamMetrics: StreamMetrics
  readonly log: Logger
}

/** A bound listener and what to do with it at the end of its life. */
interface Bound {
  /** Takes no more queries; answers under way still go out. */
  pause(): void
  /** Ends it, after at most so many milliseconds for what is under way. */
  close(within: number): Promise<void>
}

export class ListenerSet {
  readonly #bound = new Map<string, Bound>()
  readonly #fresh: string[] = []
  readonly #plan: DataPlan
  readonly #table: ConnectionTable

  private constructor(plan: DataPlan, before: ListenerSet | null) {
    const { maxConnections, maxPerClient } = plan.tcp
    const sameBounds =
      before !== null &&
      before.#plan.tcp.maxConnections === maxConnections &&
      before.#plan.tcp.maxPerClient === maxPerClient
    this.#plan = plan
    this.#table = sameBounds
      ? before.#table
      : new ConnectionTable({ maxConnections, maxPerClient, clock: now })
  }

  /** Binds what is new. Rejects with the first error, everything new closed again. */
  static async open(options: ListenerSetOptions): Promise<ListenerSet> {
    const { plan, before } = options
    const set = new ListenerSet(plan, before)
    try {
      for (const listener of plan.listeners) {
        const id = identity(listener, plan)
        const kept = before === null ? undefined : before.#bound.get(id)
        if (kept !== undefined) set.#bound.set(id, kept)
        else {
          set.#bound.set(id, await set.#bind(listener, options))
          set.#fresh.push(id)
        }
      }
    } catch (error) {
      await set.discard()
      throw error
    }
    return set
  }

  /** Closes what this set bound itself: it will not be used after all. */
  async discard(): Promise<void> {
    await Promise.all(this.#fresh.map((id) => this.#bound.get(id)!.close(0)))
  }

  /** Pauses and closes the listeners that the next set did not take over; of all, without one. */
  async retire(next: ListenerSet | null, within: number): Promise<void> {
    const old = [...this.#bound].filter(
      ([id, bound]) => next === null || next.#bound.get(id) !== bound,
    )
    for (const [, bound] of old) bound.pause()
    await Promise.all(old.map(([, bound]) => bound.close(within)))
  }

  pause(): void {
    for (const bound of this.#bound.values()) bound.pause()
  }

  #bind(listener: ListenerPlan, options: ListenerSetOptions): Promise<Bound> {
    return listener.protocol === 'udp'
      ? bindUdp(listener, options)
      : bindTcp(listener, options, this.#table)
  }
}

function now(): number {
  return performance.now()
}

/** Two listeners with the same identity are interchangeable. */
function identity(listener: ListenerPlan, plan: DataPlan): string {
  const settings = listener.protocol === 'udp' ? plan.udp.receiveBuffer : plan.tcp
  return JSON.stringify([listener, settings])
}

async function bindUdp(listener: ListenerPlan, options: ListenerSetOptions): Promise<Bound> {
  const { log, plan, handler, udpMetrics: metrics } = options
  const { address, port, v6Only } = listener
  const udp: UdpListener = await listenUdp({
    batch: 'auto',
    address,
    port,
    v6Only,
    reusePort: true,
    receiveBuffer: plan.udp.receiveBuffer,
    handler,
    metrics,
    onError: (error) => log.error('udp listener', { address, port, error: String(error) }),
  })
  if (!udp.batched) log.warn(UNBATCHED_NOTICE)
  return { pause: () => udp.pause(), close: () => udp.close() }
}

async function bindTcp(
  listener: ListenerPlan,
  options: ListenerSetOptions,
  table: ConnectionTable,
): Promise<Bound> {
  const { address, port, v6Only } = listener
  const { handler, plan, log, streamMetrics: metrics } = options
  const tcp = new StreamListener({
    handler,
    table,
    metrics,
    clock: now,
    address,
    port,
    v6Only,
    reusePort: true,
    limits: plan.tcp.limits,
    onError: (error) => log.error('tcp listener', { address, port, error: String(error) }),
  })
  await tcp.listen()
  return { pause: () => tcp.stop(), close: (within) => tcp.close(within) }
}
