// An answer in words, for people who look into a store.

import { decodeMessage } from '../../wire/codec/message.ts'
import { formatRdata } from '../../wire/text/rdata-text.ts'
import { formatClass, formatType } from '../../wire/text/type-text.ts'
import type { AnswerRecord } from './record.ts'
import type { ReadableRecord } from './store.ts'

/** By their numbers, see `Validation`. */
const VALIDATIONS = ['unknown', 'insecure', 'secure', 'bogus']

interface Question {
  /** In text. */
  readonly name: string
  readonly type: number
  readonly class: number
}

export function readableRecord(question: Question, record: AnswerRecord): ReadableRecord {
  const message = decodeMessage(record.message)
  const answers = typeof message === 'string' ? [] : message.answers
  return {
    name: question.name,
    type: formatType(question.type),
    class: formatClass(question.class),
    data: answers.map(({ type, rdata }) => `${formatType(type)} ${formatRdata(type, rdata)}`),
    askedAt: record.askedAt,
    validUntil: record.validUntil,
    upstream: record.upstream,
    validation: VALIDATIONS[record.validation] ?? 'unknown',
  }
}
