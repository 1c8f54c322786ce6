// Limits of equal answers to one prefix (response rate limiting, Vixie and Schryver, ISC-TN-2012-1):
// who forges a victim's address asks the same again and again, where a true client would keep the
// answer. What is over the rate goes on a debt of up to `window` seconds, so that the victim of a
// flood does not get answers at that rate for as long as it lasts.
//
// For UDP without a good cookie only: whoever has proved its address is no victim.

import { randomFillSync } from 'node:crypto'
import type { QuestionKey } from '../wire/question-key.ts'
import { AnswerKind } from './answer-kind.ts'
import { absurdDebt, type BucketRate } from './bucket.ts'
import { BucketLines, linesLength } from './bucket-lines.ts'
import { BucketTable } from './bucket-table.ts'
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
  /** What `warm` read, kept so that no compiler finds its reading useless. */
  warmed = 0

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
   * Has the memory fetched that answers with records will be counted in.
   * @param clients from `clientKey`, for each of `count` questions; 0 is passed over
   */
  warm(clients: Int32Array, questions: readonly QuestionKey[], count: number): void {
    const table = this.#table
    let sum = 0
    for (let i = 0; i < count; i++) {
      const client = clients[i]!
      if (client !== 0) sum += table.fetch(setOf(client, AnswerKind.Equal, questions[i]!.hash))
    }
    this.warmed = sum
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
    const low = setOf(client, kind, detail)
    if (this.#table.take(low, printOf(client, kind, detail), now, rate)) return LimitVerdict.Pass
    this.#over++
    if (this.#over !== this.#slip) return LimitVerdict.Drop
    this.#over = 0
    return LimitVerdict.Truncate
  }
}

/** Odd numbers: multiplied by one, different words stay different. */
const KIND_FACTOR = 0x9e3779b1
const DETAIL_FACTOR = 0x85ebca77

/**
 * The set and the print that an answer to a client is found by. The client's key is a secret already,
 * so they need but be spread evenly. For one client different details have different prints, and so
 * have different clients for one detail.
 */
function setOf(client: number, kind: AnswerKind, detail: number): number {
  return spread(client + Math.imul(detail, DETAIL_FACTOR) + Math.imul(kind, KIND_FACTOR))
}

function printOf(client: number, kind: AnswerKind, detail: number): number {
  return spread(client ^ detail ^ Math.imul(kind, KIND_FACTOR))
}

/** Has each bit depend on all; one to one (the finalizer of MurmurHash3, Appleby, public domain). */
function spread(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
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
