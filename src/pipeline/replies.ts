// Late answers on their way back to the clients that wait for them.

import { AnswerClass, AnswerKind } from '../guard/answer-kind.ts'
import { LimitReason, LimitVerdict } from '../guard/limit-verdict.ts'
import type { ResponseLimiter } from '../guard/response-limit.ts'
import { copyOctets } from '../wire/copy.ts'
import { HEADER_LENGTH, MAX_MESSAGE_LENGTH, RCODE_MASK, Rcode } from '../wire/header.ts'
import type { Explanation } from './explain.ts'
import { emptyAnswer, type Finish, truncatedAnswer } from './finish.ts'
import type { PipelineMetrics } from './metrics.ts'
import type { Waiter } from './resolution.ts'

export interface RepliesOptions {
  readonly finish: Finish
  readonly metrics: PipelineMetrics
  /** Null where equal answers are not limited. */
  readonly responseLimits: ResponseLimiter | null
  /** The clock of limits. */
  readonly milliseconds: () => number
}

/** An answer as the cache keeps it. */
export interface HeldAnswer {
  readonly bytes: Uint8Array
  readonly length: number
  /** Info code (RFC 8914), or -1. */
  readonly extendedError: number
  /** For how large a network it is, in bits (RFC 7871); 0 for everybody. */
  readonly scope: number
}

/**
 * Octets kept free behind an answer for what `Finish` appends: OPT, at most 11; a cookie, 28; an
 * extended error with its text, 206; keepalive, 6; the client's subnet, 24; padding to the next block,
 * 471.
 */
const APPENDIX = 746

const NOTHING = new Uint8Array(0)

export class Replies {
  readonly #options: RepliesOptions
  readonly #answerClass = new AnswerClass()
  /** Where answers are cut to size that are larger than what their client takes. */
  readonly #scratch = new Uint8Array(MAX_MESSAGE_LENGTH + APPENDIX)

  constructor(options: RepliesOptions) {
    this.#options = options
  }

  /**
   * @param hash of the question
   * @param passing EDNS options of the upstream's that go on with it
   */
  send(
    waiters: readonly Waiter[],
    answer: HeldAnswer,
    hash: number,
    passing: Uint8Array = NOTHING,
  ): void {
    const answerClass = this.#answerClass
    if (this.#options.responseLimits !== null) {
      answerClass.take(answer.bytes, 0, answer.length, hash)
    }
    for (const waiter of waiters) {
      const withheld = this.#withheld(waiter, answerClass.kind, answerClass.detail)
      if (!withheld) this.#send(waiter, answer, passing)
    }
  }

  /** Sends SERVFAIL with an explanation. */
  fail(waiters: readonly Waiter[], explanation: Explanation): void {
    for (const waiter of waiters) {
      if (!this.#withheld(waiter, AnswerKind.Error, 0)) this.#fail(waiter, explanation)
    }
  }

  /** Counts the answer at hand among those equal to it, and sends TC or nothing if they are too many. */
  #withheld(waiter: Waiter, kind: AnswerKind, detail: number): boolean {
    const { responseLimits, milliseconds, metrics } = this.#options
    const { limitsKey } = waiter
    if (responseLimits === null || limitsKey === null) return false
    const verdict = responseLimits.take(limitsKey, kind, detail, milliseconds())
    if (verdict === LimitVerdict.Pass) return false
    metrics.limited(LimitReason.Responses, verdict)
    if (verdict === LimitVerdict.Truncate) this.#truncate(waiter)
    else waiter.path.commit(0)
    return true
  }

  #send(waiter: Waiter, answer: HeldAnswer, passing: Uint8Array): void {
    const { finish, metrics } = this.#options
    const { query, path, transport } = waiter
    const { bytes, length, extendedError } = answer
    if (query.subnetScope !== -1) query.subnetScope = answer.scope
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

  #fail(waiter: Waiter, { code, text }: Explanation): void {
    const { query, path } = waiter
    if (!reserveEmpty(waiter)) return
    const length = emptyAnswer(path.buffer, path.offset, query)
    this.#commitEmpty(waiter, length, Rcode.ServFail, code, text)
  }

  #truncate(waiter: Waiter): void {
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
    query.subnetScope = -1
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
