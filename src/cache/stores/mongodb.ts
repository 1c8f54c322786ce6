// MongoDB as a store: one document for each answer, which the server removes after its time. Lookups of
// one tick are one query. People can read the documents; what dotward reads back is `record` alone.
//
//   answers   _id: name/type/class/variant, or a keyed hash; record; schema; expiresAt; and, unless
//             records are sealed, name, type, class, data, askedAt, validUntil, upstream, validation
//   claims    _id: as above; expiresAt
//   flushes   _id: time and name; name; subtree; at; expiresAt

import type * as Driver from 'mongodb'
import { Lookups } from './lookups.ts'
import { FlushWatch } from './mongodb-flushes.ts'
import { cleared, openClient, type MongoClientOptions } from './mongodb-client.ts'
import type { Flush, Store, StoredEntry } from './store.ts'

export interface MongoStoreOptions extends MongoClientOptions {
  readonly database: string
  /** Of lookups. */
  readonly readPreference: Driver.ReadPreferenceMode
  /** No server can be reached; they are tried again by themselves. */
  readonly onLost: (reason: string) => void
  readonly onConnected: () => void
  /** For those who look for a fault: what is of no consequence by itself. */
  readonly onNotice: (text: string) => void
}

interface AnswerDocument {
  readonly _id: string
  readonly schema: number
  readonly record: Uint8Array
  readonly expiresAt: Date
}

interface ClaimDocument {
  readonly _id: string
  readonly expiresAt: Date
}

export interface FlushDocument extends Flush {
  readonly _id: string
  readonly expiresAt: Date
}

/** A duplicate key: somebody else was first. */
const DUPLICATE_KEY = 11_000

/** Keys that are looked for at a time: more than a server that is well lets pile up. */
const MAX_LOOKUPS = 4_096

/** Writes that wait at a time. */
const MAX_WRITES = 256

/** Records in one command, so that none takes a server long. */
const MAX_BATCH = 128

/** Flushes that are read: one more than are told apart, so that a reader sees that some are missing. */
const MAX_FLUSHES = 1_001

/** Milliseconds until a server that could not take the indexes is asked again. */
const PREPARE_AGAIN = 5_000

/** Milliseconds between removals where the server does not remove by itself. */
const SWEEP_INTERVAL = 60_000

export class MongoStore implements Store {
  readonly #options: MongoStoreOptions
  readonly #client: Driver.MongoClient
  readonly #answers: Driver.Collection<AnswerDocument>
  readonly #claims: Driver.Collection<ClaimDocument>
  readonly #flushes: Driver.Collection<FlushDocument>
  readonly #lookups: Lookups
  readonly #watches: FlushWatch[] = []
  #timer: NodeJS.Timeout | null = null
  #writes = 0
  #closed = false

  /** Rejects when the package `mongodb` is not installed, or the url is none. */
  static async open(options: MongoStoreOptions): Promise<MongoStore> {
    return new MongoStore(options, await openClient(options))
  }

  private constructor(options: MongoStoreOptions, client: Driver.MongoClient) {
    this.#options = options
    this.#client = client
    const db = client.db(options.database)
    this.#answers = db.collection('answers', { readPreference: options.readPreference })
    this.#claims = db.collection('claims')
    this.#flushes = db.collection('flushes', { readPreference: 'primaryPreferred' })
    this.#lookups = new Lookups({ find: (keys) => this.#find(keys), maxUnderWay: MAX_LOOKUPS })
    client.on('topologyDescriptionChanged', (event) => this.#onTopology(event))
    void this.#prepare()
  }

  get(key: string): Promise<Uint8Array | null> {
    return this.#closed ? Promise.reject(closedError()) : this.#lookups.get(key)
  }

  async put(entries: readonly StoredEntry[]): Promise<void> {
    const writes = entries.map(
      ({ key, record, readable, expiresAt }): Driver.AnyBulkWriteOperation<AnswerDocument> => ({
        replaceOne: {
          filter: { _id: key },
          replacement: {
            ...readable,
            schema: record[0]!,
            record: Buffer.from(record.buffer, record.byteOffset, record.length),
            expiresAt: new Date(expiresAt),
          },
          upsert: true,
        },
      }),
    )
    for (let from = 0; from < writes.length; from += MAX_BATCH) {
      const batch = writes.slice(from, from + MAX_BATCH)
      // Where two put the same at once, one of them may be told so; either is right.
      await this.#write(() => unlessTaken(this.#answers.bulkWrite(batch, { ordered: false })))
    }
  }

  /** By the proxies' clocks, for there is no asking the server's in one go. */
  async claim(key: string, ttl: number): Promise<boolean> {
    const now = Date.now()
    const lapsed = { _id: key, expiresAt: { $lte: new Date(now) } }
    const claimed = { $set: { expiresAt: new Date(now + ttl) } }
    return this.#write(() => unlessTaken(this.#claims.updateOne(lapsed, claimed, { upsert: true })))
  }

  async flush(flush: Flush, expiresAt: number): Promise<void> {
    const id = `${flush.at} ${flush.subtree ? '*.' : ''}${flush.name}`
    const document = { _id: id, ...flush, expiresAt: new Date(expiresAt) }
    await this.#write(() => unlessTaken(this.#flushes.insertOne(document)))
  }

  async flushes(): Promise<readonly Flush[]> {
    return this.#flushesSince(0)
  }

  onFlush(listener: (flush: Flush) => void): void {
    this.#watches.push(
      new FlushWatch({
        collection: this.#flushes,
        since: (at) => this.#flushesSince(at),
        onFlush: listener,
        onNotice: (error) => this.#options.onNotice(cleared(error, this.#options.url)),
      }),
    )
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    for (const watch of this.#watches) watch.close()
    await this.#client.close(true)
  }

  async #find(keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    // A server finds one by its key without planning how to.
    const filter = keys.length === 1 ? { _id: keys[0]! } : { _id: { $in: [...keys] } }
    const projection = { record: 1, expiresAt: 1 }
    const documents = await this.#ask(() => this.#answers.find(filter, { projection }).toArray())
    const now = Date.now()
    // The server removes what has lapsed once a minute.
    const fresh = documents.filter((one) => one.expiresAt.getTime() > now)
    return new Map(fresh.map(({ _id, record }) => [_id, record]))
  }

