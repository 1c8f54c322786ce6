// What a cached answer weighs, and whether the budget holds.

import { setTimeout as sleep } from 'node:timers/promises'

import type { Lab } from '../lab/lab.ts'
import type { RunningSystem, System } from '../lab/system.ts'
import { countHeld, fill } from './load.ts'
import type { Budget, Memory } from './results.ts'

const MIB = 1024 * 1024
const NAMES = 1_000_000

/** Many times less than the names need. */
const TIGHT_MIB = 64
const ALLOWANCE_MIB = 32

/** Names asked before the first weighing, so that heaps and buffers have their working size. */
const WARM_NAMES = 50_000

/** Between load and weighing, in milliseconds. */
const SETTLE = 1000

/** With a cache that holds all names: an index may be as large as the cache could make use of. */
export async function measureMemory(lab: Lab, system: System, cacheMiB: number): Promise<Memory> {
  await using running = await lab.start(system, { cacheMiB })
  await fill(lab, running, 'warm', WARM_NAMES)
  await sleep(SETTLE)
  const before = running.program.residentBytes()
  await fill(lab, running, 'mem', NAMES)
  await sleep(SETTLE)
  const grownBytes = running.program.residentBytes() - before
  const held = await countHeld(lab, running, 'mem', NAMES)
  return { id: system.id, names: NAMES, held, grownBytes }
}

/** Puts a million answers through a cache that is too small for them. */
export async function measureBudget(lab: Lab, system: System): Promise<Budget> {
  await using running = await lab.start(system, { cacheMiB: TIGHT_MIB })
  await fill(lab, running, 'warm', WARM_NAMES)
  await sleep(SETTLE)
  const before = running.program.residentBytes()
  const stop = new AbortController()
  const watched = watchPeak(running, stop.signal)
  await fill(lab, running, 'budget', NAMES)
  stop.abort()
  return {
    budgetBytes: TIGHT_MIB * MIB,
    names: NAMES,
    grownBytes: (await watched) - before,
    allowanceBytes: ALLOWANCE_MIB * MIB,
  }
}

async function watchPeak(running: RunningSystem, stop: AbortSignal): Promise<number> {
  let peak = 0
  while (!stop.aborted) {
    peak = Math.max(peak, running.program.residentBytes())
    await sleep(100)
  }
  return peak
}
