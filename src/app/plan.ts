// From the configuration to what workers are made from.

import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { Config, ListenerConfig, UpstreamConfig } from '../config/config.ts'
import { routingOf } from '../config/routing.ts'
import type { TicketSecret } from '../listen/tls/options.ts'
import { advanceTickets, newTicketSecret, ticketPeriod } from '../listen/tls/ticket-keys.ts'
import { allocateLoopMemory } from '../upstream/loop-guard.ts'
import { allocateStrippingMemory } from '../upstream/stripping-guard.ts'
import type { BootstrapServer } from '../upstream/bootstrap/bootstrap.ts'
import type { UpstreamOptions } from '../upstream/options.ts'
import { storePlan } from './store-plan.ts'
import { subnetPlan } from './subnet-plan.ts'
import type {
  AccessPlan,
  DataPlan,
  ForwardingPlan,
  GroupPlan,
  ListenerPlan,
  UpstreamPlan,
} from '../worker/plan.ts'
import { AccessPlans } from './access-plan.ts'
import { connectionPlan, trustedProxies } from './connection-plan.ts'
import { cookiesPlan } from './cookies-plan.ts'
import { designations, dohPath } from './discovery-plan.ts'
import { dnssecPlan } from './dnssec-plan.ts'
import { limitsPlan } from './limits-plan.ts'
import { tlsPlan } from './tls-plan.ts'

const SECOND = 1000
const PERCENT = 100

/**
 * @param upstreamNames by their slot in the counters
 * @param before the plan in force, if any: what is known of upstreams that stay goes over
 * @throws when a file that it names cannot be read, or a range cannot be compiled
 */
export function planFrom(
  config: Config,
  listeners: readonly ListenerConfig[],
  upstreamNames: readonly string[],
  before: DataPlan | null,
): DataPlan {
  const forwarding = forwardingPlan(config)
  const { cache, tcp, udp, timeouts } = config
  const access = new AccessPlans(config)
  return {
    listeners: listeners.flatMap((listener, number) =>
      listenerPlans(listener, number, access.at(listener)),
    ),
    designations: designations(listeners),
    limits: limitsPlan(config.rateLimit, before?.limits ?? null),
    cookies: cookiesPlan(config.cookies, before?.cookies ?? null),
    subnets: subnetPlan(config.privacy),
    dnssec: dnssecPlan(config),
    minimalAny: config.anyQueries === 'minimal',
    forwarding,
    ...(before !== null && isDeepStrictEqual(before.forwarding, forwarding)
      ? { loops: before.loops, stripping: before.stripping }
      : {
          loops: allocateLoopMemory(countMembers(forwarding)),
          stripping: allocateStrippingMemory(forwarding.upstreams.length),
        }),
    upstreamNames,
    bounds: {
      minTtl: Math.ceil(cache.minTtl / SECOND),
      maxTtl: Math.ceil(cache.maxTtl / SECOND),
      negativeMaxTtl: Math.ceil(cache.negativeMaxTtl / SECOND),
      failureTtl: Math.ceil(cache.failureTtl / SECOND),
    },
    stale:
      cache.stale.maxAge === 0
        ? null
        : {
            maxAge: Math.floor(cache.stale.maxAge / SECOND),
            clientTimer: cache.stale.clientTimer,
          },
    store: storePlan(cache, before?.store ?? null),
    maxRenewals: cache.maxRenewals,
    tickets: ticketsAfter(before),
    udp: {
      maxAnswerSize: udp.maxAnswerSize,
      maxUnverifiedAnswer: Math.min(udp.maxUnverifiedAnswer, udp.maxAnswerSize),
      receiveBuffer: udp.receiveBuffer,
    },
    tcp: connectionPlan(tcp, config.workers, before?.tcp ?? null),
    queryTimeout: timeouts.query,
    explain: config.selection.explain,
  }
}

/** A session goes on over a reload. */
function ticketsAfter(before: DataPlan | null): TicketSecret {
  const now = Date.now()
  return before === null ? newTicketSecret(now) : advanceTickets(before.tickets, ticketPeriod(now))
}

function listenerPlans(
  listener: ListenerConfig,
  number: number,
  access: AccessPlan,
): ListenerPlan[] {
  const { address, port, protocols, proxyProtocol, tls, discovery } = listener
  const proxies = proxyProtocol === undefined ? null : trustedProxies(proxyProtocol.from)
  return protocols.map((protocol) => ({
    address,
    port,
    v6Only: false,
    protocol,
    proxies,
    number,
    access,
    tls:
      tls !== undefined && (protocol === 'tls' || protocol === 'https')
        ? tlsPlan(tls, protocol, discovery)
        : null,
    path: protocol === 'https' ? dohPath(listener) : null,
  }))
}

function forwardingPlan(config: Config): ForwardingPlan {
  const { upstreams, dot, selection } = config
  const { strategy, fastestOf, hedge } = selection
  const { fallback, routes } = routingOf(config)
  const group = (domains: readonly string[], members: readonly UpstreamConfig[]): GroupPlan => ({
    domains,
    members: members.map((one) => ({ upstream: upstreams.indexOf(one), weight: one.weight })),
  })
  const groups = routes.map((route) => group(route.domains, route.upstreams))
  // Where a route takes all names, nothing has to be left for the default group.
  const all = groups.find(({ domains }) => domains.includes('.'))
  return {
    upstreams: upstreams.map(upstreamPlan),
    bootstrap: config.bootstrap.servers.map(bootstrapServer),
    limits: dot,
    selection: { strategy, fastestOf },
    hedging: {
      percentile: hedge.percentile / PERCENT,
      floor: hedge.floor,
      budget: hedge.budget,
    },
    fallback: all ?? group([], fallback),
    routes: groups,
  }
}

function countMembers({ fallback, routes }: ForwardingPlan): number {
  return [fallback, ...routes].reduce((sum, { members }) => sum + members.length, 0)
}

function upstreamPlan(upstream: UpstreamConfig): UpstreamPlan {
  const { protocol, name, address, port } = upstream
  return protocol === 'plain'
    ? { protocol, upstream: { name, address, port } }
    : { protocol, upstream: upstreamOptions(upstream) }
}

function bootstrapServer(server: Config['bootstrap']['servers'][number]): BootstrapServer {
  const { protocol, name, address, port, tlsName } = server
  if (protocol === 'plain') return { protocol, name, address, port }
  const none = { pins: [], ca: null, clientCertificate: null, clientKey: null }
  return { protocol, name, address, port, tlsName, ...none }
}

function upstreamOptions(upstream: UpstreamConfig): UpstreamOptions {
  const { name, address, port, tlsName, pins, profile, minVersion, ciphers } = upstream
  return {
    name,
    address,
    port,
    tlsName,
    pins,
    ca: readPem(upstream.ca),
    clientCertificate: readPem(upstream.clientCertificate),
    clientKey: readPem(upstream.clientKey),
    profile,
    minVersion,
    ciphers: ciphers.length === 0 ? null : ciphers,
  }
}

function readPem(path: string | null): string | null {
  return path === null ? null : readFileSync(path, 'utf8')
}
