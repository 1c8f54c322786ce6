// Which entries somebody wants to see, from words to what an entry can be held against.

import { HEADER_LENGTH, readUint16 } from '../../wire/header.ts'
import { Variant } from '../../wire/question-key.ts'
import { lowerCaseName, parseName } from '../../wire/text/name-text.ts'
import { parseType } from '../../wire/text/type-text.ts'
import type { EntryCopy } from '../entry-copy.ts'
import { Provenance } from '../layout.ts'
import { endsWithName } from '../name-ending.ts'

/** A failure is kept beside what was right before, for seconds (RFC 9520). */
export const ENTRY_STATES = ['fresh', 'stale', 'failure'] as const
export type EntryState = (typeof ENTRY_STATES)[number]

/** What is left out admits everything. */
export interface EntryFilter {
  /** As people write it. */
  readonly name?: string
  /** Whether the names below it count as well. */
  readonly subtree?: boolean
  /** `AAAA`, or `TYPE65280`. */
  readonly type?: string
  /** By its name in the configuration. */
  readonly upstream?: string
  readonly state?: EntryState
}

/** A filter that is ready to be asked. */
export interface EntryMatcher {
  matches(entry: EntryCopy, now: number): boolean
}

/** @param now seconds on the monotonic clock */
export function stateOf({ variant, expiresAt }: EntryCopy, now: number): EntryState {
  if ((variant & Variant.Failure) !== 0) return 'failure'
  return expiresAt > now ? 'fresh' : 'stale'
}

/**
 * @param upstreams names by the slots that entries know them by
 * @returns what is wrong with the filter, in words, when it makes no sense
 */
export function matcherOf(
  filter: EntryFilter,
  upstreams: readonly string[],
): EntryMatcher | string {
  const { state, subtree = false } = filter
  const name = filter.name === undefined ? null : parseName(filter.name)
  if (typeof name === 'string') return `${filter.name} is no name: ${name}`
  const type = filter.type === undefined ? null : parseType(filter.type)
  if (filter.type !== undefined && type === null) return `${filter.type} is no record type`
  const upstream = filter.upstream === undefined ? null : upstreams.indexOf(filter.upstream) + 1
  if (upstream === 0) return `no upstream is called ${filter.upstream}`
  const wanted = name === null ? null : lowerCaseName(name)
  return {
    matches(entry, now) {
      const { bytes, nameLength, provenance } = entry.answer
      if (upstream !== null && (provenance & Provenance.UpstreamMask) !== upstream) return false
      if (type !== null && readUint16(bytes, HEADER_LENGTH + nameLength) !== type) return false
      if (state !== undefined && stateOf(entry, now) !== state) return false
      if (wanted === null) return true
      if (nameLength !== wanted.length && !subtree) return false
      return endsWithName(bytes, HEADER_LENGTH, nameLength, wanted)
    },
  }
}
