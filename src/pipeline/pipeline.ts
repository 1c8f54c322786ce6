// A query's way, in order, on one screen. Everything here is synchronous and allocates nothing for
// a query that the cache answers; what it cannot answer goes to the slow lane.

import type { AnswerCache } from '../cache/answer-cache.ts'
import type { SecondsClock } from '../cache/seconds.ts'
import type { AccessList } from '../guard/acl.ts'
import { copyOctets } from '../wire/copy.ts'
import { ExtendedError } from '../wire/edns.ts'
import { HEADER_LENGTH, RCODE_MASK, Rcode } from '../wire/header.ts'
import { skipPlainName } from '../wire/name.ts'
import { QueryFault, QueryScan } from '../wire/query-scan.ts'
import { QuestionKey, Variant } from '../wire/question-key.ts'
import { emptyAnswer, type Finish } from './finish.ts'
import type { LocalAnswers } from './local-answers.ts'
import { type PipelineMetrics, StaleReason } from './metrics.ts'
import { type AddressFamily, Handled, MAX_BATCH, type Query, type QueryHandler } from './query.ts'
import type { SlowLane } from './slow-lane.ts'
import { mayCover, staleError } from './stale.ts'

export interface PipelineOptions {
  readonly access: AccessList
  /** Whether a stranger gets REFUSED over UDP, or nothing. */
  readonly refuseStrangers: boolean
  readonly cache: AnswerCache
  /** Seconds past its lifetime for which an answer may be served in place of a failure. */
  readonly maxStale: number
  /** Names that are never forwarded; null when there are none. */
  readonly localAnswers: LocalAnswers | null
  /** The secret that the cache's keys are hashed with. */
  readonly secret: Uint32Array
  readonly slowLane: SlowLane
  readonly finish: Finish
  readonly seconds: SecondsClock
  readonly metrics: PipelineMetrics
}

export class Pipeline implements QueryHandler {
  readonly #access: AccessList
  readonly #refuseStrangers: boolean
  readonly #cache: AnswerCache
  readonly #maxStale: number
  readonly #localAnswers: LocalAnswers | null
  readonly #slowLane: SlowLane
  readonly #finish: Finish
  readonly #seconds: SecondsClock
  readonly #metrics: PipelineMetrics
  readonly #scan = new QueryScan()
  /** For a query that came alone, and for each of a batch. */
  readonly #loneKey: QuestionKey
  readonly #keys: readonly QuestionKey[]
  #key: QuestionKey
  /** The time of all queries of a batch. */
  #batchTime = 0

  constructor(options: PipelineOptions) {
    this.#access = options.access
    this.#refuseStrangers = options.refuseStrangers
    this.#cache = options.cache
    this.#maxStale = options.maxStale
    this.#localAnswers = options.localAnswers
    this.#slowLane = options.slowLane
    this.#finish = options.finish
    this.#seconds = options.seconds
    this.#metrics = options.metrics
    this.#loneKey = new QuestionKey(options.secret)
    this.#keys = Array.from({ length: MAX_BATCH }, () => new QuestionKey(options.secret))
    this.#key = this.#loneKey
  }

  admits(client: Uint8Array, offset: number, family: AddressFamily): boolean {
    return this.#access.allows(client, offset, family)
  }

  /** Hashes the questions of a batch, and has their cache entries fetched while others are handled. */
  foresee(bytes: Uint8Array, stride: number, lengths: Int32Array, count: number): void {
    const keys = this.#keys
    this.#batchTime = this.#seconds.seconds()
    for (let i = 0, start = 0; i < count; i++, start += stride) {
      const name = start + HEADER_LENGTH
      const end = start + lengths[i]!
      const nameEnd = skipPlainName(bytes, name, end)
      const key = keys[i]!
      if (nameEnd === -1 || nameEnd + 4 > end) key.length = 0
      else key.take(bytes, name, nameEnd - name)
    }
    this.#cache.warm(keys, count)
  }

  /** The order is a matter of security: who asks, then what is asked, then what it costs. */
  handle(query: Query): number {
    this.#metrics.received(query.transport)
    if (!this.#access.allows(query.client, query.clientOffset, query.clientFamily)) {
      return this.#deny(query)
    }
    const scan = this.#scan
    const fault = scan.scan(query.bytes, query.start, query.length)
    if (fault !== QueryFault.None) return this.#reject(query, fault)

    const key = this.#keyOf(query)
    if (!scan.hasForeignOptions) {
      const length = this.#fromCache(query)
      if (length !== 0) return length
    }
    if (this.#localAnswers !== null) {
      const length = this.#fromLocalAnswers(this.#localAnswers, query)
      if (length !== 0) return length
    }
    this.#metrics.cacheMiss()
    if (this.#slowLane.submit(query, scan, key)) return Handled.Later
    return this.#answerError(query, Rcode.ServFail, ExtendedError.NotReady)
  }

  #keyOf(query: Query): QuestionKey {
    const scan = this.#scan
    let key = this.#loneKey
    if (query.position !== -1) key = this.#keys[query.position]!
    else key.take(scan.bytes, scan.start + HEADER_LENGTH, scan.nameLength)
    key.variant =
      (scan.dnssecOk ? Variant.DnssecOk : 0) |
      (scan.checkingDisabled ? Variant.CheckingDisabled : 0)
    this.#key = key
    return key
  }

