// Something is left out, so that a signed zone looks unsigned or a name looks as if it was not there.

import { RecordType } from '../../../../src/wire/record-type.ts'
import { isSignature, without } from '../../attack/attack.ts'
import {
  bogus,
  change,
  data,
  EDE,
  none,
  only,
  signatureOver,
  signed,
  type TamperCase,
} from '../case.ts'

const UNSIGNED = bogus(EDE.RrsigsMissing, 'mail.$zone A: is not signed')

const isOfDnssec = (one: { readonly type: number }): boolean =>
  one.type === RecordType.RRSIG || one.type === RecordType.NSEC || one.type === RecordType.NSEC3

export const strips: readonly TamperCase[] = [
  {
    title: 'leaves out the signature over an address',
    question: 'mail A',
    outcome: UNSIGNED,
    tamper: only('mail A', change(signatureOver('A'), none)),
  },
  {
    title: 'leaves out the signature over an alias',
    question: 'www A',
    outcome: bogus(EDE.RrsigsMissing, 'www.$zone CNAME: is not signed'),
    tamper: only('www A', change(signatureOver('CNAME'), none)),
  },
  {
    title: 'leaves out all signatures of a zone',
    question: 'mail A',
    outcome: bogus(EDE.RrsigsMissing, '…$zone …: is not signed'),
    tamper: (honest) => without(honest, isSignature),
  },
  {
    title: 'leaves out all that DNSSEC added to a zone, its delegation too',
    question: 'mail A',
    outcome: bogus(EDE.NsecMissing, '…$zone …'),
    tamper: (honest) =>
      without(honest, (one) => isOfDnssec(one) || data('DS')(one) || data('DNSKEY')(one)),
  },
  {
    title: 'answers as if it had never heard of EDNS, without OPT (RFC 6891 §7)',
    question: 'mail A',
    outcome: bogus(EDE.RrsigsMissing, '…$zone …: is not signed'),
    tamper: (honest) => ({ ...without(honest, isOfDnssec), edns: null }),
  },
  {
    title: 'ignores DO (RFC 3225 §3)',
    question: 'nope A',
    outcome: bogus(EDE.NsecMissing, '…$zone …'),
    tamper: only('nope A', (honest) => ({
      ...without(honest, isOfDnssec),
      edns: { ...honest.edns!, flags: 0 },
    })),
  },
  {
    title: 'leaves out the records that deny a name',
    question: 'nope A',
    outcome: bogus(
      EDE.NsecMissing,
      'nope.$zone NXDOMAIN: $zone is signed, and there is no proof that there is none',
    ),
    tamper: only('nope A', change(signed('NSEC'), none)),
  },
  {
    title: 'leaves out the hashes that deny a name',
    question: 'nope A',
    kind: 'nsec3',
    outcome: bogus(
      EDE.NsecMissing,
      'nope.$zone NXDOMAIN: $zone is signed, and there is no proof that there is none',
    ),
    tamper: only('nope A', change(signed('NSEC3'), none)),
  },
  {
    title: 'leaves out the signatures over what denies a name',
    question: 'nope A',
    outcome: bogus(EDE.RrsigsMissing, '…$zone NSEC: is not signed'),
    tamper: only('nope A', change(signatureOver('NSEC'), none)),
  },
  {
    title: 'leaves out all of a denial but its rcode',
    question: 'mail A',
    outcome: bogus(
      EDE.NsecMissing,
      'mail.$zone NXDOMAIN: $zone is signed, and there is no proof that there is none',
    ),
    tamper: only('mail A', (honest) => ({ ...honest, rcode: 3, answers: [], authorities: [] })),
  },
  {
    title: 'leaves out the answer',
    question: 'mail A',
    outcome: bogus(
      EDE.NsecMissing,
      'mail.$zone A: $zone is signed, and there is no proof that there is none',
    ),
    tamper: only('mail A', (honest) => ({ ...honest, answers: [] })),
  },
  {
    title: 'leaves out what is behind an alias',
    question: 'www A',
    outcome: bogus(
      EDE.NsecMissing,
      'mail.$zone A: $zone is signed, and there is no proof that there is none',
    ),
    tamper: only('www A', change(signed('A'), none)),
  },
  {
    title: 'leaves out the SOA of a denial, which proves nothing',
    question: 'nope A',
    outcome: { is: 'honest' },
    tamper: only('nope A', change(signed('SOA'), none)),
  },
  {
    title: 'leaves out the DS records of a zone',
    question: 'mail A',
    outcome: bogus(
      EDE.NsecMissing,
      '$zone DS: no proof by $parent that there is none: the answer is not signed',
    ),
    tamper: only('@ DS', change(signed('DS'), none)),
  },
  {
    title: 'leaves out the signature over DS records',
    question: 'mail A',
    outcome: bogus(EDE.RrsigsMissing, '$zone DS: is not signed'),
    tamper: only('@ DS', change(signatureOver('DS'), none)),
  },
  {
    title: 'leaves out the keys of a zone',
    question: 'mail A',
    outcome: bogus(EDE.DnskeyMissing, '$zone DNSKEY: there is none'),
    tamper: only('@ DNSKEY', change(signed('DNSKEY'), none)),
  },
  {
    title: 'leaves out the signature over keys',
    question: 'mail A',
    outcome: bogus(EDE.RrsigsMissing, '$zone DNSKEY: is not signed'),
    tamper: only('@ DNSKEY', change(signatureOver('DNSKEY'), none)),
  },
  {
    title: 'leaves out the proof that nothing is closer than a wildcard (RFC 4035 §5.3.4)',
    question: 'x.wild A',
    outcome: bogus(EDE.NsecMissing, 'x.wild.$zone from *.wild.$zone: …'),
    tamper: only('x.wild A', change(signed('NSEC'), none)),
  },
  {
    title: 'leaves out the hash that nothing closer than a wildcard has (RFC 5155 §8.8)',
    question: 'x.wild A',
    kind: 'nsec3',
    outcome: bogus(EDE.NsecMissing, 'x.wild.$zone from *.wild.$zone: …'),
    tamper: only('x.wild A', change(signed('NSEC3'), none)),
  },
  {
    title: 'leaves out the proof that a delegation is not signed',
    question: 'www.plain A',
    outcome: bogus(EDE.NsecMissing, 'plain.$zone DS: …'),
    tamper: (honest, { name, type }, zone) =>
      name === zone.name('plain') && type === RecordType.DS
        ? without(honest, (one) => signed('NSEC')(one))
        : name === zone.name('www.plain')
          ? { ...honest, rcode: 0, answers: [], authorities: [] }
          : honest,
  },
]
