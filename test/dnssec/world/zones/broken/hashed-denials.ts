// NSEC3 records that are not there, or do not prove what they should (RFC 5155 §8).

import type { Fields } from '../../../../../src/wire/codec/rdata-layout.ts'
import { RecordType } from '../../../../../src/wire/record-type.ts'
import { parseBase32Hex } from '../../../../../src/wire/text/octet-text.ts'
import type { ZoneEditor } from '../../zone-editor.ts'
import type { ZoneKey } from '../../zone-key.ts'
import { type Break, breakZones, Ede } from './break-zone.ts'

const { DnssecBogus, RrsigsMissing, NsecMissing } = Ede
type Nsec3 = Fields<'NSEC3'>

const SALTED = { kind: 'nsec3', iterations: 1, salt: 'aabbccdd' } as const

function rewriteAll(zone: ZoneEditor, key: ZoneKey, edit: (fields: Nsec3) => Nsec3): void {
  for (const owner of zone.owners('NSEC3')) zone.rewrite(owner, 'NSEC3', key, edit)
}

// NSD does not load a zone whose NSEC3 records are not of one chain.
const breaks: Readonly<Record<string, Break>> = {
  'no-nsec3-of-name': {
    ask: 'none A',
    ede: [NsecMissing],
    because: 'the NSEC3 record that covers the next closer name is not there (§8.4)',
    tamper: (zone) => zone.drop(zone.nsec3Covering('none'), 'NSEC3'),
  },
  'no-nsec3-of-encloser': {
    ask: 'none A',
    ede: [NsecMissing],
    because: 'no NSEC3 record matches the closest encloser (§8.3)',
    tamper: (zone) => zone.drop(zone.nsec3Matching('@'), 'NSEC3'),
  },
  'no-nsec3-of-wildcard': {
    ask: 'none A',
    ede: [NsecMissing],
    because: 'nothing proves that there is no wildcard (§8.4)',
    tamper: (zone) => zone.drop(zone.nsec3Covering('*'), 'NSEC3'),
  },
  'no-nsec3-of-type': {
    ask: 'www TXT',
    ede: [NsecMissing],
    because: 'nothing proves that there is no such type (§8.5)',
    tamper: (zone) => zone.drop(zone.nsec3Matching('www'), 'NSEC3'),
  },
  'no-nsec3-of-wildcard-match': {
    ask: 'any.wild A',
    ede: [NsecMissing],
    because: 'nothing proves that no closer name is there (§8.8)',
    tamper: (zone) => zone.drop(zone.nsec3Covering('any.wild'), 'NSEC3'),
  },
  'no-nsec3-of-wildcard-type': {
    ask: 'any.wild MX',
    ede: [NsecMissing],
    because: 'no NSEC3 record matches the wildcard (§8.7)',
    tamper: (zone) => zone.drop(zone.nsec3Matching('*.wild'), 'NSEC3'),
  },
  'no-nsec3-at-all': {
    ask: 'none A',
    ede: [NsecMissing],
    because: 'there are no NSEC3 records',
    tamper: (zone) => {
      for (const owner of zone.owners('NSEC3')) zone.drop(owner, 'NSEC3')
      zone.drop('@', 'NSEC3PARAM')
    },
  },
  'hashed-type-withheld': {
    ask: 'www AAAA',
    ede: [NsecMissing],
    because: 'a set is withheld, and the NSEC3 record says that it is there',
    tamper: (zone) => zone.drop('www', 'AAAA'),
  },
  'hashed-name-withheld': {
    server: 'knot',
    ask: 'zz A',
    ede: [NsecMissing],
    because: 'a name is withheld whose NSEC3 record is still there',
    tamper: (zone) => zone.drop('zz', 'A'),
  },
  'hashed-cname-bit': {
    ask: 'www TXT',
    ede: [NsecMissing],
    because: 'there should be a CNAME, which was not sent (§8.5)',
    tamper: (zone, keys) =>
      zone.rewrite(zone.nsec3Matching('www'), 'NSEC3', keys('csk'), (fields) => ({
        ...fields,
        types: [RecordType.CNAME, ...fields.types],
      })),
  },
  'nsec3-of-a-cut': {
    ask: 'x.mx A',
    ede: [NsecMissing],
    because: 'a delegation is no closest encloser (§8.3)',
    tamper: (zone, keys) =>
      zone.rewrite(zone.nsec3Matching('mx'), 'NSEC3', keys('csk'), (fields) => ({
        ...fields,
        types: [RecordType.NS, RecordType.DS, RecordType.RRSIG],
      })),
  },
  'nsec3-of-a-dname': {
    ask: 'x.mx A',
    ede: [NsecMissing],
    because: 'a name with a DNAME is no closest encloser (§8.3)',
    tamper: (zone, keys) =>
      zone.rewrite(zone.nsec3Matching('mx'), 'NSEC3', keys('csk'), (fields) => ({
        ...fields,
        types: [RecordType.DNAME, RecordType.RRSIG],
      })),
  },
  'altered-salt': {
    server: 'knot',
    ask: 'none A',
    ede: [DnssecBogus, NsecMissing],
    because: 'the salt is not what was signed',
    tamper(zone) {
      const salt = Uint8Array.of(1, 2, 3, 4)
      for (const owner of zone.owners('NSEC3')) zone.change(owner, 'NSEC3', (f) => ({ ...f, salt }))
    },
  },
  'wrong-salt': {
    server: 'knot',
    ask: 'none A',
    ede: [NsecMissing],
    because: 'owners were hashed with another salt than the records say',
    tamper: (zone, keys) =>
      rewriteAll(zone, keys('csk'), (fields) => ({ ...fields, salt: Uint8Array.of(1, 2, 3, 4) })),
  },
  'mixed-salt': {
    ask: 'none A',
    ede: [NsecMissing],
    because: 'NSEC3 records of one answer differ in their salt (§8.2)',
    tamper: (zone, keys) =>
      zone.rewrite(zone.nsec3Matching('@'), 'NSEC3', keys('csk'), (fields) => ({
        ...fields,
        salt: Uint8Array.of(1, 2, 3, 4),
      })),
  },
  'unknown-hash': {
    server: 'knot',
    ask: 'none A',
    ede: [NsecMissing],
    because: 'NSEC3 records with an unknown hash are not there (§8.1)',
    tamper: (zone, keys) =>
      rewriteAll(zone, keys('csk'), (fields) => ({ ...fields, hashAlgorithm: 2 })),
  },
  'unknown-flags': {
    ask: 'none A',
    ede: [NsecMissing],
    because: 'NSEC3 records with unknown flags are not there (§8.2)',
    tamper: (zone, keys) => rewriteAll(zone, keys('csk'), (fields) => ({ ...fields, flags: 2 })),
  },
  'nsec3-unsigned': {
    ask: 'none A',
    ede: [RrsigsMissing, NsecMissing],
    because: 'the NSEC3 record has no signature',
    tamper: (zone) => zone.dropSignatures(zone.nsec3Covering('none'), 'NSEC3'),
  },
  'nsec3-stretched': {
    ask: 'none A',
    ede: [DnssecBogus],
    because: 'the next hash is not what was signed',
    tamper: (zone) =>
      zone.change(zone.nsec3Covering('none'), 'NSEC3', (fields) => ({
        ...fields,
        next: new Uint8Array(20).fill(0xff),
      })),
  },
  'nsec3-ends-early': {
    ask: 'none A',
    ede: [NsecMissing],
    because: 'the NSEC3 record before the hash ends right behind itself',
    tamper(zone, keys) {
      const owner = zone.nsec3Covering('none')
      zone.rewrite(owner, 'NSEC3', keys('csk'), (fields) => ({ ...fields, next: after(owner) }))
    },
  },
}

/** The hash that follows the one that an owner is. */
function after(owner: string): Uint8Array {
  const hash = Buffer.from(parseBase32Hex(owner)!)
  hash.writeUInt32BE((hash.readUInt32BE(16) + 1) >>> 0, 16)
  return hash
}

export const BROKEN_HASHED_DENIALS = breakZones(
  Object.fromEntries(
    Object.entries(breaks).map(([label, wrong]) => [label, { denial: SALTED, ...wrong }]),
  ),
)
