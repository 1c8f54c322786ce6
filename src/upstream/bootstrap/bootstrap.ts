// Host names of upstreams: the servers that resolve them, and one source of addresses for each host.
// These servers are given by address, so that nothing has to be resolved to reach them.

import { isIP } from 'node:net'
import { type AddressBook, type AddressSource, NO_HOSTS } from './address-source.ts'
import type { ConnectionTools } from '../dot/connection-tools.ts'
import { noUpstreamMetrics } from '../metrics.ts'
import { DEFAULT_UPSTREAM_LIMITS, type UpstreamOptions } from '../options.ts'
import { PlainPool } from '../plain/plain-pool.ts'
import { UpstreamPool } from '../dot/pool.ts'
import type { SessionStore } from '../tls/session-store.ts'
import { Traffic } from '../dot/traffic.ts'
import type { UpstreamTransport } from '../transport.ts'
import { HostAddresses } from './host-addresses.ts'

/** One bootstrap server; its address is no host name. */
export type BootstrapServer =
  | {
      readonly protocol: 'plain'
      readonly name: string
      readonly address: string
      readonly port: number
    }
  | ({ readonly protocol: 'dot' } & UpstreamOptions)

export interface BootstrapOptions {
  readonly servers: readonly BootstrapServer[]
  readonly sessions: SessionStore
  readonly tools: ConnectionTools
}

/** Connections to a server that is asked a few times an hour. */
const LIMITS = { ...DEFAULT_UPSTREAM_LIMITS, maxConnections: 1, spareConnections: 0 }

const MAX_WAITING = 256

export class Bootstrap implements AddressBook {
  readonly #options: BootstrapOptions
  readonly #servers: readonly UpstreamTransport[]
  readonly #traffic = new Traffic()
  readonly #hosts = new Map<string, HostAddresses>()

  /** @throws when a certificate or key of a server is of no use */
  constructor(options: BootstrapOptions) {
    this.#options = options
    this.#servers = options.servers.map((server) => this.#transport(server))
  }

  /** @throws for a host name when there is no bootstrap server */
  sourceFor(upstream: Pick<UpstreamOptions, 'address'>): AddressSource {
    const { address } = upstream
    if (isIP(address) !== 0 || this.#servers.length === 0) return NO_HOSTS.sourceFor(upstream)
    const host = address.toLowerCase()
    let source = this.#hosts.get(host)
    if (source === undefined) {
      const { clock, wheel } = this.#options.tools
      source = new HostAddresses({ host, servers: this.#servers, clock, wheel })
      this.#hosts.set(host, source)
      // The first client need not wait for it.
      source.whenKnown(() => {})
    }
    return source
  }

  /** Asks nobody any more, once all that is under way has ended; what is known stays known. */
  drain(): void {
    for (const server of this.#servers) server.drain()
  }

  /** Closes all at once. */
  close(): void {
    for (const server of this.#servers) server.close()
  }

  #transport(server: BootstrapServer): UpstreamTransport {
    const { sessions } = this.#options
    // Traffic of its own: clients' queries are no reason to look after a server that is hardly asked.
    const tools = { ...this.#options.tools, traffic: this.#traffic }
    const metrics = noUpstreamMetrics
    if (server.protocol === 'dot') {
      return new UpstreamPool({ upstream: server, limits: LIMITS, sessions, tools, metrics })
    }
    return new PlainPool({ upstream: server, maxWaiting: MAX_WAITING, tools, metrics })
  }
}
