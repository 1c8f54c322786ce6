// What clients who ask for what is in the cache notice while others have answers validated that are as
// much work as can be: see keytrap.ts.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { type LoadGenerator, steady } from '../faults/load.ts'
import { now } from '../lab/clock.ts'
import { Outcome } from '../lab/message.ts'
import type { RunningSystem } from '../lab/system.ts'
import { answered } from '../measure/results.ts'
import { TRAP_ZONE, TRAPS, trapLabel } from './keytrap.ts'
import type { MissRoom } from './misses.ts'
import type { Times, TrapRun } from './results.ts'

/** Of hits and of the flood, a second. */
export const HIT_RATE = 1000
export const TRAP_RATE = 1000

/** Of each of the two spans. */
export const SECONDS = 6

const NAMES = 1000
const WARM_SECONDS = 3
const OUTSTANDING = 200

/** After how many milliseconds a hit is lost. */
const LOST_AFTER = 3000

/** For the load to make its queries and sockets, and for the flood to rise; milliseconds. */
const LEAD = 400
const RISE = 500

export async function measureTraps(
  { lab, dir }: MissRoom,
  load: LoadGenerator,
  running: RunningSystem,
  round: number,
): Promise<TrapRun> {
  const hits = (seconds: number): Promise<Times> => askHits(load, running.port, seconds)
  await hits(WARM_SECONDS)
  const idle = await hits(SECONDS)
  const questions = join(dir, 'traps.questions')
  const lines = Array.from({ length: TRAPS }, (_, i) => `${trapLabel(i)}.${TRAP_ZONE} A\n`)
  writeFileSync(questions, lines.join(''))
  const seconds = SECONDS + (LEAD + 2 * RISE) / 1000
  const flood = {
    questions,
    seconds: Math.ceil(seconds),
    outstanding: OUTSTANDING,
    rate: TRAP_RATE,
  }
  const flooding = lab.measure(running, flood, round)
  await sleep(RISE)
  const flooded = await hits(SECONDS)
  const traps = await flooding
  return {
    system: running.system.id,
    round,
    idle,
    flooded,
    traps: { asked: traps.sent, answered: answered(traps) },
  }
}

async function askHits(load: LoadGenerator, port: number, seconds: number): Promise<Times> {
  const offsets = steady(HIT_RATE, seconds)
  const record = await load.run({
    ports: [port],
    offsets,
    startAt: now() + LEAD,
    prefix: '',
    names: Uint32Array.from(offsets, (_, i) => i % NAMES),
    timeout: LOST_AFTER,
  })
  const times: number[] = []
  for (let i = 0; i < offsets.length; i++) {
    if (record.outcome[i] === Outcome.Good) times.push(record.answeredAt[i]! - record.askedAt[i]!)
  }
  times.sort((a, b) => a - b)
  const quantile = (share: number): number => times[Math.floor(share * times.length)] ?? 0
  return {
    asked: offsets.length,
    lost: offsets.length - times.length,
    p50: quantile(0.5),
    p99: quantile(0.99),
    worst: times.at(-1) ?? 0,
  }
}
