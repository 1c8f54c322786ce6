// Loaded into the program by --import: a worker thread in which this runs throws when the file
// that CRASH_WORKER_AT names is there, as a fault in its own code would. The first to see it takes
// it away, so one worker dies. With CRASH_WORKER_AT=birth, none gets as far as to start.

import { existsSync, rmSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

const flag = process.env.CRASH_WORKER_AT
if (!isMainThread && flag === 'birth') throw new Error('a fault that the test asked for')
if (!isMainThread && flag !== undefined) {
  setInterval(() => {
    if (!existsSync(flag)) return
    rmSync(flag)
    throw new Error('a fault that the test asked for')
  }, 10).unref()
}
