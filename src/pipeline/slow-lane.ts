// Queries that the cache could not answer. Equal questions under way are one: the first asks, the
// others wait for the same answer, so that a burst of clients costs the upstream one query.

import type { AnswerCache } from '../cache/answer-cache.ts'
import { Provenance } from '../cache/layout.ts'
import { Kind, pack, packFailure, type TtlBounds } from '../cache/pack.ts'
import { PackedAnswer } from '../cache/packed-answer.ts'
import type { SecondsClock } from '../cache/seconds.ts'
import type { ResponseLimiter } from '../guard/response-limit.ts'
import type { Clock } from '../upstream/clock.ts'
import { Security } from '../dnssec/verdict.ts'
import {
  type AnswerOrigin,
  type Exchange,
  FailureKind,
  FailurePhase,
  type UpstreamFailure,
} from '../upstream/exchange.ts'
import type { AnswerScan } from '../wire/answer-scan.ts'
import { OPT_LENGTH } from '../wire/edns.ts'
import { Flag, readUint16, writeUint16 } from '../wire/header.ts'
import { passingOptions } from '../wire/passing-options.ts'
import type { QueryScan } from '../wire/query-scan.ts'
import { QuestionKey, Variant } from '../wire/question-key.ts'
import type { DnssecMode } from './dnssec-mode.ts'
import { type Explanation, explain, FAULT } from './explain.ts'
import type { Finish } from './finish.ts'
import { type PipelineMetrics, RenewalEvent, StaleReason, SubnetEvent } from './metrics.ts'
import { Patience } from './patience.ts'
import { BOGUS_PROVENANCE, provenanceOf } from './provenance.ts'
import { Replies } from './replies.ts'
import type { Query } from './query.ts'
import { Resolution, type ResolutionOwner, Waiter } from './resolution.ts'
import { mayCover, StaleAnswer, type StaleOptions } from './stale.ts'
import { UnderWay } from './under-way.ts'

/** Asks somebody a question: the end of the slow lane, or a stage on the way there. */
export interface Resolver {
  forward(exchange: Exchange): void
  /** False when all who could be asked are known to be out of use. @param question its section */
  reachable(question: Uint8Array): boolean
}

/** Keeps answers beyond this process. */
export interface AnswerKeeper {
  /**
   * @param question its section; `packed` must be copied before this returns
   * @param subnet the network that the answer is for, see `QuestionKey.copySubnet`; null for none
   */
  keep(
    question: Uint8Array,
    variant: number,
    packed: PackedAnswer,
    upstream: string,
    subnet: Uint8Array | null,
  ): void
}

export interface SlowLaneOptions {
  readonly resolver: Resolver
  readonly cache: AnswerCache
  /** Takes answers for the other proxies of a fleet; null when there are none. */
  readonly shared: AnswerKeeper | null
  readonly dnssec: DnssecMode
  /** By the slots that entries know them by; others are not known afterwards. */
  readonly upstreamNames: readonly string[]
  /** The secret that the cache's keys are hashed with. */
  readonly secret: Uint32Array
  /** Null where equal answers are not limited. */
  readonly responseLimits: ResponseLimiter | null
  readonly bounds: TtlBounds
  /**
   * The network that questions are asked for whose client's own does not go upstream, as the data of
   * the option (RFC 7871 §6); null for none.
   */
  readonly subnet: Uint8Array | null
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
  /** Answers renewed at a time at the most. */
  readonly maxRenewals: number
  /** Null when no stale answer is ever served. */
  readonly stale: StaleOptions | null
  /** Whether clients are told which upstream failed, and how. */
  readonly explain: boolean
  /** Hears of every question that stayed without an answer. */
  readonly onFailure: (failure: UpstreamFailure) => void
}

/** Milliseconds between two looks through all who wait. */
const COVER_INTERVAL = 5

