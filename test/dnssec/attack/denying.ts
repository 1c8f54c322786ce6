// Attacks with genuine proofs in the wrong place (RFC 4035 §5.4, RFC 6840 §4, RFC 5155 §8).

import type { Message, ResourceRecord } from '../../../src/wire/codec/message.ts'
import { nameOctets } from '../../../src/dnssec/name.ts'
import { RecordClass, RecordType } from '../../../src/wire/record-type.ts'
import { type Attack, is, mapRecords, patched } from './attack.ts'
import { type AttackWorld, nameOf } from './attack-world.ts'

const { A, DS, TXT } = RecordType

/** The proof that an honest answer to another question has. */
function proofOf(world: AttackWorld, question: string, type: number): readonly ResourceRecord[] {
  return world.answer(nameOf(question), type).authorities
}

/** What a zone itself says is at a name: no answer to any question need hold it. */
function ownProofOf(world: AttackWorld, apex: string, owner: string): readonly ResourceRecord[] {
  const zone = world.zones.get(apex)!
  const sets = zone.denial!.noType(nameOf(owner))
  return [...zone.negativeSoa(), ...sets.flatMap((set) => zone.signed(set))]
}

/** A question that was answered with a denial; or a zone, and a name of which it is to speak. */
type Proof = readonly [question: string, type: number] | readonly [apex: string, owner: string]

function denied(honest: Message, rcode: number, authorities: readonly ResourceRecord[]): Message {
  return { ...honest, rcode, answers: [], authorities }
}

/** A denial of another question's name, for that name. */
function borrowed(
  title: string,
  question: string,
  rcode: number,
  ...from: readonly Proof[]
): Attack {
  const [, type] = question.split(' ') as [string, keyof typeof RecordType]
  return {
    title,
    question,
    tamper: (honest, asked, world) =>
      asked.type === RecordType[type] && asked.name === nameOf(question.split(' ')[0]!)
        ? denied(
            honest,
            rcode,
            from.flatMap(([first, second]) =>
              typeof second === 'number'
                ? proofOf(world, first, second)
                : ownProofOf(world, first, second),
            ),
          )
        : honest,
  }
}

/**
 * Unsigned data, and below what is to be an unsigned delegation: its proof has no NS bit, or the SOA bit,
 * or is another name's (RFC 6840 §4.4).
 * @param cut whose DS it is the proof for
 */
function unsignedBelow(what: string, owner: string, cut: string, from: Proof): Attack {
  const [first, second] = from
  return {
    title: `gives unsigned data below ${what} (RFC 6840 §4.4)`,
    question: `${owner} A`,
    tamper: (honest, { name, type }, world) => {
      if (type === A && name === nameOf(owner)) {
        const rdata = Uint8Array.of(198, 51, 100, 66)
        const record = { name: nameOctets(name), type: A, class: RecordClass.IN, ttl: 60, rdata }
        return { ...honest, rcode: 0, answers: [record], authorities: [] }
      }
      if (type !== DS || name !== nameOf(cut)) return honest
      const proof =
        typeof second === 'number'
          ? proofOf(world, first, second)
          : ownProofOf(world, first, second)
      return denied(honest, 0, proof)
    },
  }
}

