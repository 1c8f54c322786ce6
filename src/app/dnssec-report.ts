// What people should know of what is validated, and what is not.

import type { Config } from '../config/config.ts'

const DAY = 86_400_000

/** RFC 7646 §2: what is out for longer is hardly a mistake that is being mended. */
const LONG = 7 * DAY

/** Domains of a route that are named on one line. */
const SHOWN = 4

type Sections = Pick<Config, 'dnssec' | 'routes'>

/** What weakens protection, for the log at each start and reload. @param now milliseconds since 1970 */
export function dnssecNotices({ dnssec, routes }: Sections, now: number): string[] {
  if (dnssec.mode !== 'validate') return []
  const passing = dnssec.negativeTrustAnchors.map(({ domain, until }) => {
    const end = formatTime(until)
    if (until <= now) {
      return `the negative trust anchor for ${domain} ended at ${end}: it has no effect, and may be removed`
    }
    const advice = until - now > LONG ? ', which is longer than the week that RFC 7646 advises' : ''
    return `NOT VALIDATED until ${end}${advice}: names at and below ${domain}, by a negative trust anchor`
  })
  const lasting = routes
    .filter((route) => route.dnssec === 'insecure')
    .map(({ domains }) => `NOT VALIDATED: names at and below ${listOf(domains)}, by a route`)
  return [...passing, ...lasting]
}

export function formatTime(time: number): string {
  return new Date(time).toISOString().replace('.000', '')
}

function listOf(domains: readonly string[]): string {
  const more = domains.length - SHOWN
  const shown = domains.slice(0, SHOWN).join(', ')
  return more > 0 ? `${shown} and ${more} more` : shown
}
