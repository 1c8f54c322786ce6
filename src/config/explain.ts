// What zod found, in our words and with its place.

import type * as z from 'zod'
import { didYouMean } from './did-you-mean.ts'
import { settingsAt } from './json-schema.ts'
import type { Origins } from './origins.ts'
import { Fault, formatPath, type Origin, type Path, type Problem, show } from './problem.ts'

/** @param root what was checked, to quote from */
export function explain(
  issues: readonly z.core.$ZodIssue[],
  root: unknown,
  origins: Origins,
): Problem[] {
  return issues.flatMap((issue) => {
    const path = issue.path as Path
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => {
        const below = [...path, key]
        return problemOf(unknownSetting(key, settingsAt(path)), below, origins.ofKey(below))
      })
    }
    return [problemOf(faultOf(issue, valueAt(root, path)), path, origins.ofValue(path))]
  })
}

/** @param names what there is in its place */
export function unknownSetting(name: string, names: readonly string[]): Fault {
  const meant = didYouMean(name, names)
  return new Fault(
    'is not known to this version of dotward',
    meant === null ? `remove it; known here: ${names.join(', ')}` : `did you mean ${meant}?`,
  )
}

export function problemOf({ message, remedy }: Fault, path: Path, origin: Origin): Problem {
  return { origin, path: formatPath(path), message, remedy }
}

function faultOf(issue: z.core.$ZodIssue, value: unknown): Fault {
  if (issue.code === 'custom') return new Fault(issue.message, String(issue.params?.['remedy']))
  if (issue.code === 'too_small') {
    return new Fault('the list is empty', 'name at least one, or leave it out for the default')
  }
  if (issue.code === 'too_big') {
    const most = String(issue.maximum)
    return new Fault(`the list has more than ${most} entries`, `name at most ${most}`)
  }
  // Our schemas are made of values that report for themselves, of lists and of maps.
  if (issue.code === 'invalid_type' && issue.expected === 'array') {
    return new Fault(`${show(value)} is not a list`, 'write a list, as [a, b]')
  }
  // Text is not quoted: it may be a secret that stands a level too high.
  const what = typeof value === 'string' ? 'text' : show(value)
  return new Fault(`${what} is not a map`, 'write settings, as { name: value }')
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Record<string | number, unknown>)[step]
  }
  return value
}
