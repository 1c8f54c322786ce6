// From the configuration to what workers are made from.

import { readFileSync } from 'node:fs'
import type { Config, ListenerConfig, UpstreamConfig } from '../config/config.ts'
import { AccessList } from '../guard/acl.ts'
import type { UpstreamOptions } from '../upstream/options.ts'
import type { DataPlan, ListenerPlan } from '../worker/plan.ts'

const SECOND = 1000

/**
 * @param upstreamNames by their slot in the counters
 * @throws when a file that it names cannot be read, or a range cannot be compiled
 */
export function planFrom(
  config: Config,
  listeners: readonly ListenerConfig[],
  upstreamNames: readonly string[],
): DataPlan {
  const { cache, dot, tcp, udp, timeouts } = config
  return {
    listeners: listeners.flatMap(listenerPlans),
    upstreams: config.upstreams.map(upstreamOptions),
    upstreamNames,
    upstreamLimits: dot,
    access: {
      memory: compileAccess(config.access),
      refuseStrangers: config.access.onDeny === 'refuse',
    },
    bounds: {
      minTtl: Math.ceil(cache.minTtl / SECOND),
      maxTtl: Math.ceil(cache.maxTtl / SECOND),
      negativeMaxTtl: Math.ceil(cache.negativeMaxTtl / SECOND),
      failureTtl: Math.ceil(cache.failureTtl / SECOND),
    },
    udp: { maxAnswerSize: udp.maxAnswerSize, receiveBuffer: udp.receiveBuffer },
    tcp: {
      maxConnections: tcp.maxConnections,
      maxPerClient: tcp.maxPerClient,
      limits: {
        idleTimeout: tcp.idleTimeout,
        frameTimeout: tcp.frameTimeout,
        writeTimeout: tcp.writeTimeout,
        lifetime: tcp.lifetime,
        maxInFlight: tcp.maxInFlight,
        maxUnread: tcp.maxUnread,
      },
    },
    queryTimeout: timeouts.query,
    explain: false,
  }
}

function listenerPlans({ address, port, protocols }: ListenerConfig): ListenerPlan[] {
  return protocols.map((protocol) => ({ address, port, v6Only: false, protocol }))
}

function upstreamOptions(upstream: UpstreamConfig): UpstreamOptions {
  const { name, address, port, tlsName, pins } = upstream
  return {
    name,
    address,
    port,
    tlsName,
    pins,
    ca: readPem(upstream.ca),
    clientCertificate: readPem(upstream.clientCertificate),
    clientKey: readPem(upstream.clientKey),
  }
}

function readPem(path: string | null): string | null {
  return path === null ? null : readFileSync(path, 'utf8')
}

function compileAccess({ allow, deny }: Config['access']): SharedArrayBuffer {
  const rules = [
    ...allow.map((range) => ({ range, allow: true })),
    ...deny.map((range) => ({ range, allow: false })),
  ]
  return AccessList.compile(rules, false).memory
}
