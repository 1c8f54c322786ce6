// A zone for each algorithm and size of key that the signers can make (RFC 8624 §3.1), by each of
// the signers, and zones that use what no validator here knows.

import type { ZoneEditor } from '../zone-editor.ts'
import type { SignerName, ZoneKeys, ZoneSpec } from '../zone-spec.ts'
import {
  insecure,
  keyPair,
  makeZone,
  NSEC,
  NSEC3,
  secure,
  singleKey,
  soundProbes,
} from './make-zone.ts'

const ALGORITHMS: readonly (readonly [name: string, algorithm: number, signer: SignerName])[] = [
  ['rsasha1', 5, 'bind'],
  ['rsasha1-nsec3', 7, 'ldns'],
  ['rsasha256', 8, 'knot'],
  ['rsasha512', 10, 'bind'],
  ['ecdsap256', 13, 'knot'],
  ['ecdsap384', 14, 'ldns'],
  ['ed25519', 15, 'bind'],
  ['ed448', 16, 'knot'],
]

const oneOfEach = ALGORITHMS.map(([label, algorithm, signer]) => {
  const name = `${label}.example.`
  // What SHA-1 signs is secure or not as the operator says (RFC 9904), and no peer agrees with all.
  const probes = algorithm < 8 ? [] : soundProbes(name)
  const denial = algorithm === 7 || algorithm === 14 ? NSEC3 : NSEC
  return makeZone({
    name,
    signer,
    server: signer === 'ldns' ? 'nsd' : signer,
    denial,
    keys: keyPair(algorithm),
    probes,
  })
})

/** A zone whose DS records name only what nobody knows is not secured (RFC 4035 §5.2). */
function unknown(
  label: string,
  ds: NonNullable<ZoneSpec['ds']>,
  ede: number,
  because: string,
): ZoneSpec {
  const name = `${label}.example.`
  return makeZone({
    name,
    keys: singleKey(),
    ds,
    probes: [
      insecure(`www.${name}`, 'A', { because, ede: [ede] }),
      insecure(`none.${name}`, 'A', { because, ede: [ede], rcode: 'NXDOMAIN' }),
    ],
  })
}

/** Puts a key of another algorithm beside the zone's own. */
function addUnknownKey(zone: ZoneEditor, keys: ZoneKeys): void {
  zone.add(`${zone.name} 3600 IN DNSKEY 257 3 200 AQIDBAUGBwgJCgsMDQ4PEA==`)
  zone.resign('@', 'DNSKEY', [keys('csk')])
}

export const ALGORITHM_ZONES: readonly ZoneSpec[] = [
  ...oneOfEach,
  makeZone({
    name: 'rsa1024.example.',
    keys: keyPair(8, 1024),
    probes: soundProbes('rsa1024.example.'),
  }),
  makeZone({
    name: 'rsa4096.example.',
    signer: 'bind',
    keys: singleKey(8, 4096),
    probes: soundProbes('rsa4096.example.'),
  }),
  makeZone({
    name: 'sha384-ds.example.',
    keys: singleKey(),
    ds: (keys) => [keys('csk').ds(4)],
    probes: soundProbes('sha384-ds.example.'),
  }),
  makeZone({ name: 'sha1-ds.example.', keys: singleKey(), ds: (keys) => [keys('csk').ds(1)] }),
  makeZone({
    name: 'all-ds.example.',
    keys: singleKey(),
    ds: (keys) => [keys('csk').ds(1), keys('csk').ds(2), keys('csk').ds(4)],
    probes: soundProbes('all-ds.example.'),
  }),
  unknown(
    'unknown-algorithm',
    (keys) => [{ ...keys('csk').ds(), algorithm: 200 }],
    1,
    'a DS record of an algorithm that nobody knows (RFC 4035 §5.2)',
  ),
  unknown(
    'unknown-digest',
    (keys) => [{ ...keys('csk').ds(), digestType: 200 }],
    2,
    'a DS record with a digest that nobody knows (RFC 4509 §3, RFC 6840 §5.2)',
  ),
  makeZone({
    name: 'one-unknown-ds.example.',
    keys: singleKey(),
    ds: (keys) => [{ ...keys('csk').ds(), algorithm: 200 }, keys('csk').ds()],
    tamper: addUnknownKey,
    probes: soundProbes('one-unknown-ds.example.'),
  }),
  makeZone({
    name: 'one-unknown-digest.example.',
    keys: singleKey(),
    ds: (keys) => [{ ...keys('csk').ds(), digestType: 200 }, keys('csk').ds()],
    probes: soundProbes('one-unknown-digest.example.'),
  }),
  makeZone({
    name: 'same-tag.example.',
    keys: keyPair(),
    sameTag: true,
    probes: soundProbes('same-tag.example.'),
  }),
  makeZone({
    name: 'one-of-two-algorithms.example.',
    keys: [...singleKey(), { id: 'other', flags: 257, algorithm: 15 }],
    tamper(zone, keys) {
      // The DS records name both, but only one signs the data.
      for (const type of ['A', 'AAAA'] as const) zone.resign('www', type, [keys('csk')])
    },
    probes: [
      secure('www.one-of-two-algorithms.example.', 'A', {
        because: 'one path is enough, whatever else the DS records name (RFC 6840 §5.11)',
      }),
    ],
  }),
]