  #fromCache(query: Query): number {
    const now = query.position === -1 ? this.#seconds.seconds() : this.#batchTime
    const key = this.#key
    const length = this.#lookup(query, now, 0)
    if (length !== 0) {
      if (this.#cache.renewalDue) this.#slowLane.renew(key)
      return length
    }
    return this.#slowLane.mayHaveFailures(now) ? this.#fromFailures(query, now) : 0
  }

  /** A failure that still counts; but what was right before it is better (RFC 8767 §4). */
  #fromFailures(query: Query, now: number): number {
    const key = this.#key
    key.variant |= Variant.Failure
    const extendedError = this.#cache.extendedErrorOf(key, now)
    key.variant &= ~Variant.Failure
    if (extendedError === null) return 0
    if (this.#maxStale > 0 && mayCover(extendedError)) {
      const stale = this.#lookup(query, now, this.#maxStale)
      if (stale !== 0) {
        this.#metrics.servedStale(StaleReason.Failure)
        return stale
      }
    }
    key.variant |= Variant.Failure
    const failure = this.#lookup(query, now, 0)
    key.variant &= ~Variant.Failure
    return failure
  }

  /** @returns octets of the finished answer in the listener's memory, or 0 */
  #lookup(query: Query, now: number, maxStale: number): number {
    const { out, outStart } = query
    const scan = this.#scan
    const cache = this.#cache
    const limit = this.#finish.limit(scan, query.transport)
    const length = cache.lookup(this.#key, now, out, query.outWords, outStart, limit, maxStale)
    if (length === 0) return 0
    this.#metrics.cacheHit()
    if (length <= limit) {
      return this.#apply(query, out, outStart, length)
    }
    const cut = this.#apply(query, cache.oversize, 0, length)
    copyOctets(cache.oversize, 0, out, outStart, cut)
    return cut
  }

  #apply(query: Query, out: Uint8Array, start: number, length: number): number {
    const rcode = out[start + 3]! & RCODE_MASK
    this.#metrics.answered(rcode)
    let { extendedError } = this.#cache
    if (this.#cache.stale) extendedError = staleError(rcode)
    else if (extendedError === -1 && rcode === Rcode.ServFail)
      extendedError = ExtendedError.CachedError
    return this.#finish.apply(out, start, length, this.#scan, query.transport, rcode, extendedError)
  }

  #fromLocalAnswers(local: LocalAnswers, query: Query): number {
    const { out, outStart, transport } = query
    const scan = this.#scan
    const length = local.answer(scan, out, outStart)
    if (length === 0) return 0
    const rcode = out[outStart + 3]! & RCODE_MASK
    this.#metrics.answeredLocally()
    this.#metrics.answered(rcode)
    return this.#finish.apply(out, outStart, length, scan, transport, rcode, -1)
  }

  #deny(query: Query): number {
    this.#metrics.denied(query.transport)
    if (!this.#refuseStrangers) return Handled.Dropped
    const fault = this.#scan.scan(query.bytes, query.start, query.length)
    if (fault === QueryFault.Silent) return Handled.Dropped
    return this.#answerError(query, Rcode.Refused, ExtendedError.Prohibited)
  }

  #reject(query: Query, fault: QueryFault): number {
    this.#metrics.rejected(fault)
    switch (fault) {
      case QueryFault.Malformed:
        return this.#answerError(query, Rcode.FormErr, -1)
      case QueryFault.NotImplemented:
        return this.#answerError(query, Rcode.NotImp, ExtendedError.NotSupported)
      case QueryFault.BadVersion:
        return this.#answerError(query, Rcode.BadVers, -1)
      case QueryFault.Silent:
      case QueryFault.None:
        break
    }
    return Handled.Dropped
  }

  #answerError(query: Query, rcode: number, extendedError: number): number {
    const { out, outStart, transport } = query
    const scan = this.#scan
    this.#metrics.answered(rcode)
    const length = emptyAnswer(out, outStart, scan)
    return this.#finish.apply(out, outStart, length, scan, transport, rcode, extendedError)
  }
}
