// The entry of a worker thread: a data plane, driven by messages from the main thread.

import { parentPort, workerData } from 'node:worker_threads'
import { createLogger } from '../observe/log.ts'
import { DataPlane } from './data-plane.ts'
import type {
  FromWorker,
  Request,
  ToWorker,
  WorkerAnswer,
  WorkerBirth,
  WorkerError,
} from './messages.ts'

if (parentPort === null) throw new Error('thread.ts is run by the main thread, as a worker')
const port = parentPort

const { thread, counters, logLevel } = workerData as WorkerBirth
const log = createLogger(logLevel, (record) => send({ id: null, record }))
const plane = new DataPlane({
  thread,
  counters,
  log,
  onFlush: (flush) => send({ id: null, flush }),
  onClockDoubt: (clockDoubt) => send({ id: null, clockDoubt }),
})

port.on('message', ({ id, message }: Request) => {
  handle(message).then(
    (answer) => {
      if (answer !== null) send({ id, answer })
      if (message.kind === 'stop') port.close()
    },
    (error: unknown) => send({ id, answer: { kind: 'failed', error: describe(error) } }),
  )
})

/** @returns null for what is not answered */
async function handle(message: ToWorker): Promise<WorkerAnswer | null> {
  switch (message.kind) {
    case 'prepare':
      await plane.prepare(message.plan, message.cache)
      return { kind: 'prepared' }
    case 'commit':
      log.level = message.logLevel
      plane.commit()
      return null
    case 'abort':
      await plane.abort()
      return null
    case 'probe':
      return { kind: 'probed', results: await plane.probe(message.timeout) }
    case 'keys':
      return { kind: 'keys', answer: await plane.askKeys(message.zone) }
    case 'flush':
      return { kind: 'flushed', shared: await plane.flushShared(message.name, message.subtree) }
    case 'stop':
      return { kind: 'stopped', unanswered: await plane.stop(message.within) }
  }
}

function send(message: FromWorker): void {
  port.postMessage(message)
}

function describe(error: unknown): WorkerError {
  const {
    message,
    code,
    address,
    port: number,
  } = error as NodeJS.ErrnoException & {
    address?: string
    port?: number
  }
  return { message, code: code ?? null, address: address ?? null, port: number ?? null }
}
