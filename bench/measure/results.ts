// What a run of the benchmark leaves behind: the shape of docs/benchmarks.json, and the arithmetic
// that the report and its verdicts share.

import type { LoadResult } from '../lab/load.ts'
import type { Kind } from '../lab/system.ts'

export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memoryGiB: number
  readonly kernel: string
  /** ISO 8601, in UTC. */
  readonly date: string
  /** Of the tools around the systems: load generator and upstream. */
  readonly tools: Readonly<Record<string, string>>
}

/** One load on one system. */
export interface Round extends LoadResult {
  readonly round: number
  /** CPU time that the system took meanwhile. */
  readonly cpuMicros: number
  /** Queries that reached the upstream meanwhile. */
  readonly upstreamQueries: number
}

export interface SystemInfo {
  readonly id: string
  readonly name: string
  readonly kind: Kind
  /** Null: not installed, thus not measured. */
  readonly version: string | null
  /** Why it could not be measured although installed. */
  readonly fault?: string
}

export interface Memory {
  readonly id: string
  /** Asked for, all distinct. */
  readonly names: number
  /** Still answered without the upstream afterwards. */
  readonly held: number
  /** Growth of resident memory from warm and nearly empty to full. */
  readonly grownBytes: number
}

/** Peaks of resident memory while many times the budget went through, with two budgets. */
export interface Budget {
  readonly names: number
  readonly small: { readonly budgetBytes: number; readonly peakBytes: number }
  readonly large: { readonly budgetBytes: number; readonly peakBytes: number }
  /** By how much two such peaks may differ for other reasons: heaps breathe. */
  readonly allowanceBytes: number
}

export interface Scale {
  readonly few: { readonly names: number; readonly rounds: readonly Round[] }
  readonly many: {
    readonly names: number
    readonly held: number
    readonly rounds: readonly Round[]
  }
}

export const CookieKind = { None: 'none', Client: 'client', Good: 'good' } as const
export type CookieKind = (typeof CookieKind)[keyof typeof CookieKind]

/** Hits with the guard and without, in interleaved rounds. */
export interface GuardStream {
  /** What every query brought: nothing, a client's cookie, or the one that the server had given. */
  readonly cookie: CookieKind
  readonly off: readonly Round[]
  readonly on: readonly Round[]
}

export interface GuardCost {
  readonly ranges: number
  readonly streams: readonly GuardStream[]
}

/** Clients that are connected over TLS and idle. */
export interface Idle {
  readonly id: string
  readonly clients: number
  /** Of them, how many were still connected when the system was weighed. */
  readonly held: number
  /** CPU time of the system for a handshake and one answer. */
  readonly handshakeMicros: number
  /** Resident memory before they came, after some load. */
  readonly freshBytes: number
  readonly residentBytes: number
}

/** What one run measured, all of it on the same day with the same programs. */
export interface Results {
  readonly machine: Machine
  readonly seconds: number
  readonly rounds: number
  readonly systems: readonly SystemInfo[]
  /** Rounds by system id. */
  readonly hit?: Readonly<Record<string, readonly Round[]>>
  readonly miss?: Readonly<Record<string, readonly Round[]>>
  readonly memory?: readonly Memory[]
  readonly budget?: Budget
  readonly scale?: Scale
  readonly dot?: Readonly<Record<string, readonly Round[]>>
  readonly doh?: Readonly<Record<string, readonly Round[]>>
  readonly guard?: GuardCost
  readonly idle?: readonly Idle[]
  /** From exec to the first right answer, in milliseconds, by system id. */
  readonly start?: Readonly<Record<string, readonly number[]>>
}

/** What stands in the JSON: runs that measured different sections, the latest first. */
export interface Report {
  readonly runs: readonly Results[]
}

/** The fields that hold what was measured. */
const MEASURED = [
  'hit',
  'miss',
  'memory',
  'budget',
  'scale',
  'dot',
  'doh',
  'idle',
  'guard',
  'start',
] as const
export type Measured = (typeof MEASURED)[number]

/** A run's results before all others; what it measured anew goes from them. */
export function addRun({ runs }: Report, fresh: Results): Report {
  const again = MEASURED.filter((field) => fresh[field] !== undefined)
  const others = runs
    .map((run) => without(run, again))
    .filter((run) => MEASURED.some((field) => run[field] !== undefined))
  return { runs: [fresh, ...others] }
}

function without(run: Results, fields: readonly Measured[]): Results {
  const gone: readonly string[] = fields
  const kept = Object.entries(run).filter(([field]) => !gone.includes(field))
  return Object.fromEntries(kept) as unknown as Results
}

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Null for no values. */
export function spread(values: readonly number[]): Spread | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const median =
    sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { median, min: sorted[0]!, max: sorted.at(-1)! }
}

export const good = (round: LoadResult): number => round.rcodes['NOERROR'] ?? 0

export const answered = (round: LoadResult): number =>
  Object.values(round.rcodes).reduce((sum, count) => sum + count, 0)

/**
 * CPU µs per good answer, over the rounds that had any.
 * @param rcode what good answers have
 */
export const cost = (rounds: readonly Round[] = [], rcode = 'NOERROR'): Spread | null =>
  spread(
    rounds.flatMap(({ rcodes, cpuMicros }) => {
      const answers = rcodes[rcode] ?? 0
      return answers > 0 ? [cpuMicros / answers] : []
    }),
  )

const total = (rounds: readonly Round[], of: (round: Round) => number): number =>
  rounds.reduce((sum, round) => sum + of(round), 0)

/** Shares of all that was sent, from 0 to 1. */
export const lostShare = (rounds: readonly Round[]): number =>
  total(rounds, (round) => round.lost) / total(rounds, (round) => round.sent)

export const badShare = (rounds: readonly Round[]): number =>
  total(rounds, (round) => answered(round) - good(round)) / total(rounds, (round) => round.sent)

/** Of the answers, how many cost the upstream a query. */
export const upstreamShare = (rounds: readonly Round[]): number =>
  total(rounds, (round) => round.upstreamQueries) / Math.max(1, total(rounds, answered))
