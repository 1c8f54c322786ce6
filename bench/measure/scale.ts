// Whether a hit costs the same in a large cache: one process with few answers, one with millions,
// asked in turns over all that they hold.

import type { Lab } from '../lab/lab.ts'
import type { RunningSystem, System } from '../lab/system.ts'
import { countHeld, fill } from './load.ts'
import type { Round, Scale } from './results.ts'

const FEW = 10_000
const MANY = 5_000_000
const CACHE_MIB = 2048

/** Enough for some rounds without a repetition; scattered over all names. */
const QUESTIONS = 1_000_000
const OUTSTANDING = 400

export async function measureScale(
  lab: Lab,
  system: System,
  seconds: number,
  rounds: number,
): Promise<Scale> {
  await using small = await lab.start(system, { cacheMiB: CACHE_MIB })
  await using large = await lab.start(system, { cacheMiB: CACHE_MIB })
  await fill(lab, small, 'few', FEW)
  await countHeld(lab, small, 'few', FEW)
  await fill(lab, large, 'many', MANY)
  const held = await countHeld(lab, large, 'many', MANY)

  const few = { names: FEW, rounds: [] as Round[] }
  const many = { names: MANY, held, rounds: [] as Round[] }
  const options = { questions: QUESTIONS, scattered: true }
  const ofFew = lab.questions('few', { prefix: 'few', names: FEW, ...options })
  const ofMany = lab.questions('many', { prefix: 'many', names: MANY, ...options })
  const ask = (running: RunningSystem, questions: string, round: number): Promise<Round> =>
    lab.measure(running, { questions, seconds, outstanding: OUTSTANDING }, round)
  await ask(small, ofFew, 0)
  await ask(large, ofMany, 0)
  for (let round = 1; round <= rounds; round++) {
    few.rounds.push(await ask(small, ofFew, round))
    many.rounds.push(await ask(large, ofMany, round))
  }
  return { few, many }
}
