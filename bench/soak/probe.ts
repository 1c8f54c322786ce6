// Loaded into each thread of the dotward under soak: tells what its heap holds and what keeps its
// loop alive, a line of JSON at a time, into the file that the environment names.

import { appendFileSync } from 'node:fs'
import { threadId } from 'node:worker_threads'

import type { ThreadSample } from './watch.ts'

const EVERY = 2000

const file = process.env['SOAK_SAMPLES']!

setInterval(() => {
  globalThis.gc?.()
  const sample: ThreadSample = {
    thread: threadId,
    heapBytes: process.memoryUsage().heapUsed,
    handles: process.getActiveResourcesInfo().length,
  }
  appendFileSync(file, `${JSON.stringify(sample)}\n`)
}, EVERY).unref()
