// Puts entries of a snapshot back into the cache, those that are still of use. What they hold is checked
// as an upstream's answer is.

import { AnswerFault, AnswerScan } from '../../wire/answer-scan.ts'
import { HEADER_LENGTH, RCODE_MASK, Rcode } from '../../wire/header.ts'
import { QuestionKey } from '../../wire/question-key.ts'
import type { AnswerCache } from '../answer-cache.ts'
import { Provenance } from '../layout.ts'
import { PackedAnswer } from '../packed-answer.ts'
import { type DecodedEntry, type Head, KEPT_VARIANTS } from './format.ts'

export interface RestorerOptions {
  readonly cache: Pick<AnswerCache, 'restore'>
  /** The secret that the cache's keys are hashed with. */
  readonly secret: Uint32Array
  /** The slot of an upstream by its name, or -1 when its answers are not wanted any more. */
  readonly slotOf: (upstream: string) => number
  /** Seconds that answers live at the most, and past their lifetime for which they still count. */
  readonly maxTtl: number
  readonly maxStale: number
  /** Seconds on the monotonic clock, and milliseconds since 1970, at the same moment. */
  readonly now: number
  readonly wallNow: number
}

export class Restorer {
  restored = 0
  passed = 0
  readonly #options: RestorerOptions
  readonly #scan = new AnswerScan()
  readonly #answer = new PackedAnswer()
  readonly #key: QuestionKey
  /** Slots by the number that the snapshot has for an upstream; -1 for those that are none any more. */
  #slots: readonly number[] = []

  constructor(options: RestorerOptions) {
    this.#options = options
    this.#key = new QuestionKey(options.secret)
  }

  begin({ upstreams }: Head): void {
    this.#slots = upstreams.map(this.#options.slotOf)
  }

  restore(entry: DecodedEntry, payload: Buffer): void {
    if (this.#restore(entry, payload)) this.restored++
    else this.passed++
  }

  #restore(entry: DecodedEntry, payload: Buffer): boolean {
    const { cache, now, wallNow, maxTtl, maxStale } = this.#options
    // Rounded up, so that nothing lives longer for having been written down.
    const age = Math.ceil((wallNow - entry.storedAt) / 1000)
    const lifetime = Math.min(entry.lifetime, maxTtl)
    // Where the clock went back, nobody knows how old it is.
    if (!(age >= 0 && lifetime + maxStale > age && age < now)) return false
    const provenance = this.#provenanceOf(entry)
    if (provenance === null || !this.#takeMessage(entry, payload)) return false
    const answer = this.#answer
    answer.lifetime = lifetime
    answer.extendedError = entry.extendedError
    answer.provenance = provenance
    return cache.restore(this.#key, answer, now - age, entry.notes)
  }

  /** @returns null when its upstream is not asked any more */
  #provenanceOf({ provenance }: DecodedEntry): number | null {
    const upstream = provenance & Provenance.UpstreamMask
    const kept = Provenance.Shared | Provenance.Synthesized
    const rest = provenance & (kept | (Provenance.ValidationMask << Provenance.ValidationShift))
    if (upstream === 0) return rest
    const slot = this.#slots[upstream - 1] ?? -1
    return slot === -1 ? null : rest | (slot + 1)
  }

  /** False when it is not an answer as the cache keeps them. */
  #takeMessage({ start, end, variant }: DecodedEntry, payload: Buffer): boolean {
    const scan = this.#scan
    const answer = this.#answer
    const length = end - start
    if ((variant & ~KEPT_VARIANTS) !== 0) return false
    if (scan.scan(payload, start, length) !== AnswerFault.None) return false
    const rcode = scan.flags & RCODE_MASK
    if (rcode !== Rcode.NoError && rcode !== Rcode.NXDomain) return false
    if (scan.truncated || scan.optStart !== -1) return false
    answer.length = length
    answer.nameLength = scan.questionEnd - HEADER_LENGTH - 4
    answer.bytes.set(payload.subarray(start, end))
    answer.ttlCount = scan.ttlCount
    answer.ttlOffsets.set(scan.ttlOffsets.subarray(0, scan.ttlCount))
    const key = this.#key
    key.take(answer.bytes, HEADER_LENGTH, answer.nameLength, variant)
    // The key in an entry is the question of its message.
    answer.bytes.set(key.bytes.subarray(0, key.length), HEADER_LENGTH)
    return true
  }
}
