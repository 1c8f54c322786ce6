// The threads of libuv's pool, which the whole process shares: they check signatures. There are as many
// as cores, and they run behind the workers: a flood of signatures that take long (P-384: half a
// millisecond each) otherwise takes its turns on a worker's core while cached answers wait.

import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism, constants, getPriority, setPriority } from 'node:os'

/** What libuv has unless told otherwise; with fewer, one slow disk holds up all. */
const MIN_THREADS = 4

/** How the kernel calls them. */
const THREAD_NAME = 'libuv-worker'

/** To be called before anything uses the pool. Where threads have no priorities, all are equal. */
export async function setUpThreadPool(): Promise<void> {
  process.env['UV_THREADPOOL_SIZE'] ??= String(Math.max(MIN_THREADS, availableParallelism()))
  // They begin with the first thing that they are given to do.
  await new Promise<void>((resolve) => {
    randomBytes(1, () => resolve())
  })
  if (process.platform === 'linux') lowerPriority()
}

/** From wherever the process stands: it may have been started with a low priority itself. */
function lowerPriority(): void {
  const { PRIORITY_BELOW_NORMAL: below, PRIORITY_LOW: lowest } = constants.priority
  const priority = Math.min(getPriority() + below, lowest)
  for (const thread of readdirSync('/proc/self/task')) {
    try {
      const name = readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trim()
      if (name === THREAD_NAME) setPriority(Number(thread), priority)
    } catch {
      // It has ended, or may not be changed: then it stays as it is.
    }
  }
}
