// Keys, and DS records that should name them.

import { randomBytes } from 'node:crypto'
import type { ZoneEditor } from '../../zone-editor.ts'
import { flagged, keyTag, REVOKED } from '../../zone-key.ts'
import type { ZoneKeys } from '../../zone-spec.ts'
import { keyPair, singleKey } from '../make-zone.ts'
import { breakZones, Ede } from './break-zone.ts'

const { DnssecBogus, DnskeyMissing, RrsigsMissing, NoZoneKeyBit, NsecMissing } = Ede

const ZONE_KEY = 0x100
const REVOKE = 0x80

/** Gives a key other flags and signs the set, and all that the key has signed, anew. */
function setFlags(zone: ZoneEditor, keys: ZoneKeys, id: string, flags: number): void {
  const { rdata } = keys(id)
  const keyTagNow = keyTag(flagged(rdata, flags))
  zone.change('@', 'DNSKEY', (fields) =>
    Buffer.from(fields.key).equals(rdata.subarray(4)) ? { ...fields, flags } : fields,
  )
  zone.resignAll([keys(id)], { keyTag: keyTagNow })
}

/** As many RSA keys with that tag as wanted, to which nobody has the private halves. */
function decoys(count: number, tag: number): Buffer[] {
  return Array.from({ length: count }, () => {
    const modulus = randomBytes(256)
    modulus[0]! |= 0x80
    modulus[255]! |= 1
    const rdata = Buffer.concat([Buffer.from([1, 0, 3, 8, 3, 1, 0, 1]), modulus])
    rdata.writeUInt16BE(0, 100)
    const base = tag - keyTag(rdata) + 0x10000
    for (let add = base - 2; keyTag(rdata) !== tag; add++) rdata.writeUInt16BE(add & 0xffff, 100)
    return rdata
  })
}

