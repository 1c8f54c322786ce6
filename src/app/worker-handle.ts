// One worker thread as the main thread sees it: asks and answers in turn, and its death.

import { Worker } from 'node:worker_threads'
import type { Flush } from '../cache/stores/store.ts'
import type { LogRecord } from '../observe/log.ts'
import type {
  FromWorker,
  Request,
  ToWorker,
  WorkerAnswer,
  WorkerBirth,
  WorkerError,
} from '../worker/messages.ts'

export interface WorkerHandleOptions {
  readonly birth: WorkerBirth
  readonly onLog: (record: LogRecord) => void
  readonly onFlush: (flush: Flush) => void
  readonly onClockDoubt: (text: string) => void
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
  resolve(answer: WorkerAnswer): void
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
  /** Questions that wait for their answers, by number. */
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0
  #stopping = false
  #ended = false
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

  /** Whether the thread is no more. */
  get ended(): boolean {
    return this.#ended
  }

  /** Sends what is answered. Rejects with a WorkerFault, or when the worker is dead or dies first. */
  ask<Kind extends WorkerAnswer['kind']>(
    message: ToWorker,
    kind: Kind,
  ): Promise<Extract<WorkerAnswer, { kind: Kind }>> {
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        reject(this.#cause())
        return
      }
      const id = this.#send(message)
      this.#waiting.set(id, {
        resolve: (answer) => {
          if (answer.kind === 'failed') reject(new WorkerFault(answer.error))
          else if (answer.kind === kind) resolve(answer as Extract<WorkerAnswer, { kind: Kind }>)
          else reject(new Error(`a worker answered ${answer.kind} to ${message.kind}`))
        },
        reject,
      })
    })
  }

  /** Sends what is not answered. */
  tell(message: ToWorker): void {
    this.#send(message)
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

  #send(message: ToWorker): number {
    const request: Request = { id: ++this.#lastId, message }
    this.#worker.postMessage(request)
    return request.id
  }

  #onMessage(message: FromWorker): void {
    if (message.id === null) {
      const { onLog, onFlush, onClockDoubt } = this.#options
      if ('record' in message) onLog(message.record)
      else if ('flush' in message) onFlush(message.flush)
      else onClockDoubt(message.clockDoubt)
      return
    }
    this.#waiting.get(message.id)?.resolve(message.answer)
    this.#waiting.delete(message.id)
  }

  #onExit(): void {
    this.#ended = true
    for (const waiting of this.#waiting.values()) waiting.reject(this.#cause())
    this.#waiting.clear()
    if (!this.#stopping) this.#options.onDeath(this.#error)
  }

  #cause(): Error {
    return this.#error ?? new Error(`worker ${this.thread} ended`)
  }
}
