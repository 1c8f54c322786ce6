// The listeners of one worker. A new set takes over those of the set before that stay the same, so
// that a reload drops no packet and no connection.

import { isDeepStrictEqual } from 'node:util'
import { AccessList } from '../guard/acl.ts'
import type { ConnectionLedger } from '../guard/connections/ledger.ts'
import { ProxiedHandler } from '../listen/proxy-protocol/proxied-handler.ts'
import type { ProxyMetrics, ProxyRefusal } from '../listen/proxy-protocol/metrics.ts'
import { ConnectionTable } from '../listen/stream/connection-table.ts'
import { httpsService } from '../listen/https/https-service.ts'
import type { HttpsMetrics } from '../listen/https/metrics.ts'
import { dnsStreams } from '../listen/stream/dns-streams.ts'
import { StreamListener } from '../listen/stream/listener.ts'
import { CloseReason, type StreamMetrics } from '../listen/stream/metrics.ts'
import type { TlsMetrics } from '../listen/tls/metrics.ts'
import { TlsDoor } from '../listen/tls/tls-door.ts'
import { listenUdp } from '../listen/udp/listen.ts'
import { UNBATCHED_NOTICE, type UdpListener, type UdpMetrics } from '../listen/udp/listener.ts'
import type { Logger } from '../observe/log.ts'
import { type QueryHandler, Transport } from '../pipeline/query.ts'
import { type DataPlan, doorOf, type ListenerPlan } from './plan.ts'

export interface ListenerSetOptions {
  readonly plan: DataPlan
  /** The set in force, or null at the start. */
  readonly before: ListenerSet | null
  /** Connections of all workers. */
  readonly connections: ConnectionLedger
  /** What answers at a door (see `doorOf`). */
  readonly handlerOf: (door: string) => QueryHandler
  readonly udpMetrics: UdpMetrics
  readonly streamMetrics: StreamMetrics
  readonly proxyMetrics: ProxyMetrics
  readonly tlsMetrics: TlsMetrics
  readonly httpsMetrics: HttpsMetrics
  readonly log: Logger
}

/** A bound listener and what to do with it when the plan changes, and at the end of its life. */
interface Bound {
  /** Stays under a new plan, in which it has the same identity. */
  adopt(listener: ListenerPlan, plan: DataPlan): void
  /** Takes no more queries; answers under way still go out. */
  pause(): void
  /** Ends it, after at most so many milliseconds for what is under way. */
  close(within: number): Promise<void>
}

export class ListenerSet {
  readonly #bound = new Map<string, Bound>()
  /** What each is bound for, by the same identity. */
  readonly #plans = new Map<string, ListenerPlan>()
  readonly #fresh: string[] = []
  readonly #plan: DataPlan
  readonly #table: ConnectionTable

