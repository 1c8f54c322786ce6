// One question on its way through validation: asked of the upstreams with its signatures, judged, and
// handed on as far as it was proven.

import type { ProvenRanges } from '../dnssec/aggressive/proven-ranges.ts'
import type { ClockWatch } from '../dnssec/clock-watch.ts'
import { readSigned } from '../dnssec/signed-message.ts'
import type { SignedMessage } from '../dnssec/rrset.ts'
import { type Fault, Security, type Verdict } from '../dnssec/verdict.ts'
import { isOverload } from '../dnssec/verifier.ts'
import type { Clock } from '../upstream/clock.ts'
import {
  type Exchange,
  FailureKind,
  FailurePhase,
  type UpstreamFailure,
  type UpstreamQuestion,
} from '../upstream/exchange.ts'
import { TimerEntry, type TimerWheel } from '../upstream/timer-wheel.ts'
import { AnswerFault, type AnswerScan } from '../wire/answer-scan.ts'
import { ExtendedError } from '../wire/edns.ts'
import { Rcode } from '../wire/header.ts'
import type { ProvenPart } from './proven-part.ts'
import type { Resolver } from './slow-lane.ts'
import { mayCover } from './stale.ts'
import type { StrippingWatch } from './stripping-watch.ts'
import type { ValidationRoom } from './validation-room.ts'

/** Who judges answers: see `Validator` in src/dnssec. */
export interface Judge {
  validate(message: SignedMessage): Verdict | Promise<Verdict>
}

/** Who is asked. */
export interface Upstreams extends Resolver {
  /** Whether somebody in use could be asked who is none of these. */
  hasOther(question: Uint8Array, than: readonly string[]): boolean
}

export interface ValidationMetrics {
  /** What was found of an answer in the end. */
  validated(security: Security): void
  /** Why it is bogus: an info code (RFC 8914). */
  bogus(code: number): void
  /** An upstream's answer is bogus; another one's may not be. */
  bogusFrom(upstream: string): void
  /** A bogus answer was asked for once more, of another upstream. */
  retried(): void
}

/** What all questions share. */
export interface ValidationTools {
  readonly next: Upstreams
  readonly judge: Judge
  readonly proven: ProvenPart
  readonly stripping: StrippingWatch | null
  /** Doubts the system's clock where signatures hold at other times. */
  readonly clockWatch: Pick<ClockWatch, 'onSecure' | 'onBogus'>
  readonly wheel: TimerWheel
  readonly clock: Clock
  readonly metrics: ValidationMetrics
  /** Where answers are read again that had to wait. */
  readonly scan: AnswerScan
  readonly room: ValidationRoom
  /** Takes what was proven of more than the question; null when nobody does. */
  readonly ranges: Pick<ProvenRanges, 'learn'> | null
  /** Hears of a fault in the program. */
  readonly onFault: (error: unknown) => void
}

/** Octets of memory that each record takes while it is validated, besides those that it has. */
const RECORD_OVERHEAD = 256

/** Milliseconds below which another upstream is not worth asking. */
const MIN_RETRY_TIME = 50

const NOBODY: readonly string[] = []

const FAULT: Fault = { code: ExtendedError.Other, text: 'a fault in the proxy' }
const BROKEN: Fault = {
  code: ExtendedError.DnssecBogus,
  text: 'what was proven of the answer makes none',
}

export class Validation extends TimerEntry implements Exchange {
  question: UpstreamQuestion
  startedAt: number
  readonly deadline: number
  readonly isRenewal: boolean
  readonly #tools: ValidationTools
  readonly #exchange: Exchange
  /** Whose answers were bogus, and why the last of them was. */
  #tried: readonly string[] = NOBODY
  #fault: Fault | null = null
  #ended = false

