// A Redis alone, one behind Sentinels, and a cluster.

import { RedisStore, type RedisStoreOptions } from '../../src/cache/stores/redis.ts'
import { RedisCluster, RedisServer, RedisSet } from '../support/redis.ts'
import { type EngineServer, storeContract } from './store-contract.ts'

const NOBODY = { username: null, password: null }

/** Those of a server on this machine without users. */
const PLAIN: RedisStoreOptions = {
  mode: 'single',
  nodes: [],
  masterName: null,
  credentials: NOBODY,
  sentinelCredentials: NOBODY,
  database: 0,
  tls: null,
  prefix: 'dotward:',
  onLost: () => {},
  onConnected: () => {},
}

storeContract('a Redis', async () => {
  const server = await RedisServer.start()
  return {
    open: () => openStore({ nodes: nodesOf([server]) }),
    server: allOf([server]),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
})

storeContract('a Redis behind Sentinels', async () => {
  const set = await RedisSet.start()
  const nodes = nodesOf(set.sentinels)
  return {
    open: () => openStore({ mode: 'sentinel', masterName: set.name, nodes }),
    server: allOf(set.servers),
    [Symbol.asyncDispose]: () => set[Symbol.asyncDispose](),
  }
})

storeContract('a cluster of Redis', async () => {
  const cluster = await RedisCluster.start()
  return {
    open: () => openStore({ mode: 'cluster', nodes: nodesOf(cluster.servers.slice(0, 2)) }),
    server: allOf(cluster.servers),
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  }
})

function openStore(options: Partial<RedisStoreOptions>): RedisStore {
  return new RedisStore({ ...PLAIN, ...options })
}

function nodesOf(servers: readonly RedisServer[]): { host: string; port: number }[] {
  return servers.map(({ port }) => ({ host: '127.0.0.1', port }))
}

function allOf(servers: readonly RedisServer[]): EngineServer {
  const each = async (what: (server: RedisServer) => Promise<void>): Promise<void> => {
    await Promise.all(servers.map(what))
  }
  return {
    kill: () => each((server) => server.kill()),
    restart: () => each((server) => server.restart()),
    suspend: () => servers.forEach((server) => server.signal('SIGSTOP')),
    resume: () => servers.forEach((server) => server.signal('SIGCONT')),
  }
}
