// NSEC3 records sorted by what their hashes were made with: only those made alike prove something
// together (RFC 5155 §8.2).

import { readUint16 } from '../../wire/header.ts'
import { RecordType } from '../../wire/record-type.ts'
import { type Name, parentOf } from '../name.ts'
import type { Rrset } from '../rrset.ts'
import {
  areAlike,
  type HashParameters,
  hashOfOwner,
  NSEC3_HASH_LENGTH,
  NSEC3_SHA1,
  type NameHash,
} from './nsec3-hash.ts'
import { TypeBits } from './type-bits.ts'

export interface Nsec3 {
  readonly hash: NameHash
  readonly next: NameHash
  /** Whether there may be unsigned delegations in between (RFC 5155 §6). */
  readonly isOptOut: boolean
  readonly types: TypeBits
}

export interface Nsec3Group extends HashParameters {
  readonly records: readonly Nsec3[]
}

/** RFC 5155 §3.1.2.1 */
const OPT_OUT_FLAG = 0x01

/** Octets before the salt: hash algorithm(1) flags(1) iterations(2) salt length(1). */
const SALT_AT = 5

/**
 * The records that can be used: those of another algorithm, with flags that nobody knows, or with
 * hashes of another length are as if they were not there (RFC 5155 §8.1, §8.2).
 */
export function groupNsec3(zone: Name, sets: readonly Rrset[]): Nsec3Group[] {
  const groups: (Nsec3Group & { readonly records: Nsec3[] })[] = []
  for (const { type, owner, records } of sets) {
    if (type !== RecordType.NSEC3) continue
    const hash = parentOf(owner) === zone ? hashOfOwner(owner) : null
    if (hash === null) continue
    for (const rdata of records) {
      const nextAt = SALT_AT + rdata[4]! + 1
      const typesAt = nextAt + NSEC3_HASH_LENGTH
      const fits = rdata[0] === NSEC3_SHA1 && rdata[1]! <= OPT_OUT_FLAG
      if (!fits || rdata[nextAt - 1] !== NSEC3_HASH_LENGTH) continue
      const made = { iterations: readUint16(rdata, 2), salt: rdata.subarray(SALT_AT, nextAt - 1) }
      let group = groups.find((each) => areAlike(each, made))
      if (group === undefined) groups.push((group = { ...made, records: [] }))
      const next = Buffer.from(rdata.subarray(nextAt, typesAt)).toString('latin1')
      const isOptOut = rdata[1] === OPT_OUT_FLAG
      group.records.push({ hash, next, isOptOut, types: new TypeBits(rdata, typesAt) })
    }
  }
  return groups
}
