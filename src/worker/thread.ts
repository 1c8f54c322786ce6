// The entry of a worker thread: a data plane, driven by messages from the main thread.

import { parentPort, workerData } from 'node:worker_threads'
import { createLogger } from '../observe/log.ts'
import { DataPlane } from './data-plane.ts'
import type { FromWorker, ToWorker, WorkerBirth, WorkerError } from './messages.ts'

if (parentPort === null) throw new Error('thread.ts is run by the main thread, as a worker')
const port = parentPort

const { thread, counters, logLevel } = workerData as WorkerBirth
const log = createLogger(logLevel, (record) => send({ kind: 'log', record }))
const plane = new DataPlane({ thread, counters, log })

port.on('message', (message: ToWorker) => {
  handle(message).catch((error: unknown) => send({ kind: 'failed', error: describe(error) }))
})

async function handle(message: ToWorker): Promise<void> {
  switch (message.kind) {
    case 'prepare':
      await plane.prepare(message.plan, message.cache)
      send({ kind: 'prepared' })
      break
    case 'commit':
      plane.commit()
      break
    case 'abort':
      await plane.abort()
      break
    case 'probe':
      send({ kind: 'probed', results: await plane.probe(message.timeout) })
      break
    case 'stop':
      send({ kind: 'stopped', unanswered: await plane.stop(message.within) })
      port.close()
      break
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
