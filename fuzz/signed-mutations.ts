// Changes to signed answers, of the sorts that an upstream which lies would make: to whole records, to
// sections, and to the fields that validators decide by.

import type { Message, ResourceRecord } from '../src/wire/codec/message.ts'
import { Flag } from '../src/wire/header.ts'
import { RecordType } from '../src/wire/record-type.ts'
import type { Mutator } from './mutator.ts'

type Below = Mutator['below']
type Section = ResourceRecord[]

interface Draft {
  rcode: number
  flags: number
  readonly sections: readonly [answers: Section, authorities: Section, additionals: Section]
}

/**
 * A changed answer: one to three changes.
 * @param others answers from whose records some may be taken
 */
export function mutateAnswer(message: Message, others: readonly Message[], below: Below): Message {
  const draft: Draft = {
    rcode: message.rcode,
    flags: message.flags,
    sections: [[...message.answers], [...message.authorities], [...message.additionals]],
  }
  for (let changes = 1 + below(3); changes > 0; changes--) change(draft, others, below)
  const [answers, authorities, additionals] = draft.sections
  return { ...message, rcode: draft.rcode, flags: draft.flags, answers, authorities, additionals }
}

function change(draft: Draft, others: readonly Message[], below: Below): void {
  const section = draft.sections[below(3)]!
  const at = below(section.length)
  const record = section[at]
  switch (below(12)) {
    case 0:
      section.splice(at, 1)
      return
    case 1:
      if (record !== undefined) section.splice(below(section.length + 1), 0, record)
      return
    case 2:
      section.splice(at, 1)
      if (record !== undefined) draft.sections[below(3)]!.push(record)
      return
    case 3:
      section.push(...some(others[below(others.length)], below))
      return
    case 4:
      draft.rcode = below(4) === 0 ? below(24) : 3 - (draft.rcode & 3)
      return
    case 5:
      strip(draft, below)
      return
    case 6:
      draft.flags ^= [Flag.AA, Flag.AD, Flag.CD, Flag.TC][below(4)]!
      return
    case 7:
      splice(draft, others[below(others.length)], below)
      return
    default:
      if (record !== undefined) section[at] = changeRecord(record, section, below)
  }
}

/** A record of another answer, or all of one of its sections. */
function some(other: Message | undefined, below: Below): readonly ResourceRecord[] {
  if (other === undefined) return []
  const section = [other.answers, other.authorities, other.additionals][below(3)]!
  const record = section[below(section.length)]
  return record === undefined || below(2) === 0 ? section : [record]
}

/** Takes all records of one type away, or all signatures over one. */
function strip(draft: Draft, below: Below): void {
  const all = draft.sections.flat()
  const type = all[below(all.length)]?.type
  for (const section of draft.sections) {
    const kept = section.filter((record) => record.type !== type)
    section.splice(0, section.length, ...kept)
  }
}

/** One section of this answer, the others of another. */
function splice(draft: Draft, other: Message | undefined, below: Below): void {
  if (other === undefined) return
  const sections = [other.answers, other.authorities, other.additionals]
  const which = below(2)
  draft.sections[which]!.splice(0, draft.sections[which]!.length, ...sections[which]!)
  if (below(2) === 0) draft.rcode = other.rcode
}

const TTLS = [0, 1, 59, 3_599, 3_601, 86_400, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]

function changeRecord(record: ResourceRecord, section: Section, below: Below): ResourceRecord {
  switch (below(8)) {
    case 0:
      return { ...record, ttl: TTLS[below(TTLS.length)]! }
    case 1:
      return {
        ...record,
        name: changeName(record.name, section[below(section.length)]!.name, below),
      }
    case 2:
      return { ...record, type: section[below(section.length)]!.type }
    case 3:
      return { ...record, rdata: flipped(record.rdata, below) }
    case 4:
      return { ...record, class: below(2) === 0 ? 3 : below(65_536) }
    default:
      return { ...record, rdata: hostileRdata(record, below) }
  }
}

/** Another's name, the parent's, a child's, the wildcard's, or other letters of the same name. */
function changeName(name: Uint8Array, other: Uint8Array, below: Below): Uint8Array {
  const first = name[0]!
  switch (below(6)) {
    case 0:
      return other
    case 1:
      return first === 0 ? name : name.slice(first + 1)
    case 2:
      return name.length > 250 ? name : Uint8Array.of(1, 0x61 + below(26), ...name)
    case 3:
      return first === 0 ? name : Uint8Array.of(1, 0x2a, ...name.subarray(first + 1))
    case 4:
      return name.length > 250 ? name : Uint8Array.of(1, 0x2a, ...name)
    default: {
      const changed = Uint8Array.from(name)
      if (first > 0) changed[1 + below(first)]! ^= 0x20
      return changed
    }
  }
}

