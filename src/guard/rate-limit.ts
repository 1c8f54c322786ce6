// How much may be asked: token buckets for each client, for each listener, and in all, in memory that
// all workers share.
//
// Whoever has proved its address, by a connection or by a good cookie (RFC 7873), is counted apart
// from what merely comes under that address: each limit is two buckets. A flood of forged queries
// can use up the buckets of the unproved, and what they get then is TC, which a true client answers
// by proving itself.

import { randomFillSync } from 'node:crypto'
import { type BucketRate, bucketRate, ticksPerMs } from './bucket.ts'
import { BucketLines, LINE_BUCKETS, LINE_WORDS, linesLength } from './bucket-lines.ts'
import { BucketShare } from './bucket-share.ts'
import { BucketTable } from './bucket-table.ts'
import { LimitReason, LimitVerdict } from './limit-verdict.ts'
import { PrefixHash, type PrefixLengths } from './prefix-hash.ts'

/** Queries a second and at once; null where there is no limit. */
export type QueryRate = { readonly rate: number; readonly burst: number } | null

/** What the memory is made for: another shape wants another memory. */
export interface QueryLimitShape extends PrefixLengths {
  /** For UDP without a good cookie. */
  readonly perClient: QueryRate
  /** For all who have proved their address. */
  readonly perVerifiedClient: QueryRate
  readonly perListener: QueryRate
  readonly total: QueryRate
}

export interface QueryLimiterOptions {
  /** From `allocateQueryLimits` of the same shape. */
  readonly memory: SharedArrayBuffer
  readonly shape: QueryLimitShape
  /** The listener's number, from 0; those beyond the last place share it. */
  readonly listener: number
  /** What the unproved get over the limit. Others are always refused. */
  readonly onExceed: LimitVerdict
  /** Of queries to drop, each so-manieth gets TC instead; 0 for none. */
  readonly slip: number
}

/** Listeners with buckets of their own: as many as a configuration may have. */
const MAX_LISTENERS = 64

/** Sets of eight clients each, for the proved and for the unproved: 2 MiB for each table. */
const SETS = 32_768

/** Buckets of the unproved come first. */
const SIDES = 2

const SECRET_LENGTH = 64

export function allocateQueryLimits(shape: QueryLimitShape): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(layoutOf(shape).length)
  randomFillSync(new Uint8Array(memory, 0, SECRET_LENGTH))
  return memory
}

export class QueryLimiter {
  /** Whose bucket was empty, after a verdict other than Pass. */
  reason: LimitReason = LimitReason.Client

  readonly #hash: PrefixHash
  readonly #unproved: Buckets
  readonly #proved: Buckets
  readonly #onExceed: LimitVerdict
  readonly #slip: number
  #dropped = 0

  constructor({ memory, shape, listener, onExceed, slip }: QueryLimiterOptions) {
    const layout = layoutOf(shape)
    const place = Math.min(listener, MAX_LISTENERS - 1)
    const shareOf = (part: Part | null, line: number) =>
      part && new BucketShare(linesOf(memory, part), part.rate, line * LINE_WORDS + LINE_BUCKETS)
    const bucketsOf = (clients: Part | null, side: number): Buckets => ({
      clients: clients && new BucketTable(linesOf(memory, clients)),
      clientRate: clients?.rate ?? NO_RATE,
      listener: shareOf(layout.listeners, place * SIDES + side),
      total: shareOf(layout.total, side),
    })
    this.#hash = new PrefixHash(new Int32Array(memory, 0, 2), shape)
    this.#unproved = bucketsOf(layout.clients, 0)
    this.#proved = bucketsOf(layout.verifiedClients, 1)
    this.#onExceed = onExceed
    this.#slip = slip
  }

  /**
   * Counts a query. Allocates nothing.
   * @param client 4 or 16 octets of its address at `offset`
   * @param verified whether the client has proved that this is its address
   * @param now milliseconds on a clock that all threads share
   */
  take(
    client: Uint8Array,
    offset: number,
    family: 4 | 6,
    verified: boolean,
    now: number,
  ): LimitVerdict {
    const { clients, clientRate, listener, total } = verified ? this.#proved : this.#unproved
    if (clients !== null) {
      const hash = this.#hash
      hash.takeClient(client, offset, family)
      if (!clients.take(hash.low, hash.high, now, clientRate)) {
        return this.#exceed(LimitReason.Client, verified)
      }
    }
    if (listener !== null && !listener.take(now)) {
      return this.#exceed(LimitReason.Listener, verified)
    }
    if (total !== null && !total.take(now)) return this.#exceed(LimitReason.Total, verified)
    return LimitVerdict.Pass
  }

  #exceed(reason: LimitReason, verified: boolean): LimitVerdict {
    this.reason = reason
    if (verified) return LimitVerdict.Refuse
    if (this.#onExceed !== LimitVerdict.Drop || this.#slip === 0) return this.#onExceed
    this.#dropped++
    if (this.#dropped < this.#slip) return LimitVerdict.Drop
    this.#dropped = 0
    return LimitVerdict.Truncate
  }
}

/** Of the proved, or of the unproved; null where there is no limit. */
interface Buckets {
  readonly clients: BucketTable | null
  readonly clientRate: BucketRate
  readonly listener: BucketShare | null
  readonly total: BucketShare | null
}

const NO_RATE: BucketRate = { cost: 0, allowance: 0, penalty: 0, ceiling: 0, absurd: 0 }

function linesOf(
  memory: SharedArrayBuffer,
  { offset, lines, ticksPerMs: speed }: Part,
): BucketLines {
  return new BucketLines({ memory, offset, lines, ticksPerMs: speed })
}

interface Part {
  readonly offset: number
  readonly lines: number
  readonly ticksPerMs: number
  readonly rate: BucketRate
}

/** Where what lies in the memory: the secret, then the lines of each limit that there is. */
function layoutOf(shape: QueryLimitShape) {
  let length = SECRET_LENGTH
  const part = (limit: QueryRate, lines: number): Part | null => {
    if (limit === null) return null
    const offset = length
    length += linesLength(lines)
    const { rate, burst } = limit
    return { offset, lines, ticksPerMs: ticksPerMs(rate), rate: bucketRate(rate, burst) }
  }
  const total = part(shape.total, SIDES)
  const listeners = part(shape.perListener, SIDES * MAX_LISTENERS)
  const clients = part(shape.perClient, SETS)
  const verifiedClients = part(shape.perVerifiedClient, SETS)
  return { total, listeners, clients, verifiedClients, length }
}
