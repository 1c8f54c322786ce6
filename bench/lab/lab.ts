// The room that measurements happen in: a work folder, an authority, the upstream, two cores.

import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import type { Round } from '../measure/results.ts'
import { makeCertificates, type Certificates } from './certificates.ts'
import { dnsperf } from './dnsperf.ts'
import { h2load } from './h2load.ts'
import type { Load } from './load.ts'
import { type QuestionFile, writeQuestions, writeUris } from './questions.ts'
import { RunningSystem, type StartOptions, type System, Transport } from './system.ts'
import { moveTo } from './tool.ts'
import { Upstream, type UpstreamOptions } from './upstream.ts'

export interface LabOptions {
  /** Emptied, then kept for a look at the logs. */
  readonly dir: string
  /** The system under measurement has this core to itself… */
  readonly proxyCore: number
  /** …and upstream, load and benchmark share this one. */
  readonly loadCore: number
  /** Zones that the upstream serves, if not the usual one: see its options. */
  readonly zones?: UpstreamOptions['zones']
}

const CLIENTS = 16

export interface LabLoad extends Omit<Load, 'port' | 'core' | 'clients'> {
  /** UDP unless said. */
  readonly transport?: Transport
}

interface LabStart extends Pick<StartOptions, 'cacheMiB' | 'probeInterval' | 'anchors'> {
  /** Whether its encrypted ways in are opened as well. */
  readonly encrypted?: boolean
}

export class Lab implements AsyncDisposable {
  readonly upstream: Upstream
  readonly #options: LabOptions
  readonly #certificates: Certificates
  #sites = 0

  private constructor(options: LabOptions, certificates: Certificates, upstream: Upstream) {
    this.#options = options
    this.#certificates = certificates
    this.upstream = upstream
  }

  static async open(options: LabOptions): Promise<Lab> {
    const { dir, loadCore } = options
    rmSync(dir, { recursive: true, force: true })
    mkdirSync(dir, { recursive: true })
    moveTo(loadCore)
    const certificates = makeCertificates(dir)
    const zones = options.zones === undefined ? {} : { zones: options.zones }
    const upstream = await Upstream.start(join(dir, 'upstream'), certificates, loadCore, zones)
    return new Lab(options, certificates, upstream)
  }

  get loadCore(): number {
    return this.#options.loadCore
  }

  /** Starts a system in a folder of its own and waits for its first right answer. */
  start(system: System, { encrypted = false, ...options }: LabStart): Promise<RunningSystem> {
    this.#sites += 1
    return RunningSystem.start(system, {
      dir: join(this.#options.dir, `${system.id}-${this.#sites}`),
      upstreamPorts: [this.upstream.port],
      ca: this.#certificates.ca,
      core: this.#options.proxyCore,
      ...(encrypted && { certificates: this.#certificates }),
      ...options,
    })
  }

  /** @param origin of a DoH server, to have URIs for it */
  questions(name: string, options: Omit<QuestionFile, 'file'>, origin?: string): string {
    const file = join(this.#options.dir, `${name}.questions`)
    if (origin !== undefined) return writeUris({ file, ...options }, origin)
    return writeQuestions({ file, ...options })
  }

  /** Puts a load on a system and weighs what it costs. */
  async measure(running: RunningSystem, load: LabLoad, round = 0): Promise<Round> {
    const { transport = Transport.Udp, ...rest } = load
    const port = running.portOf(transport)
    const whole = { ...rest, clients: CLIENTS, port, core: this.#options.loadCore }
    const queriesBefore = this.upstream.queries()
    const cpuBefore = running.program.cpuMicros()
    const result = await (transport === Transport.Doh ? h2load(whole) : dnsperf(whole, transport))
    const cpuMicros = running.program.cpuMicros() - cpuBefore
    const upstreamQueries = this.upstream.queries() - queriesBefore
    return { round, cpuMicros, upstreamQueries, ...result }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.upstream[Symbol.asyncDispose]()
  }
}