export class SlowLane implements ResolutionOwner {
  readonly #options: SlowLaneOptions
  readonly #underWay = new UnderWay()
  readonly #key: QuestionKey
  readonly #widened: QuestionKey
  readonly #packed = new PackedAnswer()
  readonly #replies: Replies
  /** Until when a stored failure may be fresh: before any failure, nobody needs to look for one. */
  #failuresUntil = 0
  readonly #stale: StaleAnswer | null
  readonly #patience: Patience | null
  /** What has lived for a while already, or is signed for a time, is not made to live longer. */
  readonly #storedBounds: TtlBounds
  #coveredAt = -Infinity
  #keeps = true
  #renewals = 0
  #idle: PromiseWithResolvers<void> | null = null

  constructor(options: SlowLaneOptions) {
    const { stale, cache, clock } = options
    this.#options = options
    this.#replies = new Replies(options)
    this.#key = new QuestionKey(options.secret)
    this.#widened = new QuestionKey(options.secret)
    this.#storedBounds = { ...options.bounds, minTtl: 0 }
    this.#stale =
      stale === null
        ? null
        : new StaleAnswer({ cache, maxAge: stale.maxAge, secret: options.secret })
    this.#patience =
      stale === null
        ? null
        : new Patience({
            limit: stale.clientTimer,
            clock,
            onOver: (resolution) => this.#onOverdue(resolution),
          })
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
    const { metrics, maxQuestions, maxWaiters } = this.#options
    const options = scan.foreignOptions()
    const joined = options === null ? this.#underWay.find(key) : null
    if (joined === null ? this.count >= maxQuestions : joined.waiters.length >= maxWaiters) {
      metrics.overloaded()
      return false
    }
    const waiter = new Waiter(scan.keep(), query.origin.detach(query), query.transport, limitsKey)
    if (joined === null) {
      const resolution = this.#begin(key, options, false)
      if (!this.#coverAtOnce(resolution, key, waiter)) this.#wait(resolution, waiter)
      this.#forward(resolution)
      return true
    }
    metrics.coalesced()
    if (!this.#coverAtOnce(joined, key, waiter)) this.#wait(joined, waiter)
    return true
  }

  /** Asks anew for what the cache has, before its life ends; does nothing beyond the budget. */
  renew(key: QuestionKey): void {
    const { metrics, maxQuestions, maxRenewals } = this.#options
    if (this.#renewals >= maxRenewals || this.count >= maxQuestions) {
      metrics.renewal(RenewalEvent.Denied)
      return
    }
    if (this.#underWay.find(key) !== null) return
    metrics.renewal(RenewalEvent.Begun)
    this.#renewals++
    this.#forward(this.#begin(key, null, true))
  }

  #begin(key: QuestionKey, options: Uint8Array | null, isRenewal: boolean): Resolution {
    const { clock, timeout, subnet } = this.#options
    const startedAt = clock.now()
    const resolution = new Resolution({
      owner: this,
      key,
      options,
      subnet,
      startedAt,
      deadline: startedAt + timeout,
      isRenewal,
    })
    this.#underWay.add(resolution)
    return resolution
  }

  #forward(resolution: Resolution): void {
    try {
      this.#options.resolver.forward(resolution)
    } catch (error) {
      // A fault of ours: neither its client nor later ones may wait for what never comes.
      if (!resolution.ended) this.#fail(resolution, FAULT)
      throw error
    }
  }

  /** From now on nothing is kept: what is under way is judged by what is trusted no more, or not yet. */
  keepNothing(): void {
    this.#keeps = false
  }

  /** Resolves when nothing is under way any more. */
  idle(): Promise<void> {
    if (this.count === 0) return Promise.resolve()
    this.#idle ??= Promise.withResolvers<void>()
    return this.#idle.promise
  }

  answered(
    resolution: Resolution,
    answer: AnswerScan,
    upstream: string,
    now: number,
    origin: AnswerOrigin,
  ): void {
    const { cache, seconds, metrics, shared } = this.#options
    const { stored, synthesized, isPassing } = origin
    const packed = this.#packed
    const key = this.#keyOf(resolution)
    const isFinal = stored || origin.security === Security.Secure
    const kind = pack(answer, key, isFinal ? this.#storedBounds : this.#options.bounds, packed)
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
    const { options, question } = resolution.question
    packed.provenance = this.#upstreamOf(upstream) | provenanceOf(origin)
    this.#setAuthentic(packed, origin)
    const scoped = this.#scoped(key, answer)
    // What came with private options is for its own client alone.
    if (options === null && this.#keeps) {
      const second = seconds.seconds()
      if (kind === Kind.Failure) this.#keepFailure(resolution, key, second)
      else {
        cache.put(scoped, packed, second)
        const isLocal = stored || synthesized === true || isPassing === true
        if (!isLocal && shared !== null) {
          const subnet = scoped.copySubnet() ?? resolution.question.subnet
          shared.keep(question, scoped.variant, packed, upstream, subnet)
        }
      }
    }
    const passing = options === null ? NOTHING : optionsOf(answer)
    metrics.resolved((now - resolution.startedAt) / 1000)
    if (resolution.isRenewal) {
      metrics.renewal(kind === Kind.Failure ? RenewalEvent.Failed : RenewalEvent.Done)
    }
    this.#end(resolution)
    const covered =
      kind === Kind.Failure &&
      mayCover(answer.extendedError) &&
      this.#coverAll(resolution, StaleReason.Failure)
    if (!covered) {
      this.#replies.send(resolution.waiters, packed, resolution.questionHash, passing)
    }
    this.#checkIdle()
  }

  failed(resolution: Resolution, failure: UpstreamFailure): void {
    const explanation = explain(failure, this.#options.explain)
    this.#options.onFailure(failure)
    // What we could not do for want of room or time says nothing of the name.
    const ours = failure.kind === FailureKind.Overload || failure.kind === FailureKind.Shutdown
    if (!ours && this.#keeps && resolution.question.options === null) {
      const key = this.#keyOf(resolution)
      this.#packFailure(key, failure, explanation)
      this.#keepFailure(resolution, key, this.#options.seconds.seconds())
    }
    this.#fail(resolution, explanation)
  }

  #packFailure(key: QuestionKey, { kind, upstream }: UpstreamFailure, said: Explanation): void {
    const packed = this.#packed
    packed.provenance = this.#upstreamOf(upstream)
    if (kind !== FailureKind.Bogus) return packFailure(key, said.code, packed)
    // Data that do not validate seldom do a moment later (RFC 4035 §4.7, RFC 9520 §3.2).
    packFailure(key, said.code, packed, said.text, this.#options.bounds.failureTtl)
    packed.provenance |= BOGUS_PROVENANCE
  }

  #fail(resolution: Resolution, explanation: Explanation): void {
    if (resolution.isRenewal) this.#options.metrics.renewal(RenewalEvent.Failed)
    this.#end(resolution)
    const covered = mayCover(explanation.code) && this.#coverAll(resolution, StaleReason.Failure)
    if (!covered) this.#replies.fail(resolution.waiters, explanation)
    this.#checkIdle()
  }

  /** Says AD of what was proven here alone, unless it is upstreams that are believed (RFC 4035 §3.2.3). */
  #setAuthentic({ bytes }: PackedAnswer, { security }: AnswerOrigin): void {
    const { dnssec } = this.#options
    if (dnssec === 'passthrough') return
    const isAuthentic = dnssec === 'validate' && security === Security.Secure
    const others = readUint16(bytes, 2) & ~Flag.AD
    writeUint16(bytes, 2, isAuthentic ? others | Flag.AD : others)
  }

  #end(resolution: Resolution): void {
    resolution.ended = true
    if (resolution.isRenewal) this.#renewals--
    this.#patience?.remove(resolution)
    this.#underWay.remove(resolution)
  }