export const BROKEN_KEYS = breakZones({
  'no-dnskey': {
    ask: 'www A',
    ede: [DnskeyMissing, NsecMissing],
    because: 'there are no keys, and the parent has a DS record',
    tamper: (zone) => zone.drop('@', 'DNSKEY'),
  },
  'unsigned-dnskey': {
    ask: 'www A',
    ede: [RrsigsMissing],
    because: 'the keys have no signature',
    tamper: (zone) => zone.dropSignatures('@', 'DNSKEY'),
  },
  'altered-dnskey': {
    ask: 'www A',
    ede: [DnskeyMissing],
    because: 'the key is not what the DS record has a digest of',
    tamper: (zone) =>
      zone.change('@', 'DNSKEY', (fields) => ({
        ...fields,
        key: fields.key.map((octet, index) => (index === 20 ? octet ^ 1 : octet)),
      })),
  },
  'one-more-key': {
    ask: 'www A',
    ede: [DnssecBogus],
    because: 'a key was put in that the signature does not cover',
    tamper: (zone) => zone.add(`${zone.name} 3600 IN DNSKEY 256 3 13 ${'A'.repeat(86)}==`),
  },
  'dnskey-by-zsk': {
    keys: keyPair(),
    ask: 'www A',
    ede: [DnskeyMissing, RrsigsMissing, DnssecBogus],
    because: 'no key that a DS record names has signed the keys (RFC 4035 §5.2)',
    tamper: (zone, keys) => zone.resign('@', 'DNSKEY', [keys('zsk')]),
  },
  'foreign-key': {
    keys: [...singleKey(), { id: 'stranger', flags: 257, algorithm: 13, signs: false }],
    ask: 'www A',
    ede: [DnskeyMissing],
    because: 'a key that is not in the zone has signed',
    tamper(zone, keys) {
      zone.drop('@', 'DNSKEY')
      zone.add(keys('csk').record)
      zone.resign('@', 'DNSKEY', [keys('csk')])
      zone.resign('www', 'A', [keys('stranger')])
    },
  },
  'foreign-key-same-tag': {
    keys: [...singleKey(), { id: 'stranger', flags: 257, algorithm: 13, signs: false }],
    sameTag: true,
    ask: 'www A',
    ede: [DnssecBogus],
    because: 'a key that is not in the zone has signed, and its tag is that of one that is',
    tamper(zone, keys) {
      // ldns takes the one for the other when it looks for what to publish.
      zone.drop('@', 'DNSKEY')
      zone.add(keys('csk').record)
      zone.resign('@', 'DNSKEY', [keys('csk')])
      zone.resign('www', 'A', [keys('stranger')])
    },
  },
  'no-zone-bit': {
    ask: 'www A',
    ede: [NoZoneKeyBit, DnskeyMissing],
    because: 'the key is no zone key (RFC 4034 §2.1.1, §5.2)',
    ds: (keys) => [keys('csk').ds(2, flagged(keys('csk').rdata, 1))],
    tamper: (zone, keys) => setFlags(zone, keys, 'csk', 1),
  },
  'no-zone-bit-below': {
    keys: keyPair(),
    ask: 'www A',
    ede: [NoZoneKeyBit],
    because: 'the key that signs data is no zone key',
    tamper(zone, keys) {
      setFlags(zone, keys, 'zsk', 0)
      zone.resign('@', 'DNSKEY', [keys('ksk')])
    },
  },
  revoked: {
    ask: 'www A',
    ede: [DnssecBogus, DnskeyMissing],
    because: 'the only key is revoked (RFC 5011 §2.1)',
    ds: (keys) => [keys('csk').ds(2, flagged(keys('csk').rdata, REVOKED))],
    tamper: (zone, keys) => setFlags(zone, keys, 'csk', REVOKED),
  },
  'revoked-below': {
    keys: keyPair(),
    ask: 'www A',
    ede: [DnssecBogus, DnskeyMissing],
    because: 'the key that signs data is revoked (RFC 5011 §2.1)',
    tamper(zone, keys) {
      setFlags(zone, keys, 'zsk', ZONE_KEY | REVOKE)
      zone.addSignature('@', 'DNSKEY', keys('ksk'))
    },
  },
  protocol: {
    ask: 'www A',
    ede: [DnssecBogus, DnskeyMissing, NoZoneKeyBit],
    because: 'the protocol is not 3 (RFC 4034 §2.1.2)',
    ds: (keys) => {
      const { rdata } = keys('csk')
      return [keys('csk').ds(2, Uint8Array.of(rdata[0]!, rdata[1]!, 2, ...rdata.subarray(3)))]
    },
    tamper(zone, keys) {
      zone.change('@', 'DNSKEY', (fields) => ({ ...fields, protocol: 2 }))
      zone.resignAll([keys('csk')], { keyTag: keys('csk').tag - 0x100 })
    },
  },
  'short-key': {
    ask: 'www A',
    ede: [DnssecBogus, DnskeyMissing],
    because: 'the key is too short for its algorithm (RFC 6605 §4)',
    ds: (keys) => [keys('csk').ds(2, keys('csk').rdata.subarray(0, 67))],
    tamper(zone, keys) {
      zone.change('@', 'DNSKEY', (fields) => ({ ...fields, key: fields.key.subarray(0, 63) }))
      zone.resignAll([keys('csk')], { keyTag: keyTag(keys('csk').rdata.subarray(0, 67)) })
    },
  },
  'ds-digest': {
    ask: 'www A',
    ede: [DnskeyMissing],
    because: 'the digest of the DS record fits no key',
    ds: (keys) => [{ ...keys('csk').ds(), digest: new Uint8Array(32) }],
  },
  'ds-tag': {
    ask: 'www A',
    ede: [DnskeyMissing],
    because: 'the tag of the DS record fits no key',
    ds: (keys) => [{ ...keys('csk').ds(), keyTag: keys('csk').tag ^ 1 }],
  },
  'ds-algorithm': {
    ask: 'www A',
    ede: [DnskeyMissing],
    because: 'the algorithm of the DS record fits no key',
    ds: (keys) => [{ ...keys('csk').ds(), algorithm: 8 }],
  },
  'ds-short-digest': {
    ask: 'www A',
    ede: [DnskeyMissing],
    because: 'the digest of the DS record is cut short',
    ds: (keys) => [{ ...keys('csk').ds(), digest: keys('csk').ds().digest.subarray(0, 20) }],
  },
  'ds-downgrade': {
    ask: 'www A',
    ede: [DnskeyMissing],
    because: 'SHA-1 does not count beside SHA-256, whose digest fits no key (RFC 4509 §3)',
    ds: (keys) => [keys('csk').ds(1), { ...keys('csk').ds(2), digest: new Uint8Array(32) }],
  },
  'ds-of-unsigned': {
    signer: null,
    keys: singleKey(),
    ask: 'www A',
    ede: [DnskeyMissing, RrsigsMissing],
    because: 'the parent has a DS record of a zone that is not signed',
  },
  'many-keys-of-one-tag': {
    ask: 'www A',
    ede: [DnssecBogus],
    because: 'many keys of one tag, and as many bad signatures (CVE-2023-50387)',
    tamper(zone, keys) {
      const tag = 4711
      for (const rdata of decoys(16, tag)) {
        zone.add(`${zone.name} 3600 IN DNSKEY 256 3 8 ${rdata.subarray(4).toString('base64')}`)
      }
      zone.resign('@', 'DNSKEY', [keys('csk')])
      zone.dropSignatures('www', 'A')
      for (let count = 0; count < 16; count++) {
        zone.addSignature('www', 'A', keys('csk'), { algorithm: 8, keyTag: tag })
        zone.mangleLastSignature(256)
      }
    },
  },
})