  async #flushesSince(at: number): Promise<Flush[]> {
    const filter = { at: { $gt: at }, expiresAt: { $gt: new Date() } }
    const latest = () => this.#flushes.find(filter).sort({ at: -1 }).limit(MAX_FLUSHES).toArray()
    const documents = await this.#ask(latest)
    return documents.map(({ name, subtree, at: when }) => ({ name, subtree, at: when }))
  }

  async #write<T>(command: () => Promise<T>): Promise<T> {
    if (this.#writes >= MAX_WRITES) throw new Error('too many writes wait for an answer')
    this.#writes++
    try {
      return await this.#ask(command)
    } finally {
      this.#writes--
    }
  }

  async #ask<T>(command: () => Promise<T>): Promise<T> {
    if (this.#closed) throw closedError()
    try {
      return await command()
    } catch (error) {
      return this.#rethrow(error)
    }
  }

  /** Without the cause: what the driver attaches to it may hold a password. */
  #rethrow(error: unknown): never {
    throw new Error(cleared(error, this.#options.url))
  }

  /** Has the server remove what has lapsed; where it cannot, we do. */
  async #prepare(): Promise<void> {
    const collections = [this.#answers, this.#claims, this.#flushes]
    try {
      for (const collection of collections) {
        await collection.createIndex({ expiresAt: 1 }, { expireAfterSeconds: 0 })
      }
    } catch (error) {
      if (this.#closed) return
      this.#options.onNotice(cleared(error, this.#options.url))
      if ((error as Error).name === 'MongoServerError') this.#sweepLater()
      else this.#timer = setTimeout(() => void this.#prepare(), PREPARE_AGAIN).unref()
    }
  }

  #sweepLater(): void {
    // Not all proxies at once.
    const pause = SWEEP_INTERVAL * (0.5 + Math.random())
    this.#timer = setTimeout(() => void this.#sweep(), pause).unref()
  }

  async #sweep(): Promise<void> {
    const lapsed = { expiresAt: { $lte: new Date() } }
    try {
      await this.#answers.deleteMany(lapsed)
      await this.#claims.deleteMany(lapsed)
      await this.#flushes.deleteMany(lapsed)
    } catch (error) {
      if (!this.#closed) this.#options.onNotice(cleared(error, this.#options.url))
    }
    if (!this.#closed) this.#sweepLater()
  }

  #onTopology({ previousDescription, newDescription }: Driver.TopologyDescriptionChangedEvent) {
    if (this.#closed) return
    const was = reachable(previousDescription)
    const is = reachable(newDescription)
    if (is && !was) this.#options.onConnected()
    if (was && !is) {
      const { error } = newDescription
      this.#options.onLost(
        error === null ? 'no server can be reached' : cleared(error, this.#options.url),
      )
    }
  }
}

function reachable({ servers }: Driver.TopologyDescription): boolean {
  return [...servers.values()].some(({ type }) => type !== 'Unknown')
}

/** @returns false when somebody else was first */
async function unlessTaken(write: Promise<unknown>): Promise<boolean> {
  try {
    await write
    return true
  } catch (error) {
    if ((error as { code?: unknown }).code === DUPLICATE_KEY) return false
    throw error
  }
}

function closedError(): Error {
  return new Error('the store is closed')
}
