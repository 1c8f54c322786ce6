// The store that proxies share, as workers open it.

import { readFileSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { storeSecret } from '../config/store-secret.ts'
import type { StorePlan } from '../worker/plan.ts'

const REDIS_PORT = 6_379
const SENTINEL_PORT = 26_379

/** @throws when the secret or the certificate cannot be read */
export function storePlan({ store, maxTtl, minTtl }: Config['cache']): StorePlan | null {
  const engine = enginePlan(store)
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

function enginePlan(store: Store): StorePlan['engine'] | null {
  switch (store.kind) {
    case 'none':
      return null
    case 'redis':
      return { kind: 'redis', options: redisOptions(store) }
    case 'mongodb': {
      const { database, readPreference, ca: caFile } = store
      return {
        kind: 'mongodb',
        options: { url: store.url!, database: database ?? 'dotward', readPreference, caFile },
      }
    }
    case 'disk':
      return { kind: 'disk', options: { path: store.path!, size: store.size } }
  }
}

function redisOptions(store: Store) {
  const { mode, nodes, masterName, ca, prefix } = store
  const url = new URL(store.url!)
  const usual = mode === 'sentinel' ? SENTINEL_PORT : REDIS_PORT
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const own = { host, port: Number(url.port) || REDIS_PORT }
  return {
    mode,
    nodes:
      mode === 'single'
        ? [own]
        : nodes.map((node) => ({ host: node.host, port: node.port || usual })),
    masterName,
    username: url.username === '' ? null : decodeURIComponent(url.username),
    password: url.password === '' ? null : decodeURIComponent(url.password),
    database: Number(url.pathname.slice(1)) || 0,
    tls:
      url.protocol === 'rediss:'
        ? { ca: ca === null ? null : readFileSync(ca, 'utf8'), serverName: host }
        : null,
    prefix: prefix ?? '',
  }
}
