// The header says something else than the records do: the rcode, which nobody signs (RFC 4035 §5.4).

import { flipped, patched } from '../../attack/attack.ts'
import { bogus, change, data, EDE, only, type TamperCase } from '../case.ts'

const LONG = 'x'.repeat(63)

const SERVFAIL = 2
const NXDOMAIN = 3
const REFUSED = 5
const YXDOMAIN = 6

export const rcodes: readonly TamperCase[] = [
  {
    title: 'says SERVFAIL, and gives the data',
    question: 'mail A',
    outcome: { is: 'failure', rcode: SERVFAIL },
    tamper: only('mail A', (honest) => ({ ...honest, rcode: SERVFAIL })),
  },
  {
    title: 'says REFUSED, and gives the data',
    question: 'mail A',
    outcome: { is: 'failure', rcode: REFUSED },
    tamper: only('mail A', (honest) => ({ ...honest, rcode: REFUSED })),
  },
  {
    title: 'says NXDOMAIN, and gives the data',
    question: 'mail A',
    outcome: bogus(EDE.Bogus, 'mail.$zone A: the answer says NXDOMAIN as well'),
    tamper: only('mail A', (honest) => ({ ...honest, rcode: NXDOMAIN })),
  },
  {
    title: 'says YXDOMAIN, and gives the data',
    question: 'mail A',
    outcome: bogus(EDE.Bogus, 'mail.$zone A: the answer says YXDOMAIN as well'),
    tamper: only('mail A', (honest) => ({ ...honest, rcode: YXDOMAIN })),
  },
  {
    title: 'says SERVFAIL, and that the data are bogus (RFC 8914 §4.7)',
    question: 'mail A',
    outcome: { is: 'failure', rcode: SERVFAIL },
    tamper: only('mail A', (honest) => ({
      ...honest,
      rcode: SERVFAIL,
      edns: { ...honest.edns!, options: [{ code: 15, data: Buffer.of(0, EDE.Bogus) }] },
    })),
  },
  {
    title: 'says YXDOMAIN rightly, of a name that a DNAME makes too long (RFC 6672 §2.2)',
    question: `${LONG}.${LONG}.${LONG}.moved A`,
    text: `moved DNAME ${LONG}\n`,
    outcome: { is: 'honest' },
    tamper: (honest) => honest,
  },
  {
    title: 'says YXDOMAIN of a name that a DNAME makes too long, and forges the DNAME',
    question: `${LONG}.${LONG}.${LONG}.moved A`,
    text: `moved DNAME ${LONG}\n`,
    outcome: bogus(
      EDE.Bogus,
      'moved.$zone DNAME: signature by $zone key # (ECDSAP256SHA256) does not match the data',
    ),
    tamper: change(data('DNAME'), (one) => patched(one, 1, 0x79)),
  },
  {
    title: 'says NXDOMAIN where the name has other types',
    question: 'mail TXT',
    outcome: bogus(EDE.NsecMissing, 'mail.$zone NXDOMAIN: …'),
    tamper: only('mail TXT', (honest) => ({ ...honest, rcode: NXDOMAIN })),
  },
  {
    title: 'says with TC that there is more (RFC 2181 §9)',
    question: 'mail A',
    outcome: { is: 'malformed' },
    tamper: only('mail A', (honest) => ({ ...honest, flags: honest.flags | 0x200 })),
  },
  {
    title: 'says with TC that there are more keys, and gives none',
    question: 'mail A',
    outcome: bogus(EDE.DnskeyMissing, '$zone DNSKEY: …'),
    tamper: only('@ DNSKEY', (honest) => ({
      ...honest,
      flags: honest.flags | 0x200,
      answers: [],
    })),
  },
  {
    title: 'says with AD that what it forged is proven (RFC 4035 §3.2.3)',
    question: 'mail A',
    outcome: bogus(
      EDE.Bogus,
      'mail.$zone A: signature by $zone key # (ECDSAP256SHA256) does not match the data',
    ),
    tamper: (honest, asked, zone) =>
      only('mail A', change(data('A'), flipped))(
        { ...honest, flags: honest.flags | 0x20 },
        asked,
        zone,
      ),
  },
]
