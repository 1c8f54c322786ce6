// FerretDB on a free port and in a folder of its own: a real server that speaks MongoDB's protocol.
// scripts/install-ferretdb.sh builds it.

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, type RunningProgram, startProgram } from './processes.ts'

const PROGRAM = join(import.meta.dirname, '..', '..', '.bench', 'gobin', 'ferretdb')

export class FerretDb implements AsyncDisposable {
  readonly port: number
  readonly #dir: string
  readonly #flags: readonly string[]
  #program: RunningProgram

  private constructor(port: number, dir: string, flags: readonly string[]) {
    this.port = port
    this.#dir = dir
    this.#flags = flags
    this.#program = this.#run()
  }

  /** @param flags of its command line: `--repl-set-name=answers`, or files for TLS */
  static async start(flags: readonly string[] = []): Promise<FerretDb> {
    if (!existsSync(PROGRAM)) {
      throw new Error('FerretDB is not there: scripts/install-ferretdb.sh builds it')
    }
    const dir = mkdtempSync(join(tmpdir(), 'dotward-ferretdb-'))
    const server = new FerretDb(await freePort(), dir, flags)
    await server.#ready()
    return server
  }

  get url(): string {
    return `mongodb://127.0.0.1:${this.port}/`
  }

  signal(signal: NodeJS.Signals): void {
    this.#program.signal(signal)
  }

  async kill(): Promise<void> {
    await this.#program.stop('SIGKILL')
  }

  async restart(): Promise<void> {
    this.#program = this.#run()
    await this.#ready()
  }

  /** Then there is TLS alone. */
  get #listensTls(): boolean {
    return this.#flags.some((flag) => flag.startsWith('--listen-tls'))
  }

  #run(): RunningProgram {
    const here = `127.0.0.1:${this.port}`
    return startProgram(PROGRAM, [
      '--handler=sqlite',
      `--sqlite-url=file:${this.#dir}/`,
      `--state-dir=${this.#dir}`,
      `--listen-addr=${this.#listensTls ? '' : here}`,
      `--listen-tls=${this.#listensTls ? here : ''}`,
      '--debug-addr=-',
      '--telemetry=disable',
      '--log-level=error',
      ...this.#flags,
    ])
  }

  #ready(): Promise<void> {
    return this.#program.until('it took connections', () => takesConnections(this.port))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]()
    rmSync(this.#dir, { recursive: true, force: true })
  }
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