  private constructor({ plan, before, connections }: ListenerSetOptions) {
    this.#plan = plan
    const { tcp } = plan
    const same = before !== null && isDeepStrictEqual(settingsOf(before.#plan), settingsOf(plan))
    this.#table = same
      ? before.#table
      : new ConnectionTable({
          ledger: connections,
          idleTimes: tcp.idleTimes,
          maxHeld: tcp.maxHeld,
          clock: now,
        })
  }

  /** Binds what is new. Rejects with the first error, everything new closed again. */
  static async open(options: ListenerSetOptions): Promise<ListenerSet> {
    const { plan, before } = options
    const set = new ListenerSet(options)
    try {
      for (const listener of plan.listeners) {
        const id = identity(listener, plan)
        set.#plans.set(id, listener)
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

  /**
   * Gives way to the next set: what it did not take over is paused and closed, with answers under
   * way at most `within` milliseconds later. Without one, everything is.
   */
  async retire(next: ListenerSet | null, within: number): Promise<void> {
    const old: Bound[] = []
    for (const [id, bound] of this.#bound) {
      if (next !== null && next.#bound.get(id) === bound)
        bound.adopt(next.#plans.get(id)!, next.#plan)
      else old.push(bound)
    }
    for (const bound of old) bound.pause()
    await Promise.all(old.map((bound) => bound.close(within)))
  }

  pause(): void {
    for (const bound of this.#bound.values()) bound.pause()
  }

  #bind(listener: ListenerPlan, options: ListenerSetOptions): Promise<Bound> {
    return listener.protocol === 'udp'
      ? bindUdp(listener, options)
      : bindStream(listener, options, this.#table)
  }
}

function proxiesOf({ proxies }: ListenerPlan): AccessList | null {
  return proxies === null ? null : new AccessList(proxies, [])
}

function now(): number {
  return performance.now()
}

/** A listener goes on under a new plan in which its identity is the same. */
function identity(listener: ListenerPlan, plan: DataPlan): string {
  const door = [doorOf(listener), listener.v6Only, listener.proxies !== null]
  // To close a UDP socket is to lose what waits in it, so that one adopts what else is new.
  if (listener.protocol === 'udp') return JSON.stringify(door)
  // Certificates and keys are renewed in place.
  return JSON.stringify([door, settingsOf(plan), listener.tls?.handshakeTimeout, listener.path])
}

/** Of connections. The memory that they are counted in is another one when these are others. */
function settingsOf({ tcp }: DataPlan) {
  return { ...tcp, memory: null }
}

async function bindUdp(listener: ListenerPlan, options: ListenerSetOptions): Promise<Bound> {
  const { log, plan, udpMetrics: metrics } = options
  const behind = options.handlerOf(doorOf(listener))
  const { address, port, v6Only } = listener
  const proxies = proxiesOf(listener)
  const onRefused = (reason: ProxyRefusal): void => options.proxyMetrics.onRefused(reason)
  const proxied =
    proxies === null ? null : new ProxiedHandler({ handler: behind, proxies, onRefused })
  const udp: UdpListener = await listenUdp({
    batch: 'auto',
    address,
    port,
    v6Only,
    reusePort: true,
    receiveBuffer: plan.udp.receiveBuffer,
    handler: proxied ?? behind,
    metrics,
    onError: (error) => log.error('udp listener', { address, port, error: String(error) }),
  })
  if (!udp.batched) log.warn(UNBATCHED_NOTICE)
  return {
    adopt: (renewed, next) => {
      udp.resize(next.udp.receiveBuffer)
      if (proxied !== null) proxied.proxies = proxiesOf(renewed) ?? proxied.proxies
    },
    pause: () => udp.pause(),
    close: (within) => udp.close(within),
  }
}

async function bindStream(
  listener: ListenerPlan,
  options: ListenerSetOptions,
  table: ConnectionTable,
): Promise<Bound> {
  const { address, port, v6Only } = listener
  const { plan, log, httpsMetrics, streamMetrics: metrics } = options
  const handler = options.handlerOf(doorOf(listener))
  const { limits } = plan.tcp
  const { protocol, tls, path } = listener
  const onError = (error: unknown): void =>
    log.error(`${protocol} listener`, { address, port, error: String(error) })
  const serving = { handler, metrics, clock: now, limits, onError }
  const transport = tls === null ? Transport.Tcp : Transport.Tls
  const handshaker =
    tls === null
      ? null
      : new TlsDoor({ tls: tls.options, tickets: plan.tickets, metrics: options.tlsMetrics, log })
  const stream = new StreamListener({
    handler,
    table,
    metrics,
    clock: now,
    address,
    port,
    v6Only,
    reusePort: true,
    proxies: proxiesOf(listener),
    handshaker,
    handshakeTimeout: tls?.handshakeTimeout ?? 0,
    service:
      path === null
        ? dnsStreams({ ...serving, transport })
        : httpsService({ ...serving, httpsMetrics, path }),
  })
  await stream.listen()
  return {
    adopt: (renewed, { tickets }) => {
      stream.proxies = proxiesOf(renewed)
      const distrusts = renewed.tls !== null && handshaker?.renew(renewed.tls.options, tickets)
      if (distrusts === true) stream.dismiss(CloseReason.Trust)
    },
    pause: () => stream.stop(),
    close: (within) => stream.close(within),
  }
}
