// Ranges that learn from what zones answer, for tests of this folder.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'

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
import { DeductionKind } from './deduction.ts'
import { HeldSet } from './held-set.ts'
import { HeldZone } from './held-zone.ts'
import { countRecords, type SetOctets, writeSet } from './set-octets.ts'
import { ProvenRanges, type ProvenRangesOptions } from './proven-ranges.ts'
import type { Synthesis } from './synthesis.ts'

export class RangesRig {
  now = 1_000
  negative: readonly Name[] = []
  /** Whether what is learnt is for all networks. */
  isForAll = true
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

  /** Takes records of a zone file in the answer section. @param question "www.example A" */
  learnAnswer(question: string, text: string): void {
    const { records, errors } = parseZone(text)
    assert.deepEqual(errors, [])
    this.learnAll(...read(question), records, [])
  }

  learnAll(
    at: Name,
    type: number,
    answers: readonly ResourceRecord[],
    authorities: readonly ResourceRecord[],
  ): void {
    const octets = encode(at, type, answers, authorities)
    const message = messageIn(octets)
    // Aliases in a ring are no answer at all.
    if (message === null) return
    const ttls = Int32Array.from([...answers, ...authorities], ({ ttl }) => ttl)
    this.ranges.learn(message, ttls, this.isForAll)
    // Its memory is used for other messages.
    octets.fill(0xff)
  }

  /** "nxdomain", "nodata", "wildcard", or null when it has to be asked for. */
  ask(question: string): DeductionKind | null {
    return this.synthesis(question)?.kind ?? null
  }

  synthesis(question: string): Synthesis | null {
    return this.synthesisOf(...read(question))
  }

  synthesisOf(at: Name, type: number): Synthesis | null {
    return this.ranges.synthesize(questionOf(at, type))
  }
}

/** Sets with signatures as a zone file has them, which nobody made. */
export function signed(records: string, zone = 'example.'): string {
  const lines = records.trim().split('\n')
  return lines
    .map((line) => {
      const [owner, ttl, type] = line.trim().split(' ') as [string, string, string]
      const labels = owner === '.' ? 0 : owner.split('.').length - 1
      const signature = createHash('sha256').update(line).digest('base64')
      return `${line}\n${owner} ${ttl} RRSIG ${type} 13 ${labels} ${ttl} 20300101000000 20200101000000 1 ${zone} ${signature}\n`
    })
    .join('')
}

/** A set that is held, of a zone that nobody asks about. */
export class TestSet extends HeldSet {
  static readonly OVERHEAD = 10
  readonly overhead = TestSet.OVERHEAD

  constructor(length: number, bytes: Uint8Array = new Uint8Array(0)) {
    super({ zone: new HeldZone(ROOT, 0, null), id: 0, since: 0, expiresAt: 1, length, bytes })
  }

  override leaveZone(): void {}
}

/** A synthesis as it goes to a client that asks with DO. */
export function messageOf(at: Name, type: number, synthesis: Synthesis): SignedMessage {
  const { kind, zone, ttl, answer, soa, proofs } = synthesis
  const question = questionOf(at, type)
  const octets = new Uint8Array(8_192)
  writeUint16(octets, 2, Flag.QR | (kind === DeductionKind.Name ? Rcode.NXDomain : 0))
  writeUint16(octets, 4, 1)
  octets.set(question, HEADER_LENGTH)
  let end = HEADER_LENGTH + question.length
  const write = (set: SetOctets | null, suffixAt: number): number => {
    if (set === null) return 0
    end = writeSet(set, octets, end, suffixAt, ttl, true)
    return countRecords(set, true)
  }
  const zoneAt = zone === ROOT ? 0 : end - 4 - zone.length
  writeUint16(octets, 6, write(answer, HEADER_LENGTH))
  writeUint16(
    octets,
    8,
    [soa, ...proofs].reduce((count, set) => count + write(set, zoneAt), 0),
  )
  const message = messageIn(octets.slice(0, end))
  assert.ok(message)
  return message
}

/** The records of an answer as they are read from a message. */
export function readAnswer(
  at: Name,
  type: number,
  answers: readonly ResourceRecord[],
): SignedMessage {
  const message = messageIn(encode(at, type, answers, []))
  assert.ok(message)
  return message
}

function encode(
  at: Name,
  type: number,
  answers: readonly ResourceRecord[],
  authorities: readonly ResourceRecord[],
): Uint8Array {
  return encodeMessage({
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
