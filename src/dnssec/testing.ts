// Sets for tests of this folder, out of zone files by way of a message.

import assert from 'node:assert/strict'

import { AnswerFault, AnswerScan } from '../wire/answer-scan.ts'
import { encodeMessage } from '../wire/codec/message-encode.ts'
import { Flag } from '../wire/header.ts'
import { RecordClass, RecordType } from '../wire/record-type.ts'
import { parseZone } from '../wire/text/zone-text.ts'
import { formatRecord } from '../wire/text/message-text.ts'
import { type Name, nameOctets } from './name.ts'
import type { Rrset, SignedMessage } from './rrset.ts'
import { readSigned } from './signed-message.ts'
import { SetSigner, type SetSignerOptions } from './signer/set-signer.ts'

/** What is in the authority section of a message with the records of a zone file there. */
export function messageOf(text: string): SignedMessage {
  const { records, errors } = parseZone(text.replaceAll(/^\s+(?=\S+ \d+ IN )/gm, ''))
  assert.deepEqual(errors, [])
  const bytes = encodeMessage({
    id: 0,
    flags: Flag.QR,
    opcode: 0,
    rcode: 0,
    questions: [{ name: records[0]!.name, type: RecordType.A, class: 1 }],
    answers: [],
    authorities: records,
    additionals: [],
    edns: null,
  })
  const scan = new AnswerScan()
  assert.equal(scan.scan(bytes, 0, bytes.length), AnswerFault.None)
  const message = readSigned(scan)
  // Its memory is used for other messages.
  bytes.fill(0xff)
  return message
}

export function setsOf(text: string): readonly Rrset[] {
  return messageOf(text).authority
}

/** A set of an owner, with the signatures that these keys make for the zone. */
export function signedSetOf(
  owner: Name,
  type: number,
  rdata: readonly Uint8Array[],
  signer: SetSignerOptions,
): Rrset {
  const common = { name: nameOctets(owner), class: RecordClass.IN, ttl: 600 }
  const sorted = rdata.toSorted((a, b) => Buffer.compare(a, b))
  const set = { ...common, name: owner, owner: common.name, type, rdata: sorted }
  const signatures = new SetSigner(signer).sign(set)
  const records = [
    ...sorted.map((one) => ({ ...common, type, rdata: one })),
    ...signatures.map((one) => ({ ...common, type: RecordType.RRSIG, rdata: one })),
  ]
  return setsOf(records.map(formatRecord).join('\n'))[0]!
}
