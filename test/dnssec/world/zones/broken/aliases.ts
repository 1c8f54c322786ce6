// CNAME and DNAME records that were tampered with, or that lead to what is broken.

import { commonRecords } from '../make-zone.ts'
import { wire } from '../../zone-editor.ts'
import { breakZones, Ede } from './break-zone.ts'

const { DnssecBogus, Expired, RrsigsMissing } = Ede

const tree = `${commonRecords()}tree DNAME nsec.example.\n`

export const BROKEN_ALIASES = breakZones({
  'altered-cname': {
    ask: 'alias A',
    ede: [DnssecBogus],
    because: 'a CNAME leads elsewhere than what was signed',
    tamper: (zone) =>
      zone.change('alias', 'CNAME', (fields) => ({ ...fields, target: wire(`two.${zone.name}`) })),
  },
  'altered-second-cname': {
    ask: 'chain A',
    ede: [DnssecBogus],
    because: 'the second of two CNAME records is not what was signed',
    tamper: (zone) =>
      zone.change('alias', 'CNAME', (fields) => ({ ...fields, target: wire(`two.${zone.name}`) })),
  },
  'unsigned-cname': {
    ask: 'alias A',
    ede: [RrsigsMissing],
    because: 'a CNAME has no signature',
    tamper: (zone) => zone.dropSignatures('alias', 'CNAME'),
  },
  'altered-wildcard-cname': {
    ask: 'any.alias A',
    ede: [DnssecBogus],
    because: 'the CNAME of a wildcard is not what was signed',
    tamper: (zone) =>
      zone.change('*.alias', 'CNAME', (fields) => ({
        ...fields,
        target: wire(`two.${zone.name}`),
      })),
  },
  'altered-dname': {
    records: tree,
    ask: 'www.tree A',
    ede: [DnssecBogus],
    because: 'a DNAME leads elsewhere than what was signed',
    tamper: (zone) =>
      zone.change('tree', 'DNAME', (fields) => ({ ...fields, target: wire('nsec3-0.example.') })),
  },
  'unsigned-dname': {
    records: tree,
    ask: 'www.tree A',
    ede: [RrsigsMissing],
    because: 'a DNAME has no signature',
    tamper: (zone) => zone.dropSignatures('tree', 'DNAME'),
  },
  'alias-to-broken': {
    records: 'www CNAME www.expired.broken.example.\n',
    ask: 'www A',
    ede: [Expired],
    because: 'a sound CNAME leads to what has expired',
  },
  'alias-to-unsigned-set': {
    records: 'www CNAME www.no-signature.broken.example.\n',
    ask: 'www A',
    ede: [RrsigsMissing],
    because: 'a sound CNAME leads to a set without a signature',
  },
})
