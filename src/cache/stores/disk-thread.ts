// The entry of the thread that waits for the disk, so that no data plane has to: a disk that hangs
// then costs a lookup its deadline and nothing else. Each data plane sends a port of its own, and is
// answered there in its order.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { type DiskEntry, DiskFile, type DiskFileOptions } from './disk-file.ts'
import { lockFolder } from './disk-lock.ts'
import type { Flush } from './store.ts'

export type DiskTask =
  | { readonly kind: 'get'; readonly keys: readonly string[] }
  | { readonly kind: 'put'; readonly entries: readonly DiskEntry[] }
  | { readonly kind: 'flush'; readonly flush: Flush; readonly expiresAt: number }
  | { readonly kind: 'flushes' }

export type DiskRequest = DiskTask & { readonly id: number }

/** Those of `get` are in the order of its keys. */
export type DiskResult = readonly (Uint8Array | null)[] | readonly Flush[] | null

export type DiskReply =
  | { readonly id: number; readonly result: DiskResult }
  | { readonly id: number; readonly error: string }
  | { readonly id: null; readonly news: readonly Flush[] }

/** Milliseconds between looks at the flushes of others. */
const FLUSH_INTERVAL = 1_000

/** Milliseconds that a flush is told of, for clocks may be set. */
const NEWS_FOR = 10_000

/** Milliseconds between looks for what may be forgotten, where nothing is written. */
const TIDY_INTERVAL = 5_000

if (parentPort === null) throw new Error('disk-thread.ts is run by the main thread, as a worker')
const keeper = parentPort
const options = workerData as DiskFileOptions
await lockFolder(options.path)
const file = new DiskFile(options)
const ports = new Set<MessagePort>()

process.on('workerMessage', (port: MessagePort) => {
  ports.add(port)
  port.on('close', () => ports.delete(port))
  port.on('message', (request: DiskRequest) => {
    port.postMessage(replyTo(request))
  })
})

const timers = [
  setInterval(() => {
    const news = file.flushes(Date.now() - NEWS_FOR)
    if (news.length > 0) tellAll(news)
  }, FLUSH_INTERVAL),
  setInterval(() => file.tidy(), TIDY_INTERVAL),
]

keeper.once('message', () => {
  for (const timer of timers) clearInterval(timer)
  for (const port of ports) port.close()
  file.close()
  // Gives up the folder as well.
  process.exit()
})
keeper.postMessage('open')

function replyTo(request: DiskRequest): DiskReply {
  const { id } = request
  try {
    return { id, result: resultOf(request) }
  } catch (error) {
    return { id, error: (error as Error).message }
  }
}

function resultOf(task: DiskTask): DiskResult {
  switch (task.kind) {
    case 'get':
      return file.get(task.keys)
    case 'put':
      file.put(task.entries)
      return null
    case 'flush':
      file.flush(task.flush, task.expiresAt)
      return null
    case 'flushes':
      return file.flushes(0)
  }
}

function tellAll(news: readonly Flush[]): void {
  for (const port of ports) port.postMessage({ id: null, news } satisfies DiskReply)
}
