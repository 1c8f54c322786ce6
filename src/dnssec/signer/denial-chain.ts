// What a signed zone says of that which is not there. Two kinds: nsec-chain.ts and nsec3-chain.ts.

import type { Name } from '../name.ts'
import type { ZoneSet } from './zone-tree.ts'

/** Each gives the sets to put in the authority section; none of them may be the same set twice. */
export interface DenialChain {
  /** All sets of the chain, in its order. */
  readonly sets: readonly ZoneSet[]
  /** What stands at the very name, null when nothing does. */
  at(name: Name): ZoneSet | null
  /** A name that exists has no records of the type asked for. */
  noType(name: Name): readonly ZoneSet[]
  /** The name does not exist, nor the wildcard at its closest encloser. */
  noName(name: Name, encloser: Name): readonly ZoneSet[]
  /** Nothing is closer to the name than the wildcard at its closest encloser. */
  noCloser(name: Name, encloser: Name): readonly ZoneSet[]
  /** The same, and the wildcard has no records of the type asked for. */
  wildcardNoType(name: Name, encloser: Name): readonly ZoneSet[]
}

/** The last of sorted entries that is not behind what `follows` tells apart; the last one of all
 * when there is none, for the chain is a ring. */
export function lastBefore<Entry>(
  entries: readonly Entry[],
  follows: (entry: Entry) => boolean,
): Entry {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (follows(entries[middle]!)) high = middle
    else low = middle + 1
  }
  return entries.at(low - 1)!
}
