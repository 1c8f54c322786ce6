// The results in the order in which people read them.

import { type Fault, faults } from './catalogue.ts'
import type { FaultResults, FaultSystem } from './results.ts'
import { type Cell, cellOf } from './verdict.ts'

export const DOTWARD = 'dotward'

/** Null where it was not measured. */
export function cellAt(
  { runs }: FaultResults,
  fault: Fault,
  system: string,
  upstreams: number,
): Cell | null {
  const those = runs.filter(
    (run) => run.fault === fault.id && run.system === system && run.upstreams === upstreams,
  )
  return those.length === 0 ? null : cellOf(those, fault.demand)
}

export const measuredFaults = ({ runs }: FaultResults): Fault[] =>
  faults.filter((fault) => runs.some((run) => run.fault === fault.id))

export const measuredUpstreams = ({ runs }: FaultResults): number[] =>
  [...new Set(runs.map((run) => run.upstreams))].sort((a, b) => a - b)

/** dotward first, then as they were measured. */
export const measuredSystems = ({ systems, runs }: FaultResults): FaultSystem[] =>
  systems
    .filter((system) => runs.some((run) => run.system === system.id))
    .sort((a, b) => Number(b.id === DOTWARD) - Number(a.id === DOTWARD))
