// Names of one zone as strings that plain comparison puts into canonical order (RFC 4034 §6.1): their
// labels from the apex down, each with a zero behind. To be below a name is then to begin with its key.

import { MAX_NAME_LENGTH } from '../../wire/name.ts'
import type { Name } from '../name.ts'

export type SortKey = string

/** Of the apex. */
export const APEX_KEY: SortKey = ''

const MAX_LABELS = 127

/** Stands before what would be taken for the end of a label, and for itself. */
const ESCAPE = 1

const scratch = Buffer.alloc(2 * MAX_NAME_LENGTH)
const starts = new Uint8Array(MAX_LABELS)

/** @param zone that the name must be at or below */
export function sortKeyOf(name: Name, zone: Name): SortKey {
  const apex = name.length - zone.length
  let count = 0
  for (let at = 0; at < apex; at += name.charCodeAt(at) + 1) starts[count++] = at
  let length = 0
  while (count > 0) {
    const start = starts[--count]!
    const end = start + name.charCodeAt(start)
    for (let i = start + 1; i <= end; i++) {
      const octet = name.charCodeAt(i)
      if (octet > ESCAPE) scratch[length++] = octet
      else {
        scratch[length++] = ESCAPE
        scratch[length++] = octet + 1
      }
    }
    scratch[length++] = 0
  }
  return scratch.toString('latin1', 0, length)
}

export function isKeyBelow(key: SortKey, ancestor: SortKey): boolean {
  return key.length > ancestor.length && key.startsWith(ancestor)
}

/** Of the longest name that both are at or below. */
export function commonKey(a: SortKey, b: SortKey): SortKey {
  const limit = a.length < b.length ? a.length : b.length
  let end = 0
  for (let i = 0; i < limit; i++) {
    const octet = a.charCodeAt(i)
    if (octet !== b.charCodeAt(i)) break
    if (octet === 0) end = i + 1
  }
  return a.slice(0, end)
}

/** Of the wildcard below a name. */
export function wildcardKey(encloser: SortKey): SortKey {
  return `${encloser}*\0`
}
