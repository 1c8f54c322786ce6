// What goes on of an answer that is secure: the sets that were proven, for as long as they were, and
// nothing else. Its additional section is not looked at by the validator (RFC 4035 §3.2.3), so it goes.

import { AnswerFault, AnswerScan, MAX_RECORDS } from '../wire/answer-scan.ts'
import { decodeMessage, type ResourceRecord } from '../wire/codec/message.ts'
import { encodeMessage } from '../wire/codec/message-encode.ts'
import { MAX_MESSAGE_LENGTH, readUint32, writeUint32 } from '../wire/header.ts'
import { RecordRemover } from '../wire/record-remover.ts'

/** In the place of a TTL: the record was not proven. */
const UNPROVEN = -1

/** RFC 2181 §8: a TTL with the top bit set counts as zero. */
const MAX_TTL = 0x7fff_ffff

/** One answer at a time. */
export class ProvenPart {
  readonly #remover = new RecordRemover()
  readonly #bytes = new Uint8Array(MAX_MESSAGE_LENGTH + 1)
  readonly #ttlOffsets = new Uint16Array(MAX_RECORDS)
  readonly #scan = new AnswerScan()

  /**
   * Writes into the answer's own memory where it can.
   * @param ttls see `Verdict`
   * @returns the scan of what goes on; null when it makes no answer any more
   */
  take(answer: AnswerScan, ttls: Int32Array): AnswerScan | null {
    const { answerCount, authorityCount, additionalCount } = answer
    const count = answerCount + authorityCount
    const isChanged = lowerTtls(answer, ttls, count)
    let gone = additionalCount
    for (let place = 0; place < count; place++) if (ttls[place] === UNPROVEN) gone++
    if (gone === 0) return isChanged ? this.#again(answer) : answer
    const { gone: marks } = this.#remover
    for (let place = 0; place < count; place++) if (ttls[place] === UNPROVEN) marks[place] = 1
    marks.fill(1, count, count + additionalCount)
    const length = this.#remover.remove(answer, true, this.#bytes, this.#ttlOffsets)
    return length === -1 ? this.#rebuilt(answer, ttls) : this.#scanned(this.#bytes, length)
  }

  /** The answer without its records: header, question and OPT. */
  nothing(answer: AnswerScan): AnswerScan | null {
    const count = answer.answerCount + answer.authorityCount
    if (count + answer.additionalCount === 0) return answer
    return this.take(answer, new Int32Array(count).fill(UNPROVEN))
  }

  /** The rare answer in which a name that stays leads into what goes. */
  #rebuilt({ bytes, start, length, truncated }: AnswerScan, ttls: Int32Array): AnswerScan | null {
    const message = decodeMessage(bytes.slice(start, start + length))
    if (typeof message === 'string') return null
    const { answers, authorities } = message
    const stay = (records: readonly ResourceRecord[], first: number) =>
      records.filter((_, i) => ttls[first + i] !== UNPROVEN)
    const octets = encodeMessage({
      ...message,
      answers: stay(answers, 0),
      authorities: stay(authorities, answers.length),
      additionals: [],
    })
    const rebuilt = this.#scanned(octets, octets.length)
    // Names that came compressed where we may not compress them can make it too long (RFC 3597 §4).
    return rebuilt?.truncated === true && !truncated ? null : rebuilt
  }

  #scanned(bytes: Uint8Array, length: number): AnswerScan | null {
    return this.#scan.scan(bytes, 0, length) === AnswerFault.None ? this.#scan : null
  }

  #again(answer: AnswerScan): AnswerScan | null {
    const { bytes, start, length } = answer
    return answer.scan(bytes, start, length) === AnswerFault.None ? answer : null
  }
}

/** @returns whether any was longer than it may be */
function lowerTtls(answer: AnswerScan, ttls: Int32Array, count: number): boolean {
  const { bytes, start, ttlOffsets } = answer
  let isChanged = false
  for (let place = 0; place < count; place++) {
    const proven = ttls[place]!
    const at = start + ttlOffsets[place]!
    const ttl = readUint32(bytes, at)
    if (proven === UNPROVEN || (ttl <= proven && ttl <= MAX_TTL)) continue
    writeUint32(bytes, at, proven)
    isChanged = true
  }
  return isChanged
}
