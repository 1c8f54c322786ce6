// The root and what is right below it.

import type { ZoneSpec } from '../zone-spec.ts'
import {
  commonRecords,
  insecure,
  keyPair,
  makeZone,
  NSEC3,
  OPT_OUT,
  secure,
  soundProbes,
} from './make-zone.ts'

export const TOP_ZONES: readonly ZoneSpec[] = [
  makeZone({
    name: '.',
    signer: 'bind',
    keys: keyPair(8),
    records: '',
    probes: [
      secure('.', 'SOA', { because: 'the root' }),
      secure('.', 'DNSKEY', { because: 'the root' }),
      secure('nowhere.', 'A', { rcode: 'NXDOMAIN', because: 'no such TLD' }),
      secure('example.', 'DS', { because: 'DS records are in the parent' }),
      secure('net.', 'DS', { because: 'the proof of an unsigned delegation is secure itself' }),
    ],
  }),
  makeZone({
    name: 'example.',
    records: '',
    probes: [secure('nowhere.example.', 'A', { rcode: 'NXDOMAIN', because: 'NSEC' })],
  }),
  makeZone({
    name: 'com.',
    signer: 'bind',
    denial: OPT_OUT,
    records: '',
    probes: [
      insecure('nowhere.com.', 'A', {
        rcode: 'NXDOMAIN',
        because: 'there may be unsigned delegations in an opt-out range (RFC 5155 §9.2)',
      }),
    ],
  }),
  makeZone({
    name: 'org.',
    signer: 'knot',
    server: 'knot',
    denial: NSEC3,
    records: '',
    probes: [secure('nowhere.org.', 'A', { rcode: 'NXDOMAIN', because: 'NSEC3' })],
  }),
  makeZone({
    name: 'net.',
    signer: null,
    records: '',
    probes: [insecure('nowhere.net.', 'A', { rcode: 'NXDOMAIN', because: 'an unsigned TLD' })],
  }),
  makeZone({
    name: 'example.com.',
    signer: 'bind',
    server: 'bind',
    probes: soundProbes('example.com.'),
  }),
  makeZone({
    name: 'example.org.',
    signer: 'knot',
    server: 'knot',
    denial: NSEC3,
    probes: soundProbes('example.org.'),
  }),
  makeZone({
    name: 'example.net.',
    records: commonRecords(),
    probes: [
      insecure('www.example.net.', 'A', { because: 'signed, below an unsigned TLD' }),
      insecure('none.example.net.', 'A', {
        rcode: 'NXDOMAIN',
        because: 'signed, below an unsigned TLD',
      }),
    ],
  }),
]
