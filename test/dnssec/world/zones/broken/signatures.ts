// Signatures and what they cover.

import { DAY } from '../../signature-maker.ts'
import { keyPair, singleKey } from '../make-zone.ts'
import { breakZones, Ede } from './break-zone.ts'

const { DnssecBogus, Expired, NotYetValid, DnskeyMissing, RrsigsMissing, ExpiredBeforeValid } = Ede
const now = Math.floor(Date.now() / 1000)
const past = { inception: now - 30 * DAY, expiration: now - 10 * DAY }
const future = { inception: now + 10 * DAY, expiration: now + 30 * DAY }

export const BROKEN_SIGNATURES = breakZones({
  expired: {
    ask: 'www A',
    ede: [Expired],
    because: 'all signatures have expired (RFC 4035 §5.3.1)',
    tamper: (zone, keys) => zone.resignAll([keys('csk')], past),
  },
  'expired-set': {
    ask: 'www A',
    ede: [Expired],
    because: 'the signature over one set has expired',
    tamper: (zone, keys) => zone.resign('www', 'A', [keys('csk')], past),
  },
  'expired-dnskey': {
    ask: 'www A',
    ede: [Expired],
    because: 'the signature over the keys has expired',
    tamper: (zone, keys) => zone.resign('@', 'DNSKEY', [keys('csk')], past),
  },
  'expired-denial': {
    ask: 'none A',
    ede: [Expired],
    because: 'the signature over an NSEC record has expired',
    tamper: (zone, keys) => zone.resign(zone.nsecCovering('none'), 'NSEC', [keys('csk')], past),
  },
  future: {
    ask: 'www A',
    ede: [NotYetValid],
    because: 'no signature holds yet (RFC 4035 §5.3.1)',
    tamper: (zone, keys) => zone.resignAll([keys('csk')], future),
  },
  'future-set': {
    ask: 'www A',
    ede: [NotYetValid],
    because: 'the signature over one set does not hold yet',
    tamper: (zone, keys) => zone.resign('www', 'A', [keys('csk')], future),
  },
  'never-valid': {
    ask: 'www A',
    ede: [ExpiredBeforeValid, Expired],
    because: 'the signature ends before it begins',
    tamper: (zone, keys) =>
      zone.resign('www', 'A', [keys('csk')], {
        inception: now + 5 * DAY,
        expiration: now - 5 * DAY,
      }),
  },
  'no-signature': {
    ask: 'www A',
    ede: [RrsigsMissing],
    because: 'one set has no signature (RFC 4035 §2.2)',
    tamper: (zone) => zone.dropSignatures('www', 'A'),
  },
  'no-signatures': {
    ask: 'www A',
    ede: [RrsigsMissing],
    because: 'nothing has a signature, and the parent has a DS record',
    tamper: (zone) => zone.dropAllSignatures(),
  },
  'unsigned-soa': {
    ask: '@ SOA',
    ede: [RrsigsMissing],
    because: 'the SOA record has no signature',
    tamper: (zone) => zone.dropSignatures('@', 'SOA'),
  },
  'altered-soa': {
    ask: 'none A',
    ede: [DnssecBogus],
    because: 'the SOA record of a negative answer is not what was signed',
    tamper: (zone) => zone.change('@', 'SOA', (fields) => ({ ...fields, minimum: 86_400 })),
  },
  'altered-rdata': {
    ask: 'www A',
    ede: [DnssecBogus],
    because: 'an address is not what was signed',
    tamper: (zone) =>
      zone.change('www', 'A', (fields) => ({ ...fields, address: Uint8Array.of(198, 51, 100, 1) })),
  },
  'altered-rsa': {
    keys: singleKey(8),
    ask: 'www A',
    ede: [DnssecBogus],
    because: 'an address is not what was signed with RSA',
    tamper: (zone) =>
      zone.change('www', 'A', (fields) => ({ ...fields, address: Uint8Array.of(198, 51, 100, 1) })),
  },
  'altered-ed25519': {
    keys: singleKey(15),
    ask: 'www A',
    ede: [DnssecBogus],
    because: 'an address is not what was signed with Ed25519',
    tamper: (zone) =>
      zone.change('www', 'A', (fields) => ({ ...fields, address: Uint8Array.of(198, 51, 100, 1) })),
  },
  'one-more-record': {
    ask: 'two A',
    ede: [DnssecBogus],
    because: 'a set has one record more than was signed',
    tamper: (zone) => zone.add(`two.${zone.name} 3600 IN A 192.0.2.23`),
  },
  'one-record-less': {
    ask: 'two A',
    ede: [DnssecBogus],
    because: 'a set has one record less than was signed',
    tamper: (zone) => zone.remove('two', 'A', (rdata) => rdata[3] === 22),
  },
  'altered-signature': {
    ask: 'www A',
    ede: [DnssecBogus],
    because: 'one bit of the signature is another',
    tamper: (zone) =>
      zone.changeSignatures('www', 'A', (fields) => ({
        ...fields,
        signature: fields.signature.map((octet, index) => (index === 40 ? octet ^ 4 : octet)),
      })),
  },
  'short-signature': {
    ask: 'www A',
    ede: [DnssecBogus],
    because: 'the signature is too short for its algorithm (RFC 6605 §4)',
    tamper: (zone) =>
      zone.changeSignatures('www', 'A', (fields) => ({
        ...fields,
        signature: fields.signature.subarray(0, 63),
      })),
  },
  'swapped-signatures': {
    ask: 'www A',
    ede: [DnssecBogus],
    because: 'the signature is that of another name',
    tamper(zone) {
      const [other] = zone.signatures('mx', 'A')
      zone.changeSignatures('www', 'A', () => other!)
    },
  },
  'original-ttl': {
    ask: 'www A',
    ede: [DnssecBogus],
    because: 'the original TTL is not what was signed',
    tamper: (zone) =>
      zone.changeSignatures('www', 'A', (fields) => ({ ...fields, originalTtl: 7200 })),
  },
  'more-labels': {
    ask: 'www A',
    ede: [DnssecBogus],
    because: 'more labels than the owner has (RFC 4035 §5.3.1)',
    tamper: (zone, keys) => zone.resign('www', 'A', [keys('csk')], { labels: 9 }),
  },
  'fewer-labels': {
    ask: 'www A',
    ede: [DnssecBogus],
    because: 'labels fewer than were signed make a wildcard of the owner',
    tamper: (zone) => zone.changeSignatures('www', 'A', (fields) => ({ ...fields, labels: 3 })),
  },
  'other-signer': {
    ask: 'www A',
    ede: [DnssecBogus, DnskeyMissing, RrsigsMissing],
    because: 'the signer is another zone, beside this one',
    tamper: (zone) =>
      zone.changeSignatures('www', 'A', (fields) => ({
        ...fields,
        signer: Uint8Array.from(Buffer.from('\x04nsec\x07example\0', 'latin1')),
      })),
  },
  'signer-below': {
    ask: 'www A',
    ede: [DnssecBogus, DnskeyMissing, RrsigsMissing],
    because: 'the signer is below the owner',
    tamper: (zone, keys) =>
      zone.resign('www', 'A', [keys('csk')], { signer: `www.sub.www.${zone.name}` }),
  },
  'other-algorithm': {
    ask: 'www A',
    ede: [DnssecBogus, DnskeyMissing],
    because: 'no key has that tag and that algorithm',
    tamper: (zone) => zone.changeSignatures('www', 'A', (fields) => ({ ...fields, algorithm: 8 })),
  },
  'other-type-covered': {
    ask: 'www A',
    ede: [RrsigsMissing],
    because: 'the signature says that it covers another type',
    tamper: (zone) =>
      zone.changeSignatures('www', 'A', (fields) => ({ ...fields, typeCovered: 28 })),
  },
  'other-tag': {
    ask: 'www A',
    ede: [DnskeyMissing],
    because: 'no key has the tag',
    tamper: (zone) =>
      zone.changeSignatures('www', 'A', (fields) => ({ ...fields, keyTag: fields.keyTag ^ 1 })),
  },
  'altered-wildcard': {
    ask: 'any.wild A',
    ede: [DnssecBogus],
    because: 'the address of a wildcard is not what was signed',
    tamper: (zone) =>
      zone.change('*.wild', 'A', (fields) => ({
        ...fields,
        address: Uint8Array.of(198, 51, 100, 1),
      })),
  },
  'altered-text': {
    keys: keyPair(),
    ask: 'text TXT',
    ede: [DnssecBogus],
    because: 'a text differs in the case of a letter',
    tamper: (zone) =>
      zone.change('text', 'TXT', (fields) => ({ ...fields, strings: [Buffer.from('A text')] })),
  },
})
