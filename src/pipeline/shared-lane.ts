// The stage of the slow lane before the upstreams: looks whether another proxy of the fleet has the
// answer, and lets one of many proxies ask where all want to know the same.

import { Lookup, type SharedCache, type SharedKey } from '../cache/stores/shared-cache.ts'
import { type AnswerRecord, CLOCK_MARGIN } from '../cache/stores/record.ts'
import type { Clock } from '../upstream/clock.ts'
import type {
  AnswerOrigin,
  Exchange,
  UpstreamFailure,
  UpstreamQuestion,
} from '../upstream/exchange.ts'
import { AnswerFault, AnswerScan } from '../wire/answer-scan.ts'
import { widen } from '../wire/client-subnet.ts'
import { HEADER_LENGTH, MAX_MESSAGE_LENGTH, readUint32, writeUint32 } from '../wire/header.ts'
import { Variant } from '../wire/question-key.ts'
import { storedOrigin } from './provenance.ts'
import type { Resolver } from './slow-lane.ts'

export interface SharedLaneOptions {
  readonly shared: SharedCache
  readonly next: Resolver
  readonly clock: Clock
  /** Milliseconds since 1970. */
  readonly wallNow: () => number
  /** Whether questions are asked for their clients' networks, and not for one that is the same for all. */
  readonly passesSubnets: boolean
  /** Who says which answers need validation, and take nothing of others that had none; null for none. */
  readonly validates: ((question: UpstreamQuestion) => boolean) | null
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
const FIRST_LOOK = 3
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
    const { question } = exchange
    // What carries options of its own is for its client alone.
    if (question.options !== null) return this.#options.next.forward(exchange)
    const search = new Search(exchange, this.#keysOf(question))
    if (exchange.isRenewal === true) this.#claim(search)
    else this.#look(search)
  }

  /** Where an answer may be: first the one that is for this question's network, if it has one. */
  #keysOf(question: UpstreamQuestion): SharedKey[] {
    const { shared, passesSubnets } = this.#options
    const { subnet } = question
    const key = shared.keyOf(question.question, variantOf(question), subnet)
    const widened = passesSubnets && subnet !== null && subnet[2] !== 0 ? widen(subnet) : null
    if (widened === null) return [key]
    return [key, shared.keyOf(question.question, variantOf(question), widened)]
  }

  #look(search: Search): void {
    const { place } = search
    this.#options.shared.look(
      search.keys[place]!,
      (record, result) => {
        if (record !== null && this.#deliver(search, place, record)) return
        if (result === Lookup.Miss || result === Lookup.Rejected) {
          if (search.moveOn()) this.#look(search)
          else this.#claim(search)
        } else this.#ask(search)
      },
      (late) => this.#deliver(search, place, late),
    )
  }

  #claim(search: Search): void {
    const { shared, metrics, clock } = this.#options
    shared.claim(search.keys[0]!, CLAIM_TTL, (won) => {
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
    const { place } = search
    this.#options.shared.look(
      search.keys[place]!,
      (record, result) => {
        if (record !== null && this.#deliver(search, place, record)) {
          this.#options.metrics.claim(ClaimEvent.Spared)
        } else if (result === Lookup.Miss || result === Lookup.Hit) {
          if (search.moveOn()) this.#lookAgain(search)
          else this.#claim(search)
        } else this.#ask(search)
      },
      (late) => this.#deliver(search, place, late),
    )
  }

  #ask(search: Search): void {
    const { next, clock } = this.#options
    next.forward(new Asked(search.exchange, clock.now()))
  }

  /**
   * Hands a record on as an answer; false when it is none to this question, or not new enough.
   * @param place of the key in the search that it was found under
   */
  #deliver({ exchange }: Search, place: number, record: AnswerRecord): boolean {
    const { clock, wallNow, validates } = this.#options
    const origin = storedOrigin(record.validation)
    if (origin === null) return false
    const isValidated = origin.security !== null
    if (!isValidated && validates !== null && validates(exchange.question)) return false
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
    // A record does not say for how large a network it is; for the one that was asked for, it is.
    scan.subnetScope = place === 0 ? (exchange.question.subnet?.[2] ?? 0) : 0
    exchange.onAnswer(scan, record.upstream, clock.now(), origin)
    return true
  }
}

class Search {
  readonly exchange: Exchange
  readonly keys: readonly SharedKey[]
  /** Of the key that is looked for. */
  place = 0
  #pause = FIRST_LOOK / 2

  constructor(exchange: Exchange, keys: readonly SharedKey[]) {
    this.exchange = exchange
    this.keys = keys
  }

  /** Goes on to the next key; false after the last, and then the first is next. */
  moveOn(): boolean {
    this.place = this.place + 1 === this.keys.length ? 0 : this.place + 1
    return this.place !== 0
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

  onAnswer(answer: AnswerScan, upstream: string, now: number, origin?: AnswerOrigin): void {
    this.#exchange.onAnswer(answer, upstream, now, origin)
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
