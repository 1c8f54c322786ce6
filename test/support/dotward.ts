// Runs the program itself, as an operator would: a config file, a command line, signals.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { UdpClient } from './clients.ts'
import { makeQuery } from './messages.ts'
import { type Finished, freePort, type RunningProgram, startProgram } from './processes.ts'

/** The executable. */
export const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** A config file's content, as a value. */
export type Config = Readonly<Record<string, unknown>>

/** A counter's value by name and label, as in `queries{transport="udp"}`. */
export type Counters = (name: string) => number

/** A config file in a folder of its own. Disposing removes both. */
export class ConfigFile implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'dotward-test-'))
  readonly path = join(this.dir, 'dotward.yaml')

  constructor(config: Config | string) {
    this.write(config)
  }

  write(config: Config | string): void {
    writeFileSync(this.path, typeof config === 'string' ? config : stringify(config))
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true })
  }
}

export interface DotwardOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Where the config's own listeners have it answer; a free one unless told otherwise. */
  readonly port?: number
}

/** Runs `dotward ARGS` without waiting for anything. */
export function runDotward(args: readonly string[], options: DotwardOptions = {}): RunningProgram {
  return startProgram(process.execPath, [MAIN, ...args], options)
}

/** A proxy that answers. Disposing kills it; `stop` ends it as an operator would. */
export class Dotward implements AsyncDisposable {
  readonly program: RunningProgram
  readonly file: ConfigFile
  readonly port: number

  private constructor(program: RunningProgram, file: ConfigFile, port: number) {
    this.program = program
    this.file = file
    this.port = port
  }

  /**
   * Starts a proxy and waits until it answers on 127.0.0.1. It listens on a free port of 127.0.0.1
   * and ::1, with one worker, and validates nothing, where the config does not say otherwise: the zones
   * of most upstreams here are made up and unsigned, which the root's keys prove to be bogus.
   */
  static async start(config: Config, options: DotwardOptions = {}): Promise<Dotward> {
    const port = options.port ?? (await freePort())
    const file = new ConfigFile(withDefaults(config, port))
    const program = runDotward(['serve', '-c', file.path], options)
    const proxy = new Dotward(program, file, port)
    try {
      await program.until('it answered', () => proxy.answers())
      return proxy
    } catch (error) {
      await proxy[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Whether it answers at all: an opcode that no upstream needs to be asked about. */
  async answers(host = '127.0.0.1'): Promise<boolean> {
    await using client = await UdpClient.open({ host, port: this.port })
    return (await client.ask(makeQuery('example.org', { flags: 0x1000 }), 300)) !== null
  }

  /** Sends SIGUSR1 and reads the counters that it prints; those left out are zero. */
  async counters(): Promise<Counters> {
    const from = this.program.output.length
    this.program.signal('SIGUSR1')
    // The cache's numbers are the last.
    await this.program.printed(/^cache_expired \d+\n/m, from)
    const lines = this.program.output.slice(from).matchAll(/^(\S+) ([\d.]+)$/gm)
    const values = new Map(Array.from(lines, ([, name, value]) => [name!, Number(value)]))
    return (name) => values.get(name) ?? 0
  }

  /** Octets of memory that the process has in RAM. */
  residentBytes(): number {
    const status = readFileSync(`/proc/${this.program.pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
  }

  /** Writes a new config file and has it read; `listeners` stay unless given. */
  reload(config: Config | string): void {
    this.file.write(typeof config === 'string' ? config : withDefaults(config, this.port))
    this.program.signal('SIGHUP')
  }

  /** Ends it by SIGTERM; it must leave with exit code 0. */
  async stop(): Promise<Finished> {
    const ended = await this.program.stop('SIGTERM')
    assert.equal(ended.code, 0, `exit code ${ended.code} (${ended.signal}):\n${ended.output}`)
    return ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]()
    this.file[Symbol.dispose]()
  }
}

function withDefaults(config: Config, port: number): Config {
  const protocols = ['udp', 'tcp']
  const listeners = ['127.0.0.1', '::1'].map((address) => ({ address, port, protocols }))
  return { workers: 1, listeners, dnssec: { mode: 'passthrough' }, ...config }
}
