// The stage of the slow lane that trusts nobody: it asks upstreams for data with their signatures, and
// hands on what was proven from a trust anchor down, or proven to lie where nothing is signed
// (RFC 4035 §5). It stands under the caches: they hold what has been validated.

import type { Exchange, UpstreamFailure, UpstreamQuestion } from '../upstream/exchange.ts'
import { AnswerScan } from '../wire/answer-scan.ts'
import { readUint16 } from '../wire/header.ts'
import { RecordClass } from '../wire/record-type.ts'
import { ProvenPart } from './proven-part.ts'
import type { Resolver } from './slow-lane.ts'
import { Validation, type ValidationTools } from './validation.ts'
import { ValidationRoom } from './validation-room.ts'

export type ValidationLaneOptions = Omit<ValidationTools, 'proven' | 'scan' | 'room'>

/** Octets for answers that wait for validation: as many as questions may be under way find room. */
const MAX_HELD = 32 * 2 ** 20

/** Whether what answers a question has to be validated: who disables checking checks for himself. */
export function needsValidation({ question, checkingDisabled }: UpstreamQuestion): boolean {
  return !checkingDisabled && readUint16(question, question.length - 2) === RecordClass.IN
}

export class ValidationLane implements Resolver {
  readonly #tools: ValidationTools

  constructor(options: ValidationLaneOptions) {
    this.#tools = {
      ...options,
      proven: new ProvenPart(),
      scan: new AnswerScan(),
      room: new ValidationRoom(MAX_HELD),
    }
  }

  reachable(question: Uint8Array): boolean {
    return this.#tools.next.reachable(question)
  }

  forward(exchange: Exchange): void {
    const { next, stripping } = this.#tools
    const { question } = exchange
    if (needsValidation(question)) return next.forward(new Validation(this.#tools, exchange))
    // Who checks for himself has no more use for answers without signatures than we have.
    const strippers = question.dnssecOk && stripping !== null ? stripping.strippers : NOBODY
    next.forward(strippers.length === 0 ? exchange : new Elsewhere(exchange, strippers))
  }
}

const NOBODY: readonly string[] = []

/** An exchange that asks some upstreams only where there is nobody else. */
class Elsewhere implements Exchange {
  readonly question: UpstreamQuestion
  readonly startedAt: number
  readonly deadline: number
  readonly isRenewal: boolean
  readonly #exchange: Exchange

  constructor(exchange: Exchange, avoid: readonly string[]) {
    const { question, startedAt, deadline, isRenewal = false } = exchange
    this.question = { ...question, avoid }
    this.startedAt = startedAt
    this.deadline = deadline
    this.isRenewal = isRenewal
    this.#exchange = exchange
  }

  onAnswer(answer: AnswerScan, upstream: string, now: number): void {
    this.#exchange.onAnswer(answer, upstream, now)
  }

  onFailure(failure: UpstreamFailure): void {
    this.#exchange.onFailure(failure)
  }
}
