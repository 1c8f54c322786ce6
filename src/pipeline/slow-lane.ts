// Queries that the cache could not answer. Equal questions under way are one: the first asks, the
// others wait for the same answer, so that a burst of clients costs the upstream one query.

import type { AnswerCache } from '../cache/answer-cache.ts'
import { Kind, pack, packFailure, type TtlBounds } from '../cache/pack.ts'
import { PackedAnswer } from '../cache/packed-answer.ts'
import type { SecondsClock } from '../cache/seconds.ts'
import { AnswerClass, AnswerKind } from '../guard/answer-kind.ts'
import { LimitReason, LimitVerdict } from '../guard/limit-verdict.ts'
import type { ResponseLimiter } from '../guard/response-limit.ts'
import type { Clock } from '../upstream/clock.ts'
import {
  type Exchange,
  FailureKind,
  FailurePhase,
  type UpstreamFailure,
} from '../upstream/exchange.ts'
import type { AnswerScan } from '../wire/answer-scan.ts'
import { copyOctets } from '../wire/copy.ts'
import { OPT_LENGTH } from '../wire/edns.ts'
import { HEADER_LENGTH, MAX_MESSAGE_LENGTH, RCODE_MASK, Rcode } from '../wire/header.ts'
import { passingOptions } from '../wire/passing-options.ts'
import type { QueryScan } from '../wire/query-scan.ts'
import { QuestionKey, Variant } from '../wire/question-key.ts'
import { type Explanation, explain, FAULT } from './explain.ts'
import { emptyAnswer, type Finish, truncatedAnswer } from './finish.ts'
import type { PipelineMetrics } from './metrics.ts'
import type { Query } from './query.ts'
import { Resolution, type ResolutionOwner, Waiter } from './resolution.ts'
import { UnderWay } from './under-way.ts'

/** Asks somebody a question: the end of the slow lane, or a stage on the way there. */
export interface Resolver {
  forward(exchange: Exchange): void
}

export interface SlowLaneOptions {
  readonly resolver: Resolver
  readonly cache: AnswerCache
  /** The secret that the cache's keys are hashed with. */
  readonly secret: Uint32Array
  /** Null where equal answers are not limited. */
  readonly responseLimits: ResponseLimiter | null
  readonly bounds: TtlBounds
  readonly finish: Finish
  readonly clock: Clock
  readonly seconds: SecondsClock
  /** The clock of limits: see `sharedMilliseconds`. */
  readonly milliseconds: () => number
  readonly metrics: PipelineMetrics
  /** Milliseconds that a client is kept waiting at the most. */
  readonly timeout: number
  /** Questions under way at the most. */
  readonly maxQuestions: number
  /** Clients that wait for one question at the most. */
  readonly maxWaiters: number
  /** Whether clients are told which upstream failed, and how. */
  readonly explain: boolean
  /** Hears of every question that stayed without an answer. */
  readonly onFailure: (failure: UpstreamFailure) => void
}

/**
 * Octets kept free behind an answer for what `Finish` appends: OPT, at most 11; a cookie, 28; an
 * extended error with its text, 206; keepalive, 6; padding to the next block, 471.
 */
const APPENDIX = 722

export class SlowLane implements ResolutionOwner {
  readonly #options: SlowLaneOptions
  readonly #underWay = new UnderWay()
  readonly #key: QuestionKey
  readonly #packed = new PackedAnswer()
  /** Where answers are cut to size that are larger than what their client takes. */
  readonly #scratch = new Uint8Array(MAX_MESSAGE_LENGTH + APPENDIX)
  readonly #answerClass = new AnswerClass()
  /** Until when a stored failure may be fresh: before any failure, nobody needs to look for one. */
  #failuresUntil = 0
  #idle: PromiseWithResolvers<void> | null = null

  constructor(options: SlowLaneOptions) {
    this.#options = options
    this.#key = new QuestionKey(options.secret)
  }

  /** Questions under way. */
  get count(): number {
    return this.#underWay.size
  }

