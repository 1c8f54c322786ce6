// A file on this machine's disk as a store: for warm starts without a server. All workers ask one
// thread, which waits for the disk in their place: see disk-keeper.ts.

import { MessageChannel, type MessagePort, postMessageToThread } from 'node:worker_threads'
import type { DiskReply, DiskRequest, DiskResult, DiskTask } from './disk-thread.ts'
import { Lookups } from './lookups.ts'
import type { Flush, Store, StoredEntry } from './store.ts'

export interface DiskStoreOptions {
  /** The number of the thread that has the file open; 0 while there is none. */
  readonly thread: SharedArrayBuffer
  /** The thread cannot be reached; it is tried again by itself. */
  readonly onLost: (reason: string) => void
  readonly onConnected: () => void
}

/** Keys that are looked for at a time: more than a disk that is well lets pile up. */
const MAX_LOOKUPS = 4_096

/** Requests that wait at a time. */
const MAX_REQUESTS = 256

/** Milliseconds to reach the thread, and between tries. */
const CONNECT_TIMEOUT = 1_000
const RETRY_PAUSE = 200

type Waiting = PromiseWithResolvers<DiskResult>

export class DiskStore implements Store {
  readonly #options: DiskStoreOptions
  readonly #thread: Int32Array
  readonly #lookups: Lookups
  readonly #listeners: ((flush: Flush) => void)[] = []
  readonly #waiting = new Map<number, Waiting>()
  #port: MessagePort | null = null
  #retry: NodeJS.Timeout | null = null
  #lastId = 0
  #trouble = 'the file is not open yet'
  #closed = false

  constructor(options: DiskStoreOptions) {
    this.#options = options
    this.#thread = new Int32Array(options.thread)
    this.#lookups = new Lookups({
      find: async (keys) => {
        const records = (await this.#ask({ kind: 'get', keys })) as (Uint8Array | null)[]
        const found = keys.map((key, i) => [key, records[i]!] as const)
        return new Map(found.filter(([, record]) => record !== null))
      },
      maxUnderWay: MAX_LOOKUPS,
    })
    void this.#connect()
  }

  get(key: string): Promise<Uint8Array | null> {
    return this.#lookups.get(key)
  }

  async put(entries: readonly StoredEntry[]): Promise<void> {
    await this.#ask({
      kind: 'put',
      entries: entries.map(({ key, record, expiresAt }) => {
        // Of its own: what is handed to a thread takes along all of the memory that it is part of.
        return { key, record: new Uint8Array(record), expiresAt }
      }),
    })
  }

  /** The workers of one machine are too few for it to matter that each may ask: everybody wins. */
  claim(): Promise<boolean> {
    return Promise.resolve(true)
  }

  async flush(flush: Flush, expiresAt: number): Promise<void> {
    await this.#ask({ kind: 'flush', flush, expiresAt })
  }

  async flushes(): Promise<readonly Flush[]> {
    return (await this.#ask({ kind: 'flushes' })) as readonly Flush[]
  }

  onFlush(listener: (flush: Flush) => void): void {
    this.#listeners.push(listener)
  }

  close(): Promise<void> {
    this.#closed = true
    if (this.#retry !== null) clearTimeout(this.#retry)
    this.#port?.close()
    this.#giveUp('the store is closed')
    return Promise.resolve()
  }

  #ask(task: DiskTask): Promise<DiskResult> {
    if (this.#port === null) return Promise.reject(new Error(this.#trouble))
    if (this.#waiting.size >= MAX_REQUESTS) {
      return Promise.reject(new Error('the disk does not keep up'))
    }
    const id = ++this.#lastId
    const waiting: Waiting = Promise.withResolvers()
    this.#waiting.set(id, waiting)
    this.#port.postMessage({ ...task, id } satisfies DiskRequest)
    return waiting.promise
  }

  async #connect(): Promise<void> {
    const { port1, port2 } = new MessageChannel()
    try {
      const thread = Atomics.load(this.#thread, 0)
      if (thread === 0) throw new Error('the file is not open')
      await postMessageToThread(thread, port2, [port2], CONNECT_TIMEOUT)
    } catch (error) {
      port1.close()
      this.#trouble = (error as Error).message
      if (!this.#closed) this.#connectLater()
      return
    }
    if (this.#closed) return port1.close()
    port1.on('message', (reply: DiskReply) => this.#onReply(reply))
    port1.on('close', () => this.#lost())
    port1.unref()
    this.#port = port1
    this.#options.onConnected()
  }

  #connectLater(): void {
    this.#retry = setTimeout(() => void this.#connect(), RETRY_PAUSE).unref()
  }

  #onReply(reply: DiskReply): void {
    if (reply.id === null) {
      for (const flush of reply.news) for (const listener of this.#listeners) listener(flush)
      return
    }
    const waiting = this.#waiting.get(reply.id)
    this.#waiting.delete(reply.id)
    if ('error' in reply) waiting?.reject(new Error(reply.error))
    else waiting?.resolve(reply.result)
  }

  #lost(): void {
    if (this.#closed) return
    this.#giveUp('the thread that has the file open has ended')
    this.#options.onLost(this.#trouble)
    this.#connectLater()
  }

  #giveUp(trouble: string): void {
    this.#port = null
    this.#trouble = trouble
    for (const { reject } of this.#waiting.values()) reject(new Error(trouble))
    this.#waiting.clear()
  }
}
