// The store that proxies share, as workers open it.

import { readFileSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { Fault } from '../config/problem.ts'
import { readMongoUrl } from '../config/mongo-url.ts'
import { readRedisUrl } from '../config/redis-url.ts'
import { sentinelPassword, storePassword, storeSecret } from '../config/store-secret.ts'
import type { StorePlan } from '../worker/plan.ts'

const REDIS_PORT = 6_379
const SENTINEL_PORT = 26_379

/**
 * @param before the one in force, if any: a file that stays is not opened again
 * @throws when a secret or a certificate cannot be read
 */
export function storePlan(
  { store, maxTtl, minTtl }: Config['cache'],
  before: StorePlan | null,
): StorePlan | null {
  const engine = enginePlan(store, before)
  if (engine === null) return null
  return {
    engine,
    secret: new TextEncoder().encode(storeSecret(store)),
    sealed: store.sealed,
    deadline: store.deadline,
    maxLifetime: Math.max(maxTtl, minTtl),
  }
}

type Store = Config['cache']['store']

function enginePlan(store: Store, before: StorePlan | null): StorePlan['engine'] | null {
  switch (store.kind) {
    case 'none':
      return null
    case 'redis':
      return { kind: 'redis', options: redisOptions(store) }
    case 'mongodb': {
      const { database, readPreference } = store
      return {
        kind: 'mongodb',
        options: {
          url: mongoUrl(store),
          database: database ?? 'dotward',
          readPreference,
          tls: namesTls(store) ? tlsOptions(store) : null,
        },
      }
    }
    case 'disk':
      return { kind: 'disk', options: diskOptions(store, before) }
  }
}

function diskOptions({ path, size }: Store, before: StorePlan | null) {
  const old = before?.engine.kind === 'disk' ? before.engine.options : null
  // Its size is for the next start: it cannot be opened twice.
  if (old !== null && old.path === path) return old
  return { path: path!, size, thread: new SharedArrayBuffer(4) }
}

function mongoUrl(store: Store): string {
  const url = readMongoUrl(store.url!)
  if (url instanceof Fault) throw new TypeError(url.message)
  const username = url.username ?? store.username
  const password = url.password ?? storePassword(store)
  if (username === null || password === null) return store.url!
  return url.withUser(username, password)
}

/** A url of MongoDB need not say so. */
function namesTls({ ca, clientCertificate, serverName }: Store): boolean {
  return ca !== null || clientCertificate !== null || serverName !== null
}

function redisOptions(store: Store) {
  const { mode, masterName, prefix } = store
  const url = readRedisUrl(store.url!)
  if (url instanceof Fault) throw new TypeError(url.message)
  const usual = mode === 'sentinel' ? SENTINEL_PORT : REDIS_PORT
  return {
    mode,
    nodes: url.hosts.map(({ host, port }) => ({ host, port: port ?? usual })),
    masterName,
    credentials: {
      username: url.username ?? store.username,
      password: url.password ?? storePassword(store),
    },
    sentinelCredentials: {
      username: store.sentinelUsername,
      password: sentinelPassword(store),
    },
    database: url.database,
    tls: url.isTls ? tlsOptions(store) : null,
    prefix: prefix ?? '',
  }
}

function tlsOptions({ ca, clientCertificate, clientKey, serverName }: Store) {
  const read = (path: string | null) => (path === null ? null : readFileSync(path, 'utf8'))
  return { ca: read(ca), certificate: read(clientCertificate), key: read(clientKey), serverName }
}
