// Connections to Redis as a cache wants them: what cannot be had at once fails at once, what hangs is
// cut off, and everything comes back by itself.

import { Cluster, Redis, type RedisOptions } from 'ioredis'

export interface RedisNode {
  readonly host: string
  readonly port: number
}

export interface RedisTls {
  /** PEM; null for the authorities that the system trusts, and for no certificate of our own. */
  readonly ca: string | null
  readonly certificate: string | null
  readonly key: string | null
  /** What the certificate of every server is for; null for the host that it is reached under. */
  readonly serverName: string | null
}

export interface RedisCredentials {
  /** Null for the user `default`. */
  readonly username: string | null
  readonly password: string | null
}

export interface RedisClientOptions {
  readonly mode: 'single' | 'cluster' | 'sentinel'
  /** The server; or some of a cluster's; or Sentinels. */
  readonly nodes: readonly RedisNode[]
  /** What Sentinels call the set; null in other modes. */
  readonly masterName: string | null
  readonly credentials: RedisCredentials
  readonly sentinelCredentials: RedisCredentials
  readonly database: number
  /** Null for plain TCP. */
  readonly tls: RedisTls | null
}

export type RedisClient = Redis | Cluster

/** Milliseconds to a connection, TLS included. */
const CONNECT_TIMEOUT = 2_000

/**
 * Milliseconds without an octet from a server that owes answers, after which its connection is cut.
 * Until then what was sent to it waits in memory, so this bounds that memory too.
 */
const STALL_TIMEOUT = 1_000

/** Milliseconds between tries to connect: short, for a failover takes about a second. */
const RETRY_PAUSES = [50, 100, 200, 500, 1_000]

/** Milliseconds between looks at how a cluster's slots lie. */
const SLOTS_INTERVAL = 5_000

/** Nodes that one command may be sent on to while slots move. */
const MAX_REDIRECTIONS = 4

/** Milliseconds that a server may take to close a connection. */
const DISCONNECT_TIMEOUT = 200

/** Milliseconds between connections given up because their server must not be written to. */
const READONLY_PAUSE = 5_000

export function openRedis(options: RedisClientOptions): RedisClient {
  const { mode, nodes } = options
  if (mode !== 'cluster') return openServer(options)
  return new Cluster([...nodes], {
    redisOptions: commonOptions(options),
    enableOfflineQueue: false,
    clusterRetryStrategy: retryPause,
    slotsRefreshTimeout: CONNECT_TIMEOUT,
    slotsRefreshInterval: SLOTS_INTERVAL,
    retryDelayOnFailover: RETRY_PAUSES[0]!,
    maxRedirections: MAX_REDIRECTIONS,
  })
}

/**
 * A connection for subscriptions, of which a server wants one that is for nothing else. In a cluster
 * every server passes on what is published at any other, so one will do. (A client for clusters
 * could do it too, but ioredis 6.0 then connects without a pause while none of them can be reached.)
 */
export function openSubscriber(options: RedisClientOptions, client: RedisClient): Redis {
  if (!(client instanceof Cluster)) return openServer(options)
  let attempts = 0
  const subscriber: Redis = new Redis({
    ...commonOptions(options),
    ...options.nodes[0]!,
    enableOfflineQueue: false,
    retryStrategy: (times) => {
      const known = client.nodes().map((node) => node.options)
      const nodes = known.length > 0 ? known : options.nodes
      const { host, port } = nodes[++attempts % nodes.length]!
      Object.assign(subscriber.options, { host, port })
      return retryPause(times)
    },
  })
  return subscriber
}

function openServer(options: RedisClientOptions): Redis {
  const { mode, nodes, masterName, sentinelCredentials, database } = options
  const common = {
    ...commonOptions(options),
    db: database,
    enableOfflineQueue: false,
    retryStrategy: retryPause,
    reconnectOnError: whenReadonly(),
  }
  if (mode === 'single') return new Redis({ ...common, ...nodes[0]! })
  const { username, password } = sentinelCredentials
  return new Redis({
    ...common,
    sentinels: [...nodes],
    name: masterName ?? '',
    ...(username === null ? {} : { sentinelUsername: username }),
    ...(password === null ? {} : { sentinelPassword: password }),
    ...(common.tls === undefined
      ? {}
      : { sentinelTLS: common.tls, enableTLSForSentinelMode: true }),
    sentinelCommandTimeout: STALL_TIMEOUT,
    sentinelRetryStrategy: retryPause,
  })
}

function commonOptions({ mode, credentials, tls }: RedisClientOptions) {
  const { username, password } = credentials
  return {
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...(tls === null ? {} : { tls: tlsOptions(tls) }),
    connectTimeout: CONNECT_TIMEOUT,
    disconnectTimeout: DISCONNECT_TIMEOUT,
    socketTimeout: STALL_TIMEOUT,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // A connection that goes meanwhile would leave a rejection that nobody handles.
    autoResubscribe: false,
    // Asks INFO, which a user with few rights may not; Sentinels need it to tell masters.
    enableReadyCheck: mode === 'sentinel',
    disableClientInfo: true,
  } satisfies RedisOptions
}

/** Has all that is sent to it until the end of this tick leave together. */
export class Gathering {
  readonly #client: RedisClient
  #gathers = false

  constructor(client: RedisClient) {
    this.#client = client
  }

  begin(): void {
    if (this.#gathers) return
    this.#gathers = true
    const client = this.#client
    const nodes = client instanceof Cluster ? client.nodes('master') : [client]
    const streams = nodes.flatMap(({ status, stream }) => (status === 'ready' ? [stream] : []))
    for (const stream of streams) stream.cork()
    process.nextTick(() => {
      this.#gathers = false
      for (const stream of streams) stream.uncork()
    })
  }
}

function retryPause(times: number): number {
  return RETRY_PAUSES[Math.min(times, RETRY_PAUSES.length) - 1]!
}

function tlsOptions({ ca, certificate, key, serverName }: RedisTls) {
  return {
    ...(ca === null ? {} : { ca }),
    ...(certificate === null ? {} : { cert: certificate }),
    ...(key === null ? {} : { key }),
    ...(serverName === null ? {} : { servername: serverName }),
    // Whatever the environment says.
    rejectUnauthorized: true,
  }
}

/**
 * A server that was the master and is no more says READONLY to writes, on a connection that is fine:
 * only a new one leads to its successor.
 */
function whenReadonly(): (error: Error) => boolean {
  let last = -READONLY_PAUSE
  return ({ message }) => {
    const now = performance.now()
    if (!message.startsWith('READONLY') || now < last + READONLY_PAUSE) return false
    last = now
    return true
  }
}
