// What the main thread and a worker say to each other.

import type { CacheMemory } from '../cache/answer-cache.ts'
import type { Flush } from '../cache/stores/store.ts'
import type { Name } from '../dnssec/name.ts'
import type { SourceAnswer } from '../dnssec/source.ts'
import type { Level, LogRecord } from '../observe/log.ts'
import type { ProbeResult } from '../upstream/probe.ts'
import type { DataPlan } from './plan.ts'

/** What a worker is born with. */
export interface WorkerBirth {
  /** Its number, from 1: its row of counters, and its name in the cache's locks. */
  readonly thread: number
  readonly counters: SharedArrayBuffer
  /** Until the first commit tells another. */
  readonly logLevel: Level
}

export type ToWorker =
  /** Make everything ready for this plan, beside what is in force. Answered by prepared or failed. */
  | { readonly kind: 'prepare'; readonly plan: DataPlan; readonly cache: CacheMemory }
  /** Put what was prepared in force, and log from this level on. */
  | { readonly kind: 'commit'; readonly logLevel: Level }
  /** Drop what was prepared. */
  | { readonly kind: 'abort' }
  /** Ask every upstream; answered by probed. Milliseconds. */
  | { readonly kind: 'probe'; readonly timeout: number }
  /** Ask for the DNSKEY records of a zone; answered by keys. */
  | { readonly kind: 'keys'; readonly zone: Name }
  /** Tell all who share the store to forget names; answered by flushed. */
  | { readonly kind: 'flush'; readonly name: string; readonly subtree: boolean }
  /** Take no more queries, answer those in flight within so many milliseconds, and end. */
  | { readonly kind: 'stop'; readonly within: number }

export type WorkerAnswer =
  | { readonly kind: 'prepared' }
  | { readonly kind: 'probed'; readonly results: readonly ProbeResult[] }
  | { readonly kind: 'keys'; readonly answer: SourceAnswer }
  /** `shared` is false when there is no store. */
  | { readonly kind: 'flushed'; readonly shared: boolean }
  | { readonly kind: 'stopped'; readonly unanswered: number }
  | { readonly kind: 'failed'; readonly error: WorkerError }

/** A message with the number that its answer will carry: answers come in any order. */
export interface Request {
  readonly id: number
  readonly message: ToWorker
}

export type FromWorker =
  | { readonly id: number; readonly answer: WorkerAnswer }
  | { readonly id: null; readonly record: LogRecord }
  /** Somebody who shares the store, perhaps this process, wants names forgotten. */
  | { readonly id: null; readonly flush: Flush }
  /** The system's clock seems wrong: what to say of it. */
  | { readonly id: null; readonly clockDoubt: string }

/** An error in a form that keeps its code on the way between threads. */
export interface WorkerError {
  readonly message: string
  readonly code: string | null
  readonly address: string | null
  readonly port: number | null
}
