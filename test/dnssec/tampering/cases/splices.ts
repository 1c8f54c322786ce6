// Genuine proofs in the wrong place (RFC 4035 §5.4, RFC 6840 §4, RFC 5155 §8, RFC 6672 §5.3.1).

import { RecordType } from '../../../../src/wire/record-type.ts'
import { nameOctets } from '../../../../src/dnssec/name.ts'
import type { ResourceRecord } from '../../../../src/wire/codec/message.ts'
import { nameOf } from '../../attack/attack-world.ts'
import {
  bogus,
  denied,
  EDE,
  FORGED,
  only,
  record,
  renamed,
  signed,
  type TamperCase,
} from '../case.ts'
import type { CaseZone } from '../case-zone.ts'

const NXDOMAIN = 3

/** The authority section of the answer to another question. */
function proofOf(zone: CaseZone, label: string, type: 'A' | 'TXT' = 'A') {
  return zone.honest(zone.name(label), type).authorities
}

/** Proof that a name is not there by other hashes, without the closest name that is. */
function resaltedCovers(zone: CaseZone, label: string): readonly ResourceRecord[] {
  for (let salt = 0; ; salt++) {
    const other = zone.version(`resalted ${salt}`, {
      nsec3: { iterations: 2, salt: Buffer.of(salt), optOut: false },
    })
    const denial = other.denial!
    const names = [zone.name(label), zone.name('*')]
    const covers = names.flatMap((name) => denial.noCloser(name, zone.apex))
    const [encloser] = denial.noType(zone.apex)
    // By chance one record may say both.
    if (!covers.includes(encloser!)) return covers.flatMap((set) => other.signed(set))
  }
}

