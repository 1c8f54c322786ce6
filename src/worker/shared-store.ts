// The store that this worker shares with those of other proxies: opened from a plan, told of in the
// log when it is lost and when it is back.

import { DiskStore } from '../cache/stores/disk.ts'
import { FlushCodec } from '../cache/stores/flush-codec.ts'
import { MongoStore } from '../cache/stores/mongodb.ts'
import { RecordCodec } from '../cache/stores/record.ts'
import { RedisStore } from '../cache/stores/redis.ts'
import { SharedCache, type SharedCacheMetrics } from '../cache/stores/shared-cache.ts'
import type { Flush, Store } from '../cache/stores/store.ts'
import type { Logger } from '../observe/log.ts'
import type { StorePlan } from './plan.ts'

export interface SharedStoreOptions {
  readonly plan: StorePlan
  readonly metrics: SharedCacheMetrics
  readonly log: Logger
  /** Names are not to be served any more, as somebody of the fleet says. */
  readonly onFlush: (flush: Flush) => void
}

/** Rejects when the engine's package is not installed. A server that is away is no reason to. */
export async function openSharedStore(options: SharedStoreOptions): Promise<SharedCache> {
  const { plan, metrics, log, onFlush } = options
  const { kind } = plan.engine
  const { secret, sealed, deadline, maxLifetime } = plan
  let cache: SharedCache | null = null
  const store = await openEngine(plan, log, {
    onLost: (reason) => cache?.lost(reason),
    onConnected: () => cache?.reached(),
  })
  cache = new SharedCache({
    store,
    codec: new RecordCodec({ secret, sealed }),
    flushCodec: new FlushCodec({ secret, sealed }),
    deadline,
    maxLifetime,
    now: () => performance.now(),
    wallNow: () => Date.now(),
    metrics,
    events: {
      onStoreLost: (reason) =>
        log.warn('the store of shared answers is out: going on without it', { kind, reason }),
      onStoreBack: () => log.info('the store of shared answers is back', { kind }),
      onWritesRefused: (reason) =>
        log.warn('the store of shared answers takes no records', { kind, reason }),
      onWritesTaken: () => log.info('the store of shared answers takes records again', { kind }),
      onFlush,
    },
  })
  return cache
}

/** What a client tells of its connections. */
interface Reachability {
  readonly onLost: (reason: string) => void
  readonly onConnected: () => void
}

function openEngine(
  { engine }: StorePlan,
  log: Logger,
  reachability: Reachability,
): Promise<Store> | Store {
  const onNotice = (text: string) => log.debug('store', { text })
  switch (engine.kind) {
    case 'redis':
      return new RedisStore({ ...engine.options, ...reachability })
    case 'mongodb':
      return MongoStore.open({ ...engine.options, ...reachability, onNotice })
    case 'disk':
      return new DiskStore({ ...engine.options, ...reachability })
  }
}
