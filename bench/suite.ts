// All measurements of a run, in order: what is installed, start, hits and misses in rounds, memory,
// scale, the encrypted ways in, idle clients, the guard. A system that fails is said so in the
// results and left out of the rest of what it failed in.

import { join } from 'node:path'

import type { Lab } from './lab/lab.ts'
import { Kind, type System, Transport } from './lab/system.ts'
import { measureGuard } from './measure/guard.ts'
import { IDLE_SETTINGS, measureIdle } from './measure/idle.ts'
import { measureHits, measureMisses } from './measure/load.ts'
import { describeMachine } from './measure/machine.ts'
import { measureBudget, measureMemory } from './measure/memory.ts'
import {
  cost,
  type GuardCost,
  type Idle,
  type Memory,
  type Results,
  type Round,
  type SystemInfo,
} from './measure/results.ts'
import { measureScale } from './measure/scale.ts'
import type { Options, Section } from './options.ts'
import { dotward } from './peers/dotward.ts'

const ROOT = join(import.meta.dirname, '..')
const CACHE_MIB = 512

/** Room for a million answers in Unbound; dotward has to do with the usual. */
const UNBOUND_MEMORY_MIB = 1536
const STARTS = 5

/** Between two probes while a start is timed, in milliseconds. */
const START_PROBE = 2

const DOORS = [Transport.Dot, Transport.Doh] as const
type Door = (typeof DOORS)[number]

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
  if (suite.wants('scale')) await suite.scale()
  for (const door of DOORS) if (suite.wants(door)) await suite.door(door)
  if (suite.wants('idle')) await suite.idle()
  if (suite.wants('guard')) await suite.guard()
  return suite.results()
}

class Suite {
  readonly #lab: Lab
  readonly #options: Options
  readonly #log: Log
  readonly #infos: SystemInfo[]
  /** By section and id. */
  readonly #faults = new Map<string, string>()
  readonly #installed: readonly System[]
  readonly #hit: Record<string, Round[]> = {}
  readonly #miss: Record<string, Round[]> = {}
  readonly #start: Record<string, number[]> = {}
  readonly #memory: Memory[] = []
  readonly #doors: Record<Door, Record<string, Round[]>> = { dot: {}, doh: {} }
  readonly #idle: Idle[] = []
  #budget: Results['budget']
  #scale: Results['scale']
  #guard: GuardCost | undefined

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
    for (const system of this.#standing('start')) {
      const times: number[] = (this.#start[system.id] = [])
      for (let i = 0; i < STARTS; i++) {
        await this.#attempt('start', system, async () => {
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
      for (const system of this.#standing('hit')) {
        await this.#attempt('hit', system, () => this.#oneRound(system, round))
      }
    }
  }

  async memory(): Promise<void> {
    for (const system of this.#standing('memory')) {
      if (system.kind !== Kind.Dotward && system.id !== 'unbound') continue
      await this.#attempt('memory', system, async () => {
        const room = system.kind === Kind.Dotward ? CACHE_MIB : UNBOUND_MEMORY_MIB
        const memory = await measureMemory(this.#lab, system, room)
        this.#memory.push(memory)
        const each = memory.grownBytes / memory.held
        this.#log(`memory ${system.name}: ${each.toFixed(0)} bytes each, ${memory.held} held`)
        if (system.kind === Kind.Dotward) this.#budget = await measureBudget(this.#lab, ROOT)
      })
    }
  }

  async scale(): Promise<void> {
    await this.#ofDotward('scale', async (system) => {
      const { seconds, rounds } = this.#options
      this.#scale = await measureScale(this.#lab, system, seconds, rounds)
      const { few, many } = this.#scale
      this.#log(`scale: ${microseconds(few.rounds)}, ${microseconds(many.rounds)}`)
    })
  }

  /** Hits over an encrypted transport, by all that serve it. */
  async door(door: Door): Promise<void> {
    const { seconds, rounds } = this.#options
    for (let round = 1; round <= rounds; round++) {
      for (const system of this.#standing(door)) {
        if (!system.encrypted.includes(door)) continue
        await this.#attempt(door, system, async () => {
          const options = { cacheMiB: CACHE_MIB, encrypted: true }
          await using running = await this.#lab.start(system, options)
          const hits = await measureHits(this.#lab, running, seconds, round, door)
          ;(this.#doors[door][system.id] ??= []).push(hits)
          const told = `${door} hit ${microseconds([hits])}`
          this.#log(`round ${round} of ${rounds}, ${system.name}: ${told}`)
        })
      }
    }
  }

  async idle(): Promise<void> {
    for (const system of this.#standing('idle')) {
      // A tuned one keeps connections like an untuned one.
      if (!system.encrypted.includes(Transport.Dot) || system.id.endsWith('-tuned')) continue
      await this.#attempt('idle', system, async () => {
        const roomy =
          system.kind === Kind.Dotward ? dotward({ root: ROOT, settings: IDLE_SETTINGS }) : system
        const idle = await measureIdle(this.#lab, roomy)
        this.#idle.push(idle)
        const mib = (idle.residentBytes / 1024 ** 2).toFixed(0)
        const handshake = `${idle.handshakeMicros.toFixed(0)} µs for a handshake`
        this.#log(`idle ${system.name}: ${idle.held} held in ${mib} MiB, ${handshake}`)
      })
    }
  }

  async guard(): Promise<void> {
    await this.#ofDotward('guard', async () => {
      const { seconds, rounds } = this.#options
      this.#guard = await measureGuard(this.#lab, ROOT, seconds, rounds)
      for (const { cookie, off, on } of this.#guard.streams) {
        this.#log(`guard, cookie ${cookie}: off ${microseconds(off)}, on ${microseconds(on)}`)
      }
    })
  }

  results(): Results {
    const scale = this.#scale
    const guard = this.#guard
    return {
      machine: describeMachine(),
      seconds: this.#options.seconds,
      rounds: this.#options.rounds,
      systems: this.#infos.map((info) => {
        const faults = [...this.#faults].filter(([key]) => key.endsWith(` ${info.id}`))
        if (faults.length === 0) return info
        const told = faults.map(([key, fault]) => `${fault} (${key.split(' ')[0]})`)
        return { ...info, fault: told.join('; ') }
      }),
      ...(this.wants('hit') && { hit: this.#hit }),
      ...(this.wants('miss') && { miss: this.#miss }),
      ...(this.#memory.length > 0 && { memory: this.#memory }),
      ...(this.#budget !== undefined && { budget: this.#budget }),
      ...(scale !== undefined && { scale }),
      ...(this.wants('dot') && { dot: this.#doors.dot }),
      ...(this.wants('doh') && { doh: this.#doors.doh }),
      ...(this.wants('idle') && { idle: this.#idle }),
      ...(guard !== undefined && { guard }),
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

  /** The systems that are installed and have not failed in that. */
  #standing(section: Section): System[] {
    return this.#installed.filter((system) => !this.#faults.has(`${section} ${system.id}`))
  }

  async #ofDotward(section: Section, measure: (system: System) => Promise<void>): Promise<void> {
    for (const system of this.#standing(section)) {
      if (system.kind !== Kind.Dotward) continue
      await this.#attempt(section, system, () => measure(system))
    }
  }

  async #attempt(section: Section, system: System, measure: () => Promise<void>): Promise<void> {
    if (this.#faults.has(`${section} ${system.id}`)) return
    try {
      await measure()
    } catch (error) {
      const { message, cause = '' } = error as Error
      this.#faults.set(`${section} ${system.id}`, publishable(message))
      this.#log(`${system.name} is left out of ${section}: ${message}\n${String(cause)}`)
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
