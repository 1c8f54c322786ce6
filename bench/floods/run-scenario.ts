// One scenario, once: good clients ask throughout; the attack comes a while after them and ends a
// while before.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

import { steady } from '../faults/load.ts'
import type { Certificates } from '../lab/certificates.ts'
import { now } from '../lab/clock.ts'
import { searchPath } from '../lab/program.ts'
import { RunningSystem, Transport } from '../lab/system.ts'
import { Upstream } from '../lab/upstream.ts'
import { dotward } from '../peers/dotward.ts'
import { type Arena, FLOOD_PREFIX, SERVER } from './arena.ts'
import { Attackers } from './attackers.ts'
import { AFTER, BEFORE, type Flood, NAMES, type Scenario } from './catalogue.ts'
import { CLIENT_KINDS, type ClientsJob, type GoodClients } from './clients.ts'
import { fared, type FloodRecord, type FloodRun, type MemoryRecord } from './results.ts'
import { SETTINGS } from './settings.ts'

export interface Bench {
  readonly dir: string
  readonly root: string
  readonly certificates: Certificates
  readonly arena: Arena
  readonly clients: GoodClients
  /** The compiled flood.c. */
  readonly floodProgram: string
  readonly serverCore: number
  readonly loadCore: number
  /** Queries a second of each kind of good client. */
  readonly rate: number
  /** Of the attack. */
  readonly seconds: number
}

const WARM_SECONDS = 2
const LOST_AFTER = 3000
const CACHE_MIB = 64

/** Time for the clients to make their sockets, and between two looks at memory; milliseconds. */
const LEAD = 300
const LOOK = 100

export async function runScenario(bench: Bench, scenario: Scenario): Promise<FloodRun> {
  const { certificates, clients, loadCore, serverCore, rate, seconds, root } = bench
  const dir = join(bench.dir, scenario.id)
  await using upstream = await Upstream.start(join(dir, 'upstream'), certificates, loadCore)
  await using running = await RunningSystem.start(
    dotward({ root, address: '::', settings: SETTINGS }),
    {
      dir: join(dir, 'dotward'),
      upstreamPorts: [upstream.port],
      ca: certificates.ca,
      core: serverCore,
      cacheMiB: CACHE_MIB,
      certificates,
    },
  )
  const job: Omit<ClientsJob, 'offsets' | 'startAt'> = {
    kinds: CLIENT_KINDS,
    server: SERVER.v4,
    port: running.port,
    dotPort: running.portOf(Transport.Dot),
    dohPort: running.portOf(Transport.Doh),
    names: NAMES,
    timeout: LOST_AFTER,
  }
  const warming = steady(NAMES, WARM_SECONDS)
  await clients.run({ ...job, kinds: ['tcp'], offsets: warming, startAt: now() + LEAD })
  await clients.run({ ...job, offsets: steady(rate, WARM_SECONDS), startAt: now() + LEAD })

  const offsets = steady(rate, BEFORE + seconds + AFTER)
  const startAt = now() + LEAD
  const cpuBefore = running.program.cpuMicros()
  const recorded = clients.run({ ...job, offsets, startAt })
  await sleep(startAt + BEFORE * 1000 - now())
  const memory = new MemoryWatch(running)
  const [flood, attack] = await Promise.all([
    scenario.flood === undefined ? null : runFlood(bench, running, scenario.flood),
    scenario.attack === undefined ? null : runAttack(bench, job, scenario.attack),
  ])
  const records = await recorded
  return {
    scenario: scenario.id,
    seconds,
    failure: null,
    fared: records.map((record) => fared(record, offsets)),
    memory: memory.stop(),
    cpuSeconds: (running.program.cpuMicros() - cpuBefore) / 1e6,
    flood,
    attack,
  }
}

async function runFlood(
  { arena, floodProgram, loadCore, seconds }: Bench,
  running: RunningSystem,
  { sources, names }: Flood,
): Promise<FloodRecord> {
  // Below everybody else on its core: it takes what is left, which is nearly all.
  const pinned = ['taskset', '-c', String(loadCore), 'nice', '-n', '10']
  const numbers = [sources, seconds, names].map(String)
  const flood = [floodProgram, SERVER.v6, String(running.port), FLOOD_PREFIX, ...numbers]
  const [command, ...args] = [...arena.there, ...pinned, ...flood]
  const env = { ...process.env, PATH: searchPath() }
  const { stdout } = await promisify(execFile)(command!, args, { env })
  const [queries = 0, octets = 0, answers = 0, answerOctets = 0] = stdout.split(' ').map(Number)
  return { queries, octets, answers, answerOctets }
}

async function runAttack(
  { arena, loadCore, seconds }: Bench,
  { server, port, dotPort, dohPort }: Pick<ClientsJob, 'server' | 'port' | 'dotPort' | 'dohPort'>,
  { kind, connections }: NonNullable<Scenario['attack']>,
): Promise<FloodRun['attack']> {
  await using attackers = new Attackers(loadCore, arena.there)
  const where = { server, port, dotPort, dohPort }
  return await attackers.run({ attack: kind, connections, seconds, ...where })
}

/** From just before the attack until it is stopped, at the end of it all. */
class MemoryWatch {
  readonly #running: RunningSystem
  readonly #before: number
  readonly #timer: NodeJS.Timeout
  #peak: number

  constructor(running: RunningSystem) {
    this.#running = running
    this.#before = running.program.residentBytes()
    this.#peak = this.#before
    this.#timer = setInterval(() => {
      this.#peak = Math.max(this.#peak, running.program.residentBytes())
    }, LOOK)
  }

  stop(): MemoryRecord {
    clearInterval(this.#timer)
    const after = this.#running.program.residentBytes()
    return { before: this.#before, peak: Math.max(this.#peak, after), after }
  }
}
