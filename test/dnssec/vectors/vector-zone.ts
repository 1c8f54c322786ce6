// A signed zone as an RFC prints it, and the responses that it shows made of that zone's sets.

import { readFileSync } from 'node:fs'
import { Flag, readUint16 } from '../../../src/wire/header.ts'
import type { Message, ResourceRecord } from '../../../src/wire/codec/message.ts'
import { RecordClass, RecordType, type TypeName } from '../../../src/wire/record-type.ts'
import { formatName, parseName } from '../../../src/wire/text/name-text.ts'
import { parseZone } from '../../../src/wire/text/zone-text.ts'

/** A response of an RFC's appendix; sets are written `owner type`, signatures go with them. */
export interface VectorResponse {
  /** Of the RFC, and what it calls that. */
  readonly section: string
  readonly title?: string
  /** `name type`. */
  readonly question: string
  readonly rcode?: number
  readonly answer?: readonly string[]
  readonly authority: readonly string[]
  readonly additional?: readonly string[]
}

export class VectorZone {
  readonly records: readonly ResourceRecord[]

  /** @param file beside this one */
  constructor(file: string) {
    const { records, errors } = parseZone(readFileSync(new URL(file, import.meta.url), 'latin1'))
    if (errors.length > 0) throw new Error(`${file}: ${JSON.stringify(errors[0])}`)
    this.records = records
  }

  /**
   * A set with the signatures over it.
   * @param set `owner type`, or `owner type from wildcard` for one that was expanded
   */
  set(set: string): ResourceRecord[] {
    const [owner, type, , source] = set.split(' ') as [string, TypeName, string?, string?]
    const name = parseName(owner) as Uint8Array
    const found = this.records.filter(
      (record) =>
        formatName(record.name) === (source ?? owner) && typeOf(record) === RecordType[type],
    )
    if (found.length === 0) throw new Error(`there is no ${set}`)
    return found.map((record) => ({ ...record, name }))
  }

  response(response: VectorResponse): Message {
    const [name, type] = response.question.split(' ') as [string, TypeName]
    const sets = (list: readonly string[] = []): ResourceRecord[] =>
      list.flatMap((set) => this.set(set))
    return {
      id: 0,
      flags: Flag.QR | Flag.AA,
      opcode: 0,
      rcode: response.rcode ?? 0,
      questions: [
        { name: parseName(name) as Uint8Array, type: RecordType[type], class: RecordClass.IN },
      ],
      answers: sets(response.answer),
      authorities: sets(response.authority),
      additionals: sets(response.additional),
      edns: { udpSize: 1232, version: 0, flags: 0x8000, options: [] },
    }
  }
}

/** The type of the set that it is part of, or that it covers. */
function typeOf(record: ResourceRecord): number {
  return record.type === RecordType.RRSIG ? readUint16(record.rdata, 0) : record.type
}
