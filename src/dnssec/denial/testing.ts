// Zones signed for tests, and what their own answers say of what is not there.

import assert from 'node:assert/strict'

import type { ResourceRecord } from '../../wire/codec/message.ts'
import { RecordType } from '../../wire/record-type.ts'
import { parseName } from '../../wire/text/name-text.ts'
import { parseZone } from '../../wire/text/zone-text.ts'
import { Budget } from '../budget.ts'
import { type Name, readName } from '../name.ts'
import type { Rrset } from '../rrset.ts'
import type { Nsec3Options } from '../signer/nsec3-chain.ts'
import { SignedZone } from '../signer/signed-zone.ts'
import { SigningKey } from '../signer/signing-key.ts'
import type { Denial } from './denial.ts'

const KEY = new SigningKey({ algorithm: 15 })

export const NSEC3: Nsec3Options = { iterations: 0, salt: new Uint8Array(0), optOut: false }

export function name(text: string): Name {
  return readName(parseName(text) as Uint8Array, 0, 0)
}

/** @param text a zone file */
export function signZone(text: string, nsec3?: Nsec3Options): SignedZone {
  const { records, errors } = parseZone(text)
  assert.deepEqual(errors, [])
  const options = { records, keys: [KEY], inception: 0, expiration: 1 }
  return new SignedZone({ ...options, ...(nsec3 && { nsec3 }) })
}

/** The NSEC and NSEC3 sets of a section, as if they had been verified. */
export function denialOf(zone: Name, section: readonly ResourceRecord[]): Denial {
  const sets = section
    .filter(({ type }) => type === RecordType.NSEC || type === RecordType.NSEC3)
    .map((record) => setOf(record))
  return { zone, sets }
}

/** Records of a zone file in place of what a signer would make. */
export function denialBy(zone: string, text: string): Denial {
  const { records, errors } = parseZone(text)
  assert.deepEqual(errors, [])
  return denialOf(name(zone), records)
}

export function budget(): Budget {
  return new Budget()
}

function setOf({ name: owner, type, class: recordClass, ttl, rdata }: ResourceRecord): Rrset {
  const rest = { signatures: [], places: [] }
  return { owner: readName(owner, 0, 0), type, class: recordClass, ttl, records: [rdata], ...rest }
}
