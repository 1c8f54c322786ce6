// Something of a signed answer is changed: data, names, times, or the signature itself (RFC 4034 §3.1).

import { readUint32, writeUint32 } from '../../../../src/wire/header.ts'
import { nameOctets } from '../../../../src/dnssec/name.ts'
import type { ResourceRecord } from '../../../../src/wire/codec/message.ts'
import { flipped, isSignature, mapRecords, patched } from '../../attack/attack.ts'
import {
  bogus,
  change,
  data,
  EDE,
  FORGED,
  only,
  record,
  renamed,
  signatureOver,
  type TamperCase,
  withSigner,
} from '../case.ts'
import { DAY, NOW } from '../case-zone.ts'

const BY_ZONE = 'signature by $zone key # (ECDSAP256SHA256)'
const NO_MATCH = bogus(EDE.Bogus, `mail.$zone A: ${BY_ZONE} does not match the data`)

/** Where the fields of RRSIG lie (RFC 4034 §3.1). */
const Field = {
  TypeCovered: 0,
  Algorithm: 2,
  Labels: 3,
  OriginalTtl: 4,
  Expiration: 8,
  Inception: 12,
  KeyTag: 16,
  Signer: 18,
} as const

function withTimes(signature: ResourceRecord, inception: number, expiration: number) {
  const rdata = Uint8Array.from(signature.rdata)
  writeUint32(rdata, Field.Expiration, expiration)
  writeUint32(rdata, Field.Inception, inception)
  return { ...signature, rdata }
}

const atMail = (tamper: TamperCase['tamper']): TamperCase['tamper'] => only('mail A', tamper)

const sig = (into: (record: ResourceRecord) => ResourceRecord | null) =>
  atMail(change(signatureOver('A'), into))

