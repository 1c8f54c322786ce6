// Misbehaviour is told from slowness by time alone: a handshake that takes a third of a second makes
// queries go elsewhere. Where this process, in which both sides run, had hardly any rest, it was that.

import { type EventLoopUtilization, performance } from 'node:perf_hooks'

/** Of the time that a run took: above it, what was late may have been late for want of a processor. */
const BUSY = 0.75

const MAX_RUNS = 6

/** Runs something again that failed while the event loop was busy. Throws what its last run threw. */
export async function unhurried(run: () => Promise<void>): Promise<void> {
  for (let runs = 1; ; runs++) {
    const before: EventLoopUtilization = performance.eventLoopUtilization()
    try {
      await run()
      return
    } catch (fault) {
      const { utilization } = performance.eventLoopUtilization(before)
      if (utilization < BUSY || runs === MAX_RUNS) throw fault
    }
  }
}
