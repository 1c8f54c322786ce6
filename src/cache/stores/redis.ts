// Redis or Valkey as a store: one server, a set behind Sentinels, or a cluster. Needs version 6.2, for
// PXAT. Lookups of one tick leave as one packet; the server forgets what is past its time.

import type { Redis } from 'ioredis'
import {
  Gathering,
  openRedis,
  openSubscriber,
  type RedisClient,
  type RedisClientOptions,
} from './redis-client.ts'
import type { Flush, Store, StoredEntry } from './store.ts'

export interface RedisStoreOptions extends RedisClientOptions {
  /** What all keys begin with: programs may share a server. */
  readonly prefix: string
  /** There is no connection, or none that may be used; it is tried again by itself. */
  readonly onLost: (reason: string) => void
  readonly onConnected: () => void
}

/** Flushes that are kept: one more than are told apart, so that a reader sees that some are missing. */
const MAX_FLUSHES = 1_001

/** Milliseconds between looks whether the server of our subscription is still there: it owes nothing. */
const HEARTBEAT = 3_000

export class RedisStore implements Store {
  readonly #options: RedisStoreOptions
  readonly #client: RedisClient
  readonly #subscriber: Redis
  readonly #gathering: Gathering
  readonly #flushKey: string
  readonly #heartbeat: NodeJS.Timeout
  readonly #listeners: ((flush: Flush) => void)[] = []
  #trouble = 'there is no connection yet'
  #closed = false

  constructor(options: RedisStoreOptions) {
    this.#options = options
    this.#flushKey = `${options.prefix}flushes`
    this.#client = openRedis(options)
    this.#subscriber = openSubscriber(options, this.#client)
    this.#gathering = new Gathering(this.#client)
    this.#client.on('error', (error: Error) => this.#lost(error))
    this.#client.on('node error', (error: Error, node: string) => {
      this.#trouble = `${node}: ${this.#withoutSecrets(wordsOf(error))}`
    })
    this.#client.on('ready', () => options.onConnected())
    this.#listen()
    this.#heartbeat = setInterval(() => {
      this.#subscriber.ping().catch(() => {})
    }, HEARTBEAT).unref()
  }

  get(key: string): Promise<Uint8Array | null> {
    return this.#ask((client) => client.getBuffer(`${this.#options.prefix}answer:${key}`))
  }

  async put(entries: readonly StoredEntry[]): Promise<void> {
    const { prefix } = this.#options
    await this.#ask((client) => {
      const writes = entries.map(({ key, record, readable, expiresAt }) => {
        const value = readable === null ? [record] : [record, Buffer.from(JSON.stringify(readable))]
        const until = Math.ceil(expiresAt)
        return client.set(`${prefix}answer:${key}`, Buffer.concat(value), 'PXAT', until)
      })
      return Promise.all(writes)
    })
  }

  async claim(key: string, ttl: number): Promise<boolean> {
    const name = `${this.#options.prefix}claim:${key}`
    return (await this.#ask((client) => client.set(name, '', 'PX', ttl, 'NX'))) === 'OK'
  }

  async flush(flush: Flush, expiresAt: number): Promise<void> {
    const text = JSON.stringify(flush)
    const key = this.#flushKey
    await this.#ask(async (client) => {
      const [, , , [, latest]] = await Promise.all([
        client.zadd(key, String(expiresAt), text),
        client.zremrangebyscore(key, '-inf', String(flush.at)),
        client.zremrangebyrank(key, 0, -MAX_FLUSHES - 1),
        client.zrange(key, '-1', '-1', 'WITHSCORES'),
      ])
      // Others may have told of flushes that must be known for longer.
      await client.pexpireat(key, Math.ceil(Number(latest)))
      await client.publish(key, text)
    })
  }

  async flushes(): Promise<readonly Flush[]> {
    const texts = await this.#ask((client) => client.zrange(this.#flushKey, '0', '-1'))
    return texts.map(readFlush).filter((flush) => flush !== null)
  }

  onFlush(listener: (flush: Flush) => void): void {
    this.#listeners.push(listener)
  }

  close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#heartbeat)
    this.#client.disconnect()
    this.#subscriber.disconnect()
    return Promise.resolve()
  }

  #listen(): void {
    const [client, subscriber] = [this.#client, this.#subscriber]
    subscriber.on('message', (_channel, text: string) => {
      const flush = readFlush(text)
      if (flush !== null) this.#tell([flush])
    })
    const subscribe = (): void => {
      // If not now, then with the next connection.
      subscriber.subscribe(this.#flushKey).catch(() => {})
    }
    const catchUp = (): void => {
      this.flushes().then(
        (missed) => this.#tell(missed),
        () => {},
      )
    }
    subscriber.on('ready', subscribe)
    client.on('ready', catchUp)
    subscriber.on('ready', catchUp)
    // Whatever it is, the other connection tells of it too.
    subscriber.on('error', () => {})
  }

  #tell(flushes: readonly Flush[]): void {
    for (const flush of flushes) for (const listener of this.#listeners) listener(flush)
  }

  async #ask<T>(command: (client: RedisClient) => Promise<T>): Promise<T> {
    if (this.#client.status !== 'ready') throw new Error(this.#trouble)
    this.#gathering.begin()
    try {
      return await command(this.#client)
    } catch (error) {
      return this.#rethrow(error)
    }
  }

  /** Without the cause: what the client attaches to it may hold a password. */
  #rethrow(error: unknown): never {
    throw new Error(this.#reason(error))
  }

  #lost(error: Error): void {
    if (this.#closed) return
    this.#trouble = this.#withoutSecrets(wordsOf(error))
    this.#options.onLost(this.#trouble)
  }

  /** What an error means to people: the server's word, or else what is wrong with the connection. */
  #reason(error: unknown): string {
    const isReply = error instanceof Error && error.name === 'ReplyError'
    return isReply ? this.#withoutSecrets(error.message) : this.#trouble
  }

  /** Servers that do not know a command repeat what was sent with it, a password among it. */
  #withoutSecrets(text: string): string {
    const { credentials, sentinelCredentials } = this.#options
    let shown = text
    for (const { password } of [credentials, sentinelCredentials]) {
      if (password !== null && password !== '') shown = shown.replaceAll(password, '(password)')
    }
    return shown
  }
}

function wordsOf(error: Error & { readonly lastNodeError?: Error }): string {
  const { lastNodeError } = error
  if (lastNodeError !== undefined) return wordsOf(lastNodeError)
  // Where a host has several addresses, there is an error for each, and no word for all of them.
  if (error instanceof AggregateError) {
    return error.errors.map((one: unknown) => (one instanceof Error ? one.message : '')).join(', ')
  }
  const { message } = error
  if (message.startsWith('Socket timeout')) return 'it takes what is sent to it and answers nothing'
  return message === 'Connection is closed.' ? 'it has closed the connection' : message
}

function readFlush(text: string): Flush | null {
  try {
    const { name, subtree, at } = JSON.parse(text) as Partial<Flush>
    const whole = typeof name === 'string' && typeof subtree === 'boolean' && typeof at === 'number'
    return whole ? { name, subtree, at } : null
  } catch {
    return null
  }
}
