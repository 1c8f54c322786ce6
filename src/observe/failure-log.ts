// Failures of upstreams as log lines: each kind at once when it is new, then gathered, so that an
// outage under load is told and does not flood.

import type { Logger } from './log.ts'

/** What is told of a failure; names of questions are not, since they tell who looked for what. */
export interface ReportedFailure {
  readonly upstream: string
  readonly kind: string
  readonly phase: string
  readonly ms: number
  readonly detail: string
  readonly tried: readonly string[]
}

export interface FailureLogOptions {
  readonly log: Logger
  /** Milliseconds that never go backwards. */
  readonly clock: () => number
}

/** Milliseconds between two lines about the same upstream and kind of failure. */
const INTERVAL = 5_000

/** Upstreams times kinds, with room to spare. */
const MAX_KINDS = 1_024

interface Gathered {
  saidAt: number
  since: number
}

export class FailureLog {
  readonly #log: Logger
  readonly #clock: () => number
  readonly #kinds = new Map<string, Gathered>()

  constructor(options: FailureLogOptions) {
    this.#log = options.log
    this.#clock = options.clock
  }

  report(failure: ReportedFailure): void {
    const now = this.#clock()
    const key = `${failure.upstream} ${failure.kind} ${failure.phase}`
    const known = this.#kinds.get(key)
    if (known !== undefined && now - known.saidAt < INTERVAL) {
      known.since++
      return
    }
    if (known === undefined && this.#kinds.size >= MAX_KINDS) this.#kinds.clear()
    this.#kinds.set(key, { saidAt: now, since: 0 })
    const { upstream, kind, phase, ms, detail, tried } = failure
    this.#log.warn('a question stayed without an answer', {
      upstream: upstream === '' ? 'none' : upstream,
      phase,
      kind,
      ms: Math.round(ms),
      detail,
      tried: tried.join(','),
      ...(known === undefined || known.since === 0 ? {} : { more: known.since }),
    })
  }
}
