// Who may ask at which listener, and what is wrong with that as a whole.

import type * as z from 'zod'
import { didYouMean } from './did-you-mean.ts'
import { Fault, type Path, show } from './problem.ts'
import { report } from './values.ts'

type Entries = readonly string[]

interface Group {
  readonly ranges: Entries
  readonly certificates: Entries
}

interface Rules {
  readonly allow: Entries
  readonly deny: Entries
  readonly onDeny: 'drop' | 'refuse'
}

type Place = { readonly address: string; readonly port: number } & {
  readonly access?: { readonly [K in keyof Rules]?: Rules[K] | undefined } | undefined
}

interface Sections {
  readonly access: Rules & { readonly groups: Readonly<Record<string, Group>> }
  readonly listeners: readonly Place[]
  readonly rateLimit: { readonly exempt: Entries }
}

/** What holds at a listener. */
export function accessAt({ access }: Pick<Sections, 'access'>, listener: Place): Rules {
  const { allow, deny, onDeny } = listener.access ?? {}
  return {
    allow: allow ?? access.allow,
    deny: deny ?? access.deny,
    onDeny: onDeny ?? access.onDeny,
  }
}

/** @returns the name of the group that an entry stands for; null when it stands for none */
export function groupNamed(entry: string): string | null {
  return entry.startsWith('@') ? entry.slice(1) : null
}

/** @returns the path of the file that an entry stands for; null when it stands for none */
export function fileNamed(entry: string): string | null {
  return entry.startsWith('file:') ? entry.slice('file:'.length) : null
}

/** Every list of ranges that there is, replaced by what `change` makes of it. */
export function mapEntries<T extends Sections>(
  config: T,
  change: (entries: Entries, path: Path) => Entries,
): T {
  const { access, listeners, rateLimit } = config
  const groups = Object.entries(access.groups).map(([name, group]) => {
    const ranges = change(group.ranges, ['access', 'groups', name, 'ranges'])
    return [name, { ...group, ranges }] as const
  })
  return {
    ...config,
    access: {
      ...access,
      allow: change(access.allow, ['access', 'allow']),
      deny: change(access.deny, ['access', 'deny']),
      groups: Object.fromEntries(groups),
    },
    listeners: listeners.map((listener, i) => {
      if (listener.access === undefined) return listener
      const { allow, deny, ...rest } = listener.access
      const at = ['listeners', i, 'access']
      return {
        ...listener,
        access: {
          ...rest,
          ...(allow === undefined ? {} : { allow: change(allow, [...at, 'allow']) }),
          ...(deny === undefined ? {} : { deny: change(deny, [...at, 'deny']) }),
        },
      }
    }),
    rateLimit: { ...rateLimit, exempt: change(rateLimit.exempt, ['rateLimit', 'exempt']) },
  }
}

/** Reports what no section can know by itself. */
export function checkAccess(config: Sections, context: z.core.$RefinementCtx): void {
  const { access, listeners } = config
  mapEntries(config, (entries, path) => {
    checkNames(entries, path, access.groups, context)
    return entries
  })
  checkMembers(access.groups, context)
  checkSides(access, access, ['access'], config, context)
  for (const [i, listener] of listeners.entries()) {
    const own = listener.access
    if (own?.allow === undefined && own?.deny === undefined) continue
    checkSides(accessAt(config, listener), own, ['listeners', i, 'access'], config, context)
  }
}

/** Groups must be known, and nothing named twice. */
function checkNames(
  entries: Entries,
  path: Path,
  groups: Sections['access']['groups'],
  context: z.core.$RefinementCtx,
): void {
  const seen = new Set<string>()
  for (const [i, entry] of entries.entries()) {
    const name = groupNamed(entry)
    if (seen.has(entry)) {
      report(context, new Fault(`${entry} stands twice`, 'leave one out'), [...path, i])
    } else if (name !== null && !Object.hasOwn(groups, name)) {
      const meant = didYouMean(name, Object.keys(groups))
      const remedy = meant === null ? 'name it under access.groups' : `did you mean @${meant}?`
      report(context, new Fault(`there is no group ${show(name)}`, remedy), [...path, i])
    }
    seen.add(entry)
  }
}

/** Which group a client is in must not depend on which one is written first. */
function checkMembers(groups: Sections['access']['groups'], context: z.core.$RefinementCtx): void {
  const owners = new Map<string, string>()
  for (const [name, group] of Object.entries(groups)) {
    for (const kind of ['ranges', 'certificates'] as const) {
      for (const [i, member] of group[kind].entries()) {
        const owner = owners.get(member)
        if (owner === undefined) owners.set(member, name)
        // Ranges of one list have been looked at with all others.
        else if (owner !== name || kind === 'certificates') {
          const fault = new Fault(`${member} stands in the group ${owner} already`, 'leave one out')
          report(context, fault, ['access', 'groups', name, kind, i])
        }
      }
    }
  }
}

/** Nothing may be allowed and denied by rules for one and the same range. */
function checkSides(
  { allow, deny }: Rules,
  own: NonNullable<Place['access']>,
  path: Path,
  { access }: Sections,
  context: z.core.$RefinementCtx,
): void {
  const rangesOf = (entry: string): Entries => {
    const name = groupNamed(entry)
    if (name === null) return [entry]
    const group = Object.hasOwn(access.groups, name) ? access.groups[name] : undefined
    return [entry, ...(group?.ranges ?? [])]
  }
  const allowed = new Map<string, number>()
  for (const [i, entry] of allow.entries()) {
    for (const range of rangesOf(entry)) allowed.set(range, i)
  }
  for (const [i, entry] of deny.entries()) {
    const twice = rangesOf(entry).find((range) => allowed.has(range))
    if (twice === undefined) continue
    const subject = twice === entry ? entry : `${twice} in ${entry}`
    if (own.deny !== undefined) {
      const fault = new Fault(`${subject} is allowed as well`, 'leave one out')
      report(context, fault, [...path, 'deny', i])
    } else {
      const fault = new Fault(
        `${twice} is denied by access.deny, which holds here too`,
        'leave it out, or give this listener a deny of its own',
      )
      report(context, fault, [...path, 'allow', allowed.get(twice)!])
    }
  }
}
