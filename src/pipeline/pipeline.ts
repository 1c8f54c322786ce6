// A query's way, in order, on one screen. Everything here is synchronous and allocates nothing for
// a query that the cache answers; what it cannot answer goes to the slow lane.

import type { AnswerCache } from '../cache/answer-cache.ts'
import type { SecondsClock } from '../cache/seconds.ts'
import type { AccessList } from '../guard/acl.ts'
import { AnswerClass } from '../guard/answer-kind.ts'
import { COOKIE_LENGTH, CookieState } from '../guard/cookies.ts'
import { LimitReason, LimitVerdict } from '../guard/limit-verdict.ts'
import type { QueryLimiter } from '../guard/rate-limit.ts'
import type { ResponseLimiter } from '../guard/response-limit.ts'
import { Trait } from '../guard/traits.ts'
import { copyOctets } from '../wire/copy.ts'
import { ExtendedError, OPT_LENGTH } from '../wire/edns.ts'
import { HEADER_LENGTH, RCODE_MASK, Rcode } from '../wire/header.ts'
import { skipPlainName } from '../wire/name.ts'
import { QueryFault, QueryScan } from '../wire/query-scan.ts'
import { QuestionKey, Variant } from '../wire/question-key.ts'
import { RecordType } from '../wire/record-type.ts'
import { anyAnswer } from './any-answer.ts'
import type { CookieStage } from './cookie-stage.ts'
import { type DnssecMode, maskOf, viewOf } from './dnssec-mode.ts'
import { TOO_MANY } from './explain.ts'
import { emptyAnswer, type Finish, truncatedAnswer } from './finish.ts'
import { KeptReason } from './kept-reason.ts'
import type { LocalAnswers } from './local-answers.ts'
import { type PipelineMetrics, StaleReason } from './metrics.ts'
import {
  type AddressFamily,
  type Batch,
  Handled,
  MAX_BATCH,
  type Query,
  type QueryHandler,
  Transport,
} from './query.ts'
import type { SlowLane } from './slow-lane.ts'
import { mayCover, staleError } from './stale.ts'
import type { SubnetStage } from './subnet-stage.ts'

/** Stages that are null are switched off, at the price of one comparison. */
export interface PipelineOptions {
  readonly access: AccessList
  /** Whether a stranger gets REFUSED over UDP, or nothing. Over a connection it always does. */
  readonly refuseStrangers: boolean
  readonly cookies: CookieStage | null
  readonly queryLimits: QueryLimiter | null
  readonly responseLimits: ResponseLimiter | null
  /** Whether type ANY is answered here, with as little as may be (RFC 8482). */
  readonly minimalAny: boolean
  readonly dnssec: DnssecMode
  readonly cache: AnswerCache
  /** Seconds past its lifetime for which an answer may be served in place of a failure. */
  readonly maxStale: number
  /** Names that are never forwarded; null when there are none. */
  readonly localAnswers: LocalAnswers | null
  /** Null where what clients tell of their networks goes nowhere. */
  readonly subnets: SubnetStage | null
  /** The secret that the cache's keys are hashed with. */
  readonly secret: Uint32Array
  readonly slowLane: SlowLane
  readonly finish: Finish
  readonly seconds: SecondsClock
  /** The clock of limits: see `sharedMilliseconds`. */
  readonly milliseconds: () => number
  readonly metrics: PipelineMetrics
}

const NOTHING = new Uint8Array(0)

/** What a stage gives that has no answer: the next one is asked. Distinct from all of `Handled`. */
const UNANSWERED = -2

/** In the place of what limits know a client by; one in 2^32 that is known by this is not foreseen. */
const NOT_FORESEEN = 0

