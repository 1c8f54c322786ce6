// One system, one fault, once.

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Certificates } from '../lab/certificates.ts'
import { RunningSystem, type System } from '../lab/system.ts'
import { Demand, type Fault, SPARSE_IDLE } from './catalogue.ts'
import { now } from '../lab/clock.ts'
import { type LoadGenerator, spaced, steady } from './load.ts'
import { type FaultRun, quantileWithin, summarise } from './results.ts'
import { Room } from './room.ts'

export interface Bench {
  readonly dir: string
  readonly certificates: Certificates
  readonly impostor: Certificates
  readonly load: LoadGenerator
  readonly proxyCore: number
  readonly loadCore: number
  /** Queries a second. */
  readonly rate: number
}

/** Milliseconds from the load's start to the fault's, and from its end to the load's. */
const BEFORE = 4000
const AFTER = 4000

const WARM_SECONDS = 1
/** Of names that are asked for again later. */
const SEEN_SECONDS = 2

/** Milliseconds from the begin of an outage until it is known. */
const KNOWN_AFTER = 1000

const LOST_AFTER = 10_000
const CACHE_MIB = 64
const IDLE_TIMEOUT = 60_000

/** Time for the load to make its queries and sockets, and for the upstreams' counts to settle. */
const LEAD = 600
const SETTLE = 300

export async function runFault(
  bench: Bench,
  fault: Fault,
  system: System,
  upstreams: number,
  round: number,
): Promise<FaultRun> {
  const id = { fault: fault.id, system: system.id, upstreams, round }
  const dir = join(bench.dir, `${fault.id}-${system.id}-${upstreams}-${round}`)
  const { certificates, impostor, load, rate, loadCore, proxyCore } = bench
  await using room = await Room.open({
    dir,
    certificates,
    impostor,
    core: loadCore,
    upstreams,
    first: fault.first,
    idleTimeout: fault.sparse ? SPARSE_IDLE : IDLE_TIMEOUT,
  })
  await using running = await RunningSystem.start(system, {
    dir: join(dir, system.id),
    upstreamPorts: room.ports,
    ca: certificates.ca,
    core: proxyCore,
    cacheMiB: CACHE_MIB,
    ...(fault.seen ? { maxTtl: 1 } : {}),
  })
  const job = { ports: [running.port], timeout: LOST_AFTER, names: null }
  const warming = steady(fault.sparse ? 1 : rate, fault.seen ? SEEN_SECONDS : WARM_SECONDS)
  await load.run({ ...job, offsets: warming, startAt: now() + LEAD, prefix: 'warm' })

  const offsets = fault.sparse
    ? spaced(SPARSE_IDLE - 100, SPARSE_IDLE + 100, fault.length)
    : steady(rate, (BEFORE + fault.length + AFTER) / 1000)
  await sleep(SETTLE)
  const before = await room.queries()
  const startAt = now() + LEAD
  const asked = fault.seen
    ? { prefix: 'warm', names: Uint32Array.from(offsets, (_, i) => i % warming.length) }
    : { prefix: 'load', names: null }
  const recorded = load.run({ ...job, offsets, startAt, ...asked })
  let backAt: number | null = null
  if (!fault.sparse) {
    await sleep(startAt + BEFORE - now())
    await fault.begin(room)
    await sleep(startAt + BEFORE + fault.length - now())
    const back = await fault.end(room)
    if (fault.demand === 'outage' && typeof back === 'number') backAt = back - startAt
  }
  const record = await recorded
  await sleep(SETTLE)
  const upstreamQueries = (await room.queries()) - before
  const summary = summarise(record, offsets, backAt)
  const result = { ...id, failure: null, ...summary, upstreamQueries, lag: record.lag }
  if (fault.demand !== Demand.Covered) return result
  const [from, to] = [BEFORE + KNOWN_AFTER, BEFORE + fault.length]
  return { ...result, known: quantileWithin(record, offsets, from, to) }
}
