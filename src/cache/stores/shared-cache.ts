// The cache that proxies of a fleet share, as one of them sees it: looks answers up within a
// deadline, leaves them for others, and claims questions so that one of many asks. Whatever happens to
// the store, a caller hears once and in time.

import { formatScope } from '../../wire/client-subnet.ts'
import { readUint16 } from '../../wire/header.ts'
import { Variant } from '../../wire/question-key.ts'
import { formatName } from '../../wire/text/name-text.ts'
import { formatClass, formatType } from '../../wire/text/type-text.ts'
import { Provenance } from '../layout.ts'
import type { PackedAnswer } from '../packed-answer.ts'
import { Circuit } from './circuit.ts'
import { Deadlines, type Waiting } from './deadlines.ts'
import type { FlushCodec } from './flush-codec.ts'
import { FlushList } from './flush-list.ts'
import { readableRecord } from './readable-record.ts'
import { type AnswerRecord, CLOCK_MARGIN, type RecordCodec, RecordFault } from './record.ts'
import type { Flush, Store } from './store.ts'
import { WriteQueue } from './write-queue.ts'

/** What became of a lookup. */
export const Lookup = {
  Hit: 'hit',
  Miss: 'miss',
  /** It came too late, or will. */
  Late: 'late',
  Failed: 'failed',
  /** The store is known to be out, and was not asked. */
  Skipped: 'skipped',
  /** A record that is not to be served, see `RecordFault`, or was flushed; for the caller a miss. */
  Rejected: 'rejected',
} as const
export type Lookup = (typeof Lookup)[keyof typeof Lookup]

export interface SharedCacheMetrics {
  lookedUp(result: Lookup): void
  rejected(fault: RecordFault): void
  written(records: number): void
  dropped(records: number): void
}

export interface SharedCacheEvents {
  /** The store is left alone from now on, for want of answers. */
  onStoreLost(reason: string): void
  onStoreBack(): void
  /** It answers, but takes no records, perhaps because it is full. */
  onWritesRefused(reason: string): void
  onWritesTaken(): void
  /** Somebody, perhaps we, flushed names; once for each flush. */
  onFlush(flush: Flush): void
}

export interface SharedCacheOptions {
  readonly store: Store
  readonly codec: RecordCodec
  readonly flushCodec: FlushCodec
  /** Milliseconds that a lookup may take. */
  readonly deadline: number
  /** Milliseconds for which an answer is kept at the most: what flushes must outlive. */
  readonly maxLifetime: number
  /** Milliseconds that only grow. */
  readonly now: () => number
  /** Milliseconds since 1970. */
  readonly wallNow: () => number
  readonly metrics: SharedCacheMetrics
  readonly events: SharedCacheEvents
}

/** Seconds. What lives for less is gone before another proxy looks for it. */
const MIN_KEPT_LIFETIME = 2

/** A question, by what its answers are kept under. */
export interface SharedKey {
  readonly name: string
  readonly type: number
  readonly class: number
  readonly variant: number
  readonly key: string
}

/** Milliseconds between looks for flushes that we were not told of: a message may be lost. */
const FLUSH_INTERVAL = 10_000

export class SharedCache {
  readonly #options: SharedCacheOptions
  readonly #circuit: Circuit
  readonly #deadlines: Deadlines
  readonly #queue: WriteQueue
  readonly #flushes = new FlushList()
  readonly #flushTimer: NodeJS.Timeout
  #trouble = ''
  #writesRefused = false
  #closed = false

  constructor(options: SharedCacheOptions) {
    const { store, deadline, now, metrics, events } = options
    this.#options = options
    this.#deadlines = new Deadlines({ after: deadline, now })
    this.#circuit = new Circuit({
      now,
      onOpened: () => events.onStoreLost(this.#trouble),
      onClosed: () => {
        events.onStoreBack()
        void this.#readFlushes()
      },
    })
    this.#queue = new WriteQueue({
      store,
      admits: () => !this.#circuit.isOpen,
      onWritten: (records) => {
        metrics.written(records)
        if (this.#writesRefused) events.onWritesTaken()
        this.#writesRefused = false
      },
      onDropped: (records) => metrics.dropped(records),
      onFailure: (error) => {
        // Whether it may be read from is for lookups to find out.
        if (!this.#writesRefused && !this.#closed) events.onWritesRefused(wordsOf(error))
        this.#writesRefused = true
      },
    })
    store.onFlush((flush) => this.#told(flush))
    void this.#readFlushes()
    this.#flushTimer = setInterval(() => void this.#readFlushes(), FLUSH_INTERVAL).unref()
  }

