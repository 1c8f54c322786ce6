// The connections of one worker to its upstreams, shared by all groups and kept over reloads.

import { isIP } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import { UpstreamCounters } from '../observe/thread-counters.ts'
import { type AddressBook, NO_HOSTS } from '../upstream/bootstrap/address-source.ts'
import { Bootstrap, type BootstrapServer } from '../upstream/bootstrap/bootstrap.ts'
import { connectionTools } from '../upstream/dot/connection-tools.ts'
import type { UpstreamLimits } from '../upstream/options.ts'
import { PlainPool } from '../upstream/plain/plain-pool.ts'
import { UpstreamPool } from '../upstream/dot/pool.ts'
import { PoolRegistry } from '../upstream/pool-registry.ts'
import { SessionStore } from '../upstream/tls/session-store.ts'
import type { UpstreamTransport } from '../upstream/transport.ts'
import type { ForwardingPlan, UpstreamPlan } from './plan.ts'

/** All that matters for an upstream's connections: while it stays the same, so do they. */
interface Settings {
  readonly plan: UpstreamPlan
  readonly limits: UpstreamLimits
  /** Its place in the counters. */
  readonly slot: number
  /** Who resolves its host name; nobody where it has an address. */
  readonly bootstrap: readonly BootstrapServer[]
}

export class UpstreamPools {
  /** What all connections of this worker share. */
  readonly tools = connectionTools()
  readonly #row: Float64Array
  readonly #sessions = new SessionStore()
  #bootstrap: { readonly servers: readonly BootstrapServer[]; readonly book: Bootstrap } | null =
    null
  readonly #registry = new PoolRegistry<Settings>({ open: (settings) => this.#open(settings) })

  /** @param row this worker's counters */
  constructor(row: Float64Array) {
    this.#row = row
  }

  /** Each call wants a `release`. @throws when a certificate or key cannot be read */
  acquire(
    plan: UpstreamPlan,
    { limits, bootstrap }: Pick<ForwardingPlan, 'limits' | 'bootstrap'>,
    slot: number,
  ): UpstreamTransport {
    const resolvers = isIP(plan.upstream.address) === 0 ? bootstrap : []
    return this.#registry.acquire({ plan, limits, slot, bootstrap: resolvers })
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
    this.#bootstrap?.book.close()
  }

  #open({ plan, limits, slot, bootstrap }: Settings): UpstreamTransport {
    const { tools } = this
    const metrics = this.countersFor(slot)
    if (plan.protocol === 'plain') {
      const { maxWaiting } = limits
      return new PlainPool({ upstream: plan.upstream, maxWaiting, tools, metrics })
    }
    const { upstream } = plan
    const sessions = this.#sessions
    const addresses = this.#bookFor(bootstrap).sourceFor(upstream)
    return new UpstreamPool({ upstream, limits, sessions, tools, metrics, addresses })
  }

  /** One book for all host names, kept while the bootstrap servers stay the same. */
  #bookFor(servers: readonly BootstrapServer[]): AddressBook {
    const held = this.#bootstrap
    if (servers.length === 0) return NO_HOSTS
    if (held !== null && isDeepStrictEqual(held.servers, servers)) return held.book
    const { tools } = this
    const book = new Bootstrap({ servers, sessions: this.#sessions, tools })
    held?.book.drain()
    this.#bootstrap = { servers, book }
    return book
  }
}
