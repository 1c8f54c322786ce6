// Cuts whose security cannot be told, or is lied about: in each, a zone and its child.

import { RecordType } from '../../../../../src/wire/record-type.ts'
import { DAY } from '../../signature-maker.ts'
import type { ZoneEditor } from '../../zone-editor.ts'
import type { DenialSpec, ZoneKeys, ZoneSpec } from '../../zone-spec.ts'
import { bogus, makeZone, NSEC, OPT_OUT, singleKey } from '../make-zone.ts'
import { Ede } from './break-zone.ts'

const { DnssecBogus, Expired, RrsigsMissing, NsecMissing } = Ede

interface BrokenCut {
  /** Whether the child is signed. */
  readonly signed: boolean
  readonly denial?: DenialSpec
  readonly ede: readonly number[]
  readonly because: string
  readonly tamper: (parent: ZoneEditor, keys: ZoneKeys) => void
}

const now = Math.floor(Date.now() / 1000)

const CUTS: Readonly<Record<string, BrokenCut>> = {
  'ds-stripped': {
    signed: true,
    ede: [NsecMissing],
    because: 'the DS record is withheld, and the NSEC record says that it is there',
    tamper: (zone) => zone.drop('child', 'DS'),
  },
  'ds-and-proof-stripped': {
    signed: true,
    ede: [NsecMissing],
    because: 'the DS record and what would tell of it are withheld',
    tamper(zone) {
      zone.drop('child', 'DS')
      zone.drop('child', 'NSEC')
    },
  },
  'ds-unsigned': {
    signed: true,
    ede: [RrsigsMissing],
    because: 'the DS record has no signature',
    tamper: (zone) => zone.dropSignatures('child', 'DS'),
  },
  'ds-altered': {
    signed: true,
    ede: [DnssecBogus],
    because: 'the DS record is not what was signed',
    tamper: (zone) =>
      zone.change('child', 'DS', (fields) => ({ ...fields, digest: new Uint8Array(32) })),
  },
  'ds-expired': {
    signed: true,
    ede: [Expired],
    because: 'the signature over the DS record has expired',
    tamper: (zone, keys) =>
      zone.resign('child', 'DS', [keys('csk')], {
        inception: now - 30 * DAY,
        expiration: now - 10 * DAY,
      }),
  },
  'no-proof-of-no-ds': {
    signed: false,
    ede: [NsecMissing],
    because: 'nothing proves that the delegation is not signed',
    tamper: (zone) => zone.drop('child', 'NSEC'),
  },
  'unsigned-proof-of-no-ds': {
    signed: false,
    ede: [RrsigsMissing, NsecMissing],
    because: 'the proof that the delegation is not signed is not signed itself',
    tamper: (zone) => zone.dropSignatures('child', 'NSEC'),
  },
  'ds-bit': {
    signed: false,
    ede: [NsecMissing],
    because: 'the NSEC record says that there is a DS record',
    tamper: (zone, keys) =>
      zone.rewrite('child', 'NSEC', keys('csk'), (fields) => ({
        ...fields,
        types: [...fields.types, RecordType.DS],
      })),
  },
  'soa-bit': {
    signed: false,
    ede: [NsecMissing],
    because:
      'an NSEC record with the SOA bit is the child’s, and tells nothing of DS (RFC 6840 §4.4)',
    tamper: (zone, keys) =>
      zone.rewrite('child', 'NSEC', keys('csk'), (fields) => ({
        ...fields,
        types: [...fields.types, RecordType.SOA],
      })),
  },
  'no-ns-bit': {
    signed: false,
    ede: [RrsigsMissing, NsecMissing],
    because:
      'the NSEC record says that there is no cut, so that the data should be signed here (RFC 6840 §4.4)',
    tamper: (zone, keys) =>
      zone.rewrite('child', 'NSEC', keys('csk'), (fields) => ({
        ...fields,
        types: [RecordType.TXT, RecordType.RRSIG, RecordType.NSEC],
      })),
  },
  'not-opted-out': {
    signed: false,
    denial: OPT_OUT,
    ede: [NsecMissing, RrsigsMissing],
    because: 'an NSEC3 record covers the delegation, and is no opt-out (RFC 5155 §8.6)',
    tamper(zone, keys) {
      for (const owner of zone.owners('NSEC3')) {
        zone.rewrite(owner, 'NSEC3', keys('csk'), (fields) => ({ ...fields, flags: 0 }))
      }
    },
  },
  'no-opt-out-range': {
    signed: false,
    denial: OPT_OUT,
    ede: [NsecMissing],
    because: 'no NSEC3 record covers the delegation (RFC 5155 §8.6)',
    tamper: (zone) => zone.drop(zone.nsec3Covering('child'), 'NSEC3'),
  },
}

export const BROKEN_DELEGATIONS: readonly ZoneSpec[] = Object.entries(CUTS).flatMap(
  ([label, { signed, denial = NSEC, ede, because, tamper }]) => {
    const name = `${label}.broken.example.`
    const child = `child.${name}`
    return [
      // ldns hashes the names of unsigned delegations even where it need not.
      makeZone({ name, denial, signer: 'bind', keys: singleKey(), tamper }),
      makeZone({
        name: child,
        ...(signed ? { keys: singleKey() } : { signer: null }),
        probes: [bogus(`www.${child}`, 'A', { ede, because })],
      }),
    ]
  },
)