  /** The store cannot be reached, as its client says. */
  lost(reason: string): void {
    if (this.#closed) return
    this.#trouble = reason
    this.#circuit.open()
  }

  /** The store can be reached, so that it is worth asking. */
  reached(): void {
    this.#circuit.hurry()
  }

  /**
   * @param question qname, qtype and qclass, lower-cased, as in a question section
   * @param subnet the network that answers are for, see `QuestionKey.copySubnet`; null for none
   */
  keyOf(question: Uint8Array, bits: number, subnet: Uint8Array | null = null): SharedKey {
    // The network says it all; and who takes a record sees by itself whether it was validated.
    const variant = bits & (Variant.DnssecOk | Variant.CheckingDisabled)
    const nameEnd = question.length - 4
    const name = formatName(question)
    const type = readUint16(question, nameEnd)
    const recordClass = readUint16(question, nameEnd + 2)
    const within = subnet === null ? '' : `/${formatScope(subnet)}`
    const text = `${name}/${formatType(type)}/${formatClass(recordClass)}/${variant}${within}`
    return { name, type, class: recordClass, variant, key: this.#options.codec.keyOf(text) }
  }

  /** Whether the store is known to be out: then nothing is gained by asking. */
  get isOut(): boolean {
    return this.#circuit.isOpen
  }

  /**
   * Calls back once, within the deadline or a little later, perhaps before this returns.
   * A record that comes late goes to `onLate`.
   */
  look(
    key: SharedKey,
    onResult: (record: AnswerRecord | null, result: Lookup) => void,
    onLate: (record: AnswerRecord) => void,
  ): void {
    const { store, metrics, deadline, now } = this.#options
    if (!this.#circuit.admits()) {
      metrics.lookedUp(Lookup.Skipped)
      onResult(null, Lookup.Skipped)
      return
    }
    const begunAt = now()
    const lookup = new PendingLookup(onResult, onLate, metrics, () => {
      this.#failed(begunAt, `no answer within ${deadline} ms`)
    })
    this.#deadlines.add(lookup, begunAt)
    store.get(key.key).then(
      (octets) => {
        // What comes too late is no success: nobody could use it.
        if (!lookup.settled) this.#circuit.onSuccess()
        const record = octets === null ? null : this.#accept(key, octets)
        if (record === null) lookup.settle(null, octets === null ? Lookup.Miss : Lookup.Rejected)
        else lookup.settle(record, Lookup.Hit)
      },
      (error: unknown) => {
        if (!lookup.settled) this.#failed(begunAt, wordsOf(error))
        lookup.settle(null, Lookup.Failed)
      },
    )
  }

  /**
   * Says that the caller is about to ask for an answer.
   * @param ttl milliseconds that this holds
   * @param onResult false when somebody else is about to; true as well when nobody knows
   */
  claim(key: SharedKey, ttl: number, onResult: (won: boolean) => void): void {
    const { store, now } = this.#options
    if (this.#circuit.isOpen) return onResult(true)
    const claim = new PendingClaim(onResult)
    this.#deadlines.add(claim, now())
    // A store that takes no claims may still have answers, so this says nothing about it.
    store.claim(key.key, ttl).then(
      (won) => claim.settle(won),
      () => claim.settle(true),
    )
  }

  /** Leaves an answer for others, some time soon. @param question as in `keyOf` */
  keep(
    question: Uint8Array,
    bits: number,
    packed: PackedAnswer,
    upstream: string,
    subnet: Uint8Array | null = null,
  ): void {
    const { codec, metrics, wallNow } = this.#options
    if (packed.lifetime < MIN_KEPT_LIFETIME) return
    if (this.#circuit.isOpen) return metrics.dropped(1)
    const key = this.keyOf(question, bits, subnet)
    const askedAt = wallNow()
    const record: AnswerRecord = {
      variant: key.variant,
      validation: (packed.provenance >>> Provenance.ValidationShift) & Provenance.ValidationMask,
      extendedError: packed.extendedError,
      askedAt,
      validUntil: askedAt + packed.lifetime * 1000,
      upstream,
      message: packed.bytes.subarray(0, packed.length),
    }
    this.#queue.add({
      key: key.key,
      record: codec.encode(key.key, record),
      expiresAt: record.validUntil,
      readable: codec.sealed ? null : readableRecord(key, record),
    })
  }

  /** Flushes everywhere. Rejects when the store cannot be told: then only this process knows. */
  async flush(name: string, subtree: boolean): Promise<void> {
    const at = this.#options.wallNow()
    const flush = { name, subtree, at }
    this.#flushed(flush)
    const { store, flushCodec, maxLifetime } = this.#options
    await store.flush(flushCodec.encode(flush), at + maxLifetime)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#flushTimer)
    this.#queue.close()
    await this.#options.store.close()
  }

  #accept(key: SharedKey, octets: Uint8Array): AnswerRecord | null {
    const { codec, metrics, wallNow } = this.#options
    const record = codec.decode(key.key, octets)
    if (typeof record === 'string') {
      metrics.rejected(record)
      return null
    }
    if (record.variant !== key.variant) {
      metrics.rejected(RecordFault.Malformed)
      return null
    }
    const now = wallNow()
    // It would be served for as long as its writer's clock is ahead of ours.
    if (record.askedAt > now + CLOCK_MARGIN) {
      metrics.rejected(RecordFault.Clock)
      return null
    }
    if (record.validUntil <= now) return null
    return this.#flushes.covers(key.name, record.askedAt) ? null : record
  }

  #told(stored: Flush): void {
    const flush = this.#options.flushCodec.decode(stored)
    if (flush !== null) this.#flushed(flush)
  }

