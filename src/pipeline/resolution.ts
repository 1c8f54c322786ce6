// One question under way to an upstream, and the clients that wait for its answer.

import {
  type AnswerOrigin,
  type Exchange,
  UNVALIDATED,
  type UpstreamFailure,
  type UpstreamQuestion,
} from '../upstream/exchange.ts'
import type { AnswerScan } from '../wire/answer-scan.ts'
import type { QueryScan } from '../wire/query-scan.ts'
import { type QuestionKey, Variant } from '../wire/question-key.ts'
import type { ReturnPath, Transport } from './query.ts'

/** A client that waits: its query, kept, and the way back to it. */
export class Waiter {
  readonly query: QueryScan
  readonly path: ReturnPath
  readonly transport: Transport
  /** What limits of equal answers know the client by; null when they are not for it. */
  readonly limitsKey: number | null

  constructor(query: QueryScan, path: ReturnPath, transport: Transport, limitsKey: number | null) {
    this.query = query
    this.path = path
    this.transport = transport
    this.limitsKey = limitsKey
  }
}

/** Who is told when a resolution ends. */
export interface ResolutionOwner {
  answered(
    resolution: Resolution,
    answer: AnswerScan,
    upstream: string,
    now: number,
    origin: AnswerOrigin,
  ): void
  failed(resolution: Resolution, failure: UpstreamFailure): void
}

export interface ResolutionOptions {
  readonly owner: ResolutionOwner
  readonly key: QuestionKey
  /** EDNS options that go with it byte for byte; then no other query may join. */
  readonly options: Uint8Array | null
  /** The network that it is asked for where the key has none (RFC 7871); null for none. */
  readonly subnet: Uint8Array | null
  /** Milliseconds on the upstream's clock. */
  readonly startedAt: number
  readonly deadline: number
  readonly isRenewal: boolean
}

export class Resolution implements Exchange {
  readonly question: UpstreamQuestion
  readonly deadline: number
  readonly startedAt: number
  readonly hash: number
  /** Of the question alone, whatever network it is asked for. */
  readonly questionHash: number
  readonly variant: number
  readonly waiters: Waiter[] = []
  /** The next one under way with the same hash. */
  next: Resolution | null = null
  /** Whether its clients have their answers, or are about to. */
  ended = false
  /** Nobody asked for it but we: an answer is renewed before its life ends. */
  readonly isRenewal: boolean
  /** Clients that join now get a stale answer, if there is one: those before them have waited enough. */
  overdue = false
  /** Its place in the list of `Patience`. */
  isAwaited = false
  earlier: Resolution | null = null
  later: Resolution | null = null
  readonly #owner: ResolutionOwner

  constructor(options: ResolutionOptions) {
    const { key } = options
    this.#owner = options.owner
    this.hash = key.hash
    this.questionHash = key.questionHash
    this.variant = key.variant
    this.startedAt = options.startedAt
    this.isRenewal = options.isRenewal
    this.deadline = options.deadline
    this.question = {
      question: key.bytes.slice(0, key.length),
      dnssecOk: (key.variant & Variant.DnssecOk) !== 0,
      checkingDisabled: (key.variant & Variant.CheckingDisabled) !== 0,
      options: options.options,
      subnet: key.copySubnet() ?? options.subnet,
    }
  }

  /** Whether a query with this key may wait for this answer. */
  isFor(key: QuestionKey): boolean {
    const { question, options, subnet } = this.question
    if (options !== null || this.variant !== key.variant || question.length !== key.length) {
      return false
    }
    for (let i = 0; i < question.length; i++) if (question[i] !== key.bytes[i]) return false
    if (subnet === null || (key.variant & Variant.Subnet) === 0) return true
    for (let i = 0; i < subnet.length; i++) if (subnet[i] !== key.subnetBytes[i]) return false
    return true
  }

  // Its ways back may belong to other clients by now, so a second call must not get through.
  onAnswer(answer: AnswerScan, upstream: string, now: number, origin = UNVALIDATED): void {
    if (!this.ended) this.#owner.answered(this, answer, upstream, now, origin)
  }

  onFailure(failure: UpstreamFailure): void {
    if (!this.ended) this.#owner.failed(this, failure)
  }
}
