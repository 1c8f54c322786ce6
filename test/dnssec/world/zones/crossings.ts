// Aliases that lead from one zone to another, letters of both cases, and every type of data.

import type { ZoneSpec } from '../zone-spec.ts'
import { commonRecords, insecure, makeZone, NSEC, NSEC3, secure, singleKey } from './make-zone.ts'

const ALIASES = `to-signed        CNAME www.nsec.example.
to-unsigned      CNAME www.unsigned.example.
to-nothing       CNAME none.nsec.example.
to-no-data       CNAME text.nsec.example.
to-wildcard      CNAME any.wild.nsec3-1.example.
to-alias         CNAME chain.nsec3-0.example.
to-and-back      CNAME back.unsigned.example.
to-mixed         CNAME WwW.Mixed-Case.Example.
*.to-wild        CNAME any.wild.nsec.example.
loop             CNAME loop.loops.example.
tree             DNAME nsec.example.
tree3            DNAME nsec3-1.example.
bare             DNAME unsigned.example.
over             DNAME wild.nsec.example.
long             DNAME ${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.nsec.example.
`

export const CROSSING_ZONES: readonly ZoneSpec[] = [
  ...(['aliases', 'aliases3'] as const).map((label) => {
    const zone = `${label}.example.`
    const because = 'aliases inside what is signed'
    return makeZone({
      name: zone,
      denial: label === 'aliases3' ? NSEC3 : NSEC,
      signer: label === 'aliases3' ? 'bind' : 'ldns',
      records: ALIASES,
      probes: [
        secure(`to-signed.${zone}`, 'A', { because }),
        secure(`to-signed.${zone}`, 'CNAME', { because: 'the CNAME itself is asked for' }),
        secure(`to-nothing.${zone}`, 'A', { because, rcode: 'NXDOMAIN' }),
        secure(`to-no-data.${zone}`, 'A', { because }),
        secure(`to-wildcard.${zone}`, 'A', { because }),
        secure(`to-alias.${zone}`, 'A', { because }),
        secure(`to-mixed.${zone}`, 'A', { because: 'letter case does not matter' }),
        secure(`any.to-wild.${zone}`, 'A', {
          because: 'a wildcard CNAME that leads to a wildcard',
        }),
        secure(`www.tree.${zone}`, 'A', { because: 'a CNAME made from a DNAME (RFC 6672 §5.3.1)' }),
        secure(`none.tree.${zone}`, 'A', { because, rcode: 'NXDOMAIN' }),
        secure(`www.tree3.${zone}`, 'A', { because }),
        secure(`tree.${zone}`, 'DNAME', { because: 'the DNAME itself is asked for' }),
        secure(`x.over.${zone}`, 'A', { because: 'a DNAME that leads to a wildcard' }),
        insecure(`to-unsigned.${zone}`, 'A', { because: 'from a signed to an unsigned zone' }),
        insecure(`www.bare.${zone}`, 'A', { because: 'by DNAME to an unsigned zone' }),
        insecure(`to-and-back.${zone}`, 'A', { because: 'one link is not signed' }),
      ],
    })
  }),
  makeZone({
    name: 'loops.example.',
    records: `loop CNAME loop.aliases.example.\nself CNAME self\n`,
  }),
  makeZone({
    name: 'unsigned.example.',
    signer: null,
    records: `${commonRecords()}back CNAME www.nsec.example.\ntree DNAME nsec.example.\n`,
    probes: [
      insecure('www.unsigned.example.', 'A', { because: 'an unsigned delegation' }),
      insecure('back.unsigned.example.', 'A', { because: 'from an unsigned to a signed zone' }),
      insecure('www.tree.unsigned.example.', 'A', { because: 'by DNAME from an unsigned zone' }),
    ],
  }),
  makeZone({
    name: 'island.unsigned.example.',
    keys: singleKey(),
    ds: () => [],
    probes: [
      secure('www.island.unsigned.example.', 'A', {
        because: 'an island with an anchor of its own',
      }),
      secure('none.island.unsigned.example.', 'A', {
        because: 'an island with an anchor of its own',
        rcode: 'NXDOMAIN',
      }),
    ],
  }),
  makeZone({
    name: 'mixed-case.example.',
    signer: 'bind',
    server: 'bind',
    records: `WWW A 192.0.2.10
MaiL MX 10 Mx.MIXED-case.Example.
Srv SRV 1 2 3 WwW
Ptr PTR WWW.Example.COM.
Rp RP Who.Ever Text
Alias CNAME WWW
*.Wild TXT "MiXeD"
Naptr NAPTR 1 2 "u" "E2U+sip" "!^.*$!sip:x@EXAMPLE.com!" Srv.Mixed
Svc HTTPS 1 WWW alpn=h2
Sub.Ent.Deep A 192.0.2.33
`,
    probes: (
      [
        ['www', 'A'],
        ['mail', 'MX'],
        ['srv', 'SRV'],
        ['PTR', 'PTR'],
        ['rp', 'RP'],
        ['alias', 'A'],
        ['x.wild', 'TXT'],
        ['naptr', 'NAPTR'],
        ['svc', 'HTTPS'],
        ['eNt.DEEP', 'A'],
      ] as const
    ).map(([owner, type]) =>
      secure(`${owner}.mixed-case.example.`, type, {
        because: 'names of the older types are signed in lower case (RFC 4034 §6.2, RFC 6840 §5.1)',
      }),
    ),
  }),
]
