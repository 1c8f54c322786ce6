// What keys a zone has, or that it has none, is forged (RFC 4035 §5.2, RFC 6840 §4.4, RFC 5155 §8.9).

import { RecordType } from '../../../../src/wire/record-type.ts'
import { isBelow, nameOctets } from '../../../../src/dnssec/name.ts'
import { flipped, isSignature, patched, without } from '../../attack/attack.ts'
import { nameOf } from '../../attack/attack-world.ts'
import {
  answerOf,
  bogus,
  change,
  data,
  denied,
  EDE,
  FORGED,
  only,
  record,
  signed,
  type Tamper,
  type TamperCase,
} from '../case.ts'
import type { CaseZone } from '../case-zone.ts'

const NXDOMAIN = 3
const SERVFAIL = 2
const BY_PARENT = 'signature by $parent key # (ECDSAP256SHA256)'
const BY_ZONE = 'signature by $zone key # (ECDSAP256SHA256)'

const { DS, DNSKEY } = RecordType

/** The attacker's own zone in the place of the real one; `ds` is what is said of its delegation. */
const replaced =
  (ds: Tamper): Tamper =>
  (honest, asked, zone) => {
    const { name, type } = asked
    if (name === zone.apex && type === DS) return ds(honest, asked, zone)
    const { rcode, answer, authority } = zone.forged.answer(name, type)
    return { ...honest, rcode, answers: answer, authorities: authority }
  }

/** The attacker's data without any signature, as of a zone that has none. */
const unsigned =
  (ds: Tamper): Tamper =>
  (honest, asked, zone) => {
    if (asked.name === zone.apex && asked.type === DS) return ds(honest, asked, zone)
    return without(
      replaced(ds)(honest, asked, zone),
      (one) => isSignature(one) || data('NSEC')(one),
    )
  }

const siblingProof = (zone: CaseZone, sibling: string) =>
  zone
    .proofAt('@', zone.above)
    .slice(0, 2)
    .concat(
      zone
        .honest(nameOf(sibling), 'DS')
        .authorities.filter((one) => signed('NSEC')(one) || signed('NSEC3')(one)),
    )

