// How fast an upstream answers, as its answers tell: what to expect of it on average, when an answer
// is late, and that something is wrong with it now. All in milliseconds; nothing here allocates.

import { LatencyHistogram } from './latency-histogram.ts'

/**
 * A sample counts by the time since the one before: under load the average is of the last hundred,
 * and where answers are few, five of them replace what was known. One slow name is no slow upstream.
 */
const SETTLING_TIME = 5_000
const MIN_SAMPLE_WEIGHT = 0.01
const MAX_SAMPLE_WEIGHT = 0.2

/** An average this old counts half, so that whoever was slow once is asked again one day. */
const FORGETTING_TIME = 60_000

/** What a failure costs whoever asked: about what it takes to notice one and go elsewhere. */
const FAILURE_COST = 100
const MAX_FAILURE_COST = 2_000

/** In this time what failures cost halves. */
const FORGIVING_TIME = 2_000

/** Answers without which nobody can say what is late, and what to go by until then. */
const MIN_ANSWERS = 16
const LATE_UNTIL_KNOWN = 200

/** Answers between two looks at the percentile. */
const LOOK_EVERY = 16

export interface LatencyOptions {
  /** The share of answers that are not late, from 0 to 1. */
  readonly percentile: number
}

export class Latency {
  readonly #percentile: number
  readonly #histogram = new LatencyHistogram()
  #lateAfter = LATE_UNTIL_KNOWN
  #untilLook = MIN_ANSWERS
  #average = 0
  #sampledAt = -Infinity
  #cost = 0
  #costAt = 0
  /** Queries that wait here, and since when nothing was heard while any did. */
  #outstanding = 0
  #silentSince = 0

  constructor(options: LatencyOptions) {
    this.#percentile = options.percentile
  }

  /** The average answer time, of late above all (EWMA); 0 before the first answer. */
  get average(): number {
    return this.#average
  }

  /** After how long an answer is late: the percentile, as it was a few answers ago. */
  get lateAfter(): number {
    return this.#lateAfter
  }

  /** @param share from 0 to 1 */
  percentile(share: number): number {
    return this.#histogram.percentile(share)
  }

  /**
   * What a query is to expect here. Failures in the recent past count as time; and while queries
   * wait, an upstream that is silent for longer than it usually takes is as slow as it is silent:
   * whoever hangs is left within milliseconds, before anybody has found out what is wrong.
   */
  expected(now: number): number {
    let expected = this.#average
    if (expected > 0) expected /= 1 + (now - this.#sampledAt) / FORGETTING_TIME
    if (this.#cost > 0) expected += this.#costNow(now)
    if (this.#outstanding === 0) return expected
    const silence = now - this.#silentSince
    return silence > expected ? silence : expected
  }

  onSent(now: number): void {
    if (this.#outstanding++ === 0) this.#silentSince = now
  }

  onAnswer(milliseconds: number, now: number): void {
    this.onSilenceBroken(now)
    this.#sample(milliseconds, now)
  }

  /** An answer that says nothing of how fast proper ones are, such as a refusal. */
  onSilenceBroken(now: number): void {
    this.#outstanding--
    this.#silentSince = now
  }

  /** A query is no longer waited for, and that says nothing of the upstream. */
  onForgotten(): void {
    this.#outstanding--
  }

  /** A query failed here; it may have failed at once. */
  onFailure(now: number): void {
    this.#outstanding--
    this.addCost(now)
  }

  /** What came from here was of no use. */
  addCost(now: number): void {
    this.#cost = Math.min(this.#costNow(now) + FAILURE_COST, MAX_FAILURE_COST)
    this.#costAt = now
  }

  #costNow(now: number): number {
    const cost = this.#cost * 2 ** ((this.#costAt - now) / FORGIVING_TIME)
    return cost < 1 ? 0 : cost
  }

  #sample(milliseconds: number, now: number): void {
    const age = (now - this.#sampledAt) / SETTLING_TIME
    const weight = Math.min(Math.max(age, MIN_SAMPLE_WEIGHT), MAX_SAMPLE_WEIGHT)
    if (this.#sampledAt === -Infinity) this.#average = milliseconds
    else this.#average += (milliseconds - this.#average) * weight
    this.#sampledAt = now
    this.#histogram.add(milliseconds)
    if (--this.#untilLook === 0) {
      this.#untilLook = LOOK_EVERY
      this.#lateAfter = this.#histogram.percentile(this.#percentile)
    }
  }
}
