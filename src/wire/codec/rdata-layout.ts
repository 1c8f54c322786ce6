// The one table of RDATA formats. Reading, writing, presentation text both ways, canonical form
// and the check of lengths all come from a type's row: its fields in order, by kind.
// A type without a row is opaque (RFC 3597).

import { listFields } from './list-fields.ts'
import { octetFields } from './octet-fields.ts'
import type { TypeName } from '../record-type.ts'
import { scalarFields } from './scalar-fields.ts'
import { typeName } from '../text/type-text.ts'
import type { FieldCodec } from './field-codec.ts'

export const fieldKinds = { ...scalarFields, ...octetFields, ...listFields } as const
export type FieldKind = keyof typeof fieldKinds

/** What a field of the kind holds once it is read. */
export type FieldValue<Kind extends FieldKind> =
  (typeof fieldKinds)[Kind] extends FieldCodec<infer Value> ? Value : never

/** Fields by name, in the order in which they stand on the wire and in text. */
export type Layout = Readonly<Record<string, FieldKind>>

const key = { flags: 'uint16', protocol: 'uint8', algorithm: 'algorithm', key: 'base64' } as const
const digest = {
  keyTag: 'uint16',
  algorithm: 'algorithm',
  digestType: 'uint8',
  digest: 'hex',
} as const
const association = { usage: 'uint8', selector: 'uint8', matching: 'uint8', data: 'hex' } as const
const service = { priority: 'uint16', target: 'exactName', params: 'svcParams' } as const

export const layouts = {
  // RFC 1035 §3.3 and §3.4
  A: { address: 'ipv4' },
  NS: { host: 'name' },
  MD: { host: 'name' },
  MF: { host: 'name' },
  CNAME: { target: 'name' },
  SOA: {
    primary: 'name',
    mailbox: 'name',
    serial: 'uint32',
    refresh: 'ttl',
    retry: 'ttl',
    expire: 'ttl',
    minimum: 'ttl',
  },
  MB: { host: 'name' },
  MG: { mailbox: 'name' },
  MR: { mailbox: 'name' },
  WKS: { address: 'ipv4', protocol: 'protocol', ports: 'ports' },
  PTR: { target: 'name' },
  HINFO: { cpu: 'string', os: 'string' },
  MINFO: { responsible: 'name', errors: 'name' },
  MX: { preference: 'uint16', exchange: 'name' },
  TXT: { strings: 'strings' },
  // RFC 1183
  RP: { mailbox: 'expandedName', text: 'expandedName' },
  AFSDB: { subtype: 'uint16', host: 'expandedName' },
  RT: { preference: 'uint16', host: 'expandedName' },
  // RFC 2163 §4
  PX: { preference: 'uint16', map822: 'expandedName', mapX400: 'expandedName' },
  // RFC 3596 §2.2
  AAAA: { address: 'ipv6' },
  // RFC 2782
  SRV: { priority: 'uint16', weight: 'uint16', port: 'uint16', target: 'expandedName' },
  // RFC 3403 §4.1
  NAPTR: {
    order: 'uint16',
    preference: 'uint16',
    flags: 'string',
    services: 'string',
    regexp: 'string',
    replacement: 'expandedName',
  },
  // RFC 2230 §3.1
  KX: { preference: 'uint16', exchanger: 'expandedName' },
  // RFC 6672 §2.1
  DNAME: { target: 'expandedName' },
  // RFC 4034 §5.1
  DS: digest,
  // RFC 4255 §3.1
  SSHFP: { algorithm: 'uint8', fingerprintType: 'uint8', fingerprint: 'hex' },
  // RFC 4034 §3.1
  RRSIG: {
    typeCovered: 'type',
    algorithm: 'algorithm',
    labels: 'uint8',
    originalTtl: 'ttl',
    expiration: 'time',
    inception: 'time',
    keyTag: 'uint16',
    signer: 'signerName',
    signature: 'base64',
  },
  // RFC 4034 §4.1
  NSEC: { next: 'exactName', types: 'types' },
  // RFC 4034 §2.1
  DNSKEY: key,
  // RFC 4701 §3.1
  DHCID: { digest: 'base64' },
  // RFC 5155 §3.2
  NSEC3: {
    hashAlgorithm: 'uint8',
    flags: 'uint8',
    iterations: 'uint16',
    salt: 'salt',
    next: 'hash',
    types: 'types',
  },
  // RFC 5155 §4.2
  NSEC3PARAM: { hashAlgorithm: 'uint8', flags: 'uint8', iterations: 'uint16', salt: 'salt' },
  // RFC 6698 §2.1, RFC 8162 §2
  TLSA: association,
  SMIMEA: association,
  // RFC 7344 §3
  CDS: digest,
  CDNSKEY: key,
  // RFC 7929 §2.1
  OPENPGPKEY: { key: 'base64' },
  // RFC 7477 §2.1
  CSYNC: { serial: 'uint32', flags: 'uint16', types: 'types' },
  // RFC 8976 §2.2
  ZONEMD: { serial: 'uint32', scheme: 'uint8', hashAlgorithm: 'uint8', digest: 'hex' },
  // RFC 9460 §2.2
  SVCB: service,
  HTTPS: service,
  // RFC 7208 §3.1
  SPF: { strings: 'strings' },
  // RFC 7553 §4.5
  URI: { priority: 'uint16', weight: 'uint16', target: 'text' },
  // RFC 8659 §4.1
  CAA: { flags: 'uint8', tag: 'tag', value: 'text' },
} as const satisfies Readonly<Partial<Record<TypeName, Layout>>>

/** A record type whose RDATA has fields. */
export type LaidOutType = keyof typeof layouts

/** The fields of a type's RDATA. */
export type Fields<Type extends LaidOutType> = {
  readonly [Name in keyof (typeof layouts)[Type]]: (typeof layouts)[Type][Name] extends FieldKind
    ? FieldValue<(typeof layouts)[Type][Name]>
    : never
}

const byNumber: Readonly<Partial<Record<TypeName, Layout>>> = layouts

/** The row of a type, undefined when its RDATA is opaque. */
export function layoutOf(type: number): Layout | undefined {
  const name = typeName(type)
  return name === undefined ? undefined : byNumber[name]
}
