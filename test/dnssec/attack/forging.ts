// Attacks that put something in: other data, other signatures, other people's keys.

import { RecordType } from '../../../src/wire/record-type.ts'
import { SignedZone } from '../../../src/dnssec/signer/signed-zone.ts'
import { KeyFlag, SigningKey } from '../../../src/dnssec/signer/signing-key.ts'
import { nameOctets } from '../../../src/dnssec/name.ts'
import type { ResourceRecord } from '../../../src/wire/codec/message.ts'
import {
  type Attack,
  flipped,
  is,
  isSignature,
  mapRecords,
  patched,
  type Tamper,
} from './attack.ts'
import { type AttackWorld, nameOf, NOW } from './attack-world.ts'

const MAIL = nameOf('mail.nsec.example.')
const ZONE = nameOf('nsec.example.')
const FORGED = Uint8Array.of(198, 51, 100, 66)

/** Tampers with answers that have records of one type, and with no others. */
const onlyFor =
  (type: number, tamper: Tamper): Tamper =>
  (honest, asked, world) =>
    asked.type === type && honest.answers.length > 0 ? tamper(honest, asked, world) : honest

/** The attacker's own copies of zones, signed with keys of theirs. */
const copies = new WeakMap<AttackWorld, Map<string, SignedZone>>()

function forgedZone(world: AttackWorld, apex: string): SignedZone {
  const known = copies.get(world) ?? new Map<string, SignedZone>()
  copies.set(world, known)
  const copy = known.get(apex) ?? forgeZone(world.zones.get(apex)!)
  known.set(apex, copy)
  return copy
}

function forgeZone(zone: SignedZone): SignedZone {
  const records = zone
    .records()
    .filter(({ type }) => type !== RecordType.RRSIG && type !== RecordType.DNSKEY)
    .map((record) => (is(record, 'A') ? { ...record, rdata: FORGED } : record))
  const key = new SigningKey({ algorithm: 13, flags: KeyFlag.Zone | KeyFlag.EntryPoint })
  const validity = { inception: NOW - 3_600, expiration: NOW + 86_400 }
  return new SignedZone({ records, keys: [key], ...validity })
}

function forgedAnswer(
  zone: SignedZone,
  ...[honest, { name, type }]: Parameters<Tamper>
): ReturnType<Tamper> {
  const { rcode, answer, authority } = zone.answer(name, type)
  return { ...honest, rcode, answers: answer, authorities: authority }
}

