// What validation costs a cache hit: one dotward that validates and one that does not, asked for the same
// signed names in turns.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { System } from '../lab/system.ts'
import { good, type Round } from '../measure/results.ts'
import { WARM_UP } from '../measure/load.ts'
import { checkAuthentic, type MissRoom } from './misses.ts'
import type { HitCost } from './results.ts'
import { Algorithm, nameIn, ZONES } from './zones.ts'

const NAMES = 10_000
const OUTSTANDING = 400
const FILLING = { passes: 2, outstanding: 100, timeout: 1 }

/** Seconds of a turn. */
const TURN = 1

/** @param turns of each */
export async function measureHitCost(
  { lab, dir }: MissRoom,
  system: System,
  { anchors, cacheMiB, turns }: { anchors: string; cacheMiB: number; turns: number },
): Promise<HitCost> {
  await using on = await lab.start(system, { cacheMiB, anchors })
  await using off = await lab.start(system, { cacheMiB })
  const questions = join(dir, 'hits.questions')
  const zone = ZONES[Algorithm.Ecdsa]
  const lines = Array.from({ length: NAMES }, (_, i) => `${nameIn(i)}.${zone} A\n`)
  writeFileSync(questions, lines.join(''))
  for (const running of [off, on]) {
    await lab.measure(running, { questions, ...FILLING })
    await lab.measure(running, { questions, outstanding: OUTSTANDING, seconds: WARM_UP })
  }
  await checkAuthentic(on.port, [nameIn(0), nameIn(NAMES - 1)], zone)
  const hits: { off: Round[]; on: Round[] } = { off: [], on: [] }
  for (let turn = 1; turn <= turns; turn++) {
    // Who goes first alternates: a drift of the machine favours neither.
    for (const side of turn % 2 === 1 ? (['off', 'on'] as const) : (['on', 'off'] as const)) {
      const running = side === 'on' ? on : off
      const load = { questions, outstanding: OUTSTANDING, seconds: TURN }
      const round = await lab.measure(running, load, turn)
      if (good(round) === 0) throw new Error('no good answer')
      hits[side].push(round)
    }
  }
  return hits
}
