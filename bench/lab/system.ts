// What is measured: how a program is started as a DNS to DoT proxy, and one that runs.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { freePort } from './port.ts'
import { answers } from './probe.ts'
import { Program, type Launch } from './program.ts'

/** Where a system is to stand. Everything it writes belongs below `dir`, which is new. */
export interface Site {
  readonly dir: string
  /** To listen on, at 127.0.0.1. */
  readonly port: number
  /** Of the DoT upstreams at 127.0.0.1, one or more, which authenticate as TLS_NAME. */
  readonly upstreamPorts: readonly number[]
  /** PEM file of the authority that signed the upstream's certificate. */
  readonly ca: string
  /** Memory for cached answers, where the system lets one say so. */
  readonly cacheMiB: number
}

export const Kind = { Limit: 'limit', Dotward: 'dotward', Peer: 'peer' } as const
export type Kind = (typeof Kind)[keyof typeof Kind]

export interface System {
  /** As it stands in the table. */
  readonly name: string
  /** As it is chosen on the command line. */
  readonly id: string
  readonly kind: Kind
  /** Null when it is not installed. */
  version(): string | null
  /** Writes its configuration and says how it is started, in the foreground. */
  launch(site: Site): Launch
}

export interface StartOptions extends Omit<Site, 'port'> {
  readonly core: number
  /** Between two readiness probes, in milliseconds. */
  readonly probeInterval?: number
}

/** How long a system may take to its first right answer, in milliseconds. */
const START_TIMEOUT = 30_000

export class RunningSystem implements AsyncDisposable {
  readonly system: System
  readonly program: Program
  readonly port: number
  /** From being started to the first right answer. */
  readonly startMs: number

  private constructor(system: System, program: Program, port: number, startMs: number) {
    this.system = system
    this.program = program
    this.port = port
    this.startMs = startMs
  }

  /** Starts a system and waits until it answers. Throws, its last output as cause, if it does not. */
  static async start(system: System, options: StartOptions): Promise<RunningSystem> {
    const { core, probeInterval = 50, ...rest } = options
    mkdirSync(options.dir, { recursive: true })
    const port = await freePort()
    const launch = system.launch({ ...rest, port })
    const started = performance.now()
    const program = new Program({ ...launch, core, log: join(options.dir, 'output.log') })
    const ready = await answers({
      port,
      interval: probeInterval,
      timeout: START_TIMEOUT,
      needsRecord: system.kind !== Kind.Limit,
      abort: () => program.ended,
    })
    const startMs = performance.now() - started
    if (ready) return new RunningSystem(system, program, port, startMs)
    const how = program.ended ? 'ended at once' : 'gave no right answer'
    await program.stop()
    throw new Error(how, { cause: program.lastWords() })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program.stop()
  }
}