export const forgingAttacks: readonly Attack[] = [
  {
    title: 'changes an address',
    question: 'mail.nsec.example. A',
    tamper: onlyFor(RecordType.A, (honest) =>
      mapRecords(honest, (record) => (is(record, 'A') ? flipped(record) : record)),
    ),
  },
  {
    title: 'changes an address and takes the signatures away',
    question: 'mail.nsec.example. A',
    tamper: onlyFor(RecordType.A, (honest) =>
      mapRecords(honest, (record) =>
        isSignature(record) ? null : is(record, 'A') ? flipped(record) : record,
      ),
    ),
  },
  {
    title: 'adds an address',
    question: 'mail.nsec.example. A',
    tamper: onlyFor(RecordType.A, (honest) => ({
      ...honest,
      answers: [...honest.answers, { ...honest.answers[0]!, rdata: FORGED }],
    })),
  },
  {
    title: 'gives the signature of another name',
    question: 'mail.nsec.example. A',
    tamper: onlyFor(RecordType.A, (honest, _asked, { zones }) => {
      const other = zones.get('nsec.example.')!.answer(nameOf('ns1.nsec.example.'), RecordType.A)
      return {
        ...honest,
        answers: other.answer.map((record) => ({ ...record, name: nameOctets(MAIL) })),
      }
    }),
  },
  {
    title: 'gives the data of a wildcard for a name that exists',
    question: 'no.wild.nsec.example. A',
    tamper: onlyFor(RecordType.A, (honest, asked, { zones }) => {
      const wild = zones.get('nsec.example.')!.answer(nameOf('x.wild.nsec.example.'), RecordType.A)
      return {
        ...honest,
        answers: wild.answer.map((record) => ({ ...record, name: nameOctets(asked.name) })),
        authorities: wild.authority,
      }
    }),
  },
  {
    title: 'gives the data of a wildcard below a name that exists (RFC 4592 §3.3.1)',
    question: 'x.no.wild.nsec.example. A',
    tamper: (honest, asked, { zones }) => {
      if (asked.type !== RecordType.A) return honest
      const wild = zones.get('nsec.example.')!.answer(nameOf('x.wild.nsec.example.'), RecordType.A)
      return {
        ...honest,
        rcode: 0,
        answers: wild.answer.map((record) => ({ ...record, name: nameOctets(asked.name) })),
        authorities: [...wild.authority, ...honest.authorities],
      }
    },
  },
  {
    title: 'signs everything with keys of its own',
    question: 'mail.nsec.example. A',
    tamper: (honest, asked, world) =>
      asked.name.endsWith(ZONE) && asked.type !== RecordType.DS
        ? forgedAnswer(forgedZone(world, 'nsec.example.'), honest, asked, world)
        : honest,
  },
  {
    title: 'adds a key of its own to the zone’s and signs with it',
    question: 'mail.nsec.example. A',
    tamper: (honest, asked, world) => {
      const zone = forgedZone(world, 'nsec.example.')
      if (asked.name === ZONE && asked.type === RecordType.DNSKEY) {
        const keys = zone.answer(ZONE, RecordType.DNSKEY).answer
        return { ...honest, answers: [...honest.answers, ...keys] }
      }
      return asked.type === RecordType.A && asked.name.endsWith(ZONE)
        ? forgedAnswer(zone, honest, asked, world)
        : honest
    },
  },
  {
    title: 'lets the child sign its own DS records',
    question: 'mail.nsec.example. A',
    tamper: (honest, asked, world) => {
      if (!asked.name.endsWith(ZONE)) return honest
      const zone = forgedZone(world, 'nsec.example.')
      if (asked.type !== RecordType.DS || asked.name !== ZONE) {
        return forgedAnswer(zone, honest, asked, world)
      }
      const [ds] = zone.ds()
      const set = {
        name: ZONE,
        owner: ds!.name,
        type: ds!.type,
        class: 1,
        ttl: 3_600,
        rdata: [ds!.rdata],
      }
      return { ...honest, rcode: 0, answers: zone.signed(set), authorities: [] }
    },
  },
  {
    title: 'names another signer',
    question: 'mail.nsec.example. A',
    tamper: onlyFor(RecordType.A, (honest) =>
      mapRecords(honest, (record) =>
        isSignature(record) ? withSigner(record, 'example.') : record,
      ),
    ),
  },
  {
    title: 'names a signer below a delegation that is not signed',
    question: 'mail.nsec.example. A',
    tamper: onlyFor(RecordType.A, (honest) =>
      mapRecords(honest, (record) =>
        isSignature(record) ? withSigner(record, 'plain.nsec.example.') : flipped(record),
      ),
    ),
  },
  {
    title: 'names the owner as the signer, as if a zone began there',
    question: 'mail.nsec.example. A',
    tamper: onlyFor(RecordType.A, (honest) =>
      mapRecords(honest, (record) =>
        isSignature(record) ? withSigner(record, 'mail.nsec.example.') : flipped(record),
      ),
    ),
  },
  {
    title: 'says that signatures are of an algorithm nobody knows',
    question: 'mail.nsec.example. A',
    tamper: (honest) =>
      mapRecords(honest, (record) => (isSignature(record) ? patched(record, 2, 250) : record)),
  },
  {
    title: 'says that DS records are of an algorithm nobody knows',
    question: 'mail.nsec.example. A',
    tamper: (honest) =>
      mapRecords(honest, (record) => (is(record, 'DS') ? patched(record, 2, 250) : record)),
  },
  {
    title: 'says that DS records are of a digest nobody knows',
    question: 'mail.nsec.example. A',
    tamper: (honest) =>
      mapRecords(honest, (record) => (is(record, 'DS') ? patched(record, 3, 250) : record)),
  },
  {
    title: 'says that keys are of an algorithm nobody knows',
    question: 'mail.nsec.example. A',
    tamper: (honest) =>
      mapRecords(honest, (record) => (is(record, 'DNSKEY') ? patched(record, 3, 250) : record)),
  },
  {
    title: 'says that keys are no zone keys',
    question: 'mail.nsec.example. A',
    tamper: (honest) =>
      mapRecords(honest, (record) => (is(record, 'DNSKEY') ? patched(record, 0, 0, 1) : record)),
  },
  {
    title: 'says that keys are revoked (RFC 5011 §2.1)',
    question: 'mail.nsec.example. A',
    tamper: (honest) =>
      mapRecords(honest, (record) => (is(record, 'DNSKEY') ? patched(record, 1, 0x81) : record)),
  },
  {
    title: 'leads an alias elsewhere',
    question: 'www.nsec.example. A',
    tamper: onlyFor(RecordType.A, (honest) => {
      const elsewhere = nameOctets(nameOf('mail.unsigned.example.'))
      const [alias] = honest.answers
      return {
        ...honest,
        answers: [
          { ...alias!, type: RecordType.CNAME, rdata: elsewhere },
          { ...alias!, type: RecordType.A, name: elsewhere, rdata: FORGED },
        ],
      }
    }),
  },
  {
    title: 'leads the alias that a DNAME makes elsewhere (RFC 6672 §5.3.1)',
    question: 'a.b.moved.nsec.example. TXT',
    tamper: onlyFor(RecordType.TXT, (honest) =>
      mapRecords(honest, (record) =>
        is(record, 'CNAME')
          ? { ...record, rdata: nameOctets(nameOf('mail.unsigned.example.')) }
          : is(record, 'TXT') || is(record, 'TXT', 'RRSIG')
            ? null
            : record,
      ),
    ),
  },
  {
    title: 'leads the alias that a DNAME makes into a zone that is not signed (RFC 6672 §5.3.1)',
    question: 'a.b.moved.nsec.example. TXT',
    tamper: onlyFor(RecordType.TXT, (honest) => {
      const elsewhere = nameOctets(nameOf('mail.unsigned.example.'))
      const [dname] = honest.answers
      const rdata = Buffer.from('\x06forged')
      return {
        ...honest,
        answers: [
          ...honest.answers.filter((record) => is(record, 'DNAME') || is(record, 'DNAME', 'RRSIG')),
          {
            ...dname!,
            name: honest.questions[0]!.name,
            type: RecordType.CNAME,
            rdata: elsewhere,
          },
          { ...dname!, name: elsewhere, type: RecordType.TXT, rdata },
        ],
      }
    }),
  },
  {
    title: 'adds records that nobody asked for',
    question: 'mail.nsec.example. A',
    outcome: 'honest',
    tamper: onlyFor(RecordType.A, (honest) => {
      const ns = { type: RecordType.NS, class: 1, ttl: 86_400 }
      const target = nameOctets(nameOf('ns.attacker.example.'))
      return {
        ...honest,
        authorities: [...honest.authorities, { ...ns, name: nameOctets(ZONE), rdata: target }],
        additionals: [{ name: target, type: RecordType.A, class: 1, ttl: 86_400, rdata: FORGED }],
      }
    }),
  },
  {
    title: 'turns over letters of names',
    question: 'mail.nsec.example. A',
    outcome: 'honest',
    tamper: (honest) =>
      mapRecords(honest, (record) => ({ ...record, name: Buffer.from(upper(record.name)) })),
  },
  {
    title: 'stretches every TTL',
    question: 'mail.nsec.example. A',
    outcome: 'honest',
    tamper: (honest) => mapRecords(honest, (record) => ({ ...record, ttl: 0x7fff_ffff })),
  },
  {
    title: 'lets data go on for longer than the signature says',
    question: 'mail.nsec.example. A',
    tamper: (honest) =>
      mapRecords(honest, (record) => (isSignature(record) ? patched(record, 4, 0x7f) : record)),
  },
  {
    title: 'moves the expiration of signatures',
    question: 'mail.nsec.example. A',
    tamper: (honest) =>
      mapRecords(honest, (record) => (isSignature(record) ? patched(record, 8, 0x7f) : record)),
  },
]

function withSigner(record: ResourceRecord, signer: string): ResourceRecord {
  let at = 18
  while (record.rdata[at]! !== 0) at += record.rdata[at]! + 1
  const rdata = Buffer.concat([
    record.rdata.subarray(0, 18),
    nameOctets(nameOf(signer)),
    record.rdata.subarray(at + 1),
  ])
  return { ...record, rdata }
}

function upper(name: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(name)
  for (let at = 0; changed[at]! !== 0; ) {
    const end = at + changed[at]!
    while (at < end) {
      at++
      if (changed[at]! >= 0x61 && changed[at]! <= 0x7a) changed[at]! -= 0x20
    }
    at++
  }
  return changed
}