  /** Whether this lane may have stored a failure that still counts (RFC 9520 §3.2). */
  mayHaveFailures(now: number): boolean {
    return now < this.#failuresUntil
  }

  /**
   * Takes a query over, to answer it later; false when too much is under way already.
   * @param limitsKey the client's, from `ResponseLimiter`; null when its answers are not limited
   */
  submit(query: Query, scan: QueryScan, key: QuestionKey, limitsKey: number | null): boolean {
    const { metrics, clock, resolver, timeout, maxQuestions, maxWaiters } = this.#options
    const options = scan.foreignOptions()
    const joined = options === null ? this.#underWay.find(key) : null
    if (joined === null ? this.count >= maxQuestions : joined.waiters.length >= maxWaiters) {
      metrics.overloaded()
      return false
    }
    const waiter = new Waiter(scan.keep(), query.origin.detach(query), query.transport, limitsKey)
    if (joined !== null) {
      metrics.coalesced()
      joined.waiters.push(waiter)
      return true
    }
    const now = clock.now()
    const resolution = new Resolution({
      owner: this,
      key,
      options,
      startedAt: now,
      deadline: now + timeout,
    })
    resolution.waiters.push(waiter)
    this.#underWay.add(resolution)
    try {
      resolver.forward(resolution)
    } catch (error) {
      // A fault of ours: neither its client nor later ones may wait for what never comes.
      if (!resolution.ended) this.#fail(resolution, FAULT)
      throw error
    }
    return true
  }

  /** Resolves when nothing is under way any more. */
  idle(): Promise<void> {
    if (this.count === 0) return Promise.resolve()
    this.#idle ??= Promise.withResolvers<void>()
    return this.#idle.promise
  }

  answered(resolution: Resolution, answer: AnswerScan, upstream: string, now: number): void {
    const { cache, bounds, seconds, metrics, responseLimits } = this.#options
    const packed = this.#packed
    const key = this.#keyOf(resolution)
    const kind = pack(answer, key, bounds, packed)
    if (kind === null) {
      const detail = 'the answer does not hold together'
      this.failed(resolution, {
        kind: FailureKind.Malformed,
        upstream,
        detail,
        phase: FailurePhase.Wait,
        ms: now - resolution.startedAt,
        tried: [upstream],
      })
      return
    }
    const { options } = resolution.question
    // What came with private options is for its own client alone.
    if (options === null) {
      const second = seconds.seconds()
      if (kind === Kind.Failure) this.#keepFailure(key, second)
      else cache.put(key, packed, second)
    }
    const passing = options === null ? NOTHING : optionsOf(answer)
    metrics.resolved((now - resolution.startedAt) / 1000)
    this.#end(resolution)
    const answerClass = this.#answerClass
    if (responseLimits !== null) {
      answerClass.take(packed.bytes, 0, packed.length, resolution.hash)
    }
    for (const waiter of resolution.waiters) {
      if (!this.#withheld(waiter, answerClass.kind, answerClass.detail))
        this.#reply(waiter, passing)
    }
    this.#checkIdle()
  }

  failed(resolution: Resolution, failure: UpstreamFailure): void {
    const explanation = explain(failure, this.#options.explain)
    this.#options.onFailure(failure)
    // What we could not do for want of room or time says nothing of the name.
    const ours = failure.kind === FailureKind.Overload || failure.kind === FailureKind.Shutdown
    if (!ours && resolution.question.options === null) {
      const key = this.#keyOf(resolution)
      packFailure(key, explanation.code, this.#packed)
      this.#keepFailure(key, this.#options.seconds.seconds())
    }
    this.#fail(resolution, explanation)
  }

  #fail(resolution: Resolution, explanation: Explanation): void {
    this.#end(resolution)
    for (const waiter of resolution.waiters) {
      if (!this.#withheld(waiter, AnswerKind.Error, 0)) this.#replyFailure(waiter, explanation)
    }
    this.#checkIdle()
  }

  #end(resolution: Resolution): void {
    resolution.ended = true
    this.#underWay.remove(resolution)
  }

  #keyOf(resolution: Resolution): QuestionKey {
    const { question } = resolution.question
    this.#key.take(question, 0, question.length - 4, resolution.variant)
    return this.#key
  }

  /** Keeps the packed failure beside good data, never in its place. */
  #keepFailure(key: QuestionKey, now: number): void {
    const { lifetime } = this.#packed
    key.variant |= Variant.Failure
    this.#options.cache.put(key, this.#packed, now)
    this.#failuresUntil = Math.max(this.#failuresUntil, now + lifetime)
  }

