// The thread that waits for the disk in place of all workers, as the main thread keeps it: started,
// started again when it dies, and ended. It belongs to no worker, for a thread that is ended in the
// middle of a transaction would leave the file locked for the rest of the process.

import { Worker } from 'node:worker_threads'
import type { DiskFileOptions } from './disk-file.ts'

export interface DiskKeeperOptions extends DiskFileOptions {
  /** The number of the thread, for all who want to find it; 0 while there is none. */
  readonly thread: SharedArrayBuffer
  readonly onLost: (reason: string) => void
}

/** Milliseconds to open the file, and to close it. */
const OPEN_TIMEOUT = 5_000
const CLOSE_TIMEOUT = 5_000

/** Milliseconds until a thread that has died is started again. */
const RESTART_AFTER = 1_000

/** Megabytes: requests and answers are small, and soon gone. */
const THREAD_MEMORY = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16 }

// The thread's entry has this file's own ending: .ts as it stands here, .js once it is built.
const ENTRY = new URL(
  `disk-thread${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`,
  import.meta.url,
)

export class DiskKeeper {
  readonly #options: DiskKeeperOptions
  readonly #thread: Int32Array
  #worker: Worker | null = null
  #restart: NodeJS.Timeout | null = null
  #closed = false

  /** Rejects when the package `lmdb` is not installed, or the folder cannot be used. */
  static async start(options: DiskKeeperOptions): Promise<DiskKeeper> {
    const keeper = new DiskKeeper(options)
    await keeper.#start()
    return keeper
  }

  private constructor(options: DiskKeeperOptions) {
    this.#options = options
    this.#thread = new Int32Array(options.thread)
  }

  /** What is written has reached the disk when this resolves, unless the disk hangs. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#restart !== null) clearTimeout(this.#restart)
    const worker = this.#worker
    if (worker === null) return
    const patience = setTimeout(() => void worker.terminate(), CLOSE_TIMEOUT)
    const ended = new Promise((resolve) => {
      worker.once('exit', resolve)
    })
    worker.postMessage('close')
    await ended
    clearTimeout(patience)
  }

  #start(): Promise<void> {
    const { path, size, onLost } = this.#options
    const workerData = { path, size } satisfies DiskFileOptions
    const resourceLimits = THREAD_MEMORY
    const worker = new Worker(ENTRY, { workerData, resourceLimits, name: 'disk' })
    const opened = Promise.withResolvers<void>()
    let trouble = 'the thread ended'
    const patience = setTimeout(() => {
      trouble = `the file did not open within ${OPEN_TIMEOUT} ms`
      void worker.terminate()
    }, OPEN_TIMEOUT)
    worker.once('message', () => {
      clearTimeout(patience)
      this.#worker = worker
      Atomics.store(this.#thread, 0, worker.threadId)
      opened.resolve()
    })
    worker.on('error', (error: Error) => {
      trouble = error.message
    })
    worker.on('exit', () => {
      clearTimeout(patience)
      opened.reject(new Error(trouble))
      if (this.#worker !== worker) return
      this.#worker = null
      Atomics.store(this.#thread, 0, 0)
      if (this.#closed) return
      onLost(trouble)
      this.#startLater()
    })
    return opened.promise
  }

  #startLater(): void {
    this.#restart = setTimeout(() => {
      this.#start().catch(() => {
        if (!this.#closed) this.#startLater()
      })
    }, RESTART_AFTER).unref()
  }
}
