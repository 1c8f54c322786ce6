// What a run brought, as it stands in the JSON.

import { summarise } from '../faults/results.ts'
import type { Machine } from '../measure/results.ts'
import type { AttackRecord } from './attackers.ts'
import type { ClientKind, ClientsRecord } from './clients.ts'

/** How good clients of one kind fared. Times in milliseconds, of all that were answered. */
export interface Fared {
  readonly kind: ClientKind
  readonly sent: number
  readonly lost: number
  readonly servFail: number
  readonly refused: number
  /** Answers to another question, or without the address asked for. */
  readonly wrong: number
  readonly p50: number
  readonly p99: number
  readonly worst: number
  readonly lag: number
  /** Questions that went over TCP after a truncated answer. */
  readonly cameBack: number
  /** Connections made anew. */
  readonly reconnected: number
}

/** What a flood sent, and what the system sent back to it. */
export interface FloodRecord {
  readonly queries: number
  readonly octets: number
  readonly answers: number
  readonly answerOctets: number
}

export interface MemoryRecord {
  /** Resident, in octets: right before, the most during, and some seconds after. */
  readonly before: number
  readonly peak: number
  readonly after: number
}

/** One scenario, once. */
export interface FloodRun {
  readonly scenario: string
  readonly seconds: number
  /** Null, or why it could not be run. */
  readonly failure: string | null
  readonly fared: readonly Fared[]
  readonly memory: MemoryRecord | null
  readonly cpuSeconds: number
  readonly flood: FloodRecord | null
  readonly attack: AttackRecord | null
}

export interface FloodResults {
  readonly machine: Machine
  readonly version: string
  /** Queries a second of each kind of good client. */
  readonly rate: number
  readonly runs: readonly FloodRun[]
}

export function fared(record: ClientsRecord, offsets: Float64Array): Fared {
  const { kind, lag, cameBack, reconnected } = record
  const { sent, lost, servFail, otherRcode, wrong, p50, p99, worst } = summarise(
    record,
    offsets,
    null,
  )
  const counts = { sent, lost, servFail, refused: otherRcode, wrong, cameBack, reconnected }
  return { kind, ...counts, p50, p99, worst, lag }
}
