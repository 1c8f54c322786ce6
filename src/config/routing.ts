// Who is asked for what: the upstreams of the default group and of each route, by name, and what is
// wrong with them as a whole.

import type * as z from 'zod'
import { didYouMean } from './did-you-mean.ts'
import { Fault, show } from './problem.ts'
import type { Route } from './sections/routes.ts'
import type { Upstream } from './sections/upstreams.ts'
import { report } from './values.ts'

/** The group of all names that no route takes. */
const DEFAULT = 'default'

/** The domain of all names. */
const ROOT = '.'

/** Upstreams of one group: each is a bit in what a query has tried. */
const MAX_MEMBERS = 31

interface Sections<U = Upstream, R = Route> {
  readonly upstreams: readonly U[]
  readonly routes: readonly R[]
}

type Named = Pick<Upstream, 'name' | 'group' | 'protocol'>
type Routed = { readonly domains: readonly string[]; readonly upstreams: readonly string[] }

export interface Routing<U> {
  /** For names that no route takes; none when a route takes all. */
  readonly fallback: readonly U[]
  readonly routes: readonly { readonly domains: readonly string[]; readonly upstreams: U[] }[]
}

/** The upstreams of each route, in the order of `upstreams`. */
export function routingOf<U extends Named>({ upstreams, routes }: Sections<U, Routed>): Routing<U> {
  const named = new Set(routes.flatMap((route) => route.upstreams))
  const isDefault = ({ name, group }: U) =>
    group === DEFAULT || (group === null && !named.has(name))
  const belongsTo = (one: U, target: string) =>
    one.name === target || one.group === target || (target === DEFAULT && isDefault(one))
  return {
    fallback: upstreams.filter(isDefault),
    routes: routes.map(({ domains, upstreams: targets }) => ({
      domains,
      upstreams: upstreams.filter((one) => targets.some((target) => belongsTo(one, target))),
    })),
  }
}

/** Reports what no section can know by itself. */
export function checkRouting(config: Sections, context: z.core.$RefinementCtx): void {
  const routing = routingOf(config)
  checkGroups(config, context)
  checkTargets(config, context)
  checkPlain(config, routing, context)
  const takesAll = config.routes.some(({ domains }) => domains.includes(ROOT))
  if (routing.fallback.length === 0 && !takesAll) {
    const fault = new Fault(
      'no upstream is left for names that no route takes',
      'add one that no route names, or a route for "."',
    )
    report(context, fault, ['upstreams'])
  }
  if (routing.fallback.length > MAX_MEMBERS) {
    const fault = new Fault(
      `${routing.fallback.length} upstreams are asked for the same names`,
      `keep to ${MAX_MEMBERS}`,
    )
    report(context, fault, ['upstreams'])
  }
  for (const [i, { upstreams }] of routing.routes.entries()) {
    if (upstreams.length <= MAX_MEMBERS) continue
    const fault = new Fault(`these are ${upstreams.length} upstreams`, `keep to ${MAX_MEMBERS}`)
    report(context, fault, ['routes', i, 'upstreams'])
  }
}

function checkGroups({ upstreams, routes }: Sections, context: z.core.$RefinementCtx): void {
  const named = new Set(routes.flatMap((route) => route.upstreams))
  for (const [i, { group, name }] of upstreams.entries()) {
    if (name === DEFAULT) {
      const fault = new Fault('"default" is a group', 'give the upstream another name')
      report(context, fault, ['upstreams', i, 'name'])
    }
    if (group === null || group === DEFAULT) continue
    const namesake = upstreams.findIndex((one) => one.name === group)
    if (namesake !== -1) {
      const fault = new Fault(
        `${show(group)} is the name of upstreams[${namesake}] as well`,
        'give the group another name',
      )
      report(context, fault, ['upstreams', i, 'group'])
    } else if (!named.has(group) && !named.has(name)) {
      const fault = new Fault(
        `no route names the group ${show(group)}, so that nobody would ask this upstream`,
        'name it in a route, or leave the group out',
      )
      report(context, fault, ['upstreams', i, 'group'])
    }
  }
}

function checkTargets({ upstreams, routes }: Sections, context: z.core.$RefinementCtx): void {
  const groups = upstreams.flatMap(({ group }) => (group === null ? [] : [group]))
  const known = [...new Set([...upstreams.map(({ name }) => name), ...groups, DEFAULT])]
  for (const [i, route] of routes.entries()) {
    for (const [j, target] of route.upstreams.entries()) {
      if (known.includes(target)) continue
      const meant = didYouMean(target, known)
      const fault = new Fault(
        `${show(target)} is the name of no upstream and of no group`,
        meant === null ? `known are: ${known.join(', ')}` : `did you mean ${meant}?`,
      )
      report(context, fault, ['routes', i, 'upstreams', j])
    }
  }
}

/** Plain text is for an internal zone by itself: never for everything, never in the place of TLS. */
function checkPlain(
  { upstreams, routes }: Sections,
  routing: Routing<Upstream>,
  context: z.core.$RefinementCtx,
): void {
  for (const [i, one] of upstreams.entries()) {
    if (one.protocol !== 'plain' || !routing.fallback.includes(one)) continue
    const fault = new Fault(
      `${one.name} would be asked for all names, in plain text`,
      'name it in a route, for the domains of an internal zone',
    )
    report(context, fault, ['upstreams', i, 'protocol'])
  }
  for (const [i, { upstreams: members }] of routing.routes.entries()) {
    const plain = members.filter(({ protocol }) => protocol === 'plain')
    if (plain.length === 0) continue
    const { domains } = routes[i]!
    if (domains.includes(ROOT)) {
      const fault = new Fault(
        `${plain[0]!.name} would be asked for all names, in plain text`,
        'name the domains of an internal zone',
      )
      report(context, fault, ['routes', i, 'domains', domains.indexOf(ROOT)])
    }
    if (plain.length === members.length) continue
    const fault = new Fault(
      `${plain[0]!.name} is asked in plain text and others are not`,
      'keep them apart: nothing falls back from TLS to plain text',
    )
    report(context, fault, ['routes', i, 'upstreams'])
  }
}
