// The cache that proxies of a fleet share, as one of them sees it: looks answers up within a
// deadline, leaves them for others, and claims questions so that one of many asks. Whatever happens to
// the store, a caller hears once and in time.

import { decodeMessage } from '../../wire/codec/message.ts'
import { readUint16 } from '../../wire/header.ts'
import { formatName } from '../../wire/text/name-text.ts'
import { formatRdata } from '../../wire/text/rdata-text.ts'
import { formatClass, formatType } from '../../wire/text/type-text.ts'
import { Provenance } from '../layout.ts'
import type { PackedAnswer } from '../packed-answer.ts'
import { Circuit } from './circuit.ts'
import { FlushList } from './flush-list.ts'
import { type AnswerRecord, type RecordCodec, RecordFault } from './record.ts'
import type { Flush, ReadableRecord, Store } from './store.ts'
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
  /** A record that is not to be trusted, see `RecordFault`; for the caller a miss. */
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
  /** Somebody, perhaps we, flushed names. */
  onFlush(flush: Flush): void
}

export interface SharedCacheOptions {
  readonly store: Store
  readonly codec: RecordCodec
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

export class SharedCache {
  readonly #options: SharedCacheOptions
  readonly #circuit: Circuit
  readonly #queue: WriteQueue
  readonly #flushes = new FlushList()
  #lastError = ''
  #closed = false

  constructor(options: SharedCacheOptions) {
    const { store, now, metrics, events } = options
    this.#options = options
    this.#circuit = new Circuit({
      now,
      onOpened: () => events.onStoreLost(this.#lastError),
      onClosed: () => {
        events.onStoreBack()
        void this.#readFlushes()
      },
    })
    this.#queue = new WriteQueue({
      store,
      admits: () => !this.#circuit.isOpen,
      onWritten: (records) => metrics.written(records),
      onDropped: (records) => metrics.dropped(records),
      onFailure: (error) => this.#fail(error),
    })
    store.onFlush((flush) => this.#flushed(flush))
    void this.#readFlushes()
  }

  /** @param question qname, qtype and qclass, lower-cased, as in a question section */
  keyOf(question: Uint8Array, variant: number): SharedKey {
    const nameEnd = question.length - 4
    const name = formatName(question)
    const type = readUint16(question, nameEnd)
    const recordClass = readUint16(question, nameEnd + 2)
    const text = `${name}/${formatType(type)}/${formatClass(recordClass)}/${variant}`
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
    const { store, metrics, deadline } = this.#options
    if (!this.#circuit.admits()) {
      metrics.lookedUp(Lookup.Skipped)
      onResult(null, Lookup.Skipped)
      return
    }
    let waits = true
    const end = (record: AnswerRecord | null, result: Lookup): void => {
      if (!waits) {
        if (record !== null) onLate(record)
        return
      }
      waits = false
      clearTimeout(timer)
      metrics.lookedUp(result)
      onResult(record, result)
    }
    const timer = setTimeout(() => {
      this.#fail(new Error(`no answer within ${deadline} ms`))
      end(null, Lookup.Late)
    }, deadline)
    store.get(key.key).then(
      (octets) => {
        // What comes too late is no success: nobody could use it.
        if (waits) this.#circuit.onSuccess()
        const record = octets === null ? null : this.#accept(key, octets)
        if (record === null) end(null, octets === null ? Lookup.Miss : Lookup.Rejected)
        else end(record, Lookup.Hit)
      },
      (error: unknown) => {
        if (waits) this.#fail(error)
        end(null, Lookup.Failed)
      },
    )
  }

  /**
   * Says that the caller is about to ask for an answer.
   * @param ttl milliseconds that this holds
   * @param onResult false when somebody else is about to; true as well when nobody knows
   */
  claim(key: SharedKey, ttl: number, onResult: (won: boolean) => void): void {
    const { store, deadline } = this.#options
    if (this.#circuit.isOpen) return onResult(true)
    let waits = true
    const end = (won: boolean): void => {
      if (!waits) return
      waits = false
      clearTimeout(timer)
      onResult(won)
    }
    const timer = setTimeout(() => end(true), deadline)
    store.claim(key.key, ttl).then(end, (error: unknown) => {
      this.#fail(error)
      end(true)
    })
  }

  /** Leaves an answer for others, some time soon. @param question as in `keyOf` */
  keep(question: Uint8Array, variant: number, packed: PackedAnswer, upstream: string): void {
    const { codec, metrics, wallNow } = this.#options
    if (packed.lifetime < MIN_KEPT_LIFETIME) return
    if (this.#circuit.isOpen) return metrics.dropped(1)
    const key = this.keyOf(question, variant)
    const askedAt = wallNow()
    const record: AnswerRecord = {
      variant,
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
      readable: codec.sealed ? null : readable(key, record),
    })
  }

  /** Flushes everywhere. Rejects when the store cannot be told: then only this process knows. */
  async flush(name: string, subtree: boolean): Promise<void> {
    const at = this.#options.wallNow()
    const flush = { name, subtree, at }
    this.#flushed(flush)
    await this.#options.store.flush(flush, at + this.#options.maxLifetime)
  }

  async close(): Promise<void> {
    this.#closed = true
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
    if (record.validUntil <= wallNow()) return null
    return this.#flushes.covers(key.name, record.askedAt) ? null : record
  }

  #flushed(flush: Flush): void {
    this.#flushes.forget(this.#options.wallNow() - this.#options.maxLifetime)
    this.#flushes.add(flush)
    this.#options.events.onFlush(flush)
  }

  async #readFlushes(): Promise<void> {
    try {
      for (const flush of await this.#options.store.flushes()) this.#flushes.add(flush)
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    if (this.#closed) return
    this.#lastError = error instanceof Error ? error.message : String(error)
    this.#circuit.onFailure()
  }
}

function readable(key: SharedKey, record: AnswerRecord): ReadableRecord {
  const message = decodeMessage(record.message)
  const answers = typeof message === 'string' ? [] : message.answers
  return {
    name: key.name,
    type: formatType(key.type),
    class: formatClass(key.class),
    data: answers.map(({ type, rdata }) => `${formatType(type)} ${formatRdata(type, rdata)}`),
    askedAt: record.askedAt,
    validUntil: record.validUntil,
    upstream: record.upstream,
    validation: VALIDATIONS[record.validation] ?? 'unknown',
  }
}

const VALIDATIONS = ['unknown', 'insecure', 'secure', 'bogus']