  #wait(resolution: Resolution, waiter: Waiter): void {
    resolution.waiters.push(waiter)
    if (!resolution.isAwaited && !resolution.overdue) this.#patience?.add(resolution)
  }

  /** Gives a client a stale answer where there is no point in waiting; false when it must wait. */
  #coverAtOnce(resolution: Resolution, key: QuestionKey, waiter: Waiter): boolean {
    if (this.#stale === null) return false
    const { overdue } = resolution
    if (!overdue) {
      if (!this.#isOut(resolution)) return false
      this.#coverWaiting()
    }
    if (!this.#fetchStale(key)) return false
    this.#sendStale(
      [waiter],
      key.questionHash,
      overdue ? StaleReason.Late : StaleReason.Unreachable,
    )
    return true
  }

  /** Its clients have waited as long as they should; the question stays under way. */
  #onOverdue(resolution: Resolution): void {
    resolution.overdue = true
    const reason = this.#isOut(resolution) ? StaleReason.Unreachable : StaleReason.Late
    if (this.#coverAll(resolution, reason)) resolution.waiters.length = 0
  }

  /** All upstreams are known to be out: those who wait for them already need not wait longer. */
  #coverWaiting(): void {
    const now = this.#options.clock.now()
    if (this.#patience === null || now < this.#coveredAt + COVER_INTERVAL) return
    this.#coveredAt = now
    this.#patience.giveUp(this.#isOut)
  }

  readonly #isOut = ({ question }: Resolution): boolean =>
    !this.#options.resolver.reachable(question.question)

  /** Gives all who wait a stale answer; false when there is none. */
  #coverAll(resolution: Resolution, reason: StaleReason): boolean {
    const { waiters } = resolution
    if (waiters.length === 0 || !this.#fetchStale(this.#keyOf(resolution))) return false
    this.#sendStale(waiters, resolution.questionHash, reason)
    return true
  }

  #fetchStale(key: QuestionKey): boolean {
    return this.#stale?.fetch(key, this.#options.seconds.seconds()) ?? false
  }

  #sendStale(waiters: readonly Waiter[], hash: number, reason: StaleReason): void {
    for (let i = 0; i < waiters.length; i++) this.#options.metrics.servedStale(reason)
    this.#replies.send(waiters, this.#stale!, hash)
  }

  #keyOf(resolution: Resolution): QuestionKey {
    const { question, subnet } = resolution.question
    const key = this.#key
    key.take(question, 0, question.length - 4, resolution.variant)
    if ((resolution.variant & Variant.Subnet) !== 0) key.within(subnet!)
    return key
  }

  /**
   * The key to keep an answer under to a question that was asked for a network: for all of them if its
   * scope is 0, else for this one alone (RFC 7871 §7.3.1). What came without any option is for all.
   */
  #scoped(key: QuestionKey, { subnetScope }: AnswerScan): QuestionKey {
    if ((key.variant & Variant.Subnet) === 0) return key
    const isForAll = subnetScope === 0
    this.#packed.provenance |= subnetScope << Provenance.ScopeShift
    this.#options.metrics.subnet(isForAll ? SubnetEvent.ForAll : SubnetEvent.Tailored)
    if (!isForAll || !key.isLocal) return key
    this.#widened.takeWidened(key)
    return this.#widened
  }

  /** An upstream as entries have it in their provenance; 0 for none that is known. */
  #upstreamOf(name: string): number {
    return this.#options.upstreamNames.indexOf(name) + 1
  }

  /** Keeps the packed failure beside good data, never in its place. */
  #keepFailure({ isRenewal, waiters }: Resolution, key: QuestionKey, now: number): void {
    // There is still an answer: its end is no reason to refuse what nobody has asked in vain.
    if (isRenewal && waiters.length === 0) return
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
}

const NOTHING = new Uint8Array(0)

function optionsOf({ bytes, start, optStart, optEnd }: AnswerScan): Uint8Array {
  if (optStart === -1) return NOTHING
  return passingOptions(bytes, start + optStart + OPT_LENGTH, start + optEnd) ?? NOTHING
}