  #flushed(flush: Flush): void {
    const now = this.#options.wallNow()
    const oldest = now - this.#options.maxLifetime
    // Of those who keep answers for longer; we have none that it could concern.
    if (flush.at < oldest) return
    this.#flushes.forget(oldest)
    if (this.#flushes.add(flush, now)) this.#options.events.onFlush(flush)
  }

  async #readFlushes(): Promise<void> {
    if (this.#circuit.isOpen) return
    try {
      for (const flush of await this.#options.store.flushes()) this.#told(flush)
    } catch {
      // There is a next time, and whether the store is out is for lookups to find out.
    }
  }

  #failed(begunAt: number, reason: string): void {
    if (this.#closed) return
    this.#trouble = reason
    this.#circuit.onFailure(begunAt)
  }
}

class PendingLookup implements Waiting {
  settled = false
  readonly #onResult: (record: AnswerRecord | null, result: Lookup) => void
  readonly #onLate: (record: AnswerRecord) => void
  readonly #metrics: SharedCacheMetrics
  readonly #onLapsed: () => void

  constructor(
    onResult: (record: AnswerRecord | null, result: Lookup) => void,
    onLate: (record: AnswerRecord) => void,
    metrics: SharedCacheMetrics,
    onLapsed: () => void,
  ) {
    this.#onResult = onResult
    this.#onLate = onLate
    this.#metrics = metrics
    this.#onLapsed = onLapsed
  }

  lapse(): void {
    this.#onLapsed()
    this.settle(null, Lookup.Late)
  }

  settle(record: AnswerRecord | null, result: Lookup): void {
    if (this.settled) {
      if (record !== null) this.#onLate(record)
      return
    }
    this.settled = true
    this.#metrics.lookedUp(result)
    this.#onResult(record, result)
  }
}

class PendingClaim implements Waiting {
  settled = false
  readonly #onResult: (won: boolean) => void

  constructor(onResult: (won: boolean) => void) {
    this.#onResult = onResult
  }

  lapse(): void {
    this.settle(true)
  }

  settle(won: boolean): void {
    if (this.settled) return
    this.settled = true
    this.#onResult(won)
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
