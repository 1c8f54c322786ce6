// MongoDB as a store: one document for each answer, which the server removes after its time. Lookups of
// one tick are one query. People can read the documents; what dotward reads back is `record` alone.

import type * as Driver from 'mongodb'
import type { Flush, Store, StoredEntry } from './store.ts'

export interface MongoStoreOptions {
  /** As MongoDB's drivers take it, with user, password and the members of a replica set. */
  readonly url: string
  readonly database: string
  readonly readPreference: ReadPreference
  /** PEM file of the authorities to trust; null for those of the system. */
  readonly caFile: string | null
  readonly onError: (error: Error) => void
}

export type ReadPreference =
  | 'primary'
  | 'primaryPreferred'
  | 'secondary'
  | 'secondaryPreferred'
  | 'nearest'

interface AnswerDocument {
  readonly _id: string
  readonly schema: number
  readonly record: Driver.Binary
  readonly expiresAt: Date
}

interface ClaimDocument {
  readonly _id: string
  readonly expiresAt: Date
}

interface FlushDocument extends Flush {
  readonly _id: string
  readonly expiresAt: Date
}

/** A duplicate key: somebody else was first. */
const DUPLICATE_KEY = 11_000

/** Milliseconds to find a server, to connect, and to wait for it on an open connection. */
const SELECTION_TIMEOUT = 1_000
const CONNECT_TIMEOUT = 2_000
const SOCKET_TIMEOUT = 3_000

/** Lookups of one tick share a connection, writes another; more only wait on the server. */
const MAX_CONNECTIONS = 4

/** Milliseconds between looks at the flushes of others, where the server cannot tell of them. */
const FLUSH_INTERVAL = 1_000

export class MongoStore implements Store {
  readonly #client: Driver.MongoClient
  readonly #answers: Driver.Collection<AnswerDocument>
  readonly #claims: Driver.Collection<ClaimDocument>
  readonly #flushes: Driver.Collection<FlushDocument>
  readonly #binary: typeof Driver.Binary
  readonly #onError: (error: Error) => void
  /** Lookups of this tick, by key. */
  #waiting = new Map<string, Waiting>()
  #timer: NodeJS.Timeout | null = null
  #seenFlush = Date.now()

  /** @throws when the package `mongodb` is not installed */
  static async open(options: MongoStoreOptions): Promise<MongoStore> {
    return new MongoStore(options, await import('mongodb'))
  }

  private constructor(options: MongoStoreOptions, driver: typeof Driver) {
    const { url, database, readPreference, caFile, onError } = options
    this.#client = new driver.MongoClient(url, {
      readPreference,
      ...(caFile === null ? {} : { tlsCAFile: caFile }),
      maxPoolSize: MAX_CONNECTIONS,
      serverSelectionTimeoutMS: SELECTION_TIMEOUT,
      connectTimeoutMS: CONNECT_TIMEOUT,
      socketTimeoutMS: SOCKET_TIMEOUT,
      // What may be lost is not worth waiting for a majority.
      writeConcern: { w: 1 },
      retryReads: false,
      retryWrites: false,
    })
    const db = this.#client.db(database)
    this.#answers = db.collection('answers')
    this.#claims = db.collection('claims')
    this.#flushes = db.collection('flushes')
    this.#binary = driver.Binary
    this.#onError = onError
    void this.#prepare()
  }

  get(key: string): Promise<Uint8Array | null> {
    const joined = this.#waiting.get(key)
    if (joined !== undefined) return joined.promise
    if (this.#waiting.size === 0) setImmediate(() => this.#find())
    const waiting = Promise.withResolvers<Uint8Array | null>()
    this.#waiting.set(key, waiting)
    return waiting.promise
  }

  async put(entries: readonly StoredEntry[]): Promise<void> {
    const writes = entries.map(
      ({ key, record, readable, expiresAt }): Driver.AnyBulkWriteOperation<AnswerDocument> => ({
        replaceOne: {
          filter: { _id: key },
          replacement: {
            ...readable,
            schema: record[0]!,
            record: new this.#binary(record),
            expiresAt: new Date(expiresAt),
          },
          upsert: true,
        },
      }),
    )
    await this.#answers.bulkWrite(writes, { ordered: false })
  }

  async claim(key: string, ttl: number): Promise<boolean> {
    const now = Date.now()
    try {
      await this.#claims.updateOne(
        { _id: key, expiresAt: { $lte: new Date(now) } },
        { $set: { expiresAt: new Date(now + ttl) } },
        { upsert: true },
      )
      return true
    } catch (error) {
      if ((error as { code?: unknown }).code === DUPLICATE_KEY) return false
      throw error
    }
  }

  async flush(flush: Flush, expiresAt: number): Promise<void> {
    const id = `${flush.at} ${flush.subtree ? '*.' : ''}${flush.name}`
    const document = { ...flush, expiresAt: new Date(expiresAt) }
    await this.#flushes.replaceOne({ _id: id }, document, { upsert: true })
  }

  flushes(): Promise<readonly Flush[]> {
    return this.#flushesSince(0)
  }

  onFlush(listener: (flush: Flush) => void): void {
    this.#timer = setInterval(() => void this.#poll(listener), FLUSH_INTERVAL).unref()
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    await this.#client.close(true)
  }

  async #prepare(): Promise<void> {
    try {
      const collections = [this.#answers, this.#claims, this.#flushes]
      for (const collection of collections) {
        await collection.createIndex({ expiresAt: 1 }, { expireAfterSeconds: 0 })
      }
    } catch (error) {
      this.#onError(error as Error)
    }
  }

  #find(): void {
    const waiting = this.#waiting
    this.#waiting = new Map()
    const keys = [...waiting.keys()]
    this.#answers
      .find({ _id: { $in: keys } }, { projection: { record: 1 } })
      .toArray()
      .then(
        (documents) => {
          for (const { _id: key, record } of documents) waiting.get(key)?.resolve(record.value())
          for (const { resolve } of waiting.values()) resolve(null)
        },
        (error: unknown) => {
          for (const { reject } of waiting.values()) reject(error)
        },
      )
  }

  async #poll(listener: (flush: Flush) => void): Promise<void> {
    try {
      for (const flush of await this.#flushesSince(this.#seenFlush)) {
        this.#seenFlush = Math.max(this.#seenFlush, flush.at)
        listener(flush)
      }
    } catch (error) {
      this.#onError(error as Error)
    }
  }

  async #flushesSince(at: number): Promise<Flush[]> {
    const documents = await this.#flushes.find({ at: { $gt: at } }).toArray()
    return documents.map(({ name, subtree, at: when }) => ({ name, subtree, at: when }))
  }
}

type Waiting = PromiseWithResolvers<Uint8Array | null>
