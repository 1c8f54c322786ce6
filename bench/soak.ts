// `npm run soak -- --minutes 10`: upstreams that fail one after the other and clients that come and
// go, while memory, heap, open files and handles are watched. Writes docs/soak.json and renews
// docs/faults.md.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'

import { now } from './lab/clock.ts'
import { LoadGenerator, type LoadRecord, steady } from './faults/load.ts'
import { reportFiles, writeReport } from './faults/report.ts'
import { type FaultResults, summarise } from './faults/results.ts'
import { First, Room } from './faults/room.ts'
import {
  canDropPackets,
  clearPacketFaults,
  isOutside,
  type PacketFault,
  runInSandbox,
  setPacketFault,
} from './lab/sandbox.ts'
import type { ServerPlay } from './faults/scripted.ts'
import { makeCertificates } from './lab/certificates.ts'
import { RunningSystem, type System } from './lab/system.ts'
import { moveTo } from './lab/tool.ts'
import { describeMachine } from './measure/machine.ts'
import { dotward } from './peers/dotward.ts'
import { Clients } from './soak/clients.ts'
import { soakSection } from './soak/report.ts'
import type { SoakResults } from './soak/results.ts'
import { Watch } from './soak/watch.ts'

const ROOT = join(import.meta.dirname, '..')
const DIR = join(ROOT, '.bench', 'soak')

/** Small, so that it is full long before the warm-up ends. */
const CACHE_MIB = 4

const RATE = 300
const LOST_AFTER = 10_000
const SAMPLE_EVERY = 2000

/** Milliseconds that a fault lasts, and between two of them. */
const FAULT = 1500
const PAUSE = 1500

interface SoakOptions {
  readonly minutes: number
  readonly out: string
  readonly root: string
}

/** Begins something and gives what takes it back. */
type Trouble = (room: Room) => Promise<() => unknown>

const played = (play: ServerPlay, back: ServerPlay): Trouble => {
  return async (room) => {
    await room.scripted.play(play)
    return () => room.scripted.play(back)
  }
}

const packets = (fault: PacketFault): Trouble => {
  return async (room) => {
    if (!canDropPackets()) return () => {}
    setPacketFault(room.ports.slice(1, 2), fault)
    return clearPacketFaults
  }
}

/** The first upstream plays, the second is killed, stopped and cut off, the third stays. */
const troubles: Readonly<Record<string, Trouble>> = {
  sink: played('sink', 'recovered'),
  certificate: played('impostor', 'recovered'),
  close: played('close', 'right'),
  servfail: played('servfail', 'right'),
  garbage: played('garbage', 'right'),
  kill: async (room) => {
    room.kill(1)
    return () => room.restart(1)
  },
  hang: async (room) => {
    room.signal('SIGSTOP')
    return () => room.signal('SIGCONT')
  },
  drop: packets('drop'),
  reset: packets('reset'),
}

async function main({ minutes, out, root }: SoakOptions): Promise<void> {
  rmSync(DIR, { recursive: true, force: true })
  const folder = (name: string): string => {
    mkdirSync(join(DIR, name), { recursive: true })
    return join(DIR, name)
  }
  const [proxyCore, loadCore] = [1, 0]
  moveTo(loadCore)
  const certificates = makeCertificates(folder('certificates'))
  const impostor = makeCertificates(folder('impostor'), 'other.test')
  const samples = join(DIR, 'samples.jsonl')
  const system = watched(root, samples)
  await using load = new LoadGenerator(loadCore)
  const shape = { core: loadCore, upstreams: 3, first: First.Scripted, idleTimeout: 60_000 }
  await using room = await Room.open({ dir: DIR, certificates, impostor, ...shape })
  await using running = await RunningSystem.start(system, {
    dir: join(DIR, system.id),
    upstreamPorts: room.ports,
    ca: certificates.ca,
    core: proxyCore,
    cacheMiB: CACHE_MIB,
  })
  using clients = new Clients(running.port)
  const watch = new Watch(running, samples)
  const sampling = setInterval(() => watch.take(), SAMPLE_EVERY)
  const offsets = steady(RATE, minutes * 60)
  const startAt = now() + 1000
  const job = { ports: [running.port], timeout: LOST_AFTER, prefix: 'soak', names: null }
  const recorded = load.run({ ...job, offsets, startAt })
  const end = startAt + minutes * 60_000
  const spans: Span[] = []
  while (now() < end - FAULT - PAUSE) {
    const [fault, begin] = Object.entries(troubles)[spans.length % Object.keys(troubles).length]!
    const from = now() - startAt
    const takeBack = await begin(room)
    await sleep(FAULT)
    await takeBack()
    await sleep(PAUSE)
    spans.push({ fault, from, to: now() - startAt })
  }
  const record = await recorded
  clearInterval(sampling)
  const summary = summarise(record, offsets, null)
  write(out, {
    machine: describeMachine(),
    version: system.version() ?? 'unknown',
    minutes,
    rate: RATE,
    clientConnections: clients.connections,
    faults: spans.length,
    worstDuring: worstDuring(record, offsets, spans),
    sent: summary.sent,
    lost: summary.lost,
    notGood: summary.servFail + summary.otherRcode + summary.wrong,
    worst: summary.worst,
    samples: watch.samples,
  })
}

/** A fault and the time to get over it, in milliseconds after the load's start. */
interface Span {
  readonly fault: string
  readonly from: number
  readonly to: number
}

/** The longest that an answer took to a question asked in any span of a fault. */
function worstDuring(
  { answeredAt }: LoadRecord,
  offsets: Float64Array,
  spans: readonly Span[],
): Record<string, number> {
  const worst: Record<string, number> = {}
  for (const { fault, from, to } of spans) {
    for (let i = 0; i < offsets.length; i++) {
      const took = answeredAt[i]! - offsets[i]!
      const asked = offsets[i]! >= from && offsets[i]! < to
      if (asked && took > (worst[fault] ?? 0)) worst[fault] = took
    }
  }
  return worst
}

/** dotward with the probe in each of its threads. */
function watched(root: string, samples: string): System {
  const probe = import.meta.resolve('./soak/probe.ts')
  const system = dotward({ root, nodeOptions: ['--expose-gc', `--import=${probe}`] })
  return {
    ...system,
    launch: (site) => ({ ...system.launch(site), env: { SOAK_SAMPLES: samples } }),
  }
}

function write(out: string, results: SoakResults): void {
  mkdirSync(dirname(out), { recursive: true })
  writeFileSync(out, `${JSON.stringify(results, null, 1)}\n`)
  const report = join(dirname(out), 'faults.md')
  const { json } = reportFiles(report)
  if (existsSync(json)) {
    writeReport(JSON.parse(readFileSync(json, 'utf8')) as FaultResults, report)
  }
  console.log(`${soakSection(results)}\n\nwritten: ${out}`)
}

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    out: { type: 'string', default: 'docs/soak.json' },
    root: { type: 'string', default: ROOT },
  },
})
const minutes = Number(values.minutes)
if (!(minutes > 0)) {
  console.error(`--minutes: "${values.minutes}" is no number above 0`)
  process.exitCode = 2
} else if (isOutside()) process.exitCode = await runInSandbox()
else await main({ minutes, out: values.out, root: resolve(values.root) })
