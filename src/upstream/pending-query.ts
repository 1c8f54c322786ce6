// One exchange on its way through upstreams and connections: pooled, and everything that would
// otherwise be a closure, a timer or a promise for each query hangs on it.

import type { AnswerScan } from '../wire/answer-scan.ts'
import type { FailureKind, UpstreamQuestion } from './exchange.ts'
import { TimerEntry } from './timer-wheel.ts'

/** Who handed a query to a pool. After one of the first two calls the pool knows it no more. */
export interface PendingOwner {
  /** The answer is sound and matches; it is valid until this returns. */
  onPendingAnswer(pending: PendingQuery, answer: AnswerScan): void
  onPendingFailure(pending: PendingQuery, kind: FailureKind, detail: string): void
  /** Its time is up. Whoever set the deadline must cancel the query at its pool. */
  onPendingExpired(pending: PendingQuery): void
}

/** The connection that a query went out on. */
interface Carrier {
  forget(pending: PendingQuery): void
}

export class PendingQuery extends TimerEntry {
  readonly owner: PendingOwner
  question: UpstreamQuestion
  /** When it was handed to the pool, in milliseconds of the clock. */
  sentAt = 0
  /** When its answer was read: whoever reports an answer sets it first. */
  answeredAt = 0

  /** Set while it is in flight. */
  connection: Carrier | null = null
  id = 0
  /** Whether its connection closed once and it went out again: that is done once. */
  resent = false

  /** Set while it waits for room. */
  queue: PendingQueue | null = null
  queueNext: PendingQuery | null = null
  queuePrevious: PendingQuery | null = null

  constructor(owner: PendingOwner, question: UpstreamQuestion) {
    super()
    this.owner = owner
    this.question = question
  }

  override expire(): void {
    this.owner.onPendingExpired(this)
  }
}

/** Queries that wait, oldest first. Any of them can leave at any time. */
export class PendingQueue {
  #head: PendingQuery | null = null
  #tail: PendingQuery | null = null
  #size = 0

  get size(): number {
    return this.#size
  }

  get head(): PendingQuery | null {
    return this.#head
  }

  push(pending: PendingQuery): void {
    pending.queue = this
    pending.queuePrevious = this.#tail
    if (this.#tail === null) this.#head = pending
    else this.#tail.queueNext = pending
    this.#tail = pending
    this.#size++
  }

  /** The query must wait in this queue. */
  remove(pending: PendingQuery): void {
    const { queueNext: next, queuePrevious: previous } = pending
    if (previous === null) this.#head = next
    else previous.queueNext = next
    if (next === null) this.#tail = previous
    else next.queuePrevious = previous
    pending.queue = null
    pending.queueNext = null
    pending.queuePrevious = null
    this.#size--
  }

  shift(): PendingQuery | null {
    const head = this.#head
    if (head !== null) this.remove(head)
    return head
  }
}