export class Pipeline implements QueryHandler {
  readonly #access: AccessList
  readonly #refuseStrangers: boolean
  readonly #cookies: CookieStage | null
  readonly #queryLimits: QueryLimiter | null
  readonly #responseLimits: ResponseLimiter | null
  readonly #minimalAny: boolean
  /** What of a client's variant counts, and what is added to it. */
  readonly #variantMask: number
  readonly #view: number
  readonly #cache: AnswerCache
  readonly #maxStale: number
  readonly #localAnswers: LocalAnswers | null
  readonly #subnets: SubnetStage | null
  readonly #slowLane: SlowLane
  readonly #finish: Finish
  readonly #seconds: SecondsClock
  readonly #milliseconds: () => number
  readonly #metrics: PipelineMetrics
  readonly #scan = new QueryScan()
  readonly #answerClass = new AnswerClass()
  readonly #reason = new KeptReason()
  /** For a query that came alone, and for each of a batch. */
  readonly #loneKey: QuestionKey
  readonly #keys: readonly QuestionKey[]
  #key: QuestionKey
  /** What limits of equal answers know the clients of a batch by. */
  readonly #limitsKeys = new Int32Array(MAX_BATCH)
  /** The time of all queries of a batch, on either clock. */
  #batchTime = 0
  #batchMilliseconds: number | null = null
  /** Whether limits of equal answers are for the query at hand. */
  #isLimited = false

  constructor(options: PipelineOptions) {
    this.#access = options.access
    this.#refuseStrangers = options.refuseStrangers
    this.#cookies = options.cookies
    this.#queryLimits = options.queryLimits
    this.#responseLimits = options.responseLimits
    this.#minimalAny = options.minimalAny
    this.#variantMask = maskOf(options.dnssec)
    this.#view = viewOf(options.dnssec)
    this.#cache = options.cache
    this.#maxStale = options.maxStale
    this.#localAnswers = options.localAnswers
    this.#subnets = options.subnets
    this.#slowLane = options.slowLane
    this.#finish = options.finish
    this.#seconds = options.seconds
    this.#milliseconds = options.milliseconds
    this.#metrics = options.metrics
    this.#loneKey = new QuestionKey(options.secret)
    this.#keys = Array.from({ length: MAX_BATCH }, () => new QuestionKey(options.secret))
    this.#key = this.#loneKey
  }

  admits(client: Uint8Array, offset: number, family: AddressFamily): boolean {
    return this.#access.allows(client, offset, family)
  }

  get admitsCertificates(): boolean {
    return this.#access.admitsAnyCertificate
  }

  /** Hashes the questions of a batch, and has all fetched that will be read to answer them. */
  foresee(batch: Batch, count: number): void {
    const { received, stride, lengths } = batch
    const keys = this.#keys
    this.#batchTime = this.#seconds.seconds()
    this.#cookies?.foresee()
    if (this.#queryLimits !== null || this.#responseLimits !== null) {
      this.#batchMilliseconds = this.#milliseconds()
    }
    for (let i = 0, start = 0; i < count; i++, start += stride) {
      const name = start + HEADER_LENGTH
      const end = start + lengths[i]!
      const nameEnd = skipPlainName(received, name, end)
      const key = keys[i]!
      if (nameEnd === -1 || nameEnd + 4 > end) key.length = 0
      else key.take(received, name, nameEnd - name)
    }
    if (this.#responseLimits !== null) this.#foreseeLimits(this.#responseLimits, batch, count)
    this.#cache.warm(keys, count)
  }

  /** Those who may have a good cookie are passed over: most of them have one. */
  #foreseeLimits(limits: ResponseLimiter, batch: Batch, count: number): void {
    const keys = this.#keys
    const clients = this.#limitsKeys
    for (let i = 0; i < count; i++) {
      const bare = HEADER_LENGTH + keys[i]!.length + OPT_LENGTH
      clients[i] =
        this.#cookies !== null && batch.lengths[i]! >= bare + COOKIE_LENGTH
          ? NOT_FORESEEN
          : limits.clientKey(batch.peers, batch.clientOffset(i), batch.clientFamily(i))
    }
    limits.warm(clients, keys, count)
  }

  /** The order is a matter of security: who asks, how much, and what; only then what it costs. */
  handle(query: Query): number {
    this.#metrics.received(query.transport)
    const traits = this.#traitsOf(query)
    if ((traits & Trait.Allowed) === 0) return this.#deny(query)
    const fault = this.#scan.scan(query.bytes, query.start, query.length)
    if (fault === QueryFault.Silent) return this.#reject(query, fault)
    const screened = this.#screen(query, fault, (traits & Trait.Exempt) !== 0)
    return screened === UNANSWERED ? this.#resolve(query) : screened
  }