export const delegations: readonly TamperCase[] = [
  {
    title: 'says with the proof of an unsigned delegation that this one is not signed',
    question: 'mail A',
    outcome: bogus(EDE.NsecMissing, '$zone DS: …'),
    tamper: unsigned((honest, _asked, zone) =>
      denied(honest, 0, siblingProof(zone, 'unsigned.example.')),
    ),
  },
  {
    title: 'says with a span that opts out that a delegation is not signed (RFC 5155 §8.9)',
    question: 'mail A',
    kind: 'opt-out-parent',
    outcome: bogus(EDE.NsecMissing, '$zone DS: …'),
    tamper: unsigned((honest, _asked, zone) =>
      denied(honest, 0, siblingProof(zone, 'unsigned.test.')),
    ),
  },
  {
    title: 'says with the zone’s own apex that it has no DS (RFC 4035 §5.2)',
    question: 'mail A',
    outcome: bogus(EDE.NsecMissing, '$zone DS: …'),
    tamper: unsigned((honest, _asked, zone) => denied(honest, 0, zone.proofAt('@'))),
  },
  {
    title: 'says that the zone does not exist, with the proof for another',
    question: 'mail A',
    outcome: bogus(EDE.NsecMissing, '$zone DS: …'),
    tamper: unsigned((honest, _asked, zone) =>
      denied(honest, NXDOMAIN, zone.honest(`\x04nope${zone.parent}`, 'A').authorities),
    ),
  },
  {
    title: 'says without a proof that the zone does not exist',
    question: 'mail A',
    outcome: bogus(
      EDE.NsecMissing,
      '$zone DS: no proof by $parent that there is none: the answer is not signed',
    ),
    tamper: unsigned((honest) => denied(honest, NXDOMAIN, [])),
  },
  {
    title: 'signs the DS records of its own key with that key',
    question: 'mail A',
    outcome: bogus(EDE.RrsigsMissing, '$zone DS: …'),
    tamper: replaced((honest, _asked, zone) => ({
      ...honest,
      answers: zone.dsOf(zone.forged, zone.forged),
    })),
  },
  {
    title: 'changes the digest of a key',
    question: 'mail A',
    outcome: bogus(EDE.Bogus, `$zone DS: ${BY_PARENT} does not match the data`),
    tamper: only('@ DS', change(data('DS'), flipped)),
  },
  {
    title: 'says that a DS record is of an algorithm nobody knows',
    question: 'mail A',
    outcome: bogus(EDE.Bogus, `$zone DS: ${BY_PARENT} does not match the data`),
    tamper: only(
      '@ DS',
      change(data('DS'), (one) => patched(one, 2, 250)),
    ),
  },
  {
    title: 'says that a DS record is of a digest nobody knows',
    question: 'mail A',
    outcome: bogus(EDE.Bogus, `$zone DS: ${BY_PARENT} does not match the data`),
    tamper: only(
      '@ DS',
      change(data('DS'), (one) => patched(one, 3, 250)),
    ),
  },
  {
    title: 'says that the upstream cannot have the DS records',
    question: 'mail A',
    outcome: bogus(EDE.Indeterminate, '$zone DS: …'),
    tamper: only('@ DS', (honest) => denied(honest, SERVFAIL, [])),
  },
  {
    title: 'signs a zone by keys of its own',
    question: 'mail A',
    outcome: bogus(
      EDE.DnskeyMissing,
      '$zone DNSKEY: no key in the set matches the DS of key # (ECDSAP256SHA256)',
    ),
    tamper: replaced((honest) => honest),
  },
  {
    title: 'adds a key of its own to the zone’s, and signs data with it',
    question: 'mail A',
    outcome: bogus(EDE.Bogus, `$zone DNSKEY: ${BY_ZONE} does not match the data`),
    tamper: (honest, { name, type }, zone) => {
      if (name === zone.apex && type === DNSKEY) {
        const keys = zone.forged.answer(name, type).answer
        return { ...honest, answers: [...honest.answers, ...keys] }
      }
      return isBelow(name, zone.apex) ? { ...honest, ...answerOf(zone.forged, name, 'A') } : honest
    },
  },
  {
    title: 'signs data with a key of its own, and leaves the zone’s keys',
    question: 'mail A',
    outcome: bogus(
      EDE.DnskeyMissing,
      `mail.$zone A: ${BY_ZONE} is by a key that the zone does not have`,
    ),
    tamper: only('mail A', (honest, { name }, zone) => ({
      ...honest,
      ...answerOf(zone.forged, name, 'A'),
    })),
  },
  {
    title: 'says that keys may not sign zones',
    question: 'mail A',
    outcome: bogus(EDE.DnskeyMissing, '$zone DNSKEY: no key in the set matches …'),
    tamper: only(
      '@ DNSKEY',
      change(data('DNSKEY'), (one) => patched(one, 0, 0, 1)),
    ),
  },
  {
    title: 'says that keys are revoked (RFC 5011 §2.1)',
    question: 'mail A',
    outcome: bogus(EDE.DnskeyMissing, '$zone DNSKEY: no key in the set matches …'),
    tamper: only(
      '@ DNSKEY',
      change(data('DNSKEY'), (one) => patched(one, 1, 0x81)),
    ),
  },
  {
    title: 'says that keys are of an algorithm nobody knows',
    question: 'mail A',
    outcome: bogus(EDE.DnskeyMissing, '$zone DNSKEY: no key in the set matches …'),
    tamper: only(
      '@ DNSKEY',
      change(data('DNSKEY'), (one) => patched(one, 3, 250)),
    ),
  },
  {
    title: 'says that the upstream cannot have the keys',
    question: 'mail A',
    outcome: bogus(EDE.DnskeyMissing, '$zone DNSKEY: …'),
    tamper: only('@ DNSKEY', (honest) => denied(honest, SERVFAIL, [])),
  },
  {
    title: 'changes the keys in the answer to a client who asks for them',
    question: '@ DNSKEY',
    outcome: bogus(EDE.DnskeyMissing, '$zone DNSKEY: no key in the set matches …'),
    tamper: only('@ DNSKEY', change(data('DNSKEY'), flipped)),
  },
  {
    title: 'denies DS records with the zone’s own apex to a client who asks for them',
    question: '@ DS',
    outcome: bogus(EDE.NsecMissing, '$zone DS: …'),
    tamper: only('@ DS', (honest, _asked, zone) => denied(honest, 0, zone.proofAt('@'))),
  },
  {
    title: 'gives a zone’s servers as its parent has them, which nobody signed (RFC 4035 §2.2)',
    question: '@ NS',
    outcome: bogus(EDE.RrsigsMissing, '$zone NS: is not signed'),
    tamper: only('@ NS', (honest, { name }) => ({
      ...without(honest, isSignature),
      answers: [record(name, 'NS', nameOctets(nameOf('ns.attacker.example.')))],
    })),
  },
  {
    // RFC 5155 §12.2: what opts out cannot tell such a name from an unsigned delegation. No AD, though.
    title: 'makes up a name below a zone that opts out',
    question: 'nope A',
    kind: 'opt-out',
    outcome: { is: 'insecure' },
    tamper: only('nope A', (honest, { name }) => ({
      ...honest,
      rcode: 0,
      answers: [record(name, 'A', FORGED)],
      authorities: [],
    })),
  },
  {
    title: 'makes up a name below a zone that does not opt out',
    question: 'nope A',
    kind: 'nsec3',
    outcome: bogus(EDE.RrsigsMissing, 'nope.$zone A: is not signed'),
    tamper: only('nope A', (honest, { name }) => ({
      ...honest,
      rcode: 0,
      answers: [record(name, 'A', FORGED)],
      authorities: [],
    })),
  },
  {
    title: 'changes the DS records in the answer to a client who asks for them',
    question: '@ DS',
    outcome: bogus(EDE.Bogus, `$zone DS: ${BY_PARENT} does not match the data`),
    tamper: only('@ DS', change(data('DS'), flipped)),
  },
]
