// One question at one upstream: a step of a journey. Pooled.

import type { UpstreamQuestion } from './exchange.ts'
import type { Journey } from './journey.ts'
import { type PendingOwner, PendingQuery } from './pending-query.ts'

/** For those that lie in the pool. */
const NO_QUESTION: UpstreamQuestion = {
  question: new Uint8Array(0),
  dnssecOk: false,
  checkingDisabled: false,
  options: null,
  subnet: null,
}

/** No message has this ID. */
const NEVER_SENT = -1

/** One question at one upstream. */
export class Try extends PendingQuery {
  /** Whose it is; null when it was decided elsewhere, and its answer only shows how fast it was. */
  journey: Journey | null = null
  /** Index of the upstream. */
  at = 0
  askedAt = 0
  /** Whether it was sent because another was late. */
  hedge = false
  /** Whether its upstream was told already that it took too long. */
  blamed = false
  /** The try before, if that still waits. */
  older: Try | null = null

  constructor(owner: PendingOwner) {
    super(owner, NO_QUESTION)
  }

  begin(journey: Journey, question: UpstreamQuestion, at: number, now: number): void {
    this.journey = journey
    this.question = question
    this.at = at
    this.askedAt = now
    this.answeredAt = now
    this.hedge = false
    this.blamed = false
    this.id = NEVER_SENT
  }

  /** Whether it ever went out on a connection. */
  get sent(): boolean {
    return this.id !== NEVER_SENT
  }

  /** Forgets whose it was: what lies in the pool keeps nothing alive. */
  clear(): void {
    this.journey = null
    this.question = NO_QUESTION
    this.older = null
  }
}
