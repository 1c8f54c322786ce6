// NSEC records that are not there, or do not prove what they should (RFC 4035 §5.4, RFC 6840 §4).

import { RecordType } from '../../../../../src/wire/record-type.ts'
import { wire } from '../../zone-editor.ts'
import { breakZones, Ede } from './break-zone.ts'

const { DnssecBogus, RrsigsMissing, NsecMissing } = Ede

export const BROKEN_DENIALS = breakZones({
  'no-nsec-of-name': {
    ask: 'none A',
    ede: [NsecMissing],
    because: 'the NSEC record that covers the name is not there',
    tamper: (zone) => zone.drop(zone.nsecCovering('none'), 'NSEC'),
  },
  'no-nsec-of-wildcard': {
    ask: 'none A',
    ede: [NsecMissing],
    because: 'nothing proves that there is no wildcard',
    tamper: (zone) => zone.drop('@', 'NSEC'),
  },
  'no-nsec-of-type': {
    ask: 'www TXT',
    ede: [NsecMissing],
    because: 'nothing proves that there is no such type',
    tamper: (zone) => zone.drop('www', 'NSEC'),
  },
  'no-nsec-of-non-terminal': {
    ask: 'b.a TXT',
    ede: [NsecMissing],
    because: 'nothing proves that an empty non-terminal is empty',
    tamper: (zone) => zone.drop('@', 'NSEC'),
  },
  'no-nsec-at-all': {
    ask: 'none A',
    ede: [NsecMissing],
    because: 'there are no NSEC records',
    tamper: (zone) => {
      for (const owner of zone.owners('NSEC')) zone.drop(owner, 'NSEC')
    },
  },
  'nsec-ends-early': {
    ask: 'none A',
    ede: [NsecMissing],
    because: 'the NSEC record before the name ends before it',
    tamper: (zone, keys) =>
      zone.rewrite(zone.nsecCovering('none'), 'NSEC', keys('csk'), (fields) => ({
        ...fields,
        next: wire(`n.${zone.name}`),
      })),
  },
  'nsec-stretched': {
    ask: 'none A',
    ede: [DnssecBogus],
    because: 'the next name of an NSEC record is not what was signed',
    tamper: (zone) =>
      zone.change(zone.nsecCovering('none'), 'NSEC', (fields) => ({
        ...fields,
        next: wire(`zzz.${zone.name}`),
      })),
  },
  'nsec-unsigned': {
    ask: 'none A',
    ede: [RrsigsMissing, NsecMissing],
    because: 'the NSEC record has no signature',
    tamper: (zone) => zone.dropSignatures(zone.nsecCovering('none'), 'NSEC'),
  },
  'type-withheld': {
    ask: 'two A',
    ede: [NsecMissing],
    because: 'a set is withheld, and the NSEC record says that it is there',
    tamper: (zone) => zone.drop('two', 'A'),
  },
  'name-withheld': {
    ask: 'zz A',
    ede: [NsecMissing],
    because: 'a name is withheld, and the NSEC record before it names it',
    tamper(zone) {
      zone.drop('zz', 'A')
      zone.drop('zz', 'NSEC')
    },
  },
  'cname-bit': {
    ask: 'www TXT',
    ede: [NsecMissing],
    because: 'there should be a CNAME, which was not sent (RFC 6840 §4.3)',
    tamper: (zone, keys) =>
      zone.rewrite('www', 'NSEC', keys('csk'), (fields) => ({
        ...fields,
        types: [RecordType.CNAME, ...fields.types],
      })),
  },
  'nsec-of-a-cut': {
    ask: 'x.mx A',
    ede: [NsecMissing],
    because: 'the NSEC record of a delegation proves nothing of names below (RFC 6840 §4.1)',
    tamper: (zone, keys) =>
      zone.rewrite('mx', 'NSEC', keys('csk'), (fields) => ({
        ...fields,
        types: [RecordType.NS, RecordType.DS, RecordType.RRSIG, RecordType.NSEC],
      })),
  },
  'nsec-of-a-dname': {
    ask: 'x.mx A',
    ede: [NsecMissing],
    because: 'the NSEC record of a DNAME proves nothing of names below (RFC 6840 §4.1)',
    tamper: (zone, keys) =>
      zone.rewrite('mx', 'NSEC', keys('csk'), (fields) => ({
        ...fields,
        types: [RecordType.DNAME, RecordType.RRSIG, RecordType.NSEC],
      })),
  },
  'nsec-from-wildcard': {
    ask: 'none A',
    ede: [NsecMissing, DnssecBogus],
    because: 'an NSEC record that was made from a wildcard is none of this name',
    tamper(zone, keys) {
      const owner = zone.nsecCovering('none')
      const twist = { signedOwner: wire(`*.${zone.name}`) }
      zone.resign(owner, 'NSEC', [keys('csk')], twist)
    },
  },
  'nsec-turns-back': {
    ask: 'zzz A',
    ede: [NsecMissing],
    because: 'the last NSEC record leads to the apex and nowhere else (RFC 4034 §4.1.1)',
    tamper: (zone, keys) =>
      zone.rewrite('zz', 'NSEC', keys('csk'), (fields) => ({
        ...fields,
        next: wire(`text.${zone.name}`),
      })),
  },
  'wildcard-without-proof': {
    ask: 'any.wild A',
    ede: [NsecMissing],
    because: 'nothing proves that no closer name is there (RFC 4035 §5.3.4)',
    tamper: (zone) => zone.drop(zone.nsecCovering('any.wild'), 'NSEC'),
  },
  'wildcard-over-a-name': {
    ask: 'named.wild A',
    ede: [NsecMissing],
    because: 'a wildcard answers for a name that is there',
    tamper(zone) {
      zone.drop('named.wild', 'A')
      zone.drop('named.wild', 'NSEC')
    },
  },
  'wildcard-type-withheld': {
    ask: 'any.wild TXT',
    ede: [NsecMissing],
    because: 'a set of a wildcard is withheld, and its NSEC record says that it is there',
    tamper: (zone) => zone.drop('*.wild', 'TXT'),
  },
  'wildcard-withheld': {
    ask: 'any.alias A',
    ede: [NsecMissing],
    because: 'a wildcard is withheld, and the NSEC record before it names it',
    tamper(zone) {
      zone.drop('*.alias', 'CNAME')
      zone.drop('*.alias', 'NSEC')
    },
  },
})
