// What a zone once signed, or signed for another question. Signatures say until when they hold and over
// what; they cannot say that nothing newer is there.

import { RecordType } from '../../../../src/wire/record-type.ts'
import { nameOctets } from '../../../../src/dnssec/name.ts'
import { mapRecords } from '../../attack/attack.ts'
import { answerOf, bogus, EDE, only, renamed, type TamperCase } from '../case.ts'
import { makeKey } from '../case-zone.ts'

const BY_ZONE = 'signature by $zone key # (ECDSAP256SHA256)'

export const replays: readonly TamperCase[] = [
  {
    title: 'replays an answer whose signatures have expired',
    question: 'mail A',
    outcome: bogus(EDE.Expired, `mail.$zone A: ${BY_ZONE} expired at $time`),
    tamper: only('mail A', (honest, { name }, zone) => ({
      ...honest,
      ...answerOf(zone.version('expired', { from: -30, until: -9 }), name, 'A'),
    })),
  },
  {
    title: 'replays a denial whose signatures have expired',
    question: 'mail A',
    outcome: bogus(EDE.Expired, `…$zone NSEC: ${BY_ZONE} expired at $time`),
    tamper: only('mail A', (honest, { name }, zone) => ({
      ...honest,
      ...answerOf(zone.version('long ago', { text: '', from: -30, until: -9 }), name, 'A'),
    })),
  },
  {
    title: 'replays keys whose signatures have expired',
    question: 'mail A',
    outcome: bogus(EDE.Expired, `$zone DNSKEY: ${BY_ZONE} expired at $time`),
    tamper: only('@ DNSKEY', (honest, { name }, zone) => ({
      ...honest,
      ...answerOf(zone.version('expired', { from: -30, until: -9 }), name, 'DNSKEY'),
    })),
  },
  {
    title: 'replays keys that the parent does not name any more',
    question: 'mail A',
    outcome: bogus(
      EDE.DnskeyMissing,
      '$zone DNSKEY: no key in the set matches the DS of key # (ECDSAP256SHA256)',
    ),
    tamper: only('@ DNSKEY', (honest, { name }, zone) => ({
      ...honest,
      ...answerOf(zone.version('old keys', { keys: [makeKey()] }), name, 'DNSKEY'),
    })),
  },
  {
    // RFC 4033 §12: nothing but their end protects from signatures that still hold.
    title: 'replays an address of yesterday whose signature holds until tomorrow',
    question: 'mail A',
    outcome: { is: 'replayed' },
    tamper: only('mail A', (honest, { name }, zone) => ({
      ...honest,
      ...answerOf(zone.version('yesterday', { text: 'mail A 192.0.2.99' }), name, 'A'),
    })),
  },
  {
    title:
      'replays a denial of yesterday, whose signature holds until tomorrow, of a name that is new',
    question: 'mail A',
    outcome: { is: 'replayed' },
    tamper: only('mail A', (honest, { name }, zone) => ({
      ...honest,
      ...answerOf(zone.version('before', { text: 'a A 192.0.2.1\nz A 192.0.2.1' }), name, 'A'),
    })),
  },
  {
    title: 'gives the answer of another name, and calls it by this one',
    question: 'mail A',
    outcome: bogus(EDE.Bogus, `mail.$zone A: ${BY_ZONE} does not match the data`),
    tamper: only('mail A', (honest, { name }, zone) => ({
      ...honest,
      answers: zone.honest(zone.name('other'), 'A').answers.map((one) => renamed(one, name)),
    })),
  },
  {
    title: 'gives the answer of another name as it is',
    question: 'mail A',
    outcome: { is: 'malformed' },
    tamper: only('mail A', (honest, _asked, zone) => ({
      ...honest,
      answers: zone.honest(zone.name('other'), 'A').answers,
    })),
  },
  {
    title: 'gives the records of another type',
    question: 'mail A',
    outcome: bogus(
      EDE.NsecMissing,
      'mail.$zone A: $zone is signed, and there is no proof that there is none',
    ),
    tamper: only('mail A', (honest, { name }, zone) => ({
      ...honest,
      answers: zone.honest(name, 'AAAA').answers,
    })),
  },
  {
    title: 'gives another alias of the zone',
    question: 'www A',
    outcome: bogus(EDE.Bogus, `www.$zone CNAME: ${BY_ZONE} does not match the data`),
    tamper: only('www A', (honest, { name }, zone) => ({
      ...honest,
      answers: mapRecords(
        { ...honest, ...zone.honest(zone.name('out'), 'A'), authorities: [] },
        (one) => (one.name[0] === 3 && one.name[1] === 0x6f ? renamed(one, name) : one),
      ).answers,
    })),
  },
  {
    title: 'gives the DS records of another zone',
    question: 'mail A',
    outcome: bogus(
      EDE.Bogus,
      '$zone DS: signature by $parent key # (ECDSAP256SHA256) does not match the data',
    ),
    tamper: only('@ DS', (honest, { name }, zone) => ({
      ...honest,
      answers: zone
        .honest(`\x04good${zone.parent}`, 'DS')
        .answers.map((one) => ({ ...one, name: nameOctets(name) })),
    })),
  },
  {
    title: 'answers the question for DS with the keys',
    question: 'mail A',
    outcome: bogus(EDE.NsecMissing, '$zone DS: …'),
    tamper: only('@ DS', (honest, { name }, zone) => ({
      ...honest,
      answers: zone.honest(name, 'DNSKEY').answers.filter(({ type }) => type !== RecordType.DS),
    })),
  },
]
