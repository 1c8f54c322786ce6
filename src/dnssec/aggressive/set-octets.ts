// A proven set with its signatures as octets, to be put into messages again and again:
//
//   octets of its owner that are kept, with their number (1) before them; the number of records (1) and
//   of signatures (1); each with its type (2) and length (2): first the records, then the signatures

import { readUint16, writeUint16, writeUint32 } from '../../wire/header.ts'
import { RecordClass, RecordType } from '../../wire/record-type.ts'
import type { Rrset } from '../rrset.ts'

/** Where a set lies. */
export interface SetOctets {
  readonly bytes: Uint8Array
  readonly at: number
}

/** Octets of a set at the most: those of denials are far smaller, and large ones are dear to keep. */
export const MAX_SET_LENGTH = 2_048

/** Of either kind. */
const MAX_RECORDS = 0xff

/** The three numbers. */
const SET_HEADER = 3

/** Type and length. */
const RECORD_HEADER = 4

const POINTER = 0xc000

/**
 * How many octets a set takes; more than `MAX_SET_LENGTH` when it cannot be kept.
 * @param prefix octets of its owner that are kept: what comes behind is told to `writeSet`
 */
export function lengthOf({ records, signatures }: Rrset, prefix: number): number {
  if (records.length > MAX_RECORDS || signatures.length > MAX_RECORDS) return MAX_SET_LENGTH + 1
  let length = SET_HEADER + prefix
  for (let i = 0; i < records.length; i++) length += RECORD_HEADER + records[i]!.length
  for (let i = 0; i < signatures.length; i++) {
    const { head, signature } = signatures[i]!
    length += RECORD_HEADER + head.length + signature.length
  }
  return length
}

/** Writes a set to where it is to be kept. There must be room for `lengthOf` octets. */
export function storeSet(set: Rrset, prefix: number, bytes: Uint8Array, start: number): void {
  const { owner, type, records, signatures } = set
  let at = start
  bytes[at++] = prefix
  for (let i = 0; i < prefix; i++) bytes[at++] = owner.charCodeAt(i)
  bytes[at++] = records.length
  bytes[at++] = signatures.length
  for (let i = 0; i < records.length; i++) {
    const rdata = records[i]!
    writeUint16(bytes, at, type)
    writeUint16(bytes, at + 2, rdata.length)
    bytes.set(rdata, at + RECORD_HEADER)
    at += RECORD_HEADER + rdata.length
  }
  for (let i = 0; i < signatures.length; i++) {
    const { head, signature } = signatures[i]!
    writeUint16(bytes, at, RecordType.RRSIG)
    writeUint16(bytes, at + 2, head.length + signature.length)
    bytes.set(head, at + RECORD_HEADER)
    bytes.set(signature, at + RECORD_HEADER + head.length)
    at += RECORD_HEADER + head.length + signature.length
  }
}

/** The RDATA of its first record. */
export function rdataOf({ bytes, at }: SetOctets): Uint8Array {
  const record = at + SET_HEADER + bytes[at]!
  const rdata = record + RECORD_HEADER
  return bytes.subarray(rdata, rdata + readUint16(bytes, record + 2))
}

/** How many records `writeSet` writes. */
export function countRecords({ bytes, at }: SetOctets, withSignatures: boolean): number {
  const counts = at + 1 + bytes[at]!
  return withSignatures ? bytes[counts]! + bytes[counts + 1]! : bytes[counts]!
}

/**
 * Writes a set's records into a message that begins with `into`.
 * @param suffixAt offset there of the name that the owner ends in, behind what was kept of it; 0 of the
 *   root, which is not pointed to
 * @param ttl in seconds
 * @returns the offset behind
 */
export function writeSet(
  set: SetOctets,
  into: Uint8Array,
  start: number,
  suffixAt: number,
  ttl: number,
  withSignatures: boolean,
): number {
  const { bytes } = set
  const owner = set.at + 1
  const ownerEnd = owner + bytes[set.at]!
  let from = ownerEnd + 2
  let at = start
  for (let left = countRecords(set, withSignatures); left > 0; left--) {
    for (let i = owner; i < ownerEnd; i++) into[at++] = bytes[i]!
    if (suffixAt === 0) into[at++] = 0
    else {
      writeUint16(into, at, POINTER | suffixAt)
      at += 2
    }
    const length = readUint16(bytes, from + 2)
    writeUint16(into, at, readUint16(bytes, from))
    writeUint16(into, at + 2, RecordClass.IN)
    writeUint32(into, at + 4, ttl)
    writeUint16(into, at + 8, length)
    at += 10
    from += RECORD_HEADER
    for (const end = from + length; from < end; ) into[at++] = bytes[from++]!
  }
  return at
}
