// Names that lead back to themselves, in a zone that signed them or in what an upstream makes of it.

import { nameOctets } from '../../../../src/dnssec/name.ts'
import { mapRecords } from '../../attack/attack.ts'
import { bogus, EDE, only, record, type TamperCase, withSigner } from '../case.ts'

export const loops: readonly TamperCase[] = [
  {
    title: 'passes on a zone’s own loop of two aliases',
    question: 'one.loop A',
    outcome: { is: 'malformed' },
    tamper: (honest) => honest,
  },
  {
    title: 'passes on a zone’s own alias of itself',
    question: 'self.loop A',
    outcome: { is: 'malformed' },
    tamper: (honest) => honest,
  },
  {
    title: 'passes on a DNAME whose target is below itself',
    question: 'x.twisted A',
    outcome: bogus(EDE.Indeterminate, '…twisted.$zone DS: the upstream says YXDOMAIN'),
    tamper: (honest) => honest,
  },
  {
    title: 'answers the question for DS with an alias of the zone to itself',
    question: 'mail A',
    outcome: bogus(EDE.Indeterminate, '$zone DS: no answer: the upstream sent a malformed answer'),
    tamper: only('@ DS', (honest, { name }) => ({
      ...honest,
      answers: [record(name, 'CNAME', nameOctets(name))],
    })),
  },
  {
    title: 'answers the question for keys with an alias',
    question: 'mail A',
    outcome: bogus(EDE.DnskeyMissing, '$zone DNSKEY: there is none'),
    tamper: only('@ DNSKEY', (honest, { name }, zone) => ({
      ...honest,
      answers: [record(name, 'CNAME', nameOctets(zone.name('mail')))],
    })),
  },
  {
    title: 'says that DS records are signed by the zone that they are about',
    question: 'mail A',
    outcome: bogus(EDE.RrsigsMissing, '$zone DS: …'),
    tamper: only('@ DS', (honest, { name }) =>
      mapRecords(honest, (one) => (one.type === 46 ? withSigner(one, nameOctets(name)) : one)),
    ),
  },
  {
    title: 'says that the keys of a zone are signed by a zone below it',
    question: 'mail A',
    outcome: bogus(EDE.RrsigsMissing, '$zone DNSKEY: …'),
    tamper: only('@ DNSKEY', (honest, _asked, zone) =>
      mapRecords(honest, (one) =>
        one.type === 46 ? withSigner(one, nameOctets(zone.name('mail'))) : one,
      ),
    ),
  },
]