export const flips: readonly TamperCase[] = [
  {
    title: 'flips a bit of an address',
    question: 'mail A',
    outcome: NO_MATCH,
    tamper: atMail(change(data('A'), flipped)),
  },
  {
    title: 'adds an address to a set',
    question: 'mail A',
    outcome: NO_MATCH,
    tamper: atMail((honest, { name }) => ({
      ...honest,
      answers: [...honest.answers, record(name, 'A', FORGED)],
    })),
  },
  {
    title: 'leaves an address out of a set',
    question: 'mail A',
    outcome: NO_MATCH,
    tamper: atMail((honest) => ({ ...honest, answers: honest.answers.slice(1) })),
  },
  {
    title: 'gives the data another type, and leaves their signature',
    question: 'mail A',
    outcome: bogus(EDE.RrsigsMissing, 'mail.$zone A: is not signed'),
    tamper: only('mail A', (honest, { name }, zone) => ({
      ...honest,
      answers: zone
        .honest(name, 'AAAA')
        .answers.map((one) => (one.type === 28 ? record(name, 'A', FORGED) : one)),
    })),
  },
  {
    title: 'gives the data to another name',
    question: 'mail A',
    outcome: { is: 'malformed' },
    tamper: atMail((honest, _asked, zone) =>
      mapRecords(honest, (one) => renamed(one, zone.name('mbil'))),
    ),
  },
  {
    title: 'writes names in other letter case (RFC 4034 §6.2)',
    question: 'mail A',
    outcome: { is: 'honest' },
    tamper: (honest) => mapRecords(honest, (one) => ({ ...one, name: upperCase(one.name) })),
  },
  {
    title: 'raises every TTL (RFC 4035 §5.3.3)',
    question: 'mail A',
    outcome: { is: 'honest' },
    tamper: (honest) => mapRecords(honest, (one) => ({ ...one, ttl: 0x7fff_ffff })),
  },
  {
    // Nobody signs that a TTL is not shorter: caches make it so.
    title: 'lowers every TTL',
    question: 'mail A',
    outcome: { is: 'honest' },
    tamper: (honest) => mapRecords(honest, (one) => ({ ...one, ttl: 7 })),
  },
  {
    title: 'gives the data another class',
    question: 'mail A',
    outcome: { is: 'malformed' },
    tamper: atMail((honest) => mapRecords(honest, (one) => ({ ...one, class: 3 }))),
  },
  {
    // Signatures are not signed themselves (RFC 4035 §2.2), and nobody is told that they are proven.
    title: 'flips a bit of a signature in the answer to a client who asks for signatures',
    question: 'mail RRSIG',
    outcome: { is: 'insecure' },
    tamper: only('mail RRSIG', change(isSignature, flipped)),
  },
  {
    title: 'raises the original TTL in signatures',
    question: 'mail A',
    outcome: NO_MATCH,
    tamper: sig((one) => patched(one, Field.OriginalTtl, 1)),
  },
  {
    title: 'changes which type a signature covers',
    question: 'mail A',
    outcome: bogus(EDE.RrsigsMissing, 'mail.$zone A: is not signed'),
    tamper: sig((one) => patched(one, Field.TypeCovered, 0, 28)),
  },
  {
    title: 'says that a signature is of an algorithm nobody knows (RFC 6840 §5.11)',
    question: 'mail A',
    outcome: bogus(
      EDE.RrsigsMissing,
      'mail.$zone A: signature by $zone key # (algorithm 250) is of an algorithm that is not supported',
    ),
    tamper: sig((one) => patched(one, Field.Algorithm, 250)),
  },
  {
    title: 'says that a signature is of another algorithm',
    question: 'mail A',
    outcome: bogus(
      EDE.DnskeyMissing,
      'mail.$zone A: signature by $zone key # (ED25519) is by a key that the zone does not have',
    ),
    tamper: sig((one) => patched(one, Field.Algorithm, 15)),
  },
  {
    title: 'says that a signature is over a wildcard',
    question: 'mail A',
    outcome: NO_MATCH,
    tamper: sig((one) => patched(one, Field.Labels, one.rdata[Field.Labels]! - 1)),
  },
  {
    title: 'says that a signature is over a longer name',
    question: 'mail A',
    outcome: bogus(EDE.Bogus, `mail.$zone A: ${BY_ZONE} is over another name`),
    tamper: sig((one) => patched(one, Field.Labels, one.rdata[Field.Labels]! + 1)),
  },
  {
    title: 'lets a signature last longer',
    question: 'mail A',
    outcome: NO_MATCH,
    tamper: sig((one) => withTimes(one, NOW - 2 * DAY, NOW + 30 * DAY)),
  },
  {
    title: 'says that a signature is over',
    question: 'mail A',
    outcome: bogus(EDE.Expired, `mail.$zone A: ${BY_ZONE} expired at $time`),
    tamper: sig((one) => withTimes(one, NOW - 9 * DAY, NOW - 8 * DAY)),
  },
  {
    title: 'says that a signature has not begun',
    question: 'mail A',
    outcome: bogus(EDE.NotYetValid, `mail.$zone A: ${BY_ZONE} is not valid before $time`),
    tamper: sig((one) => withTimes(one, NOW + 8 * DAY, NOW + 9 * DAY)),
  },
  {
    title: 'says that a signature ends before it begins (RFC 8914 §4.26)',
    question: 'mail A',
    outcome: bogus(
      EDE.ExpiredBeforeValid,
      `mail.$zone A: ${BY_ZONE} expired before it became valid`,
    ),
    tamper: sig((one) =>
      withTimes(
        one,
        readUint32(one.rdata, Field.Expiration),
        readUint32(one.rdata, Field.Inception),
      ),
    ),
  },
  {
    title: 'names another key',
    question: 'mail A',
    outcome: bogus(
      EDE.DnskeyMissing,
      `mail.$zone A: ${BY_ZONE} is by a key that the zone does not have`,
    ),
    tamper: sig((one) => patched(one, Field.KeyTag, one.rdata[Field.KeyTag]! ^ 1)),
  },
  {
    title: 'says that the parent zone signed',
    question: 'mail A',
    outcome: bogus(
      EDE.DnskeyMissing,
      'mail.$zone A: signature by $parent key # (ECDSAP256SHA256) is by a key that the zone does not have',
    ),
    tamper: only('mail A', (honest, _asked, zone) =>
      mapRecords(honest, (one) =>
        one.type === 46 ? withSigner(one, nameOctets(zone.parent)) : one,
      ),
    ),
  },
  {
    title: 'says that a zone below an unsigned delegation signed',
    question: 'mail A',
    outcome: bogus(EDE.RrsigsMissing, 'mail.$zone A: …'),
    tamper: only('mail A', (honest, _asked, zone) =>
      mapRecords(honest, (one) =>
        one.type === 46 ? withSigner(one, nameOctets(zone.name('plain'))) : flipped(one),
      ),
    ),
  },
  {
    title: 'says that the name signed itself, as if it was a zone',
    question: 'mail A',
    outcome: bogus(EDE.RrsigsMissing, 'mail.$zone A: …'),
    tamper: only('mail A', (honest, { name }) =>
      mapRecords(honest, (one) => (one.type === 46 ? withSigner(one, nameOctets(name)) : one)),
    ),
  },
  {
    title: 'flips a bit of a signature',
    question: 'mail A',
    outcome: NO_MATCH,
    tamper: sig(flipped),
  },
  {
    title: 'cuts a signature short',
    question: 'mail A',
    outcome: NO_MATCH,
    tamper: sig((one) => ({ ...one, rdata: one.rdata.subarray(0, one.rdata.length - 1) })),
  },
  {
    title: 'leads a signed alias to another name',
    question: 'www A',
    outcome: bogus(EDE.Bogus, `www.$zone CNAME: ${BY_ZONE} does not match the data`),
    tamper: only('www A', (honest, { name }, zone) => ({
      ...honest,
      answers: [
        record(name, 'CNAME', nameOctets(zone.name('other'))),
        ...honest.answers.filter(signatureOver('CNAME')),
        ...zone.honest(zone.name('other'), 'A').answers,
      ],
    })),
  },
  {
    title: 'flips a bit of what denies a name',
    question: 'nope A',
    outcome: bogus(EDE.Bogus, `…$zone NSEC: ${BY_ZONE} does not match the data`),
    tamper: change(data('NSEC'), (one) =>
      patched(one, one.rdata.length - 1, one.rdata.at(-1)! ^ 0x40),
    ),
  },
  {
    title: 'flips a bit of what denies a name by its hash',
    question: 'nope A',
    kind: 'nsec3',
    outcome: bogus(EDE.Bogus, `…$zone NSEC3: ${BY_ZONE} does not match the data`),
    tamper: change(data('NSEC3'), flipped),
  },
  {
    title: 'changes for how long a denial may be kept (RFC 2308 §5)',
    question: 'nope A',
    outcome: bogus(EDE.Bogus, `$zone SOA: ${BY_ZONE} does not match the data`),
    tamper: only('nope A', change(data('SOA'), flipped)),
  },
]

function upperCase(name: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(name).toString('latin1').toUpperCase(), 'latin1')
}
