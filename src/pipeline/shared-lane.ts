// The stage of the slow lane before the upstreams: looks whether another proxy of the fleet has the
// answer, and lets one of many proxies ask where all want to know the same.

import { Lookup, type SharedCache, type SharedKey } from '../cache/stores/shared-cache.ts'
import { type AnswerRecord, CLOCK_MARGIN } from '../cache/stores/record.ts'
import type { Clock } from '../upstream/clock.ts'
import type { Exchange, UpstreamFailure, UpstreamQuestion } from '../upstream/exchange.ts'
import { AnswerFault, AnswerScan } from '../wire/answer-scan.ts'
import { HEADER_LENGTH, MAX_MESSAGE_LENGTH, readUint32, writeUint32 } from '../wire/header.ts'
import { Variant } from '../wire/question-key.ts'
import type { Resolver } from './slow-lane.ts'

export interface SharedLaneOptions {
  readonly shared: SharedCache
  readonly next: Resolver
  readonly clock: Clock
  /** Milliseconds since 1970. */
  readonly wallNow: () => number
  readonly metrics: SharedLaneMetrics
}

export interface SharedLaneMetrics {
  claim(event: ClaimEvent): void
}

export const ClaimEvent = {
  /** We were the first and asked. */
  Won: 'won',
  /** Somebody else asked, and we got the answer from the store. */
  Spared: 'spared',
  /** Somebody else was to ask, and we got tired of waiting. */
  GivenUp: 'given-up',
} as const
export type ClaimEvent = (typeof ClaimEvent)[keyof typeof ClaimEvent]

/** Milliseconds that a claim holds: as long as an upstream usually needs, and some. */
const CLAIM_TTL = 250

/** Milliseconds until we look whether the winner has answered, then doubled each time. */
const FIRST_LOOK = 5
const LAST_LOOK = 40

/** Milliseconds after which we ask ourselves, whatever others do. */
const MAX_WAIT = 1_000

export class SharedLane implements Resolver {
  readonly #options: SharedLaneOptions
  readonly #scan = new AnswerScan()
  readonly #message = new Uint8Array(MAX_MESSAGE_LENGTH + 1)

  constructor(options: SharedLaneOptions) {
    this.#options = options
  }

  reachable(question: Uint8Array): boolean {
    return this.#options.next.reachable(question)
  }

  forward(exchange: Exchange): void {
    const { shared, next } = this.#options
    const { question } = exchange
    // What carries options of its own is for its client alone.
    if (question.options !== null) return next.forward(exchange)
    const search = new Search(exchange, shared.keyOf(question.question, variantOf(question)))
    if (exchange.isRenewal === true) this.#claim(search)
    else this.#look(search)
  }

  #look(search: Search): void {
    this.#options.shared.look(
      search.key,
      (record, result) => {
        if (record !== null && this.#deliver(search, record)) return
        if (result === Lookup.Miss || result === Lookup.Rejected) this.#claim(search)
        else this.#ask(search)
      },
      (late) => this.#deliver(search, late),
    )
  }

  #claim(search: Search): void {
    const { shared, metrics, clock } = this.#options
    shared.claim(search.key, CLAIM_TTL, (won) => {
      if (won) {
        metrics.claim(ClaimEvent.Won)
        this.#ask(search)
      } else if (clock.now() - search.exchange.startedAt >= MAX_WAIT) {
        metrics.claim(ClaimEvent.GivenUp)
        this.#ask(search)
      } else {
        clock.startTimer(() => this.#lookAgain(search), search.nextPause())
      }
    })
  }

  #lookAgain(search: Search): void {
    this.#options.shared.look(
      search.key,
      (record, result) => {
        if (record !== null && this.#deliver(search, record)) {
          this.#options.metrics.claim(ClaimEvent.Spared)
        } else if (result === Lookup.Miss || result === Lookup.Hit) this.#claim(search)
        else this.#ask(search)
      },
      (late) => this.#deliver(search, late),
    )
  }

  #ask(search: Search): void {
    const { next, clock } = this.#options
    next.forward(new Asked(search.exchange, clock.now()))
  }

  /** Hands a record on as an answer; false when it is none to this question, or not new enough. */
  #deliver({ exchange }: Search, record: AnswerRecord): boolean {
    const { clock, wallNow } = this.#options
    const now = wallNow()
    // Who renews wants what was asked for after he decided to.
    const started = now - (clock.now() - exchange.startedAt)
    if (exchange.isRenewal === true && record.askedAt < started - CLOCK_MARGIN) return false
    const scan = this.#scan
    const { length } = record.message
    this.#message.set(record.message)
    if (scan.scan(this.#message, 0, length) !== AnswerFault.None) return false
    if (!isAnswerTo(scan, exchange.question.question)) return false
    age(scan, Math.max(0, Math.floor((now - record.askedAt) / 1000)))
    scan.scan(this.#message, 0, length)
    scan.extendedError = record.extendedError
    exchange.onAnswer(scan, record.upstream, clock.now(), true)
    return true
  }
}

class Search {
  readonly exchange: Exchange
  readonly key: SharedKey
  #pause = FIRST_LOOK / 2

  constructor(exchange: Exchange, key: SharedKey) {
    this.exchange = exchange
    this.key = key
  }

  nextPause(): number {
    this.#pause = Math.min(2 * this.#pause, LAST_LOOK)
    return this.#pause
  }
}

/** An exchange that begins now for those who measure how long an upstream takes. */
class Asked implements Exchange {
  readonly question: UpstreamQuestion
  readonly startedAt: number
  readonly deadline: number
  readonly isRenewal: boolean
  readonly #exchange: Exchange

  constructor(exchange: Exchange, startedAt: number) {
    this.#exchange = exchange
    this.question = exchange.question
    this.startedAt = startedAt
    this.deadline = exchange.deadline
    this.isRenewal = exchange.isRenewal ?? false
  }

  onAnswer(answer: AnswerScan, upstream: string, now: number): void {
    this.#exchange.onAnswer(answer, upstream, now)
  }

  onFailure(failure: UpstreamFailure): void {
    this.#exchange.onFailure(failure)
  }
}

function variantOf({ dnssecOk, checkingDisabled }: UpstreamQuestion): number {
  return (dnssecOk ? Variant.DnssecOk : 0) | (checkingDisabled ? Variant.CheckingDisabled : 0)
}

/** The record says so, but it was written by somebody else. */
function isAnswerTo({ bytes, start, questionEnd }: AnswerScan, question: Uint8Array): boolean {
  const from = questionEnd - question.length
  return from === HEADER_LENGTH && question.every((octet, i) => bytes[start + from + i] === octet)
}

function age({ bytes, start, ttlOffsets, ttlCount }: AnswerScan, seconds: number): void {
  for (let i = 0; i < ttlCount; i++) {
    const at = start + ttlOffsets[i]!
    writeUint32(bytes, at, Math.max(0, readUint32(bytes, at) - seconds))
  }
}
