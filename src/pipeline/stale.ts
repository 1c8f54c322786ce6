// Answers past their time to live, for when nothing better is to be had in time (RFC 8767 §4, §5).

import type { AnswerCache } from '../cache/answer-cache.ts'
import { ExtendedError } from '../wire/edns.ts'
import { MAX_MESSAGE_LENGTH, RCODE_MASK, Rcode } from '../wire/header.ts'
import { QuestionKey, Variant } from '../wire/question-key.ts'

export interface StaleOptions {
  /** Seconds past its lifetime for which an answer may still be served. */
  readonly maxAge: number
  /** Milliseconds that a client waits for a fresh answer before it gets a stale one. */
  readonly clientTimer: number
}

/** What a stale answer says of itself (RFC 8914 §4.4, §4.20). */
export function staleError(rcode: number): number {
  return rcode === Rcode.NXDomain ? ExtendedError.StaleNxdomain : ExtendedError.StaleAnswer
}

/**
 * Whether a failure with this info code (-1: none) may be covered by what was right before. What does
 * not validate may not: there the fault is in the data, and to hide it would be to trust the past over
 * the proof.
 */
export function mayCover(extendedError: number): boolean {
  switch (extendedError) {
    case ExtendedError.SignatureExpiredBeforeValid:
    case ExtendedError.UnsupportedNsec3Iterations:
      return false
    default:
      return (
        extendedError < ExtendedError.UnsupportedDnskeyAlgorithm ||
        extendedError === ExtendedError.StaleAnswer ||
        extendedError > ExtendedError.NsecMissing
      )
  }
}

export interface StaleAnswerOptions {
  readonly cache: AnswerCache
  readonly maxAge: number
  /** The secret that the cache's keys are hashed with. */
  readonly secret: Uint32Array
}

/** One stale answer at a time, with its TTLs set. */
export class StaleAnswer {
  readonly bytes = new Uint8Array(MAX_MESSAGE_LENGTH + 1)
  length = 0
  /** The info code that goes with it. */
  extendedError = -1
  readonly #words = new Uint32Array(this.bytes.buffer)
  /** For how large a network it is, in bits (RFC 7871); 0 for everybody. */
  scope = 0
  readonly #cache: AnswerCache
  readonly #maxAge: number
  readonly #widened: QuestionKey

  constructor(options: StaleAnswerOptions) {
    this.#cache = options.cache
    this.#maxAge = options.maxAge
    this.#widened = new QuestionKey(options.secret)
  }

  /** Fetches what the cache has, be it fresh again; false when there is nothing. */
  fetch(key: QuestionKey, now: number): boolean {
    const cache = this.#cache
    this.#lookup(key, now)
    if (this.length === 0 && key.isLocal) {
      this.#widened.takeWidened(key)
      this.#lookup(this.#widened, now)
    }
    if (this.length === 0) return false
    this.scope = (key.variant & Variant.Subnet) === 0 ? 0 : cache.scope
    this.extendedError = cache.stale ? staleError(this.bytes[3]! & RCODE_MASK) : cache.extendedError
    return true
  }

  #lookup(key: QuestionKey, now: number): void {
    const words = this.#words
    const maxAge = this.#maxAge
    this.length = this.#cache.lookup(key, now, this.bytes, words, 0, MAX_MESSAGE_LENGTH, maxAge)
  }
}
