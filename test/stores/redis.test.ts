// A Redis alone, one behind Sentinels, and a cluster.

import { RedisCluster, RedisServer, RedisSet } from '../support/redis.ts'
import { nodesOf, RedisProbe } from './redis-probe.ts'
import { type EngineServer, storeContract } from './store-contract.ts'

storeContract('a Redis', async () => {
  const server = await RedisServer.start()
  return {
    open: () => new RedisProbe({ nodes: nodesOf([server]) }).store,
    server: allOf([server]),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
})

storeContract('a Redis behind Sentinels', async () => {
  const set = await RedisSet.start()
  const nodes = nodesOf(set.sentinels)
  return {
    open: () => new RedisProbe({ mode: 'sentinel', masterName: set.name, nodes }).store,
    server: allOf(set.servers),
    [Symbol.asyncDispose]: () => set[Symbol.asyncDispose](),
  }
})

storeContract('a cluster of Redis', async () => {
  const cluster = await RedisCluster.start()
  return {
    open: () =>
      new RedisProbe({ mode: 'cluster', nodes: nodesOf(cluster.servers.slice(0, 2)) }).store,
    server: allOf(cluster.servers),
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  }
})

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
