// The room that measurements happen in: a work folder, an authority, the upstream, two cores.

import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import type { Round } from '../measure/results.ts'
import { makeCertificates, type Certificates } from './certificates.ts'
import { dnsperf, writeQuestions, type Load, type QuestionFile } from './dnsperf.ts'
import { RunningSystem, type StartOptions, type System } from './system.ts'
import { run } from './tool.ts'
import { Upstream } from './upstream.ts'

export interface LabOptions {
  /** Emptied, then kept for a look at the logs. */
  readonly dir: string
  /** The system under measurement has this core to itself… */
  readonly proxyCore: number
  /** …and upstream, load and benchmark share this one. */
  readonly loadCore: number
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
    run('taskset', ['-a', '-c', '-p', String(loadCore), String(process.pid)])
    const certificates = makeCertificates(dir)
    const upstream = await Upstream.start(join(dir, 'upstream'), certificates, loadCore)
    return new Lab(options, certificates, upstream)
  }

  /** Starts a system in a folder of its own and waits for its first right answer. */
  start(
    system: System,
    options: Pick<StartOptions, 'cacheMiB' | 'probeInterval'>,
  ): Promise<RunningSystem> {
    this.#sites += 1
    return RunningSystem.start(system, {
      dir: join(this.#options.dir, `${system.id}-${this.#sites}`),
      upstreamPorts: [this.upstream.port],
      ca: this.#certificates.ca,
      core: this.#options.proxyCore,
      ...options,
    })
  }

  questions(name: string, options: Omit<QuestionFile, 'file'>): string {
    return writeQuestions({ file: join(this.#options.dir, `${name}.questions`), ...options })
  }

  /** Puts a load on a system and weighs what it costs. */
  async measure(
    running: RunningSystem,
    load: Omit<Load, 'port' | 'core'>,
    round = 0,
  ): Promise<Round> {
    const queriesBefore = this.upstream.queries()
    const cpuBefore = running.program.cpuMicros()
    const result = await dnsperf({ ...load, port: running.port, core: this.#options.loadCore })
    const cpuMicros = running.program.cpuMicros() - cpuBefore
    const upstreamQueries = this.upstream.queries() - queriesBefore
    return { round, cpuMicros, upstreamQueries, ...result }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.upstream[Symbol.asyncDispose]()
  }
}
