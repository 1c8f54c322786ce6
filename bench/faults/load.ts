// What the load is told and what it brings back.

import { fileURLToPath } from 'node:url'

import { run } from '../lab/tool.ts'
import { Child } from '../lab/child.ts'

export interface LoadJob {
  /** Whom is asked, in turn. */
  readonly ports: readonly number[]
  /** When each query leaves, in milliseconds after `startAt`, in order. */
  readonly offsets: Float64Array
  /** By the clock of clock.ts. */
  readonly startAt: number
  /** Start of every name. */
  readonly prefix: string
  /** By query, the number of the name that it asks for; each query its own when null. */
  readonly names: Uint32Array | null
  /** After how many milliseconds a query without an answer is lost. */
  readonly timeout: number
}

export interface LoadRecord {
  /** Milliseconds after `startAt`; NaN for those that were lost. */
  readonly answeredAt: Float64Array
  readonly outcome: Uint8Array
  /** Milliseconds after `startAt`: up to one later than it was due, timers being what they are. */
  readonly askedAt: Float64Array
  /** By how many milliseconds the load itself was late at most. */
  readonly lag: number
}

export class LoadGenerator implements AsyncDisposable {
  readonly #child: Child

  constructor(core: number) {
    this.#child = new Child(
      fileURLToPath(import.meta.resolve('./load-process.ts')),
      core,
      realTime(),
    )
  }

  run(job: LoadJob): Promise<LoadRecord> {
    return this.#child.ask<LoadRecord>(job)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]()
  }
}

/** So many queries a second, evenly, for so many seconds. */
export function steady(rate: number, seconds: number): Float64Array {
  return Float64Array.from({ length: rate * seconds }, (_, i) => (i * 1000) / rate)
}

/** Queries whose distance goes to and fro between two bounds, for so many milliseconds. */
export function spaced(from: number, to: number, length: number): Float64Array {
  const offsets: number[] = []
  // The golden ratio's multiples fill the range evenly, the same in every run.
  for (let at = 0, i = 1; at < length; i++) {
    offsets.push(at)
    at += from + (to - from) * ((i * 0.618_034) % 1)
  }
  return Float64Array.from(offsets)
}

/** Who takes the time must not be kept waiting. Where that is not allowed, the lag tells of it. */
export function realTime(): string[] {
  const command = ['chrt', '--rr', '1']
  try {
    run(command[0]!, [...command.slice(1), 'true'])
    return command
  } catch {
    return []
  }
}
