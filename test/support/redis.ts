// Redis servers of Debian's package, each on a free port and in a folder of its own.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, requireTool, type RunningProgram, startProgram } from './processes.ts'

export class RedisServer implements AsyncDisposable {
  readonly port: number
  readonly #dir: string
  readonly #arguments: readonly string[]
  #program: RunningProgram

  private constructor(port: number, dir: string, args: readonly string[], program: RunningProgram) {
    this.port = port
    this.#dir = dir
    this.#arguments = args
    this.#program = program
  }

  /** @param settings as on the command line of redis-server, without dashes: `maxmemory 1mb` */
  static async start(settings: readonly string[] = []): Promise<RedisServer> {
    const port = await freePort()
    const dir = mkdtempSync(join(tmpdir(), 'dotward-redis-'))
    const given = settings.flatMap((setting) => {
      const [name, ...values] = setting.split(' ')
      return [`--${name}`, ...values]
    })
    const args = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--dir',
      dir,
      '--save',
      '',
      ...given,
    ]
    const server = new RedisServer(port, dir, args, run(args))
    await server.#ready()
    return server
  }

  get pid(): number {
    return this.#program.pid
  }

  signal(signal: NodeJS.Signals): void {
    this.#program.signal(signal)
  }

  /** Ends it without warning; what it held in memory is gone. */
  async kill(): Promise<void> {
    await this.#program.stop('SIGKILL')
  }

  async restart(): Promise<void> {
    this.#program = run(this.#arguments)
    await this.#ready()
  }

  #ready(): Promise<unknown> {
    return this.#program.printed(/Ready to accept connections/)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]()
    rmSync(this.#dir, { recursive: true, force: true })
  }
}

function run(args: readonly string[]): RunningProgram {
  return startProgram(requireTool('redis-server'), args)
}