  /** Cookie, limits of queries, and whether it can be asked of anybody at all. */
  #screen(query: Query, fault: QueryFault, isExempt: boolean): number {
    const scan = this.#scan
    const cookies = this.#cookies
    const cookie = cookies === null ? CookieState.None : this.#judge(cookies, query)
    const isVerified = query.transport !== Transport.Udp || scan.hasGoodCookie
    this.#isLimited = this.#responseLimits !== null && !isVerified && !isExempt
    if (this.#queryLimits !== null && !isExempt) {
      const verdict = this.#takeQuery(this.#queryLimits, query, isVerified)
      if (verdict !== LimitVerdict.Pass) {
        return fault === QueryFault.None ? this.#answerLimited(query, verdict) : Handled.Dropped
      }
    }
    if (cookie === CookieState.Malformed) return this.#reject(query, QueryFault.Malformed)
    if (fault !== QueryFault.None) {
      const asksForCookie = fault === QueryFault.CookieOnly && cookies !== null
      return asksForCookie ? this.#answerCookie(query, cookie) : this.#reject(query, fault)
    }
    if (cookies === null || isVerified || !cookies.required) return UNANSWERED
    return this.#demand(cookies, query, cookie)
  }

  #resolve(query: Query): number {
    const scan = this.#scan
    const key = this.#subnets === null ? this.#keyOf(query) : this.#keyWithin(this.#subnets, query)
    if (key === null) return this.#reject(query, QueryFault.Malformed)
    if (scan.type === RecordType.ANY && this.#minimalAny) return this.#answerAny(query)
    if (!scan.hasForeignOptions) {
      const length = this.#fromCache(query)
      if (length !== UNANSWERED) return length
    }
    const local = this.#localAnswers
    if (local !== null) {
      const length = this.#fromLocalAnswers(local, query)
      if (length !== UNANSWERED) return length
    }
    this.#metrics.cacheMiss()
    if (this.#slowLane.submit(query, scan, key, this.#lateLimitsKey(query))) return Handled.Later
    // There is no room to ask; but an answer past its time is better than none.
    const stale = scan.hasForeignOptions ? UNANSWERED : this.#staleFor(query, this.#timeOf(query))
    if (stale !== UNANSWERED) return stale
    return this.#answerError(query, Rcode.ServFail, ExtendedError.NotReady)
  }

  /** What holds for a client: by its certificate if it showed one, and by its address. */
  #traitsOf({ client, clientOffset, clientFamily, identity }: Query): number {
    const access = this.#access
    if (identity === null) return access.traits(client, clientOffset, clientFamily)
    if (identity.owner !== access) {
      const byAddress = access.traits(client, clientOffset, clientFamily)
      identity.traits = access.certificateTraits(identity.names, byAddress)
      identity.owner = access
    }
    return identity.traits
  }

  #judge(cookies: CookieStage, query: Query): CookieState {
    const state = cookies.judge(query, this.#scan)
    this.#metrics.cookie(state)
    return state
  }

  #takeQuery(limits: QueryLimiter, query: Query, isVerified: boolean): LimitVerdict {
    const { client, clientOffset, clientFamily } = query
    const verdict = limits.take(client, clientOffset, clientFamily, isVerified, this.#now(query))
    if (verdict !== LimitVerdict.Pass) this.#metrics.limited(limits.reason, verdict)
    return verdict
  }

  /**
   * Milliseconds on the clock of limits. That of a batch is kept as a field that may be null, so that
   * V8 holds one number on the heap for it and does not make another one each time that it is read.
   */
  #now(query: Query): number {
    if (query.position === -1) return this.#milliseconds()
    return this.#batchMilliseconds ?? this.#milliseconds()
  }

  #keyOf(query: Query): QuestionKey {
    const scan = this.#scan
    let key = this.#loneKey
    if (query.position !== -1) key = this.#keys[query.position]!
    else key.take(scan.bytes, scan.start + HEADER_LENGTH, scan.nameLength)
    const asked =
      (scan.dnssecOk ? Variant.DnssecOk : 0) |
      (scan.checkingDisabled ? Variant.CheckingDisabled : 0)
    key.variant = (asked & this.#variantMask) | this.#view
    this.#key = key
    return key
  }

  /** The network that the client told is part of the key; null when what it told is malformed. */
  #keyWithin(subnets: SubnetStage, query: Query): QuestionKey | null {
    const scan = this.#scan
    const key = this.#keyOf(query)
    if (!scan.hasOpt || scan.subnetLength === -1) return key
    const within = subnets.take(scan, key)
    if (within !== null) this.#key = within
    return within
  }

  #timeOf(query: Query): number {
    return query.position === -1 ? this.#seconds.seconds() : this.#batchTime
  }

  #fromCache(query: Query): number {
    const now = this.#timeOf(query)
    const key = this.#key
    const length = this.#find(query, now, 0)
    if (length !== UNANSWERED) {
      if (this.#cache.renewalDue) this.#slowLane.renew(key)
      return length
    }
    return this.#slowLane.mayHaveFailures(now) ? this.#fromFailures(query, now) : UNANSWERED
  }

  /** A failure that still counts; but what was right before it is better (RFC 8767 §4). */
  #fromFailures(query: Query, now: number): number {
    const key = this.#key
    key.variant |= Variant.Failure
    const extendedError = this.#cache.extendedErrorOf(key, now)
    key.variant &= ~Variant.Failure
    if (extendedError === null) return UNANSWERED
    if (mayCover(extendedError)) {
      const stale = this.#staleFor(query, now)
      if (stale !== UNANSWERED) return stale
    }
    key.variant |= Variant.Failure
    const failure = this.#lookup(query, key, now, 0)
    key.variant &= ~Variant.Failure
    return failure
  }

  /** What was right before, for who would get nothing better (RFC 8767 §4). */
  #staleFor(query: Query, now: number): number {
    if (this.#maxStale === 0) return UNANSWERED
    const stale = this.#find(query, now, this.#maxStale)
    if (stale !== UNANSWERED) this.#metrics.servedStale(StaleReason.Failure)
    return stale
  }

  /** Looks for an answer for the client's network, if it told one, and then for one for all. */
  #find(query: Query, now: number, maxStale: number): number {
    const key = this.#key
    const length = this.#lookup(query, key, now, maxStale)
    if (length !== UNANSWERED || !key.isLocal || this.#subnets === null) return length
    return this.#lookup(query, this.#subnets.widened(key), now, maxStale)
  }

  #lookup(query: Query, key: QuestionKey, now: number, maxStale: number): number {
    const { out, outStart, transport } = query
    const scan = this.#scan
    const cache = this.#cache
    const limit = this.#finish.limit(scan, transport)
    const found = cache.lookup(key, now, out, query.outWords, outStart, limit, maxStale)
    if (found === 0) return UNANSWERED
    this.#metrics.cacheHit()
    if ((key.variant & Variant.Subnet) !== 0) scan.subnetScope = cache.scope
    const fits = found <= limit
    const held = fits ? out : cache.oversize
    const start = fits ? outStart : 0
    const isFailure = (key.variant & Variant.Failure) !== 0
    const reason = isFailure ? this.#reason.take(held, start + found, cache.reasonLength) : NOTHING
    const length = found - reason.length
    if (this.#isLimited) {
      const verdict = this.#takeAnswer(query, held, start, length)
      if (verdict !== LimitVerdict.Pass) return this.#answerLimited(query, verdict)
    }
    const rcode = held[start + 3]! & RCODE_MASK
    this.#metrics.answered(rcode)
    let { extendedError } = cache
    if (cache.stale) extendedError = staleError(rcode)
    else if (extendedError === -1 && rcode === Rcode.ServFail) {
      extendedError = ExtendedError.CachedError
    }
    const finished = this.#finish.apply(
      held,
      start,
      length,
      scan,
      transport,
      rcode,
      extendedError,
      reason,
    )
    if (!fits) copyOctets(held, 0, out, outStart, finished)
    return finished
  }

  /** Counts an answer among those equal to it. */
  #takeAnswer(query: Query, held: Uint8Array, start: number, length: number): LimitVerdict {
    const limits = this.#responseLimits
    if (limits === null) return LimitVerdict.Pass
    const answer = this.#answerClass
    answer.take(held, start, length, this.#key.questionHash)
    const client = this.#limitsKey(limits, query)
    const verdict = limits.take(client, answer.kind, answer.detail, this.#now(query))
    if (verdict !== LimitVerdict.Pass) this.#metrics.limited(LimitReason.Responses, verdict)
    return verdict
  }

  /** What limits of equal answers know the client by, for an answer that comes later. */
  #lateLimitsKey(query: Query): number | null {
    const limits = this.#responseLimits
    return this.#isLimited && limits !== null ? this.#limitsKey(limits, query) : null
  }

  #limitsKey(
    limits: ResponseLimiter,
    { position, client, clientOffset, clientFamily }: Query,
  ): number {
    const foreseen = position === -1 ? NOT_FORESEEN : this.#limitsKeys[position]!
    if (foreseen !== NOT_FORESEEN) return foreseen
    return limits.clientKey(client, clientOffset, clientFamily)
  }

  #answerAny(query: Query): number {
    if (this.#localAnswers !== null) {
      const length = this.#fromLocalAnswers(this.#localAnswers, query)
      if (length !== UNANSWERED) return length
    }
    this.#metrics.anyAnswered()
    return this.#answer(query, anyAnswer(query.out, query.outStart, this.#scan), Rcode.NoError, -1)
  }

  #fromLocalAnswers(local: LocalAnswers, query: Query): number {
    const { out, outStart } = query
    const length = local.answer(this.#scan, out, outStart)
    if (length === 0) return UNANSWERED
    this.#metrics.answeredLocally()
    return this.#answer(query, length, out[outStart + 3]! & RCODE_MASK, -1)
  }

  #deny(query: Query): number {
    const { transport } = query
    this.#metrics.denied(transport)
    // Who came over a connection has forged no address, and would wait in vain.
    if (!this.#refuseStrangers && transport === Transport.Udp) return Handled.Dropped
    const fault = this.#scan.scan(query.bytes, query.start, query.length)
    if (fault === QueryFault.Silent) return Handled.Dropped
    this.#isLimited = this.#responseLimits !== null && transport === Transport.Udp
    return this.#answerError(query, Rcode.Refused, ExtendedError.Prohibited)
  }

  #reject(query: Query, fault: QueryFault): number {
    this.#metrics.rejected(fault)
    switch (fault) {
      case QueryFault.Malformed:
      case QueryFault.CookieOnly:
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

  /** Who asks for nothing but a cookie learns whether the one it has is good (RFC 7873 §5.4). */
  #answerCookie(query: Query, cookie: CookieState): number {
    const rcode = cookie === CookieState.Bad ? Rcode.BadCookie : Rcode.NoError
    return this.#answerError(query, rcode, -1)
  }

  /** Has a client that proved nothing come back with a cookie, or over TCP. */
  #demand(cookies: CookieStage, query: Query, cookie: CookieState): number {
    if (cookie !== CookieState.None) return this.#answerError(query, Rcode.BadCookie, -1)
    if (cookies.onMissing === LimitVerdict.Pass) return UNANSWERED
    return this.#answerLimited(query, cookies.onMissing)
  }

  #answerLimited(query: Query, verdict: LimitVerdict): number {
    const { out, outStart, transport } = query
    const scan = this.#scan
    if (verdict === LimitVerdict.Refuse) {
      return this.#answerError(query, Rcode.Refused, TOO_MANY.code, TOO_MANY.text)
    }
    if (verdict !== LimitVerdict.Truncate) return Handled.Dropped
    this.#metrics.answered(Rcode.NoError)
    const length = truncatedAnswer(out, outStart, scan)
    return this.#finish.apply(out, outStart, length, scan, transport, Rcode.NoError, -1)
  }

  #answerError(query: Query, rcode: number, extendedError: number, text?: Uint8Array): number {
    const { out, outStart } = query
    const length = emptyAnswer(out, outStart, this.#scan)
    this.#scan.subnetScope = -1
    // As far as the header holds it, for who counts answers.
    out[outStart + 3] = rcode & RCODE_MASK
    return this.#answer(query, length, rcode, extendedError, text)
  }

  /** Finishes the answer of `length` octets in the listener's memory. */
  #answer(
    query: Query,
    length: number,
    rcode: number,
    extendedError: number,
    text?: Uint8Array,
  ): number {
    const { out, outStart, transport } = query
    if (this.#isLimited) {
      const verdict = this.#takeAnswer(query, out, outStart, length)
      if (verdict !== LimitVerdict.Pass) return this.#answerLimited(query, verdict)
    }
    this.#metrics.answered(rcode)
    const scan = this.#scan
    return this.#finish.apply(out, outStart, length, scan, transport, rcode, extendedError, text)
  }
}
