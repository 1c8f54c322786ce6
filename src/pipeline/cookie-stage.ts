// What the pipeline makes of clients' cookies (RFC 7873 §5.2).

import { COOKIE_LENGTH, CookieState, type Cookies } from '../guard/cookies.ts'
import type { LimitVerdict } from '../guard/limit-verdict.ts'
import type { QueryScan } from '../wire/query-scan.ts'
import type { Query } from './query.ts'

export interface CookieStageOptions {
  readonly cookies: Cookies
  /** Whether UDP without a good cookie gets BADCOOKIE in the place of an answer. */
  readonly required: boolean
  /** Then: what UDP without any cookie gets. Pass for an answer, as if none were required. */
  readonly onMissing: LimitVerdict
  /** Seconds since 1970. */
  readonly clock: () => number
}

export class CookieStage {
  readonly required: boolean
  readonly onMissing: LimitVerdict
  readonly #cookies: Cookies
  readonly #clock: () => number
  /** The time of all queries of a batch. */
  #batchTime = 0

  constructor({ cookies, required, onMissing, clock }: CookieStageOptions) {
    this.required = required
    this.onMissing = onMissing
    this.#cookies = cookies
    this.#clock = clock
  }

  /** Hears that a batch begins: see `QueryHandler`. */
  foresee(): void {
    this.#batchTime = this.#clock()
  }

  /** Judges the cookie of a query, and puts what its answer carries into the scan. */
  judge(query: Query, scan: QueryScan): CookieState {
    if (scan.cookieLength === -1) return CookieState.None
    const { client, clientOffset, clientFamily } = query
    const { bytes, cookieStart, cookieLength } = scan
    const cookies = this.#cookies
    const state = cookies.check(
      bytes,
      cookieStart,
      cookieLength,
      client,
      clientOffset,
      clientFamily,
      query.position === -1 ? this.#clock() : this.#batchTime,
    )
    if (state === CookieState.Malformed) return state
    // A good one goes back as it came.
    const isGood = state === CookieState.Good
    scan.answerCookie = isGood ? bytes : cookies.fresh
    scan.answerCookieStart = isGood ? cookieStart : 0
    scan.answerCookieLength = COOKIE_LENGTH
    scan.hasGoodCookie = isGood || state === CookieState.Renewed
    return state
  }
}
