// Attacks that leave something out, so that a signed zone looks unsigned.

import { RecordType } from '../../../src/wire/record-type.ts'
import { type Attack, is, isSignature, ownerOf, without } from './attack.ts'
import { nameOf } from './attack-world.ts'

const NSEC_ZONE = nameOf('nsec.example.')

export const strippingAttacks: readonly Attack[] = [
  {
    title: 'leaves out all that DNSSEC added',
    question: 'mail.nsec.example. A',
    tamper: (honest) =>
      without(honest, ({ type }) => isSignature({ type } as never) || DNSSEC.has(type)),
  },
  {
    title: 'leaves out all signatures',
    question: 'mail.nsec.example. A',
    tamper: (honest) => without(honest, isSignature),
  },
  {
    title: 'leaves out the signatures over data, not those over keys and delegations',
    question: 'mail.nsec.example. A',
    tamper: (honest, { type }) => (type === RecordType.A ? without(honest, isSignature) : honest),
  },
  {
    title: 'leaves out the signatures over the wildcard’s proof',
    question: 'x.wild.nsec.example. A',
    tamper: (honest) => without(honest, (record) => is(record, 'NSEC', 'RRSIG')),
  },
  {
    title: 'leaves out the proof that nothing is closer than the wildcard (RFC 4035 §5.3.4)',
    question: 'x.wild.nsec.example. A',
    tamper: (honest, { type }) =>
      type === RecordType.A
        ? without(honest, (record) => is(record, 'NSEC') || is(record, 'NSEC', 'RRSIG'))
        : honest,
  },
  {
    title: 'leaves out the proof of a wildcard in an NSEC3 zone (RFC 5155 §8.8)',
    question: 'x.wild.nsec3.example. A',
    tamper: (honest, { type }) =>
      type === RecordType.A
        ? without(honest, (record) => is(record, 'NSEC3') || is(record, 'NSEC3', 'RRSIG'))
        : honest,
  },
  {
    title: 'leaves out the DS records of a signed delegation',
    question: 'mail.nsec.example. A',
    tamper: (honest) => without(honest, (record) => is(record, 'DS') || is(record, 'DS', 'RRSIG')),
  },
  {
    title: 'leaves out DS records and all signatures below',
    question: 'mail.nsec.example. A',
    tamper: (honest, { name: asked, type }) => {
      if (type === RecordType.DS && asked === NSEC_ZONE) return without(honest, () => true)
      return without(honest, (record) => isSignature(record) && ownerOf(record).endsWith(NSEC_ZONE))
    },
  },
  {
    title: 'leaves out the proof that there is no DS for an unsigned delegation',
    question: 'mail.unsigned.example. A',
    tamper: (honest, { type }) =>
      type === RecordType.DS
        ? without(honest, (record) => is(record, 'NSEC') || is(record, 'NSEC', 'RRSIG'))
        : honest,
  },
  {
    title: 'leaves out one of two records of a set',
    question: 'mail.nsec.example. A',
    tamper: (honest, { type }) =>
      type === RecordType.A ? { ...honest, answers: honest.answers.slice(1) } : honest,
  },
  {
    title: 'leaves out the DNSKEY records',
    question: 'mail.nsec.example. A',
    tamper: (honest, { name: asked }) =>
      asked === NSEC_ZONE ? without(honest, (record) => is(record, 'DNSKEY')) : honest,
  },
  {
    title: 'leaves out the answer behind an alias',
    question: 'www.nsec.example. A',
    tamper: (honest) => without(honest, (record) => is(record, 'A') || is(record, 'A', 'RRSIG')),
  },
  {
    title: 'leaves out a name’s denial and says that it does not exist',
    question: 'mail.nsec.example. A',
    tamper: (honest, { type }) =>
      type === RecordType.A ? { ...honest, rcode: 3, answers: [], authorities: [] } : honest,
  },
  {
    title: 'leaves out the delegation’s NS records, which nobody proves anyway',
    question: 'mail.unsigned.example. A',
    outcome: 'insecure',
    tamper: (honest) => without(honest, (record) => is(record, 'NS')),
  },
  {
    title: 'leaves out the SOA of a denial',
    question: 'nope.nsec.example. A',
    outcome: 'honest',
    tamper: (honest) =>
      without(honest, (record) => is(record, 'SOA') || is(record, 'SOA', 'RRSIG')),
  },
]

const DNSSEC: ReadonlySet<number> = new Set([
  RecordType.DS,
  RecordType.DNSKEY,
  RecordType.NSEC,
  RecordType.NSEC3,
])
