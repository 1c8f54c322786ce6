// A zone whose owner is the attacker: all that is in its answers is rightly signed, and no signer would
// make such a zone.

import { TrustAnchors } from '../../../src/dnssec/anchors/trust-anchors.ts'
import { Chain } from '../../../src/dnssec/chain/chain.ts'
import type { ZoneKeys } from '../../../src/dnssec/dnskey.ts'
import { Dnskey } from '../../../src/dnssec/dnskey.ts'
import { type Name, nameOctets } from '../../../src/dnssec/name.ts'
import type { SignedMessage } from '../../../src/dnssec/rrset.ts'
import type { SourceAnswer } from '../../../src/dnssec/source.ts'
import { SetSigner } from '../../../src/dnssec/signer/set-signer.ts'
import { SigningKey } from '../../../src/dnssec/signer/signing-key.ts'
import { Validator } from '../../../src/dnssec/validator.ts'
import { Verifier } from '../../../src/dnssec/verifier.ts'
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

/** RDATA of NSEC. @param bits of the type bitmap's first window, one octet for eight types */
export function nsec(next: Name, ...bits: readonly number[]): Uint8Array {
  return Uint8Array.of(...nameOctets(next), 0, bits.length, ...bits)
}

/** A validator that trusts the zone's key. Every name below it is said to be there, and to be no zone. */
export function ownValidator(): Validator {
  const verifier = new Verifier({ now: () => NOW, policy: { acceptSha1: false } })
  const ask = async (name: Name, type: number): Promise<SourceAnswer> => {
    const keys = signedSet(OWN_ZONE, RecordType.DNSKEY, [key.rdata])
    const sections =
      type === RecordType.DNSKEY
        ? { answers: name === OWN_ZONE ? keys : [] }
        : { authorities: signedSet(name, RecordType.NSEC, [nsec(OWN_ZONE, 0x40, 0, 0, 0, 0, 3)]) }
    return { message: ownAnswer(name, type, sections), upstream: 'own' }
  }
  const anchor = { zone: OWN_ZONE, ds: [], keys: [key.rdata] }
  const chain = new Chain({
    source: { ask },
    verifier,
    anchors: new TrustAnchors({ anchors: [anchor], negative: [] }),
    now: () => NOW,
    clock: { seconds: () => NOW },
  })
  return new Validator({ chain, verifier })
}
