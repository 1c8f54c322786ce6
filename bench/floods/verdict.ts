// What is asked of dotward under attack, and whether it was reached.

import type { Fared, FloodRun } from './results.ts'

/** Milliseconds within which 99 of 100 answers must come. */
export const P99 = 5

/** Growth of resident memory that an attack may cause, in octets. */
export const GROWTH = 200e6

/** From this lag of the clients on, in milliseconds, their times are those of the machine. */
export const REMARKABLE_LAG = 3

/** In words; none when all was reached. */
export function missedBy({ failure, fared, memory }: FloodRun): string[] {
  if (failure !== null) return [failure]
  const missed = fared.flatMap((one) => missedFor(one).map((what) => `${one.kind}: ${what}`))
  if (memory !== null && memory.peak - memory.before > GROWTH) {
    missed.push(`${((memory.peak - memory.before) / 1e6).toFixed(0)} MB more memory`)
  }
  return missed
}

export function missedFor({ p99, ...counts }: Fared): string[] {
  const missed = badness(counts)
  if (p99 > P99) missed.push(`p99 ${p99.toFixed(1)} ms`)
  return missed
}

/** What is worse than being slow, in words. */
export function badness(counts: Pick<Fared, 'lost' | 'servFail' | 'refused' | 'wrong'>): string[] {
  const { lost, servFail, refused, wrong } = counts
  const kinds = [
    [lost, 'lost'],
    [wrong, 'wrong'],
    [servFail, 'SERVFAIL'],
    [refused, 'refused'],
  ] as const
  return kinds.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`)
}
