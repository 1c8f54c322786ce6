// A process of the bench's own, in TypeScript, pinned to a core, that takes requests and answers
// them one after the other.

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

import { searchPath } from './program.ts'

export class Child implements AsyncDisposable {
  readonly #process: ChildProcess

  /** @param prefix command that starts it, such as `chrt` */
  constructor(script: string, core: number, prefix: readonly string[] = []) {
    const args = ['-c', String(core), ...prefix, process.execPath, script]
    this.#process = spawn('taskset', args, {
      env: { ...process.env, PATH: searchPath() },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    })
  }

  /** Rejects when the process ends instead of answering. */
  async ask<Answer>(request: object): Promise<Answer> {
    const aborted = new AbortController()
    const ended = once(this.#process, 'exit', { signal: aborted.signal }).then(() => {
      throw new Error('a process of the bench ended')
    })
    const answered = once(this.#process, 'message', { signal: aborted.signal })
    this.#process.send(request)
    try {
      const [answer] = (await Promise.race([answered, ended])) as [Answer]
      return answer
    } finally {
      aborted.abort()
      await Promise.allSettled([answered, ended])
    }
  }

  /** Its process ends by itself when nobody is there to ask it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exited = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exited
  }
}

/** The other side: answers each request with what `handle` gives. */
export function serveParent(handle: (request: object) => Promise<object>): void {
  process.on('message', (request: object) => {
    handle(request).then(
      (answer) => process.send!(answer),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      },
    )
  })
  process.on('disconnect', () => process.exit(0))
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
}
