// Whether an answer is to the question that was asked.

import type { AnswerScan } from '../../wire/answer-scan.ts'
import { HEADER_LENGTH } from '../../wire/header.ts'
import { equalIgnoringCase } from '../../wire/name.ts'

/** Octets of a question's type and class. */
const FIXED_LENGTH = 4

/** @param question the question section as it was sent, its name in any case (RFC 4343 §3) */
export function matchesQuestion(answer: AnswerScan, question: Uint8Array): boolean {
  const { length } = question
  if (answer.questionEnd - HEADER_LENGTH !== length) return false
  const { bytes } = answer
  const start = answer.start + HEADER_LENGTH
  const nameLength = length - FIXED_LENGTH
  for (let i = nameLength; i < length; i++) {
    if (bytes[start + i] !== question[i]) return false
  }
  return equalIgnoringCase(bytes, start, question, 0, nameLength)
}
