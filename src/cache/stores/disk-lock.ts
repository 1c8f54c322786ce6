// One process at a time: a file that two write, one of which is killed, is a file in pieces. Node.js
// knows no locks of files, so a name that the kernel gives to one process only, and takes back when it
// ends in whatever way, stands for one: an abstract socket.

import { createHash } from 'node:crypto'
import { mkdirSync, realpathSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds that a process which is about to end is waited for, and between tries. */
const PATIENCE = 3_000
const PAUSE = 50

/**
 * Makes a folder ours until this thread ends. It is made where it is missing. Rejects when another
 * process uses it and goes on to.
 */
export async function lockFolder(path: string): Promise<void> {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  // Only Linux has such names.
  if (process.platform !== 'linux') return
  const name = nameOf(realpathSync(path))
  const giveUp = performance.now() + PATIENCE
  while (!(await listen(name))) {
    if (performance.now() > giveUp) throw new Error('another process uses it')
    await sleep(PAUSE)
  }
}

function nameOf(path: string): string {
  return `\0dotward-${createHash('sha256').update(path).digest('hex')}`
}

/** @returns false when the name is taken */
function listen(name: string): Promise<boolean> {
  const server = createServer((socket) => socket.destroy()).unref()
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false)
      else reject(error)
    })
    server.listen(name, () => resolve(true))
  })
}
