// Limits of equal answers to one prefix (response rate limiting, Vixie and Schryver, ISC-TN-2012-1):
// who forges a victim's address asks the same again and again, where a true client would keep the
// answer. What is over the rate goes on a debt of up to `window` seconds, so that the victim of a
// flood does not get answers at that rate for as long as it lasts.
//
// For UDP without a good cookie only: whoever has proved its address is no victim.

import { randomFillSync } from 'node:crypto'
import { absurdDebt, type BucketRate } from './bucket.ts'
import { BucketLines, linesLength } from './bucket-lines.ts'
import { BucketTable } from './bucket-table.ts'
import type { AnswerKind } from './answer-kind.ts'
import { LimitVerdict } from './limit-verdict.ts'
import { PrefixHash, type PrefixLengths } from './prefix-hash.ts'

/** What the memory is made for: another shape wants another memory. Answers a second; 0: no limit. */
export interface ResponseLimitShape extends PrefixLengths {
  /** Up to 10,000. */
  readonly equal: number
  readonly noData: number
  readonly nxDomain: number
  readonly errors: number
  /** Seconds of debt, up to 300. */
  readonly window: number
}

export interface ResponseLimiterOptions {
  /** From `allocateResponseLimits`. */
  readonly memory: SharedArrayBuffer
  readonly shape: ResponseLimitShape
  /** Of answers to drop, each so-manieth is sent empty with TC instead; 0 for none. */
  readonly slip: number
}

/** Sets of eight: 2 MiB, for as many prefixes and questions in debt at once. */
const SETS = 32_768

const SECRET_LENGTH = 64

/** One clock for all kinds of answers, since they share a table: about a microsecond. */
const TICKS_PER_MS = 2 ** 20 / 1000

export function allocateResponseLimits(): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(SECRET_LENGTH + linesLength(SETS))
  randomFillSync(new Uint8Array(memory, 0, SECRET_LENGTH))
  return memory
}

export class ResponseLimiter {
  readonly #hash: PrefixHash
  readonly #table: BucketTable
  /** By kind of answer. */
  readonly #rates: readonly (BucketRate | null)[]
  readonly #slip: number
  #over = 0

  constructor({ memory, shape, slip }: ResponseLimiterOptions) {
    const { equal, noData, nxDomain, errors, window } = shape
    const lines = { memory, offset: SECRET_LENGTH, lines: SETS, ticksPerMs: TICKS_PER_MS }
    this.#hash = new PrefixHash(new Int32Array(memory, 0, 2), shape)
    this.#table = new BucketTable(new BucketLines(lines))
    this.#rates = [equal, noData, nxDomain, errors].map((rate) => rateOf(rate, window))
    this.#slip = slip
  }

  /** What stands for a client's prefix until its answer is there: 32 bits, under a secret. */
  clientKey(client: Uint8Array, offset: number, family: 4 | 6): number {
    this.#hash.takeClient(client, offset, family)
    return this.#hash.low
  }

  /**
   * Counts an answer. Allocates nothing.
   * @param client from `clientKey`
   * @param detail 32 bits that stand for what makes it equal to others; see `AnswerClass`
   * @param now milliseconds on a clock that all threads share
   */
  take(client: number, kind: AnswerKind, detail: number, now: number): LimitVerdict {
    const rate = this.#rates[kind]!
    if (rate === null) return LimitVerdict.Pass
    const hash = this.#hash
    hash.takeWords(client, detail, kind)
    if (this.#table.take(hash.low, hash.high, now, rate)) return LimitVerdict.Pass
    this.#over++
    if (this.#over !== this.#slip) return LimitVerdict.Drop
    this.#over = 0
    return LimitVerdict.Truncate
  }
}

/** A second's answers at once, and `window` seconds of debt for what was asked in vain. */
function rateOf(rate: number, window: number): BucketRate | null {
  if (rate === 0) return null
  const cost = Math.ceil((TICKS_PER_MS * 1000) / rate)
  const allowance = (rate - 1) * cost
  const ceiling = allowance + window * rate * cost
  const absurd = absurdDebt(ceiling, TICKS_PER_MS)
  return { cost, allowance, penalty: cost, ceiling, absurd }
}
