// What is measured: how a program is started as a DNS to DoT proxy, and one that runs.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import type { Certificates } from './certificates.ts'
import { freePort } from './port.ts'
import { answers } from './probe.ts'
import { Program, type Launch } from './program.ts'

/** The ways in. All systems serve UDP; which of the encrypted ones, they say. */
export const Transport = { Udp: 'udp', Dot: 'dot', Doh: 'doh' } as const
export type Transport = (typeof Transport)[keyof typeof Transport]

/** Encrypted ways in, to be opened at 127.0.0.1 beside the plain one. DoH is at /dns-query. */
export interface Doors {
  readonly dotPort: number
  readonly dohPort: number
  /** PEM files. */
  readonly certificate: string
  readonly key: string
}

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
  /** Seconds for which answers are kept at the most, where that matters. */
  readonly maxTtl?: number
  /** File with the trust anchors to validate answers by; none are validated without. */
  readonly anchors?: string
  /** Null when only UDP and TCP are asked for. */
  readonly doors: Doors | null
}

export const Kind = { Limit: 'limit', Dotward: 'dotward', Peer: 'peer' } as const
export type Kind = (typeof Kind)[keyof typeof Kind]

export interface System {
  /** As it stands in the table. */
  readonly name: string
  /** As it is chosen on the command line. */
  readonly id: string
  readonly kind: Kind
  /** What it serves beside UDP. */
  readonly encrypted: readonly Transport[]
  /** Null when it is not installed. */
  version(): string | null
  /** Writes its configuration and says how it is started, in the foreground. */
  launch(site: Site): Launch
}

export interface StartOptions extends Omit<Site, 'port' | 'doors'> {
  readonly core: number
  /** For its encrypted ways in; none are opened without. */
  readonly certificates?: Certificates
  /** Between two readiness probes, in milliseconds. */
  readonly probeInterval?: number
}

/** How long a system may take to its first right answer, in milliseconds. */
const START_TIMEOUT = 30_000

export class RunningSystem implements AsyncDisposable {
  readonly system: System
  readonly program: Program
  readonly port: number
  readonly doors: Doors | null
  /** From being started to the first right answer. */
  readonly startMs: number

  private constructor(
    system: System,
    program: Program,
    { port, doors }: Pick<Site, 'port' | 'doors'>,
    startMs: number,
  ) {
    this.system = system
    this.program = program
    this.port = port
    this.doors = doors
    this.startMs = startMs
  }

  /** Starts a system and waits until it answers. Throws, its last output as cause, if it does not. */
  static async start(system: System, options: StartOptions): Promise<RunningSystem> {
    const { core, probeInterval = 50, certificates, ...rest } = options
    mkdirSync(options.dir, { recursive: true })
    const port = await freePort()
    const doors = certificates === undefined ? null : await freeDoors(certificates)
    const launch = system.launch({ ...rest, port, doors })
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
    if (ready) return new RunningSystem(system, program, { port, doors }, startMs)
    const how = program.ended ? 'ended at once' : 'gave no right answer'
    await program.stop()
    throw new Error(how, { cause: program.lastWords() })
  }

  /** @throws Error when that way in was not opened */
  portOf(transport: Transport): number {
    if (transport === Transport.Udp) return this.port
    if (this.doors === null) throw new Error(`${this.system.name} was started without ${transport}`)
    return transport === Transport.Dot ? this.doors.dotPort : this.doors.dohPort
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program.stop()
  }
}

async function freeDoors({ certificate, key }: Certificates): Promise<Doors> {
  return { dotPort: await freePort(), dohPort: await freePort(), certificate, key }
}
