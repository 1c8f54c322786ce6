// What an attack is, and what attacks on answers are made of.

import type { Message, ResourceRecord } from '../../../src/wire/codec/message.ts'
import { readUint16 } from '../../../src/wire/header.ts'
import { RecordType, type TypeName } from '../../../src/wire/record-type.ts'
import { type Name, readName } from '../../../src/dnssec/name.ts'
import type { AttackWorld } from './attack-world.ts'

export interface Attack {
  /** What the upstream does. */
  readonly title: string
  /** `name type`: what the client asks. */
  readonly question: string
  /**
   * What the client may get: nothing; data that are not called secure; or what is true, for the
   * attack changes nothing that counts. Nothing, unless told otherwise.
   */
  readonly outcome?: 'bogus' | 'insecure' | 'honest'
  /** Made of each answer, those to the validator's own questions too. */
  readonly tamper: Tamper
}

export type Tamper = (honest: Message, asked: Asked, world: AttackWorld) => Message

export interface Asked {
  readonly name: Name
  readonly type: number
}

/** Both sections that are validated, each record changed, or left out by null. */
export function mapRecords(
  message: Message,
  change: (record: ResourceRecord) => ResourceRecord | null,
): Message {
  const mapped = (records: readonly ResourceRecord[]): ResourceRecord[] =>
    records.map(change).filter((record) => record !== null)
  return {
    ...message,
    answers: mapped(message.answers),
    authorities: mapped(message.authorities),
  }
}

export function without(
  message: Message,
  isUnwanted: (record: ResourceRecord) => boolean,
): Message {
  return mapRecords(message, (record) => (isUnwanted(record) ? null : record))
}

export function ownerOf(record: ResourceRecord): Name {
  return readName(record.name, 0, 0)
}

/** Whether it is of that type; with `RRSIG`, whether it is a signature over that type. */
export function is(record: ResourceRecord, type: TypeName, signature?: 'RRSIG'): boolean {
  if (signature === undefined) return record.type === RecordType[type]
  return record.type === RecordType.RRSIG && readUint16(record.rdata, 0) === RecordType[type]
}

export function isSignature(record: ResourceRecord): boolean {
  return record.type === RecordType.RRSIG
}

/** RDATA with some octets written over. */
export function patched(
  record: ResourceRecord,
  offset: number,
  ...octets: readonly number[]
): ResourceRecord {
  const rdata = Uint8Array.from(record.rdata)
  rdata.set(octets, offset)
  return { ...record, rdata }
}

/** RDATA with a bit of its last octet turned over. */
export function flipped(record: ResourceRecord): ResourceRecord {
  return patched(record, record.rdata.length - 1, record.rdata.at(-1)! ^ 0x80)
}