function flipped(octets: Uint8Array, below: Below): Uint8Array {
  const changed = Uint8Array.from(octets)
  if (octets.length > 0) changed[below(octets.length)]! ^= 1 << below(8)
  return changed
}

/** Times and numbers at the edges that arithmetic trips over. */
const EDGES = [0, 1, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xffff_fffe, 0xffff_ffff]

export function hostileRdata(record: ResourceRecord, below: Below): Uint8Array {
  const rdata = Buffer.from(record.rdata)
  switch (record.type) {
    case RecordType.RRSIG:
      return rdata.length < 18 ? rdata : hostileSignature(rdata, below)
    case RecordType.NSEC3:
      return rdata.length < 6 ? rdata : hostileNsec3(rdata, below)
    case RecordType.DNSKEY:
      return rdata.length < 5 ? rdata : hostileKey(rdata, below)
    case RecordType.DS:
      if (rdata.length < 5) return rdata
      if (below(2) === 0) rdata[2] = below(20)
      else rdata[3] = below(6)
      return rdata
    default:
      return flipped(rdata, below)
  }
}

function hostileSignature(rdata: Buffer, below: Below): Uint8Array {
  const edge = EDGES[below(EDGES.length)]!
  switch (below(9)) {
    case 0:
      rdata.writeUInt16BE(below(2) === 0 ? below(260) : below(65_536), 0)
      break
    case 1:
      rdata[2] = below(20)
      break
    case 2:
      rdata[3] = below(4) === 0 ? below(256) : below(6)
      break
    case 3:
      rdata.writeUInt32BE(edge, 4)
      break
    case 4:
      rdata.writeUInt32BE(edge, 8)
      break
    case 5:
      rdata.writeUInt32BE(edge, 12)
      break
    case 6:
      rdata.writeUInt16BE(below(65_536), 16)
      break
    case 7:
      // Another signer: the root, or what its first label leaves.
      return Buffer.concat([rdata.subarray(0, 18), rdata.subarray(18 + rdata[18]! + 1)])
    default:
      // A signature that is cut, empty or far too long.
      return below(2) === 0
        ? rdata.subarray(0, Math.max(19, rdata.length - 1 - below(64)))
        : Buffer.concat([rdata, Buffer.alloc(1 + below(2_000), 0xa5)])
  }
  return rdata
}

function hostileNsec3(rdata: Buffer, below: Below): Uint8Array {
  const salt = 5 + rdata[4]!
  switch (below(6)) {
    case 0:
      rdata[0] = below(4)
      break
    case 1:
      rdata[1] = below(256)
      break
    case 2:
      rdata.writeUInt16BE([0, 50, 51, 150, 2_500, 65_535][below(6)]!, 2)
      break
    case 3:
      // Another salt, as long as salts may be.
      return Buffer.concat([
        rdata.subarray(0, 4),
        Buffer.of(255),
        Buffer.alloc(255, 0x5a),
        rdata.subarray(salt),
      ])
    case 4:
      // A next hash of another length.
      return Buffer.concat([
        rdata.subarray(0, salt),
        Buffer.of(1),
        rdata.subarray(salt + 1, salt + 2),
        rdata.subarray(salt + 1 + (rdata[salt] ?? 0)),
      ])
    default:
      // It covers everything, or nothing.
      rdata.subarray(salt + 1, salt + 1 + (rdata[salt] ?? 0)).fill(below(2) === 0 ? 0 : 0xff)
  }
  return rdata
}

function hostileKey(rdata: Buffer, below: Below): Uint8Array {
  switch (below(5)) {
    case 0:
      rdata.writeUInt16BE([0, 1, 128, 256, 257, 384, 385, 65_535][below(8)]!, 0)
      break
    case 1:
      rdata[2] = below(256)
      break
    case 2:
      rdata[3] = below(256)
      break
    case 3:
      return rdata.subarray(0, 5 + below(rdata.length - 4))
    default:
      // An RSA exponent as long as there is room for (RFC 3110 §2).
      rdata.writeUInt16BE(below(65_536), 5 <= rdata.length - 2 ? 5 : rdata.length - 2)
      rdata[4] = 0
  }
  return rdata
}