export const splices: readonly TamperCase[] = [
  {
    title: 'gives a wildcard’s data with the proof for another name',
    question: 'x.wild A',
    outcome: bogus(EDE.NsecMissing, 'x.wild.$zone from *.wild.$zone: …'),
    tamper: only('x.wild A', (honest, _asked, zone) => ({
      ...honest,
      authorities: proofOf(zone, 'nope'),
    })),
  },
  {
    title: 'gives a wildcard’s data for a name that is there, with the proof for another',
    question: 'no.wild A',
    outcome: bogus(EDE.NsecMissing, 'no.wild.$zone from *.wild.$zone: …'),
    tamper: only('no.wild A', (honest, { name }, zone) => {
      const { answers, authorities } = zone.honest(zone.name('x.wild'), 'A')
      return { ...honest, answers: answers.map((one) => renamed(one, name)), authorities }
    }),
  },
  {
    title: 'gives a wildcard’s data below a name that is there (RFC 4592 §3.3.1)',
    question: 'x.no.wild A',
    outcome: bogus(EDE.NsecMissing, 'x.no.wild.$zone from *.wild.$zone: …'),
    tamper: only('x.no.wild A', (honest, { name }, zone) => {
      const { answers, authorities } = zone.honest(zone.name('x.wild'), 'A')
      return {
        ...honest,
        rcode: 0,
        answers: answers.map((one) => renamed(one, name)),
        authorities: [...authorities, ...honest.authorities],
      }
    }),
  },
  {
    title: 'denies a wildcard’s name with the proof that nothing is closer',
    question: 'x.wild A',
    outcome: bogus(EDE.NsecMissing, 'x.wild.$zone NXDOMAIN: …'),
    tamper: only('x.wild A', (honest) => denied(honest, NXDOMAIN, honest.authorities)),
  },
  {
    title: 'denies a name with the denial of another',
    question: 'mail A',
    outcome: bogus(EDE.NsecMissing, 'mail.$zone NXDOMAIN: …'),
    tamper: only('mail A', (honest, _asked, zone) =>
      denied(honest, NXDOMAIN, proofOf(zone, 'nope')),
    ),
  },
  {
    title: 'denies a type that is there with the denial of another',
    question: 'mail A',
    outcome: bogus(EDE.NsecMissing, 'mail.$zone A: …'),
    tamper: only('mail A', (honest, _asked, zone) =>
      denied(honest, 0, proofOf(zone, 'mail', 'TXT')),
    ),
  },
  {
    title: 'denies a type at an alias (RFC 6840 §4.3)',
    question: 'www TXT',
    outcome: bogus(EDE.NsecMissing, 'www.$zone TXT: …'),
    tamper: only('www TXT', (honest, _asked, zone) => denied(honest, 0, zone.proofAt('www'))),
  },
  {
    title: 'denies an empty non-terminal (RFC 8020 §2)',
    question: 'ent A',
    outcome: bogus(EDE.NsecMissing, 'ent.$zone NXDOMAIN: …'),
    tamper: only('ent A', (honest) => denied(honest, NXDOMAIN, honest.authorities)),
  },
  {
    title: 'says of a name that is not there that it has no such type',
    question: 'nope A',
    outcome: bogus(EDE.NsecMissing, 'nope.$zone A: …'),
    tamper: only('nope A', (honest) => ({ ...honest, rcode: 0 })),
  },
  {
    title: 'denies a zone’s data with its parent’s record at the cut (RFC 6840 §4.1)',
    question: '@ MX',
    outcome: bogus(EDE.NsecMissing, '$zone MX: …'),
    tamper: only('@ MX', (honest, _asked, zone) =>
      denied(honest, 0, zone.proofAt('@', zone.above)),
    ),
  },
  {
    title: 'denies a zone’s names with its parent’s record at the cut (RFC 6840 §4.1)',
    question: 'mail A',
    outcome: bogus(EDE.NsecMissing, 'mail.$zone NXDOMAIN: …'),
    tamper: only('mail A', (honest, _asked, zone) =>
      denied(honest, NXDOMAIN, zone.proofAt('@', zone.above)),
    ),
  },
  {
    title: 'denies names below a DNAME with the record at it (RFC 6840 §4.1)',
    question: 'b.moved A',
    outcome: bogus(EDE.NsecMissing, 'b.moved.$zone NXDOMAIN: …'),
    tamper: only('b.moved A', (honest, _asked, zone) =>
      denied(honest, NXDOMAIN, [...zone.proofAt('moved'), ...proofOf(zone, 'nope')]),
    ),
  },
  {
    title: 'denies a name with another zone’s hashes',
    question: 'mail A',
    kind: 'nsec3',
    outcome: bogus(EDE.NsecMissing, 'mail.$zone NXDOMAIN: …'),
    tamper: only('mail A', (honest, _asked, zone) =>
      denied(honest, NXDOMAIN, zone.honest(nameOf('nope.test.'), 'A').authorities),
    ),
  },
  {
    title: 'denies a name with hashes of another salt, part by part (RFC 5155 §8.2)',
    question: 'nope A',
    kind: 'nsec3',
    outcome: bogus(EDE.NsecMissing, 'nope.$zone NXDOMAIN: …'),
    tamper: only('nope A', (honest, _asked, zone) =>
      denied(honest, NXDOMAIN, [...zone.proofAt('@'), ...resaltedCovers(zone, 'nope')]),
    ),
  },
  {
    title: 'denies a name that is there with a span that opts out (RFC 5155 §8.4)',
    question: 'mail A',
    kind: 'opt-out',
    outcome: bogus(EDE.NsecMissing, 'mail.$zone NXDOMAIN: …'),
    tamper: only('mail A', (honest, _asked, zone) =>
      denied(honest, NXDOMAIN, proofOf(zone, 'nope')),
    ),
  },
  {
    title: 'denies data that are there with a span that opts out (RFC 5155 §8.6)',
    question: 'mail A',
    kind: 'opt-out',
    outcome: bogus(EDE.NsecMissing, 'mail.$zone A: …'),
    tamper: only('mail A', (honest, _asked, zone) => denied(honest, 0, proofOf(zone, 'nope'))),
  },
  {
    title: 'leads a signed alias to a forged address that nobody signed',
    question: 'www A',
    outcome: bogus(EDE.RrsigsMissing, 'mail.$zone A: is not signed'),
    tamper: only('www A', (honest, _asked, zone) => ({
      ...honest,
      answers: [
        ...honest.answers.filter((one) => signed('CNAME')(one)),
        record(zone.name('mail'), 'A', FORGED),
      ],
    })),
  },
  {
    // Nobody signed that address; that is what the zone's owner chose, and nobody is told AD.
    title: 'leads a signed alias to an unsigned zone, where it forges the address',
    question: 'out A',
    outcome: { is: 'insecure' },
    tamper: only('out A', (honest) => ({
      ...honest,
      answers: honest.answers.map((one) =>
        one.type === RecordType.A ? { ...one, rdata: FORGED } : one,
      ),
    })),
  },
  {
    title: 'leads a name to an unsigned zone by an alias that nobody signed',
    question: 'mail A',
    outcome: bogus(EDE.RrsigsMissing, 'mail.$zone CNAME: is not signed'),
    tamper: only('mail A', (honest, { name }) => ({
      ...honest,
      answers: [
        record(name, 'CNAME', nameOctets(nameOf('www.unsigned.example.'))),
        record(nameOf('www.unsigned.example.'), 'A', FORGED),
      ],
    })),
  },
  {
    title: 'leads the alias that a DNAME makes elsewhere (RFC 6672 §5.3.1)',
    question: 'b.moved A',
    outcome: bogus(EDE.Bogus, 'b.moved.$zone CNAME: not what the DNAME of moved.$zone makes'),
    tamper: only('b.moved A', (honest, { name }) => ({
      ...honest,
      answers: [
        ...honest.answers.filter((one) => signed('DNAME')(one)),
        record(name, 'CNAME', nameOctets(nameOf('www.unsigned.example.'))),
        record(nameOf('www.unsigned.example.'), 'A', FORGED),
      ],
    })),
  },
  {
    title: 'forges a DNAME above a name that is there',
    question: 'a.ent TXT',
    outcome: bogus(EDE.RrsigsMissing, 'ent.$zone DNAME: is not signed'),
    tamper: only('a.ent TXT', (honest, { name }, zone) => ({
      ...honest,
      answers: [
        record(zone.name('ent'), 'DNAME', nameOctets(nameOf('unsigned.example.'))),
        record(name, 'CNAME', nameOctets(nameOf('a.unsigned.example.'))),
        record(nameOf('a.unsigned.example.'), 'TXT', Buffer.from('\x06forged')),
      ],
    })),
  },
]
