// The stage of the slow lane that answers without asking (RFC 8198): what a zone has proven not to be
// there needs no question, and neither does what its wildcards stand for. It stands before the stores and
// the upstreams, for a look costs microseconds.
//
// Its answers are kept in the cache like others: who asks again is answered from there, and names that
// nobody asks for again push out but their like. They do not go into shared stores.

import type { DeductionKind } from '../dnssec/aggressive/deduction.ts'
import type { ProvenRanges } from '../dnssec/aggressive/proven-ranges.ts'
import { Security } from '../dnssec/verdict.ts'
import type { Clock } from '../upstream/clock.ts'
import type { AnswerOrigin, Exchange } from '../upstream/exchange.ts'
import type { Resolver } from './slow-lane.ts'
import { SynthesizedAnswer } from './synthesized-answer.ts'
import { needsValidation } from './validation-lane.ts'

export interface SynthesisLaneOptions {
  readonly next: Resolver
  readonly ranges: ProvenRanges
  readonly clock: Clock
  /** A number that changes whenever names are flushed: what was proven before is forgotten as well. */
  readonly flushes: () => number
  readonly metrics: SynthesisMetrics
}

export interface SynthesisMetrics {
  /** A question was answered by what was proven before. */
  synthesized(kind: DeductionKind): void
}

const ORIGIN: AnswerOrigin = { stored: false, synthesized: true, security: Security.Secure }

export class SynthesisLane implements Resolver {
  readonly #options: SynthesisLaneOptions
  readonly #answer = new SynthesizedAnswer()

  constructor(options: SynthesisLaneOptions) {
    this.#options = options
  }

  reachable(question: Uint8Array): boolean {
    return this.#options.next.reachable(question)
  }

  forward(exchange: Exchange): void {
    if (!this.#settles(exchange)) this.#options.next.forward(exchange)
  }

  #settles(exchange: Exchange): boolean {
    const { question, isRenewal } = exchange
    // What is to be renewed is asked for, and renews what is known here. What carries options of its
    // own is for its client alone.
    if (isRenewal === true || question.options !== null || !needsValidation(question)) return false
    const { ranges, flushes, clock, metrics } = this.#options
    ranges.clearSince(flushes())
    const synthesis = ranges.synthesize(question.question)
    const scan = synthesis && this.#answer.write(question, synthesis)
    if (scan === null) return false
    metrics.synthesized(synthesis!.kind)
    exchange.onAnswer(scan, '', clock.now(), ORIGIN)
    return true
  }
}
