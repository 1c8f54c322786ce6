// What a cached answer weighs, and whether the budget holds.

import { setTimeout as sleep } from 'node:timers/promises'

import type { Lab } from '../lab/lab.ts'
import type { RunningSystem, System } from '../lab/system.ts'
import { dotward } from '../peers/dotward.ts'
import { countHeld, fill } from './load.ts'
import type { Budget, Memory } from './results.ts'

const MIB = 1024 * 1024
const NAMES = 1_000_000

/** Both many times less than the names need. */
const SMALL_MIB = 4
const LARGE_MIB = 68
const ALLOWANCE_MIB = 8

/** V8 grows its young generation by up to 100 MiB when it sees fit, which would hide the cache. */
const STEADY_HEAP = ['--max-semi-space-size=8']

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

/**
 * Puts a million answers through two caches that are too small for them. What the process needs
 * besides its cache is the same in both, so that the difference shows what the cache takes.
 */
export async function measureBudget(lab: Lab, root: string): Promise<Budget> {
  const system = dotward({ root, nodeOptions: STEADY_HEAP })
  return {
    names: NAMES,
    small: await measurePeak(lab, system, SMALL_MIB),
    large: await measurePeak(lab, system, LARGE_MIB),
    allowanceBytes: ALLOWANCE_MIB * MIB,
  }
}

async function measurePeak(lab: Lab, system: System, cacheMiB: number): Promise<Budget['small']> {
  await using running = await lab.start(system, { cacheMiB })
  const stop = new AbortController()
  const peak = watchPeak(running, stop.signal)
  await fill(lab, running, 'peak', NAMES)
  stop.abort()
  return { budgetBytes: cacheMiB * MIB, peakBytes: await peak }
}

async function watchPeak(running: RunningSystem, stop: AbortSignal): Promise<number> {
  let peak = 0
  while (!stop.aborted) {
    peak = Math.max(peak, running.program.residentBytes())
    await sleep(100)
  }
  return peak
}
