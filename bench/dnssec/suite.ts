// All measurements of a run, in rounds. A system that fails in one is left out of it from then on, and
// the report says why.

import { LoadGenerator } from '../faults/load.ts'
import { Kind, type System } from '../lab/system.ts'
import { describeMachine } from '../measure/machine.ts'
import { cost, type Round, type SystemInfo } from '../measure/results.ts'
import { measureHitCost } from './hits.ts'
import { type MissRoom, measureValidated } from './misses.ts'
import type { DnssecOptions } from './options.ts'
import {
  AnswerKind,
  type DnssecResults,
  type HitCost,
  type MissSeries,
  RCODES,
  type TrapRun,
} from './results.ts'
import { measureTraps } from './traps.ts'
import { Algorithm } from './zones.ts'

export const CACHE_MIB = 256

/** Turns of hits, of a second each, for each round. */
const TURNS = 8

export interface DnssecRoom extends MissRoom {
  readonly anchors: string
  readonly loadCore: number
}

interface Series extends MissSeries {
  readonly rounds: Round[]
}

type Log = (line: string) => void

export class DnssecSuite {
  readonly #room: DnssecRoom
  readonly #systems: readonly System[]
  readonly #plain: System
  readonly #options: DnssecOptions
  readonly #log: Log
  /** By system. */
  readonly #faults = new Map<string, string>()
  readonly #misses: Series[] = []
  readonly #traps: TrapRun[] = []
  #hits: HitCost | null = null

  /** @param plain one of the systems, which does not validate */
  constructor(
    room: DnssecRoom,
    systems: readonly System[],
    plain: System,
    options: DnssecOptions,
    log: Log,
  ) {
    this.#room = room
    this.#systems = systems.filter((system) => system.version() !== null)
    this.#plain = plain
    this.#options = options
    this.#log = log
  }

  async run(): Promise<DnssecResults> {
    const { sections, rounds } = this.#options
    for (let round = 1; round <= rounds; round++) {
      if (sections.includes('miss')) await this.#missRound(round)
      if (sections.includes('trap')) await this.#trapRound(round)
    }
    if (sections.includes('hit')) await this.#hitTurns(rounds)
    return {
      machine: describeMachine(),
      rounds,
      systems: this.#systems.map((system) => this.#infoOf(system)),
      misses: this.#misses,
      hits: this.#hits,
      traps: this.#traps,
    }
  }

  async #missRound(round: number): Promise<void> {
    for (const algorithm of Object.values(Algorithm)) {
      for (const system of this.#systems) {
        await this.#attempt(system, () => this.#missesOf(system, algorithm, round))
      }
    }
  }

  async #missesOf(system: System, algorithm: Algorithm, round: number): Promise<void> {
    const { lab, anchors } = this.#room
    const validates = system !== this.#plain
    await using running = await lab.start(system, {
      cacheMiB: CACHE_MIB,
      ...(validates && { anchors }),
    })
    for (const kind of Object.values(AnswerKind)) {
      const what = { algorithm, kind, validates }
      const measured = await measureValidated(this.#room, running, what, round)
      this.#seriesOf(system, algorithm, kind).rounds.push(measured)
      const micros = cost([measured], RCODES[kind])?.median.toFixed(1)
      this.#log(`round ${round}, ${system.name}, ${algorithm}, ${kind}: ${micros} µs`)
    }
  }

  #seriesOf({ id }: System, algorithm: Algorithm, kind: AnswerKind): Series {
    const known = this.#misses.find(
      (it) => it.system === id && it.algorithm === algorithm && it.kind === kind,
    )
    if (known !== undefined) return known
    const fresh: Series = { system: id, algorithm, kind, rounds: [] }
    this.#misses.push(fresh)
    return fresh
  }

  async #trapRound(round: number): Promise<void> {
    const { lab, anchors, loadCore } = this.#room
    await using load = new LoadGenerator(loadCore)
    for (const system of this.#systems) {
      const validates = system !== this.#plain
      await this.#attempt(system, async () => {
        await using running = await lab.start(system, {
          cacheMiB: CACHE_MIB,
          ...(validates && { anchors }),
        })
        const run = await measureTraps(this.#room, load, running, round)
        this.#traps.push(run)
        const { idle, flooded } = run
        const times = `p99 ${idle.p99.toFixed(2)} ms, flooded ${flooded.p99.toFixed(2)} ms`
        this.#log(`round ${round}, ${system.name}, traps: ${times}`)
      })
    }
  }

  async #hitTurns(rounds: number): Promise<void> {
    for (const system of this.#systems) {
      if (system.kind !== Kind.Dotward || system === this.#plain) continue
      await this.#attempt(system, async () => {
        const settings = { anchors: this.#room.anchors, cacheMiB: CACHE_MIB, turns: rounds * TURNS }
        this.#hits = await measureHitCost(this.#room, system, settings)
        const told = [this.#hits.off, this.#hits.on].map((it) => cost(it)?.median.toFixed(2))
        this.#log(`hits, validation off and on: ${told.join(' and ')} µs`)
      })
    }
  }

  async #attempt(system: System, measure: () => Promise<void>): Promise<void> {
    if (this.#faults.has(system.id)) return
    try {
      await measure()
    } catch (error) {
      const { message, cause = '' } = error as Error
      this.#faults.set(system.id, message)
      this.#log(`${system.name} is left out: ${message}\n${String(cause)}`)
    }
  }

  #infoOf(system: System): SystemInfo {
    const fault = this.#faults.get(system.id)
    const { id, name, kind } = system
    const info = { id, name, kind, version: system.version() }
    return fault === undefined ? info : { ...info, fault }
  }
}
