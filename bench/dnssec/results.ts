// What a run of the benchmark of validation leaves behind: the shape of docs/dnssec-speed.json.

import type { Machine, Round, SystemInfo } from '../measure/results.ts'
import type { Algorithm } from './zones.ts'

export const AnswerKind = { Positive: 'positive', NxDomain: 'nxdomain' } as const
export type AnswerKind = (typeof AnswerKind)[keyof typeof AnswerKind]

/** RCODE of the right answers. */
export const RCODES: Readonly<Record<AnswerKind, string>> = {
  positive: 'NOERROR',
  nxdomain: 'NXDOMAIN',
}

/** Misses of one system: names that were never asked before, in one zone. */
export interface MissSeries {
  readonly system: string
  readonly algorithm: Algorithm
  readonly kind: AnswerKind
  readonly rounds: readonly Round[]
}

/** Hits with validation and without, in turns that followed each other. */
export interface HitCost {
  readonly off: readonly Round[]
  readonly on: readonly Round[]
}

/** Times from question to answer, in milliseconds. */
export interface Times {
  readonly asked: number
  readonly lost: number
  readonly p50: number
  readonly p99: number
  readonly worst: number
}

/** Hits while nothing else is asked, and while a flood asks for names whose answers are traps. */
export interface TrapRun {
  readonly system: string
  readonly round: number
  readonly idle: Times
  readonly flooded: Times
  /** Questions of the flood, and those of them that were answered at all. */
  readonly traps: { readonly asked: number; readonly answered: number }
}

export interface DnssecResults {
  readonly machine: Machine
  readonly rounds: number
  readonly systems: readonly SystemInfo[]
  readonly misses: readonly MissSeries[]
  readonly hits: HitCost | null
  readonly traps: readonly TrapRun[]
}
