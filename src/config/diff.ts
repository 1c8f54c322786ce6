// What a reload changes: a new configuration beside the one in force.

import { isDeepStrictEqual } from 'node:util'
import type { Config, ListenerConfig, UpstreamConfig } from './config.ts'
import { listenerId } from './sections/listeners.ts'

/** Listeners are the same by address and port, upstreams by name; their order counts for itself. */
export interface ConfigDiff {
  /** Every section in which something differs. */
  readonly sections: readonly (keyof Config)[]
  readonly listeners: ListDiff<ListenerConfig>
  readonly upstreams: ListDiff<UpstreamConfig>
}

interface ListDiff<T> {
  readonly added: readonly T[]
  readonly removed: readonly T[]
  /** As they are to be. */
  readonly changed: readonly T[]
}

export function diffConfig(before: Config, after: Config): ConfigDiff {
  const sections = (Object.keys(after) as (keyof Config)[]).filter(
    (section) => !isDeepStrictEqual(before[section], after[section]),
  )
  return {
    sections,
    listeners: diffList(before.listeners, after.listeners, listenerId),
    upstreams: diffList(before.upstreams, after.upstreams, ({ name }) => name),
  }
}

function diffList<T>(before: readonly T[], after: readonly T[], id: (one: T) => string) {
  const old = new Map(before.map((one) => [id(one), one]))
  const kept = new Set(after.map(id))
  return {
    added: after.filter((one) => !old.has(id(one))),
    removed: before.filter((one) => !kept.has(id(one))),
    changed: after.filter((one) => old.has(id(one)) && !isDeepStrictEqual(old.get(id(one)), one)),
  }
}
