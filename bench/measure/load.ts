// Cache hits and cache misses at full load.

import { checkDoh } from '../lab/doh-probe.ts'
import type { Lab, LabLoad } from '../lab/lab.ts'
import { nameLabel } from '../lab/questions.ts'
import { type RunningSystem, Transport } from '../lab/system.ts'
import { good, type Round } from './results.ts'

const HIT_NAMES = 10_000
const HIT_OUTSTANDING = 400
const MISS_OUTSTANDING = 200

/** Of the names, so many are asked over DoH for a look at the answers; no server takes fewer at once. */
const CHECKED = 100

/** More than any system answers in a second of misses, so that no list runs out. */
const MISSES_PER_SECOND = 100_000

/**
 * Unmeasured load beforehand, in seconds, for every system: connections open, tables grow, and code
 * that is compiled while it runs is compiled. What is measured is the state of hours and days.
 */
export const WARM_UP = 5

/** For unmeasured load, in seconds: nothing is gained by waiting long for what was lost. */
const WARM_TIMEOUT = 1

/** Any name asked by one call is asked by no other. */
let lists = 0

const freshPrefix = (): string => `m${(lists++).toString(36)}z`

export async function measureHits(
  lab: Lab,
  running: RunningSystem,
  seconds: number,
  round: number,
  transport: Transport = Transport.Udp,
): Promise<Round> {
  const load = await cacheHits(lab, running, transport)
  await lab.measure(running, { ...load, timeout: WARM_TIMEOUT, seconds: WARM_UP })
  const hits = await lab.measure(running, { ...load, seconds }, round)
  if (good(hits) === 0) throw new Error(`no good answer over ${transport}`)
  return hits
}

/** Has the system cache all names that hits are asked for, and gives the load of hits. */
export async function cacheHits(
  lab: Lab,
  running: RunningSystem,
  transport: Transport = Transport.Udp,
): Promise<LabLoad> {
  const names = { prefix: 'hit', names: HIT_NAMES }
  const questions = lab.questions('hit', names)
  // Twice, since an answer that was lost the first time would be missing all along.
  const filling = { questions, timeout: WARM_TIMEOUT, passes: 2, outstanding: MISS_OUTSTANDING }
  await lab.measure(running, filling)
  const load = { transport, outstanding: HIT_OUTSTANDING }
  if (transport !== Transport.Doh) return { ...load, questions }
  const origin = `https://127.0.0.1:${running.portOf(transport)}`
  await checkDoh(
    origin,
    Array.from({ length: CHECKED }, (_, i) => nameLabel(names.prefix, i)),
  )
  return { ...load, questions: lab.questions('hit-doh', names, origin) }
}

export async function measureMisses(
  lab: Lab,
  running: RunningSystem,
  seconds: number,
  round: number,
): Promise<Round> {
  const ask = (duration: number): Promise<Round> => {
    const names = Math.ceil(duration * MISSES_PER_SECOND)
    const questions = lab.questions('miss', { prefix: freshPrefix(), names })
    const load = { questions, seconds: duration, passes: 1, outstanding: MISS_OUTSTANDING }
    return lab.measure(running, load, round)
  }
  await ask(WARM_UP)
  return ask(seconds)
}

/** Asks for each of so many names once. */
export async function fill(
  lab: Lab,
  running: RunningSystem,
  prefix: string,
  names: number,
): Promise<void> {
  const questions = lab.questions('fill', { prefix, names })
  await lab.measure(running, { questions, passes: 1, outstanding: MISS_OUTSTANDING })
}

/** Asks all names of a fill again; those that cost the upstream no query were held. */
export async function countHeld(
  lab: Lab,
  running: RunningSystem,
  prefix: string,
  names: number,
): Promise<number> {
  const questions = lab.questions('fill', { prefix, names })
  const again = await lab.measure(running, { questions, passes: 1, outstanding: MISS_OUTSTANDING })
  return names - again.lost - again.upstreamQueries
}
