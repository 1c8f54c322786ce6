// Ranges that learn from what zones answer, for tests of this folder.

import assert from 'node:assert/strict'

import { AnswerFault, AnswerScan } from '../../wire/answer-scan.ts'
import { encodeMessage } from '../../wire/codec/message-encode.ts'
import type { ResourceRecord } from '../../wire/codec/message.ts'
import { Flag, HEADER_LENGTH, Rcode, writeUint16 } from '../../wire/header.ts'
import { RecordType } from '../../wire/record-type.ts'
import { parseZone } from '../../wire/text/zone-text.ts'
import { parseType } from '../../wire/text/type-text.ts'
import { name } from '../denial/testing.ts'
import { type Name, nameOctets, ROOT } from '../name.ts'
import type { SignedMessage } from '../rrset.ts'
import { readSigned } from '../signed-message.ts'
import type { SignedZone } from '../signer/signed-zone.ts'
import { DeniedKind } from './denied.ts'
import { countRecords, writeSet } from './set-octets.ts'
import { type Denial, ProvenRanges, type ProvenRangesOptions } from './proven-ranges.ts'

export class RangesRig {
  now = 1_000
  negative: readonly Name[] = []
  readonly ranges: ProvenRanges

  constructor(options: Partial<ProvenRangesOptions> = {}) {
    this.ranges = new ProvenRanges({
      clock: { seconds: () => this.now },
      isNegative: (at) => this.negative.includes(at),
      borders: [],
      maxTtl: 3_600,
      seed: 1,
      ...options,
    })
  }

  /** Takes what a zone answers as if it had been proven. @param question "www.example A" */
  learn(zone: SignedZone, question: string): void {
    const [at, type] = read(question)
    this.learnOf(zone, at, type)
  }

  learnOf(zone: SignedZone, at: Name, type: number): void {
    const { answer, authority } = zone.answer(at, type)
    this.learnAll(at, type, answer, authority)
  }

  /** Takes records of a zone file in the authority section, as the answer to a question for `at`. */
  learnText(at: string, text: string): void {
    const { records, errors } = parseZone(text)
    assert.deepEqual(errors, [])
    this.learnAll(name(at), RecordType.A, [], records)
  }

  learnAll(
    at: Name,
    type: number,
    answers: readonly ResourceRecord[],
    authorities: readonly ResourceRecord[],
  ): void {
    const octets = encodeMessage({
      id: 0,
      flags: Flag.QR,
      opcode: 0,
      rcode: 0,
      questions: [{ name: nameOctets(at), type, class: 1 }],
      answers,
      authorities,
      additionals: [],
      edns: null,
    })
    const message = messageIn(octets)
    // Aliases in a ring are no answer at all.
    if (message === null) return
    const ttls = Int32Array.from([...answers, ...authorities], ({ ttl }) => ttl)
    this.ranges.learn(message, ttls)
    // Its memory is used for other messages.
    octets.fill(0xff)
  }

  /** "nxdomain", "nodata", or null when it has to be asked for. */
  ask(question: string): DeniedKind | null {
    return this.denial(question)?.kind ?? null
  }

  denial(question: string): Denial | null {
    return this.denialOf(...read(question))
  }

  denialOf(at: Name, type: number): Denial | null {
    return this.ranges.deny(questionOf(at, type))
  }
}

/** A denial as it goes to a client that asks with DO. */
export function messageOf(at: Name, type: number, denial: Denial): SignedMessage {
  const { kind, zone, ttl, soa, proofs } = denial
  const question = questionOf(at, type)
  const octets = new Uint8Array(8_192)
  writeUint16(octets, 2, Flag.QR | (kind === DeniedKind.Name ? Rcode.NXDomain : 0))
  writeUint16(octets, 4, 1)
  octets.set(question, HEADER_LENGTH)
  let end = HEADER_LENGTH + question.length
  const zoneAt = end - 4 - zone.length
  let count = 0
  for (const set of [soa, ...proofs]) {
    count += countRecords(set, true)
    end = writeSet(set, octets, end, zone === ROOT ? 0 : zoneAt, ttl, true)
  }
  writeUint16(octets, 8, count)
  const message = messageIn(octets.slice(0, end))
  assert.ok(message)
  return message
}

function messageIn(octets: Uint8Array): SignedMessage | null {
  const scan = new AnswerScan()
  return scan.scan(octets, 0, octets.length) === AnswerFault.None ? readSigned(scan) : null
}

export function questionOf(at: Name, type: number): Uint8Array {
  const question = new Uint8Array(at.length + 4)
  question.set(nameOctets(at))
  writeUint16(question, at.length, type)
  writeUint16(question, at.length + 2, 1)
  return question
}

function read(question: string): [Name, number] {
  const [at, type] = question.split(' ') as [string, string]
  return [name(at), parseType(type)!]
}
