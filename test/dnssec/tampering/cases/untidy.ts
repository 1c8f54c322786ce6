// What is right, in another form: validation must not hang on how servers happen to write an answer.

import { writeUint16 } from '../../../../src/wire/header.ts'
import type { Message, ResourceRecord } from '../../../../src/wire/codec/message.ts'
import { isSignature } from '../../attack/attack.ts'
import type { Outcome, TamperCase } from '../case.ts'

const QUESTIONS = ['mail A', 'www A', 'x.wild A', 'b.moved A', 'nope A', 'mail TXT'] as const

function sections(
  message: Message,
  change: (records: readonly ResourceRecord[]) => readonly ResourceRecord[],
): Message {
  return {
    ...message,
    answers: change(message.answers),
    authorities: change(message.authorities),
  }
}

const ALGORITHM = 2
const KEY_TAG = 16

/** The signature as another key would have made it that nobody has. */
function byStranger(one: ResourceRecord, algorithm: number): ResourceRecord {
  const rdata = Uint8Array.from(one.rdata)
  rdata[ALGORITHM] = algorithm
  writeUint16(rdata, KEY_TAG, 0xffff)
  return { ...one, rdata }
}

/** The signer's name and its owner in upper case (RFC 6840 §5.1). */
function upperCaseSigner(one: ResourceRecord): ResourceRecord {
  if (!isSignature(one)) return one
  const rdata = Uint8Array.from(one.rdata)
  for (let at = 18; rdata[at] !== 0; at += rdata[at]! + 1) {
    for (let i = at + 1; i <= at + rdata[at]!; i++) {
      if (rdata[i]! >= 0x61 && rdata[i]! <= 0x7a) rdata[i]! -= 0x20
    }
  }
  return { ...one, rdata }
}

type Forms = Readonly<Record<string, (honest: Message) => Message>>

const sameRecords: Forms = {
  'turns the order of records around': (honest) =>
    sections(honest, (records) => records.toReversed()),
  'gives all signatures before what they sign': (honest) =>
    sections(honest, (records) => [
      ...records.filter(isSignature),
      ...records.filter((one) => !isSignature(one)),
    ]),
}

/** They go on to clients as they are: some know more algorithms. */
const otherRecords: Forms = {
  'writes signers in upper case': (honest) =>
    sections(honest, (records) => records.map(upperCaseSigner)),
  'adds signatures by keys and algorithms that nobody knows': (honest) =>
    sections(honest, (records) =>
      records.flatMap((one) =>
        isSignature(one) ? [byStranger(one, 200), byStranger(one, 13), one] : one,
      ),
    ),
  'says everything twice': (honest) => sections(honest, (records) => [...records, ...records]),
}

const casesOf = (forms: Forms, outcome: Outcome): readonly TamperCase[] =>
  Object.entries(forms).flatMap(([title, tamper]) =>
    QUESTIONS.map((question) => ({ title: `${title} (${question})`, question, outcome, tamper })),
  )

export const untidy: readonly TamperCase[] = [
  ...casesOf(sameRecords, { is: 'honest' }),
  ...casesOf(otherRecords, { is: 'replayed' }),
]
