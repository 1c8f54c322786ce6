// What people should know of where questions go.

import type { Config, UpstreamConfig } from '../config/config.ts'
import { routingOf } from '../config/routing.ts'

/** Domains of a route that are named on one line. */
const SHOWN = 4

/** Who is asked for what, where there is more to say than the list of upstreams. */
export function routeLines(config: Config): string[] {
  const { fallback, routes } = routingOf(config)
  if (routes.length === 0) return []
  return [
    ...routes.map(({ domains, upstreams }) => `  ${listOf(domains)}: asks ${whom(upstreams)}`),
    ...(fallback.length === 0 ? [] : [`  all other names: asks ${whom(fallback)}`]),
  ]
}

/** What weakens protection, for the log at each start and reload. */
export function forwardingNotices(config: Config): string[] {
  const plain = routingOf(config).routes.flatMap(({ domains, upstreams }) =>
    upstreams
      .filter(({ protocol }) => protocol === 'plain')
      .map(
        ({ name, address }) =>
          `NOT ENCRYPTED: questions for ${listOf(domains)} and names below go to ${name} (${address}) in plain text, for everybody on the way to read and to forge`,
      ),
  )
  const unproven = config.upstreams
    .filter(({ protocol, profile }) => protocol === 'dot' && profile === 'opportunistic')
    .map(
      ({ name }) =>
        `NOT AUTHENTICATED: ${name} is asked even when it does not prove who it is (profile: opportunistic)`,
    )
  return [...plain, ...unproven]
}

function whom(upstreams: readonly UpstreamConfig[]): string {
  return upstreams
    .map(({ name, protocol }) => (protocol === 'plain' ? `${name} (not encrypted)` : name))
    .join(', ')
}

function listOf(domains: readonly string[]): string {
  const more = domains.length - SHOWN
  const shown = domains.slice(0, SHOWN).join(', ')
  return more > 0 ? `${shown} and ${more} more` : shown
}
