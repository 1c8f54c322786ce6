// What can happen to a store. Each fault begins, lasts, and is taken back.

import type { Pool } from './pool.ts'

/** How the store is set up. */
export const Shape = {
  Single: 'single',
  /** A relay before it that can hold back what it says. */
  Relayed: 'relayed',
  /** A relay before it that can talk nonsense in its place. */
  Lying: 'lying',
  Cluster: 'cluster',
  Sentinel: 'sentinel',
} as const
export type Shape = (typeof Shape)[keyof typeof Shape]

export interface StoreFault {
  readonly id: string
  /** Its row's head. */
  readonly name: string
  readonly shape: Shape
  readonly begin: (pool: Pool) => Promise<unknown> | void
  readonly end: (pool: Pool) => Promise<unknown> | void
}

/** Milliseconds by which a slow store is late. */
const SLOW = 200

/** Of 16,384, a third of which each master has. */
const MOVED_SLOTS = 2_000

const nothing = (): void => {}

export const storeFaults: readonly StoreFault[] = [
  {
    id: 'none',
    name: 'nothing, for comparison',
    shape: Shape.Single,
    begin: nothing,
    end: nothing,
  },
  {
    id: 'kill',
    name: 'killed, started again',
    shape: Shape.Single,
    begin: ({ redis }) => redis.signal('SIGKILL'),
    end: ({ redis }) => redis.restart(),
  },
  {
    id: 'hang',
    name: 'hung (SIGSTOP, SIGCONT)',
    shape: Shape.Single,
    begin: ({ redis }) => redis.signal('SIGSTOP'),
    end: ({ redis }) => redis.signal('SIGCONT'),
  },
  {
    id: 'slow',
    name: `answers ${SLOW} ms late`,
    shape: Shape.Relayed,
    begin: ({ relay }) => relay.hold(SLOW),
    end: ({ relay }) => relay.hold(0),
  },
  {
    id: 'garbage',
    name: 'answers garbage',
    shape: Shape.Lying,
    begin: ({ liar }) => liar.lie(true),
    end: ({ liar }) => liar.lie(false),
  },
  {
    id: 'full',
    name: 'full: takes nothing more',
    shape: Shape.Single,
    begin: ({ redis }) => redis.cli('config', 'set', 'maxmemory', '1'),
    end: ({ redis }) => redis.cli('config', 'set', 'maxmemory', '0'),
  },
  {
    id: 'failover',
    name: 'a cluster’s master killed',
    shape: Shape.Cluster,
    begin: ({ cluster }) => cluster.master.signal('SIGKILL'),
    end: ({ cluster }) => cluster.master.restart(),
  },
  {
    id: 'reshard',
    name: 'slots of a cluster moved',
    shape: Shape.Cluster,
    begin: ({ cluster }) => cluster.reshard(MOVED_SLOTS),
    end: nothing,
  },
  {
    id: 'sentinel',
    name: 'the master of Sentinels killed',
    shape: Shape.Sentinel,
    begin: ({ sentinels }) => sentinels.master.signal('SIGKILL'),
    end: ({ sentinels }) => sentinels.master.restart(),
  },
]
