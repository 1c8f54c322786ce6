// What an answer says besides the data: extended errors, and records that nobody asked for.

import { nameOctets } from '../../../../src/dnssec/name.ts'
import { nameOf } from '../../attack/attack-world.ts'
import { bogus, EDE, FORGED, only, record, type TamperCase } from '../case.ts'

const EXTENDED_ERROR = 15

const told = (code: number, text: string) => ({
  code: EXTENDED_ERROR,
  data: Buffer.concat([Buffer.of(code >> 8, code & 0xff), Buffer.from(text)]),
})

const tellingOf = (code: number): TamperCase['tamper'] =>
  only('mail A', (honest) => ({
    ...honest,
    edns: { ...honest.edns!, options: [told(code, 'made up')] },
  }))

const ATTACKER = nameOf('ns.attacker.example.')

export const words: readonly TamperCase[] = [
  ...[EDE.Bogus, EDE.Expired, EDE.RrsigsMissing].map(
    (code): TamperCase => ({
      title: `says with extended error ${code} that good data are not`,
      question: 'mail A',
      outcome: { is: 'honest' },
      tamper: tellingOf(code),
    }),
  ),
  {
    title: 'says with another extended error why its forgery fails',
    question: 'mail A',
    outcome: bogus(EDE.RrsigsMissing, 'mail.$zone A: is not signed'),
    tamper: only('mail A', (honest, { name }) => ({
      ...honest,
      answers: [record(name, 'A', FORGED)],
      edns: { ...honest.edns!, options: [told(15, 'blocked by law')] },
    })),
  },
  {
    title: 'adds a delegation and addresses that nobody asked for',
    question: 'mail A',
    outcome: { is: 'honest' },
    tamper: only('mail A', (honest, _asked, zone) => ({
      ...honest,
      authorities: [
        ...honest.authorities,
        record(zone.apex, 'NS', nameOctets(ATTACKER), 86_400),
        record(nameOf('good.example.'), 'NS', nameOctets(ATTACKER), 86_400),
      ],
      additionals: [
        record(ATTACKER, 'A', FORGED, 86_400),
        record(nameOf('www.good.example.'), 'A', FORGED, 86_400),
      ],
    })),
  },
  {
    title: 'adds a delegation that nobody asked for to a denial',
    question: 'nope A',
    outcome: { is: 'honest' },
    tamper: only('nope A', (honest, _asked, zone) => ({
      ...honest,
      authorities: [...honest.authorities, record(zone.apex, 'NS', nameOctets(ATTACKER), 86_400)],
      additionals: [record(ATTACKER, 'A', FORGED, 86_400)],
    })),
  },
  {
    title: 'adds an unsigned address of another name to the answer',
    question: 'mail A',
    outcome: { is: 'malformed' },
    tamper: only('mail A', (honest) => ({
      ...honest,
      answers: [...honest.answers, record(nameOf('www.good.example.'), 'A', FORGED)],
    })),
  },
  {
    title: 'adds an unsigned text to the answer for an address',
    question: 'mail A',
    outcome: bogus(EDE.RrsigsMissing, 'mail.$zone TXT: is not signed'),
    tamper: only('mail A', (honest, { name }) => ({
      ...honest,
      answers: [...honest.answers, record(name, 'TXT', Buffer.from('\x06forged'))],
    })),
  },
]
