// What dotward sets out to reach, and whether a run's results reach it.

import { badShare, cost, lostShare, spread, type Results, type Round } from '../measure/results.ts'
import { GUARD_STREAMS, guardRatio } from './guard.ts'

export interface Target {
  readonly what: string
  /** The most that it may be. */
  readonly limit: number
  readonly measured: number
  readonly unit: string
}

const DOTWARD = 'dotward'

const median = (rounds: readonly Round[] | undefined): number | null => cost(rounds)?.median ?? null

/** Only those that the run measured. */
export function targets(results: Results): Target[] {
  return [
    ...hitTargets(results),
    ...missTargets(results),
    ...doorTargets('DoT', results.dot),
    ...doorTargets('DoH', results.doh),
    ...idleTargets(results),
    ...guardTargets(results),
    ...memoryTargets(results),
    ...scaleTargets(results),
    ...startTargets(results),
  ]
}

export const isReached = ({ measured, limit }: Target): boolean => measured <= limit

function hitTargets({ hit = {} }: Results): Target[] {
  const mine = median(hit[DOTWARD])
  if (mine === null) return []
  const against = (id: string, name: string, limit: number): Target[] => {
    const theirs = median(hit[id])
    if (theirs === null) return []
    return [{ what: `cache hit, against ${name}`, limit, measured: mine / theirs, unit: '×' }]
  }
  return [
    ...against('echo', 'the C echo', 1.15),
    ...against('unbound', 'Unbound', 0.85),
    ...against('dnsdist', 'dnsdist as it comes', 0.85),
    ...against('dnsdist-tuned', 'dnsdist tuned', 1),
  ]
}

function missTargets({ miss = {} }: Results): Target[] {
  const rounds = miss[DOTWARD] ?? []
  const mine = median(rounds)
  const best = bestPeer(miss)
  const found: Target[] = []
  if (mine !== null && best !== null) {
    const what = 'cache miss over DoT, against the best peer'
    found.push({ what, limit: 0.5, measured: mine / best, unit: '×' })
  }
  if (rounds.length > 0) {
    const what = 'cache miss at full load, answers that are no NOERROR, and lost queries'
    const measured = (badShare(rounds) + lostShare(rounds)) * 100
    found.push({ what, limit: 0, measured, unit: '%' })
  }
  return found
}

/** The median cost of the peer that takes least. */
export function bestPeer(all: Readonly<Record<string, readonly Round[]>>): number | null {
  const medians = Object.entries(all)
    .filter(([id]) => id !== DOTWARD)
    .map(([, rounds]) => median(rounds))
    .filter((value) => value !== null)
  return medians.length === 0 ? null : Math.min(...medians)
}

function doorTargets(door: string, all: Results['dot'] = {}): Target[] {
  const mine = median(all[DOTWARD])
  const best = bestPeer(all)
  if (mine === null || best === null) return []
  const what = `cache hit over ${door}, against the best peer`
  return [{ what, limit: 0.8, measured: mine / best, unit: '×' }]
}

function idleTargets({ idle = [] }: Results): Target[] {
  return idle
    .filter(({ id }) => id === DOTWARD)
    .flatMap(({ clients, held, residentBytes }) => [
      {
        what: `resident memory with ${clients.toLocaleString('en')} idle clients over DoT`,
        limit: 300,
        measured: residentBytes / 1e6,
        unit: 'MB',
      },
      {
        what: 'idle clients that were turned away',
        limit: 0,
        measured: clients - held,
        unit: 'clients',
      },
    ])
}

function guardTargets({ guard }: Results): Target[] {
  return (guard?.streams ?? []).flatMap((stream) => {
    const ratio = guardRatio(stream)?.median
    if (ratio === undefined) return []
    const queries = `queries ${GUARD_STREAMS[stream.cookie]}`
    const what = `cache hit with all of the guard on, against off, ${queries}`
    return [{ what, limit: 1.05, measured: ratio, unit: '×' }]
  })
}

function memoryTargets({ memory = [], budget }: Results): Target[] {
  const found: Target[] = []
  const mine = memory.find((entry) => entry.id === DOTWARD)
  if (mine !== undefined && mine.held > 0) {
    const measured = mine.grownBytes / mine.held
    found.push({ what: 'memory for a cached single-A answer', limit: 250, measured, unit: 'bytes' })
  }
  if (budget !== undefined) {
    const { small, large, allowanceBytes } = budget
    const mib = 1024 * 1024
    const more = large.budgetBytes - small.budgetBytes
    found.push({
      what: `memory that ${more / mib} MiB more of cache budget take, when overfilled`,
      limit: (more + allowanceBytes) / mib,
      measured: (large.peakBytes - small.peakBytes) / mib,
      unit: 'MiB',
    })
  }
  return found
}

function scaleTargets({ scale }: Results): Target[] {
  const few = median(scale?.few.rounds)
  const many = median(scale?.many.rounds)
  if (scale === undefined || few === null || many === null) return []
  const count = scale.many.held.toLocaleString('en')
  const what = `cache hit with ${count} entries, against ${scale.few.names.toLocaleString('en')}`
  return [{ what, limit: 1.15, measured: many / few, unit: '×' }]
}

function startTargets({ start = {} }: Results): Target[] {
  const worst = spread(start[DOTWARD] ?? [])?.max
  if (worst === undefined) return []
  return [{ what: 'start to first answer, worst', limit: 1000, measured: worst, unit: 'ms' }]
}
