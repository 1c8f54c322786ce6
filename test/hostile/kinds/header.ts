// Headers and questions that do not belong to the query (RFC 1035 §4.1.1, §4.1.2).

import { ANSWER_FLAGS, message, name, record, RIGHT_ADDRESS, rightAnswer } from '../forge.ts'
import { forges, type Misbehaviour, sends } from '../misbehaviour.ts'
import { withoutRecords } from '../outcomes.ts'

const answers = [record()]
const honest = [record({ rdata: RIGHT_ADDRESS })]
const flags = (set: number, clear = 0): number => (ANSWER_FLAGS & ~clear) | set

/** The query's question with octets changed. */
function changed(question: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(question)
  copy.writeUInt8(value, at < 0 ? copy.length + at : at)
  return copy
}

const ids: readonly Misbehaviour[] = [
  ...[1, 0x100, 0xffff, 0x5555].map((mask) =>
    forges(`answers with its ID xor ${mask.toString(16)}`, ({ id }) => ({
      id: id ^ mask,
      answers,
    })),
  ),
  forges('answers with ID 0', { id: 0, answers }),
]

const flagWords: readonly Misbehaviour[] = [
  sends('sends the query back', ({ message: query }) => query),
  forges('leaves QR out', { flags: flags(0, 0x8000), answers }),
  ...[1, 2, 3, 4, 5, 6, 15].map((opcode) =>
    forges(`answers with opcode ${opcode}`, { flags: flags(opcode << 11), answers }),
  ),
  forges('sets TC on a stream', { flags: flags(0x0200), answers }),
  forges('sets TC on a stream without any record', { flags: flags(0x0200) }),
  forges('sets the Z bit', { flags: flags(0x40), answers: honest }, { alone: 'right' }),
  forges('sets AA', { flags: flags(0x0400), answers: honest }, { alone: 'right' }),
  forges('leaves RD out', { flags: flags(0, 0x0100), answers: honest }, { alone: 'right' }),
  forges('leaves RA out', { flags: flags(0, 0x0080), answers: honest }, { alone: 'right' }),
  forges('sets AD and CD unasked', { flags: flags(0x30), answers: honest }, { alone: 'right' }),
  forges('sets all flags', { flags: 0xffff, answers }),
  forges('sets no flags', { flags: 0, answers }),
]

const codes: readonly Misbehaviour[] = [
  ...[1, 2, 4, 5, 9].map((rcode) =>
    forges(
      `answers with response code ${rcode}`,
      { flags: flags(rcode) },
      {
        alone: withoutRecords(rcode),
      },
    ),
  ),
  ...[7, 8, 10, 11, 12, 13, 14, 15].map((rcode) =>
    forges(
      `answers with response code ${rcode}, which no query gets`,
      { flags: flags(rcode) },
      {
        alone: withoutRecords(rcode, 2),
      },
    ),
  ),
  ...[1, 2, 5].map((rcode) =>
    forges(`answers with response code ${rcode} and no question`, {
      flags: flags(rcode),
      question: Buffer.alloc(0),
    }),
  ),
  ...[1, 2, 4, 5].map((rcode) =>
    sends(`answers with response code ${rcode} and a header alone`, (query) =>
      message(query, { flags: flags(rcode), counts: [1] }).subarray(0, 12),
    ),
  ),
]

const questions: readonly Misbehaviour[] = [
  forges('answers another name', {
    question: Buffer.concat([name('www.example.com'), Buffer.of(0, 1, 0, 1)]),
    answers,
  }),
  forges('answers a name below', ({ question }) => ({
    question: Buffer.concat([Buffer.of(1, 0x61), question]),
    answers,
  })),
  forges('answers the parent', ({ question }) => ({
    question: question.subarray(1 + question[0]!),
    answers,
  })),
  forges('answers the root', { question: Buffer.of(0, 0, 1, 0, 1), answers }),
  forges('answers another type', ({ question }) => ({
    question: changed(question, -3, 28),
    answers,
  })),
  forges('answers another class', ({ question }) => ({
    question: changed(question, -1, 3),
    answers,
  })),
  forges('answers class ANY', ({ question }) => ({
    question: changed(question, -1, 255),
    answers,
  })),
  forges('answers type ANY', ({ question }) => ({ question: changed(question, -3, 255), answers })),
  forges('changes a letter', ({ question }) => ({ question: changed(question, 1, 0x63), answers })),
  forges(
    'changes a letter’s case',
    ({ question }) => ({ question: changed(question, 1, 0x42), answers: honest }),
    { alone: 'right' },
  ),
  forges('changes a dash as if it had a case', ({ question }) => ({
    question: changed(question, 4, question[4]! ^ 0x20),
    answers,
  })),
  forges('leaves the question out', {
    question: Buffer.alloc(0),
    answers: [record({ owner: name('bad-u.example.org') })],
  }),
  forges('repeats the question', ({ question }) => ({
    question: Buffer.concat([question, question]),
    counts: [2],
    answers,
  })),
  forges('says two questions and has one', { counts: [2], answers }),
  forges('says no question and has one', { counts: [0], answers }),
  forges('says 65,535 questions', { counts: [65_535], answers }),
  forges('compresses the question with a pointer to itself', {
    question: Buffer.of(0xc0, 12, 0, 1, 0, 1),
    answers,
  }),
  forges('compresses the question with a pointer behind', ({ question }) => ({
    question: Buffer.concat([Buffer.of(0xc0, 18, 0, 1, 0, 1), question]),
    counts: [1],
    answers,
  })),
  forges('ends the question’s name in a pointer', ({ question }) => ({
    question: Buffer.concat([question.subarray(0, -5), Buffer.of(0xc0, 4, 0, 1, 0, 1)]),
    answers,
  })),
  sends('ends in the question’s name', (query) => message(query).subarray(0, 20)),
  sends('ends in the question’s type', (query) => message(query).subarray(0, -3)),
  sends('sends a header alone', (query) => message(query).subarray(0, 12)),
  sends('answers two names at once', (query) => {
    const other = Buffer.concat([name('other.example.org'), Buffer.of(0, 1, 0, 1)])
    return message(query, {
      question: Buffer.concat([query.question, other]),
      counts: [2],
      answers,
    })
  }),
  sends(
    'answers in upper case throughout',
    (query) => {
      const answer = rightAnswer(query)
      for (let i = 12; i < 12 + query.question.length - 4; i++) {
        const octet = answer[i]!
        if (octet >= 0x61 && octet <= 0x7a) answer[i] = octet - 0x20
      }
      return answer
    },
    { alone: 'right' },
  ),
]

export const headers = [...ids, ...flagWords, ...codes, ...questions]
