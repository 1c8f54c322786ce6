// All measurements of a run, in order: what is installed, start, hits and misses in rounds, memory,
// scale. A system that fails is said so in the results and left out from there on.

import { join } from 'node:path'

import type { Lab } from './lab/lab.ts'
import { Kind, type System } from './lab/system.ts'
import { measureHits, measureMisses } from './measure/load.ts'
import { describeMachine } from './measure/machine.ts'
import { measureBudget, measureMemory } from './measure/memory.ts'
import { cost, type Memory, type Results, type Round, type SystemInfo } from './measure/results.ts'
import { measureScale } from './measure/scale.ts'
import type { Options, Section } from './options.ts'

const ROOT = join(import.meta.dirname, '..')
const CACHE_MIB = 512

/** Room for a million answers in Unbound; dotward has to do with the usual. */
const UNBOUND_MEMORY_MIB = 1536
const STARTS = 5

/** Between two probes while a start is timed, in milliseconds. */
const START_PROBE = 2

type Log = (line: string) => void

export async function runSuite(
  lab: Lab,
  systems: readonly System[],
  options: Options,
  log: Log,
): Promise<Results> {
  const suite = new Suite(lab, systems, options, log)
  if (suite.wants('start')) await suite.starts()
  if (suite.wants('hit') || suite.wants('miss')) await suite.rounds()
  if (suite.wants('memory')) await suite.memory()
  const scale = suite.wants('scale') ? await suite.scale() : undefined
  return suite.results(scale)
}

class Suite {
  readonly #lab: Lab
  readonly #options: Options
  readonly #log: Log
  readonly #infos: SystemInfo[]
  readonly #faults = new Map<string, string>()
  readonly #installed: readonly System[]
  readonly #hit: Record<string, Round[]> = {}
  readonly #miss: Record<string, Round[]> = {}
  readonly #start: Record<string, number[]> = {}
  readonly #memory: Memory[] = []
  #budget: Results['budget']

  constructor(lab: Lab, systems: readonly System[], options: Options, log: Log) {
    this.#lab = lab
    this.#options = options
    this.#log = log
    this.#infos = systems.map((system) => ({
      id: system.id,
      name: system.name,
      kind: system.kind,
      version: system.version(),
    }))
    const installed = new Set(this.#infos.filter((it) => it.version !== null).map((it) => it.id))
    this.#installed = systems.filter((system) => installed.has(system.id))
    for (const { name, version } of this.#infos) log(`${name}: ${version ?? 'not installed'}`)
  }

  wants(section: Section): boolean {
    return this.#options.sections.includes(section)
  }

  async starts(): Promise<void> {
    for (const system of this.#standing()) {
      const times: number[] = (this.#start[system.id] = [])
      for (let i = 0; i < STARTS; i++) {
        await this.#attempt(system, async () => {
          const options = { cacheMiB: CACHE_MIB, probeInterval: START_PROBE }
          await using running = await this.#lab.start(system, options)
          times.push(running.startMs)
        })
      }
      this.#log(`start ${system.name}: ${times.map((time) => time.toFixed(0)).join(', ')} ms`)
    }
  }

  /** A B C A B C …: what else the machine does falls on all systems alike. */
  async rounds(): Promise<void> {
    for (let round = 1; round <= this.#options.rounds; round++) {
      for (const system of this.#standing()) {
        await this.#attempt(system, () => this.#oneRound(system, round))
      }
    }
  }

  async memory(): Promise<void> {
    for (const system of this.#standing()) {
      if (system.kind !== Kind.Dotward && system.id !== 'unbound') continue
      await this.#attempt(system, async () => {
        const room = system.kind === Kind.Dotward ? CACHE_MIB : UNBOUND_MEMORY_MIB
        const memory = await measureMemory(this.#lab, system, room)
        this.#memory.push(memory)
        const each = memory.grownBytes / memory.held
        this.#log(`memory ${system.name}: ${each.toFixed(0)} bytes each, ${memory.held} held`)
        if (system.kind === Kind.Dotward) this.#budget = await measureBudget(this.#lab, ROOT)
      })
    }
  }

  async scale(): Promise<Results['scale']> {
    let scale: Results['scale']
    for (const system of this.#standing()) {
      if (system.kind !== Kind.Dotward) continue
      await this.#attempt(system, async () => {
        const { seconds, rounds } = this.#options
        scale = await measureScale(this.#lab, system, seconds, rounds)
        this.#log(`scale: ${microseconds(scale.few.rounds)}, ${microseconds(scale.many.rounds)}`)
      })
    }
    return scale
  }

  results(scale: Results['scale']): Results {
    return {
      machine: describeMachine(),
      seconds: this.#options.seconds,
      rounds: this.#options.rounds,
      systems: this.#infos.map((info) => {
        const fault = this.#faults.get(info.id)
        return fault === undefined ? info : { ...info, fault }
      }),
      ...(this.wants('hit') && { hit: this.#hit }),
      ...(this.wants('miss') && { miss: this.#miss }),
      ...(this.#memory.length > 0 && { memory: this.#memory }),
      ...(this.#budget !== undefined && { budget: this.#budget }),
      ...(scale !== undefined && { scale }),
      ...(this.wants('start') && { start: this.#start }),
    }
  }

  async #oneRound(system: System, round: number): Promise<void> {
    const { seconds, rounds } = this.#options
    await using running = await this.#lab.start(system, { cacheMiB: CACHE_MIB })
    const told: string[] = []
    if (this.wants('hit')) {
      const hits = await measureHits(this.#lab, running, seconds, round)
      ;(this.#hit[system.id] ??= []).push(hits)
      told.push(`hit ${microseconds([hits])}`)
    }
    if (this.wants('miss') && system.kind !== Kind.Limit) {
      const misses = await measureMisses(this.#lab, running, seconds, round)
      ;(this.#miss[system.id] ??= []).push(misses)
      told.push(`miss ${microseconds([misses])}`)
    }
    this.#log(`round ${round} of ${rounds}, ${system.name}: ${told.join(', ')}`)
  }

  /** The systems that are installed and have not failed. */
  #standing(): System[] {
    return this.#installed.filter((system) => !this.#faults.has(system.id))
  }

  async #attempt(system: System, measure: () => Promise<void>): Promise<void> {
    if (this.#faults.has(system.id)) return
    try {
      await measure()
    } catch (error) {
      const { message, cause = '' } = error as Error
      this.#faults.set(system.id, publishable(message))
      this.#log(`${system.name} is left out: ${message}\n${String(cause)}`)
    }
  }
}

/** The first line, with file names in place of this machine's paths: results are published. */
function publishable(reason: string): string {
  return reason.split('\n')[0]!.replaceAll(/(?:\/[\w.@+-]+)+\/([\w.@+-]+)/g, '$1')
}

function microseconds(rounds: readonly Round[]): string {
  const value = cost(rounds)
  return value === null ? 'no good answer' : `${value.median.toFixed(2)} µs`
}
