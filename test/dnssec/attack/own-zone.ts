// A zone whose owner is the attacker: all that is in its answers is rightly signed, and no signer would
// make such a zone.

import type { ZoneKeys } from '../../../src/dnssec/dnskey.ts'
import { Dnskey } from '../../../src/dnssec/dnskey.ts'
import { type Name, nameOctets } from '../../../src/dnssec/name.ts'
import type { SignedMessage } from '../../../src/dnssec/rrset.ts'
import { SetSigner } from '../../../src/dnssec/signer/set-signer.ts'
import { SigningKey } from '../../../src/dnssec/signer/signing-key.ts'
import type { Message, ResourceRecord } from '../../../src/wire/codec/message.ts'
import { Flag } from '../../../src/wire/header.ts'
import { RecordType } from '../../../src/wire/record-type.ts'
import { mustSign } from '../vectors/signed.ts'
import { nameOf, NOW } from './attack-world.ts'

export const OWN_ZONE = nameOf('own.example.')

const TTL = 300

const key = new SigningKey({ algorithm: 13 })

export const ownKeys = keysOf(key)

export function keysOf({ rdata }: SigningKey): ZoneKeys {
  return { zone: OWN_ZONE, keys: [new Dnskey(rdata)] }
}

function signerBy(by: SigningKey): SetSigner {
  const validity = { inception: NOW - 3_600, expiration: NOW + 86_400 }
  return new SetSigner({ zone: OWN_ZONE, keys: [by], ...validity })
}

/**
 * A set with its signature.
 * @param shownAs what a wildcard stands for
 */
export function signedSet(
  name: Name,
  type: number,
  rdata: readonly Uint8Array[],
  shownAs = name,
  by = key,
): ResourceRecord[] {
  const sorted = rdata.toSorted((a, b) => Buffer.compare(a, b))
  const set = { name, owner: nameOctets(name), type, class: 1, ttl: TTL, rdata: sorted }
  const record = (recordType: number) => (data: Uint8Array) => ({
    name: nameOctets(shownAs),
    type: recordType,
    class: 1,
    ttl: TTL,
    rdata: data,
  })
  return [...sorted.map(record(type)), ...signerBy(by).sign(set).map(record(RecordType.RRSIG))]
}

export function ownAnswer(
  name: Name,
  type: number,
  sections: Partial<Pick<Message, 'rcode' | 'answers' | 'authorities'>>,
): SignedMessage {
  return mustSign({
    id: 0,
    flags: Flag.QR,
    opcode: 0,
    rcode: 0,
    questions: [{ name: nameOctets(name), type, class: 1 }],
    answers: [],
    authorities: [],
    additionals: [],
    edns: null,
    ...sections,
  })
}