export const denyingAttacks: readonly Attack[] = [
  borrowed('denies a name with the denial of another one', 'mail.nsec.example. A', 3, [
    'nope.nsec.example.',
    A,
  ]),
  borrowed(
    'denies a name in an NSEC3 zone with the denial of another one',
    'mail.nsec3.example. A',
    3,
    ['nope.nsec3.example.', A],
  ),
  borrowed(
    'denies a type that is there with the denial of another type',
    'mail.nsec.example. A',
    0,
    ['mail.nsec.example.', TXT],
  ),
  borrowed('denies a type that is there, with NSEC3', 'mail.nsec3.example. A', 0, [
    'mail.nsec3.example.',
    TXT,
  ]),
  borrowed('denies a type at an alias (RFC 4035 §5.4, CNAME bit)', 'www.nsec.example. TXT', 0, [
    'nsec.example.',
    'www.nsec.example.',
  ]),
  borrowed('denies a type at an alias, with NSEC3', 'www.nsec3.example. TXT', 0, [
    'nsec3.example.',
    'www.nsec3.example.',
  ]),
  borrowed('says of a name without a type that it does not exist', 'mail.nsec.example. TXT', 3, [
    'mail.nsec.example.',
    TXT,
  ]),
  borrowed(
    'says of a name that does not exist that it has no such type',
    'nope.nsec.example. A',
    0,
    ['nope.nsec.example.', A],
  ),
  borrowed(
    'denies a child zone’s name with the parent’s delegation (RFC 6840 §4.1)',
    'mail.nsec.example. A',
    3,
    ['nsec2.example.', A],
    ['nsec.example.', TXT],
  ),
  borrowed(
    'denies a child zone’s data with the parent’s NSEC at the cut (RFC 6840 §4.1)',
    'nsec.example. MX',
    0,
    ['example.', 'nsec.example.'],
  ),
  borrowed(
    'denies names below a DNAME with its NSEC (RFC 6840 §4.1)',
    'a.b.moved.nsec.example. TXT',
    3,
    ['moved.nsec.example.', TXT],
    ['nope.nsec.example.', A],
  ),
  borrowed(
    'denies a wildcard’s name with the proof that no name is closer',
    'x.wild.nsec.example. A',
    3,
    ['x.wild.nsec.example.', A],
  ),
  borrowed('denies an empty non-terminal (RFC 8020)', 'b.c.nsec.example. A', 3, [
    'b.c.nsec.example.',
    A,
  ]),
  borrowed('denies a name with the records of another zone', 'mail.nsec.example. A', 3, [
    'nope.signed.test.',
    A,
  ]),
  borrowed('denies an NSEC3 zone’s name with another zone’s hashes', 'mail.nsec3.example. A', 3, [
    'nope.optout.example.',
    A,
  ]),
  borrowed(
    'says that a signed delegation is an unsigned one of another name',
    'nsec.example. DS',
    0,
    ['unsigned.example.', DS],
  ),
  borrowed(
    'denies the DS with the child’s own apex (RFC 4035 §5.2)',
    'nsec.example. DS',
    0,
    ['nsec.example.', TXT],
    ['nsec.example.', A],
  ),
  borrowed(
    'denies a signed name in the opt-out zone as if it were not signed (RFC 5155 §8.5)',
    'mail.optout.example. A',
    0,
    ['plain.optout.example.', DS],
  ),
  {
    title:
      'answers the question for DS with the child’s denial and leaves out its signatures below',
    question: 'mail.nsec.example. A',
    tamper: (honest, { name, type }, world) => {
      if (type === DS && name === nameOf('nsec.example.')) {
        return denied(honest, 0, proofOf(world, 'nsec.example.', TXT))
      }
      return name.endsWith(nameOf('nsec.example.'))
        ? mapRecords(honest, (record) => (record.type === RecordType.RRSIG ? null : record))
        : honest
    },
  },
  {
    title: 'gives unsigned data for a name that provably does not exist',
    question: 'nope.nsec.example. A',
    tamper: (honest, { name, type }) =>
      type === A
        ? {
            ...honest,
            rcode: 0,
            answers: [
              {
                name: Buffer.from(name, 'latin1'),
                type,
                class: 1,
                ttl: 60,
                rdata: Uint8Array.of(198, 51, 100, 1),
              },
            ],
            authorities: [],
          }
        : honest,
  },
  unsignedBelow('a host, as if a zone began there', 'x.mail.nsec.example.', 'mail.nsec.example.', [
    'mail.nsec.example.',
    DS,
  ]),
  unsignedBelow('a host, with NSEC3', 'x.mail.nsec3.example.', 'mail.nsec3.example.', [
    'mail.nsec3.example.',
    DS,
  ]),
  unsignedBelow('an empty non-terminal', 'x.b.c.nsec.example.', 'b.c.nsec.example.', [
    'b.c.nsec.example.',
    DS,
  ]),
  unsignedBelow(
    'a name that another name’s delegation is to be',
    'x.mail.nsec.example.',
    'mail.nsec.example.',
    ['plain.nsec.example.', DS],
  ),
  unsignedBelow('a signed zone, with its own word for it', 'x.nsec.example.', 'nsec.example.', [
    'nsec.example.',
    TXT,
  ]),
  unsignedBelow(
    'a signed zone with NSEC3, with its own word',
    'x.nsec3.example.',
    'nsec3.example.',
    ['nsec3.example.', 'nsec3.example.'],
  ),
  {
    title: 'claims that NSEC3 hashes are iterated too often to look at (RFC 9276 §3.2)',
    question: 'nope.nsec3.example. A',
    tamper: (honest) =>
      mapRecords(honest, (record) =>
        is(record, 'NSEC3') ? patched(record, 2, 0xff, 0xff) : record,
      ),
  },
  {
    title: 'claims that NSEC3 hashes are of an algorithm nobody knows',
    question: 'nope.nsec3.example. A',
    tamper: (honest) =>
      mapRecords(honest, (record) => (is(record, 'NSEC3') ? patched(record, 0, 2) : record)),
  },
  {
    title: 'claims opt-out where there is none (RFC 5155 §6)',
    question: 'nope.nsec3.example. A',
    tamper: (honest) =>
      mapRecords(honest, (record) => (is(record, 'NSEC3') ? patched(record, 1, 1) : record)),
  },
]
