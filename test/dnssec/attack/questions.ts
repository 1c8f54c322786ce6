// What is asked of the attacked zones: names of every kind, and types that they have and have not.

import { RecordType } from '../../../src/wire/record-type.ts'
import type { Name } from '../../../src/dnssec/name.ts'
import { nameOf } from './attack-world.ts'

const ZONES = [
  'nsec.example.',
  'nsec3.example.',
  'optout.example.',
  'signed.test.',
  'unsigned.example.',
]

const LABELS = [
  '',
  'mail.',
  'www.',
  'far.',
  'lost.',
  'out.',
  'wild.',
  'x.wild.',
  '*.wild.',
  'c.',
  'b.c.',
  'a.b.c.',
  'nope.',
  'y.z.wild.',
  'no.wild.',
  'x.no.wild.',
  'q.alias.',
  'q.aside.',
  'a.b.moved.',
  'x.y.moved.',
  'svc.',
  'plain.',
  'mail.plain.',
  'plain.ent.deep.',
]

const { A, TXT, AAAA, MX, HTTPS, DS, CNAME, ANY, SOA, DNSKEY, NS } = RecordType

export const attackQuestions: readonly { readonly name: Name; readonly type: number }[] =
  ZONES.flatMap((zone) =>
    LABELS.flatMap((label) =>
      [A, TXT, AAAA, MX, HTTPS, DS, CNAME, ANY, SOA, DNSKEY, NS].map((type) => ({
        name: nameOf(label + zone),
        type,
      })),
    ),
  )