  constructor(tools: ValidationTools, exchange: Exchange) {
    super()
    this.#tools = tools
    this.#exchange = exchange
    this.startedAt = exchange.startedAt
    this.deadline = exchange.deadline
    this.isRenewal = exchange.isRenewal ?? false
    this.question = this.#asking(NOBODY)
  }

  /** With the signatures, and whatever upstreams make of them themselves (RFC 6840 §5.9). */
  #asking(others: readonly string[]): UpstreamQuestion {
    const { question, options, subnet } = this.#exchange.question
    const strippers = this.#tools.stripping?.strippers ?? NOBODY
    return {
      question,
      dnssecOk: true,
      checkingDisabled: true,
      options,
      subnet,
      avoid: others.length === 0 ? strippers : [...strippers, ...others],
    }
  }

  onAnswer(answer: AnswerScan, upstream: string, now: number): void {
    if (this.#ended) return
    if (!mayBeSigned(answer)) {
      if (this.#fault !== null) return this.#giveUp(this.#fault)
      const bare = this.#tools.proven.nothing(answer)
      if (bare === null) return this.#onBogus(BROKEN, answer, upstream, now)
      if (speaksOfValidation(bare.extendedError)) bare.extendedError = -1
      this.#ended = true
      this.#exchange.onAnswer(bare, upstream, now)
      return
    }
    const { room, judge } = this.#tools
    const memory = memoryFor(answer)
    if (!room.take(memory)) {
      this.#fail(FailureKind.Overload, 'too many answers wait for validation', upstream)
      return
    }
    let message: SignedMessage
    let verdict: Verdict | Promise<Verdict>
    try {
      message = readSigned(answer)
      verdict = judge.validate(message)
    } catch (error) {
      room.give(memory)
      this.#onFault(error, upstream)
      return
    }
    if (verdict instanceof Promise) this.#await(verdict, message, answer, upstream)
    else {
      room.give(memory)
      this.#conclude(verdict, message, answer, upstream, now)
    }
  }

  onFailure(failure: UpstreamFailure): void {
    if (this.#ended) return
    // That nobody else answered makes the answer that there was no better.
    if (this.#fault !== null) return this.#giveUp(this.#fault)
    this.#ended = true
    this.#exchange.onFailure(failure)
  }

  /** Time is up, and the validator has not made up its mind; what it learns serves those who ask later. */
  override expire(): void {
    this.#fail(FailureKind.Timeout, 'validation took too long', '')
  }

  #await(
    verdict: Promise<Verdict>,
    message: SignedMessage,
    answer: AnswerScan,
    upstream: string,
  ): void {
    const { room, wheel, scan, clock } = this.#tools
    const { bytes, start, length } = answer
    // However soon the client gives up: until there is a verdict, the validator holds the answer.
    const memory = memoryFor(answer)
    const copy = Buffer.allocUnsafe(length)
    copy.set(bytes.subarray(start, start + length))
    wheel.schedule(this, this.deadline)
    verdict.then(
      (found) => {
        room.give(memory)
        // It was read before. Were it not to be read now, time would be up for it some day.
        if (this.#ended || scan.scan(copy, 0, length) !== AnswerFault.None) return
        wheel.cancel(this)
        this.#conclude(found, message, scan, upstream, clock.now())
      },
      (error: unknown) => {
        room.give(memory)
        wheel.cancel(this)
        this.#onFault(error, upstream)
      },
    )
  }

  #conclude(
    verdict: Verdict,
    message: SignedMessage,
    answer: AnswerScan,
    upstream: string,
    now: number,
  ): void {
    const { metrics, clockWatch } = this.#tools
    const { security, fault, ttls, isPassing = false } = verdict
    if (security === Security.Bogus) {
      const reason = clockWatch.onBogus(message, fault ?? BROKEN, now)
      this.#onBogus(reason, answer, upstream, now)
      return
    }
    if (security === Security.Secure) clockWatch.onSecure()
    let proven: AnswerScan | null
    try {
      proven = ttls === null ? answer : this.#provenPart(message, answer, ttls)
    } catch (error) {
      this.#onFault(error, upstream)
      return
    }
    if (proven === null) {
      this.#onBogus(BROKEN, answer, upstream, now)
      return
    }
    // What upstreams say of validation is what we do not believe.
    if (fault !== null) proven.extendedError = fault.code
    else if (speaksOfValidation(proven.extendedError)) proven.extendedError = -1
    metrics.validated(security)
    this.#ended = true
    this.#exchange.onAnswer(proven, upstream, now, isPassing ? PASSING : ORIGINS[security])
  }

  /** What goes on of a secure answer, and what it proves of other names is learnt. */
  #provenPart(message: SignedMessage, answer: AnswerScan, ttls: Int32Array): AnswerScan | null {
    const { proven, ranges } = this.#tools
    const isForAll = answer.subnetScope === 0
    const part = proven.take(answer, ttls)
    if (part !== null) ranges?.learn(message, ttls, isForAll)
    return part
  }

  /** Another upstream may have the data unspoilt; if not, there is no answer. */
  #onBogus(fault: Fault, answer: AnswerScan, upstream: string, now: number): void {
    const { next, metrics, stripping } = this.#tools
    // That says nothing of the answer, nor of who gave it.
    if (isOverload(fault)) return this.#fail(FailureKind.Overload, fault.text, upstream)
    if (!answer.hasDnssecRecords) stripping?.suspect(upstream, answer.rcode)
    metrics.bogusFrom(upstream)
    const isFirst = this.#tried.length === 0
    this.#tried = [...this.#tried, upstream]
    this.#fault = fault
    const { question } = this.question
    const isWorthIt = isFirst && this.deadline - now >= MIN_RETRY_TIME
    if (isWorthIt && next.hasOther(question, this.#tried)) {
      metrics.retried()
      this.startedAt = now
      this.question = this.#asking(this.#tried)
      next.forward(this)
      return
    }
    this.#giveUp(fault)
  }

  #giveUp(fault: Fault): void {
    const { metrics } = this.#tools
    metrics.validated(Security.Bogus)
    metrics.bogus(fault.code)
    const detail = `it does not validate: info code ${fault.code}`
    this.#fail(FailureKind.Bogus, detail, this.#tried.at(-1) ?? '', fault)
  }

  #onFault(error: unknown, upstream: string): void {
    this.#tools.onFault(error)
    this.#fail(FailureKind.Bogus, 'a fault in the validator', upstream, FAULT)
  }

  #fail(kind: FailureKind, detail: string, upstream: string, fault?: Fault): void {
    if (this.#ended) return
    this.#ended = true
    this.#exchange.onFailure({
      kind,
      upstream,
      detail,
      phase: FailurePhase.Wait,
      ms: this.#tools.clock.now() - this.#exchange.startedAt,
      tried: this.#tried,
      ...(fault !== undefined && { fault }),
    })
  }
}

const ORIGINS = {
  [Security.Secure]: { stored: false, security: Security.Secure },
  [Security.Insecure]: { stored: false, security: Security.Insecure },
  [Security.Indeterminate]: { stored: false, security: Security.Indeterminate },
} as const

const PASSING = { ...ORIGINS[Security.Insecure], isPassing: true } as const

/** Nothing signed comes with other codes: there is nothing to judge, and nothing to believe. */
function mayBeSigned({ rcode }: AnswerScan): boolean {
  return rcode === Rcode.NoError || rcode === Rcode.NXDomain || rcode === Rcode.YXDomain
}

/** The validator reads it into a copy of its own, and another one waits for the verdict. */
function memoryFor({ length, answerCount, authorityCount }: AnswerScan): number {
  return 2 * length + RECORD_OVERHEAD * (answerCount + authorityCount)
}

function speaksOfValidation(extendedError: number): boolean {
  return extendedError !== ExtendedError.ForgedAnswer && !mayCover(extendedError)
}