  #checkIdle(): void {
    if (this.count > 0) return
    this.#idle?.resolve()
    this.#idle = null
  }

  /** Counts the answer at hand among those equal to it, and sends TC or nothing if they are too many. */
  #withheld(waiter: Waiter, kind: AnswerKind, detail: number): boolean {
    const { responseLimits, milliseconds, metrics } = this.#options
    const { limitsKey } = waiter
    if (responseLimits === null || limitsKey === null) return false
    const verdict = responseLimits.take(limitsKey, kind, detail, milliseconds())
    if (verdict === LimitVerdict.Pass) return false
    metrics.limited(LimitReason.Responses, verdict)
    if (verdict === LimitVerdict.Truncate) this.#replyTruncated(waiter)
    else waiter.path.commit(0)
    return true
  }

  /** Sends the packed answer. @param passing EDNS options that go on with it */
  #reply(waiter: Waiter, passing: Uint8Array): void {
    const { finish, metrics } = this.#options
    const { query, path, transport } = waiter
    const { bytes, length, extendedError } = this.#packed
    const rcode = bytes[3]! & RCODE_MASK
    const limit = finish.limit(query, transport)
    const room = Math.min(limit, length + APPENDIX + passing.length)
    if (!path.reserve(room)) {
      path.commit(0)
      return
    }
    const { buffer, offset } = path
    const inPlace = length <= room
    const out = inPlace ? buffer : this.#scratch
    const start = inPlace ? offset : 0
    copyOctets(bytes, 0, out, start, length)
    const finished = finish.apply(
      out,
      start,
      length,
      query,
      transport,
      rcode,
      extendedError,
      NOTHING,
      passing,
    )
    if (!inPlace) copyOctets(out, 0, buffer, offset, finished)
    path.commit(finished)
    metrics.answered(rcode)
  }

  #replyFailure(waiter: Waiter, { code, text }: Explanation): void {
    const { query, path } = waiter
    if (!reserveEmpty(waiter)) return
    const length = emptyAnswer(path.buffer, path.offset, query)
    this.#commitEmpty(waiter, length, Rcode.ServFail, code, text)
  }

  #replyTruncated(waiter: Waiter): void {
    const { query, path } = waiter
    if (!reserveEmpty(waiter)) return
    const length = truncatedAnswer(path.buffer, path.offset, query)
    this.#commitEmpty(waiter, length, Rcode.NoError, -1, NOTHING)
  }

  #commitEmpty(
    { query, path, transport }: Waiter,
    length: number,
    rcode: number,
    extendedError: number,
    text: Uint8Array,
  ): void {
    const { finish, metrics } = this.#options
    const { buffer, offset } = path
    path.commit(finish.apply(buffer, offset, length, query, transport, rcode, extendedError, text))
    metrics.answered(rcode)
  }
}

/** Room for an answer without records; where there is none, the client is told of nothing. */
function reserveEmpty({ query, path }: Waiter): boolean {
  const reserved = path.reserve(HEADER_LENGTH + query.nameLength + 4 + APPENDIX)
  if (!reserved) path.commit(0)
  return reserved
}

const NOTHING = new Uint8Array(0)

function optionsOf({ bytes, start, optStart, optEnd }: AnswerScan): Uint8Array {
  if (optStart === -1) return NOTHING
  return passingOptions(bytes, start + optStart + OPT_LENGTH, start + optEnd) ?? NOTHING
}
