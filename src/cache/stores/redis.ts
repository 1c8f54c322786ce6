// Redis or Valkey as a store: one server, a set behind Sentinels, or a cluster. Lookups of one tick
// leave as one packet; the server forgets what is past its time.

import { Cluster, Redis, type RedisOptions } from 'ioredis'
import type { Flush, Store, StoredEntry } from './store.ts'

export interface RedisStoreOptions {
  /** One server; or nodes of a cluster; or Sentinels. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  readonly mode: 'single' | 'cluster' | 'sentinel'
  /** What Sentinels call the set; null in other modes. */
  readonly masterName: string | null
  readonly username: string | null
  readonly password: string | null
  readonly database: number
  /** Null for plain TCP. */
  readonly tls: { readonly ca: string | null; readonly serverName: string | null } | null
  /** What all keys begin with: programs may share a server. */
  readonly prefix: string
  /** Told of a connection that fails; it is opened again by itself. */
  readonly onError: (error: Error) => void
}

/** Milliseconds to a connection, and until a command is given up for good. */
const CONNECT_TIMEOUT = 2_000
const COMMAND_TIMEOUT = 3_000

/** Milliseconds between tries to connect: short, for a failover takes about a second. */
const RETRY_PAUSES = [50, 100, 200, 500, 1_000]

/** Milliseconds between looks at how a cluster's slots lie. */
const SLOTS_INTERVAL = 5_000

/** Nodes that one command may be sent on to while slots move. */
const MAX_REDIRECTIONS = 4

export class RedisStore implements Store {
  readonly #client: Redis | Cluster
  readonly #subscriber: Redis | Cluster
  readonly #prefix: string

  constructor(options: RedisStoreOptions) {
    this.#prefix = options.prefix
    this.#client = connect(options)
    this.#subscriber = connect(options, true)
  }

  get(key: string): Promise<Uint8Array | null> {
    return this.#client.getBuffer(this.#recordKey(key))
  }

  async put(entries: readonly StoredEntry[]): Promise<void> {
    const writes = entries.map(({ key, record, readable, expiresAt }) => {
      const value =
        readable === null ? record : Buffer.concat([record, Buffer.from(JSON.stringify(readable))])
      const recordKey = this.#recordKey(key)
      return this.#client.set(recordKey, Buffer.from(value), 'PXAT', Math.ceil(expiresAt))
    })
    await Promise.all(writes)
  }

  async claim(key: string, ttl: number): Promise<boolean> {
    return (await this.#client.set(`${this.#prefix}claim:${key}`, '', 'PX', ttl, 'NX')) === 'OK'
  }

  async flush(flush: Flush, expiresAt: number): Promise<void> {
    const text = JSON.stringify(flush)
    await this.#client.zadd(this.#flushKey, String(flush.at), text)
    await this.#client.pexpireat(this.#flushKey, Math.ceil(expiresAt))
    await this.#client.publish(this.#flushKey, text)
  }

  async flushes(): Promise<readonly Flush[]> {
    const texts = await this.#client.zrange(this.#flushKey, '0', '-1')
    return texts.map(readFlush).filter((flush) => flush !== null)
  }

  onFlush(listener: (flush: Flush) => void): void {
    this.#subscriber.on('message', (_channel, text: string) => {
      const flush = readFlush(text)
      if (flush !== null) listener(flush)
    })
    // While there is no connection this fails; it is subscribed to again with the next one.
    this.#subscriber.subscribe(this.#flushKey).catch(() => {})
  }

  close(): Promise<void> {
    this.#client.disconnect()
    this.#subscriber.disconnect()
    return Promise.resolve()
  }

  #recordKey(key: string): string {
    return `${this.#prefix}answer:${key}`
  }

  get #flushKey(): string {
    return `${this.#prefix}flushes`
  }
}

/** @param subscribes waits for its connection: a subscription is for later anyhow */
function connect(options: RedisStoreOptions, subscribes = false): Redis | Cluster {
  const { nodes, mode, masterName, username, password, database, tls } = options
  const common = {
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...(tls === null
      ? {}
      : {
          tls: {
            ...(tls.ca === null ? {} : { ca: tls.ca }),
            ...(tls.serverName === null ? {} : { servername: tls.serverName }),
          },
        }),
    connectTimeout: CONNECT_TIMEOUT,
    // A subscriber's only command is answered when there is a connection, whenever that is.
    ...(subscribes ? {} : { commandTimeout: COMMAND_TIMEOUT }),
    autoResubscribe: true,
    // Nobody waits for a store that is away: a command fails at once, and the upstream is asked.
    enableOfflineQueue: subscribes,
    maxRetriesPerRequest: subscribes ? null : 0,
    autoResendUnfulfilledCommands: false,
    enableAutoPipelining: !subscribes,
  } satisfies RedisOptions
  const retryStrategy = (times: number) => RETRY_PAUSES[Math.min(times, RETRY_PAUSES.length) - 1]!
  const single = { ...common, db: database, retryStrategy }
  let client: Redis | Cluster
  if (mode === 'cluster') {
    client = new Cluster([...nodes], {
      redisOptions: common,
      enableOfflineQueue: subscribes,
      enableAutoPipelining: !subscribes,
      clusterRetryStrategy: retryStrategy,
      slotsRefreshTimeout: CONNECT_TIMEOUT,
      slotsRefreshInterval: SLOTS_INTERVAL,
      retryDelayOnFailover: RETRY_PAUSES[0]!,
      maxRedirections: MAX_REDIRECTIONS,
    })
  } else if (mode === 'sentinel') {
    client = new Redis({
      ...single,
      sentinels: [...nodes],
      name: masterName ?? '',
      sentinelRetryStrategy: retryStrategy,
    })
  } else {
    client = new Redis({ ...single, host: nodes[0]!.host, port: nodes[0]!.port })
  }
  client.on('error', options.onError)
  return client
}

function readFlush(text: string): Flush | null {
  try {
    const flush = JSON.parse(text) as Partial<Flush>
    const { name, subtree, at } = flush
    const whole = typeof name === 'string' && typeof subtree === 'boolean' && typeof at === 'number'
    return whole ? { name, subtree, at } : null
  } catch {
    return null
  }
}
