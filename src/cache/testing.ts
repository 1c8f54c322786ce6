// Shorthand for tests: keys and answers made from names as text.

import { HEADER_LENGTH, writeUint16, writeUint32 } from '../wire/header.ts'
import { parseName } from '../wire/text/name-text.ts'
import { QuestionKey } from '../wire/question-key.ts'
import { RecordType } from '../wire/record-type.ts'
import type { AnswerCache } from './answer-cache.ts'
import { PackedAnswer } from './packed-answer.ts'

export const SECRET = Uint32Array.of(0x01234567, 0x89abcdef)

/** Takes all steps at once. @returns what they come to */
export function allOf<Result>(steps: Iterator<unknown, Result>): Result {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** Flushes all types of a name. @returns how many entries there were */
export function flushName(cache: AnswerCache, name: string, subtree = false): number {
  return allOf(cache.flush([{ name: nameOf(name), subtree, type: null, before: Infinity }]))
}

/** The uncompressed wire form of a name. */
export function nameOf(text: string): Uint8Array {
  const name = parseName(text)
  if (typeof name === 'string') throw new Error(`${text}: ${name}`)
  return name
}

/** A question as it stands in a query, its letter case kept. */
export function questionOf(text: string, type: number = RecordType.A, klass = 1): Uint8Array {
  const name = nameOf(text)
  const question = new Uint8Array(name.length + 4)
  question.set(name)
  writeUint16(question, name.length, type)
  writeUint16(question, name.length + 2, klass)
  return question
}

export function keyOf(text: string, type?: number, variant = 0, klass = 1): QuestionKey {
  const key = new QuestionKey(SECRET)
  const question = questionOf(text, type, klass)
  key.take(question, 0, question.length - 4, variant)
  return key
}

/** An answer with one A record that holds `mark`, owned by the question's name. */
export function answerFor(key: QuestionKey, mark: number, ttl: number, padding = 0): PackedAnswer {
  const answer = new PackedAnswer()
  const { bytes } = answer
  bytes[2] = 0x80
  writeUint16(bytes, 4, 1)
  writeUint16(bytes, 6, 1)
  bytes.set(key.bytes.subarray(0, key.length), HEADER_LENGTH)
  const record = HEADER_LENGTH + key.length
  writeUint16(bytes, record, 0xc00c)
  writeUint16(bytes, record + 2, RecordType.A)
  writeUint16(bytes, record + 4, 1)
  writeUint32(bytes, record + 6, ttl)
  writeUint16(bytes, record + 10, 4)
  writeUint32(bytes, record + 12, mark)
  answer.length = record + 16 + padding
  answer.nameLength = key.length - 4
  answer.ttlCount = 1
  answer.ttlOffsets[0] = record + 6
  answer.lifetime = ttl
  return answer
}
