// What must hold of any answer that was read for validation, in tests and under the fuzzer: functions
// that throw an AssertionError when it does not.

import assert from 'node:assert/strict'

import { Budget, DEFAULT_WORK, type WorkLimits } from '../../../src/dnssec/budget.ts'
import { readDnskeys, type ZoneKeys } from '../../../src/dnssec/dnskey.ts'
import { matchesDs, readDs } from '../../../src/dnssec/ds.ts'
import { readName } from '../../../src/dnssec/name.ts'
import type { Rrset, SignedMessage } from '../../../src/dnssec/rrset.ts'
import { readSigned } from '../../../src/dnssec/signed-message.ts'
import { isFault, type Verifier } from '../../../src/dnssec/verifier.ts'
import { AnswerFault, AnswerScan } from '../../../src/wire/answer-scan.ts'
import { canonicalRdata } from '../../../src/wire/codec/rdata-codec.ts'
import { decodeMessage } from '../../../src/wire/codec/message.ts'
import { RecordType } from '../../../src/wire/record-type.ts'

const scan = new AnswerScan()

/**
 * Reads an answer, and holds what was read against what another reader makes of the same octets.
 * @returns null when it is none
 */
export function checkRead(octets: Uint8Array): SignedMessage | null {
  if (scan.scan(octets, 0, octets.length) !== AnswerFault.None) return null
  const message = readSigned(scan)
  const decoded = decodeMessage(octets)
  if (typeof decoded === 'string') assert.fail(decoded)
  const records = [...decoded.answers, ...decoded.authorities]
  assert.equal(message.count, records.length)

  const places = new Set<number>()
  const sets = [...message.answer, ...message.authority, ...message.loose]
  for (const set of sets) {
    for (const place of set.places) {
      assert.ok(!places.has(place), 'a record in two sets')
      places.add(place)
      const record = records[place]!
      assert.equal(readName(record.name, 0, 0), set.owner)
      assert.equal(record.class, set.class)
      assert.ok(set.ttl <= (record.ttl > 0x7fff_ffff ? 0 : record.ttl))
    }
    checkRecords(set, records)
  }
  assert.equal(places.size, records.length, 'a record in no set')
  return message
}

interface Read {
  readonly type: number
  readonly rdata: Uint8Array
}

/** RDATA in canonical form and order, none twice; and all that the message has. */
function checkRecords(set: Rrset, records: readonly Read[]): void {
  const data = set.places.map((place) => records[place]!).filter(({ type }) => type === set.type)
  const isOfSignatures = set.type === RecordType.RRSIG
  const forms = data.map(({ type, rdata }) =>
    Buffer.from(canonicalRdata(type, rdata)).toString('hex'),
  )
  const expected = [...new Set(isOfSignatures ? [] : forms)].sort()
  const found = set.records.map((rdata) => Buffer.from(rdata).toString('hex'))
  assert.deepEqual(found, expected)
  assert.equal(set.signatures.length, set.places.length - (isOfSignatures ? 0 : data.length))
}

/** Keys and delegations can be read, whatever stands in them. */
export function checkKeys(message: SignedMessage): void {
  const sets = [...message.answer, ...message.authority]
  const keys = sets.filter(({ type }) => type === RecordType.DNSKEY).flatMap(readDnskeys)
  const delegations = sets.filter(({ type }) => type === RecordType.DS).flatMap(readDs)
  for (const key of keys.slice(0, 64)) {
    assert.equal(key.key === null, key.fault !== null)
    for (const ds of delegations.slice(0, 8)) matchesDs(message.name, key, ds)
  }
}

/** For all sets of a message together. */
export const VERIFIER_WORK: WorkLimits = { ...DEFAULT_WORK, signatures: 8 }

/** Sets hold or do not. @returns the budget, with what that took */
export async function checkVerifier(
  message: SignedMessage,
  zone: ZoneKeys,
  verifier: Verifier,
): Promise<Budget> {
  const budget = new Budget(VERIFIER_WORK)
  for (const set of [...message.answer, ...message.authority]) {
    const result = await verifier.verify(set, zone, budget)
    if (isFault(result)) assert.ok(result.text.length > 0)
    else assert.ok(result.ttl >= 0 && result.ttl <= set.ttl)
  }
  return budget
}
