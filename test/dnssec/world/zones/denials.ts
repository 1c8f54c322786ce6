// The ways in which zones say no.

import type { SignerName, ZoneSpec } from '../zone-spec.ts'
import {
  commonRecords,
  insecure,
  keyPair,
  makeZone,
  NSEC,
  NSEC3,
  OPT_OUT,
  secure,
  soundProbes,
} from './make-zone.ts'

function nsec3(
  label: string,
  {
    iterations,
    salt = '',
    optOut = false,
    signer,
  }: { iterations: number; salt?: string; optOut?: boolean; signer: SignerName },
): ZoneSpec {
  const name = `${label}.example.`
  const denial = { kind: 'nsec3', iterations, salt, optOut } as const
  const sketch = { name, signer, server: signer === 'ldns' ? 'nsd' : signer, denial } as const
  if (iterations > 50) {
    // The answers that need no denial are as secure as any.
    const because = 'more iterations than RFC 9276 §3.2 lets pass'
    return makeZone({
      ...sketch,
      probes: [
        secure(`www.${name}`, 'A', { because: 'nothing is denied' }),
        insecure(`none.${name}`, 'A', { rcode: 'NXDOMAIN', because, ede: [27] }),
      ],
    })
  }
  // The proof that no closer name is there has an opt-out range: all below may be unsigned.
  return makeZone({ ...sketch, probes: optOut ? [] : soundProbes(name) })
}

const cut = `cut.nsec.example.`

export const DENIAL_ZONES: readonly ZoneSpec[] = [
  makeZone({
    name: 'nsec.example.',
    signer: 'bind',
    server: 'bind',
    probes: [
      ...soundProbes('nsec.example.'),
      secure('none.nsec.example.', 'A', { rcode: 'NXDOMAIN', because: 'no such name' }),
      secure('a.nsec.example.', 'A', { because: 'an empty non-terminal' }),
      secure('x.d.c.b.a.nsec.example.', 'A', {
        rcode: 'NXDOMAIN',
        because: 'below the deepest name',
      }),
      secure('x.c.b.a.nsec.example.', 'A', { rcode: 'NXDOMAIN', because: 'beside it' }),
      secure('any.wild.nsec.example.', 'MX', { because: 'NODATA at a wildcard' }),
      secure('x.named.wild.nsec.example.', 'A', {
        rcode: 'NXDOMAIN',
        because: 'no wildcard reaches below a name that is there (RFC 4592 §2.2.1)',
      }),
      secure(cut, 'DS', { because: 'the proof that a delegation is not signed' }),
    ],
  }),
  makeZone({ name: cut, signer: null }),
  nsec3('nsec3-0', { iterations: 0, signer: 'ldns' }),
  nsec3('nsec3-1', { iterations: 1, salt: 'aabbccdd', signer: 'knot' }),
  nsec3('nsec3-50', { iterations: 50, salt: 'ab', signer: 'bind' }),
  nsec3('nsec3-51', { iterations: 51, salt: 'ab', signer: 'ldns' }),
  nsec3('nsec3-150', { iterations: 150, salt: 'ab', signer: 'knot' }),
  nsec3('nsec3-151', { iterations: 151, salt: 'ab', signer: 'ldns' }),
  nsec3('nsec3-500', { iterations: 500, salt: 'ab', signer: 'ldns' }),
  nsec3('opt-out-ldns', { iterations: 1, salt: '01', optOut: true, signer: 'ldns' }),
  nsec3('opt-out-knot', { iterations: 0, optOut: true, signer: 'knot' }),
  nsec3('opt-out-bind', { iterations: 0, optOut: true, signer: 'bind' }),
  makeZone({
    name: 'minimal.example.',
    keys: keyPair(15),
    records: '*  TXT "everything"\n',
    probes: [
      secure('whatever.minimal.example.', 'TXT', { because: 'a wildcard at the apex' }),
      secure('a.b.c.minimal.example.', 'TXT', { because: 'a wildcard many labels above' }),
      secure('whatever.minimal.example.', 'A', { because: 'NODATA at a wildcard at the apex' }),
    ],
  }),
  makeZone({
    name: 'minimal3.example.',
    denial: NSEC3,
    records: '*  TXT "everything"\n',
    probes: [
      secure('whatever.minimal3.example.', 'TXT', { because: 'a wildcard at the apex' }),
      secure('a.b.c.minimal3.example.', 'TXT', { because: 'a wildcard many labels above' }),
    ],
  }),
  ...delegations('nsec-cuts', NSEC),
  ...delegations('nsec3-cuts', NSEC3),
  ...delegations('opt-out-cuts', OPT_OUT),
]

/** A signed zone with a signed and an unsigned child, and what is below them. */
function delegations(label: string, denial: ZoneSpec['denial']): ZoneSpec[] {
  const name = `${label}.example.`
  const because = 'an unsigned delegation'
  const child = `unsigned.${name}`
  return [
    makeZone({ name, denial, signer: label === 'nsec-cuts' ? 'ldns' : 'bind' }),
    makeZone({
      name: `signed.${name}`,
      signer: 'bind',
      server: 'bind',
      probes: soundProbes(`signed.${name}`),
    }),
    makeZone({
      name: child,
      signer: null,
      probes: [
        insecure(`www.${child}`, 'A', { because }),
        insecure(`none.${child}`, 'A', { because, rcode: 'NXDOMAIN' }),
        insecure(`any.wild.${child}`, 'A', { because }),
        insecure(`www.${child}`, 'MX', { because }),
        insecure(`b.a.${child}`, 'A', { because }),
      ],
    }),
    // Signed, but nobody above says so.
    makeZone({
      name: `island.${child}`,
      records: commonRecords(),
      probes: [
        insecure(`www.island.${child}`, 'A', { because: 'signed below an unsigned zone' }),
        insecure(`none.island.${child}`, 'A', {
          because: 'signed below an unsigned zone',
          rcode: 'NXDOMAIN',
        }),
      ],
    }),
  ]
}
