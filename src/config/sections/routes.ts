import type * as z from 'zod'
import { domain } from '../domain-setting.ts'
import { Fault, show } from '../problem.ts'
import { choice, list, report, required, section } from '../values.ts'

const MAX_ROUTES = 256
const MAX_DOMAINS = 10_000

const target = required<string>({
  about: 'The name of an upstream or of a group; default is the group of all other names.',
  shape: { type: 'string' },
  read: (input) =>
    typeof input === 'string' && input !== ''
      ? input
      : new Fault(`${show(input)} is not a name`, 'give the name of an upstream or of a group'),
})

const route = section('Some domains, and who is asked for their names.', {
  domains: list<string>({
    about: `Domains, with all names below them; at most ${MAX_DOMAINS}.`,
    initial: [],
    min: 1,
    max: MAX_DOMAINS,
    of: domain,
  }),
  upstreams: list<string>({
    about: 'Names of upstreams or of groups.',
    initial: [],
    min: 1,
    max: 31,
    of: target,
  }).superRefine((names, context) => {
    for (const [i, name] of names.entries()) {
      if (names.indexOf(name) === i) continue
      report(context, new Fault(`${show(name)} is named twice`, 'leave one out'), [i])
    }
  }),
  dnssec: choice({
    about:
      'Where `dnssec.mode` is validate: whether the names of these domains are validated like all others, or count as unsigned, as private zones must of which the public DNS proves that they do not exist.',
    initial: 'validate',
    choices: ['validate', 'insecure'],
  }),
})

export type Route = z.output<typeof route>

export const routes = list<Route>({
  about: `Domains whose names are asked of upstreams of their own, at most ${MAX_ROUTES}; the longest domain that a name lies below decides.`,
  initial: [],
  min: 0,
  max: MAX_ROUTES,
  of: route,
}).superRefine((all, context) => {
  const taken = new Map<string, string>()
  for (const [i, { domains }] of all.entries()) {
    for (const [j, name] of domains.entries()) {
      const owner = taken.get(name)
      if (owner === undefined) {
        taken.set(name, `routes[${i}]`)
        continue
      }
      report(context, new Fault(`${name} stands in ${owner} already`, 'leave one out'), [
        i,
        'domains',
        j,
      ])
    }
  }
})
