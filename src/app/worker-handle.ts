// One worker thread as the main thread sees it: asks and answers in turn, and its death.

import { Worker } from 'node:worker_threads'
import type { LogRecord } from '../observe/log.ts'
import type { FromWorker, ToWorker, WorkerBirth, WorkerError } from '../worker/messages.ts'

export interface WorkerHandleOptions {
  readonly birth: WorkerBirth
  readonly onLog: (record: LogRecord) => void
  /** The thread ended without having been stopped. */
  readonly onDeath: (error: Error | null) => void
}

/** What a worker could not do, with the system's code where there is one. */
export class WorkerFault extends Error {
  override readonly name = 'WorkerFault'
  readonly code: string | null

  constructor(error: WorkerError) {
    super(error.message)
    this.code = error.code
  }
}

interface Waiting {
  resolve(message: FromWorker): void
  reject(error: Error): void
}

// The worker's entry has this file's own ending: .ts as it stands here, .js once it is built.
const ENTRY = new URL(
  `../worker/thread${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`,
  import.meta.url,
)

export class WorkerHandle {
  readonly thread: number
  readonly #worker: Worker
  readonly #options: WorkerHandleOptions
  /** Questions that wait for their answers, in order. */
  readonly #waiting: Waiting[] = []
  #stopping = false
  #error: Error | null = null

  constructor(options: WorkerHandleOptions) {
    this.#options = options
    this.thread = options.birth.thread
    this.#worker = new Worker(ENTRY, { workerData: options.birth, name: `worker ${this.thread}` })
    this.#worker.on('message', (message: FromWorker) => this.#onMessage(message))
    this.#worker.on('error', (error: Error) => {
      this.#error = error
    })
    this.#worker.on('exit', () => this.#onExit())
  }

  /** Sends what is answered. Rejects with a WorkerFault, or when the worker dies first. */
  ask<Kind extends FromWorker['kind']>(
    message: ToWorker,
    kind: Kind,
  ): Promise<Extract<FromWorker, { kind: Kind }>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        resolve: (answer) => {
          if (answer.kind === 'failed') reject(new WorkerFault(answer.error))
          else if (answer.kind === kind) resolve(answer as Extract<FromWorker, { kind: Kind }>)
          else reject(new Error(`a worker answered ${answer.kind} to ${message.kind}`))
        },
        reject,
      })
      this.#worker.postMessage(message)
    })
  }

  /** Sends what is not answered. */
  tell(message: ToWorker): void {
    this.#worker.postMessage(message)
  }

  /**
   * Lets it answer what is in flight, at most `within` milliseconds, and ends it.
   * @returns how many questions were left without an answer
   */
  async stop(within: number): Promise<number> {
    this.#stopping = true
    const patience = setTimeout(() => void this.#worker.terminate(), within + 1_000)
    try {
      const { unanswered } = await this.ask({ kind: 'stop', within }, 'stopped')
      return unanswered
    } catch {
      return 0
    } finally {
      clearTimeout(patience)
      await this.#worker.terminate()
    }
  }

  #onMessage(message: FromWorker): void {
    if (message.kind === 'log') this.#options.onLog(message.record)
    else this.#waiting.shift()?.resolve(message)
  }

  #onExit(): void {
    const error = this.#error ?? new Error(`worker ${this.thread} ended`)
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error)
    if (!this.#stopping) this.#options.onDeath(this.#error)
  }
}
