// RDATA that does not fit its type: cut, stretched and spoilt in the ways of each.

import { ASKED, hex, message, name, pointer, record, RIGHT_RDATA, rightAnswer } from '../forge.ts'
import { forges, forgesRecord, type Misbehaviour, sends } from '../misbehaviour.ts'
import { withRecords } from '../outcomes.ts'

/** Types whose form knows an end: with one octet more or less they cannot be read. */
const EXACT: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MINFO: 14,
  MX: 15,
  RP: 17,
  AFSDB: 18,
  RT: 21,
  PX: 26,
  AAAA: 28,
  LOC: 29,
  SRV: 33,
  NAPTR: 35,
  KX: 36,
  DNAME: 39,
  SSHFP: 44,
  NSEC3PARAM: 51,
  EUI48: 108,
  EUI64: 109,
}

const exact = Object.entries(EXACT).flatMap(([what, type]) => {
  const right = hex(RIGHT_RDATA[type]!)
  return [
    forgesRecord(`sends ${what} without RDATA`, type, { rdata: Buffer.alloc(0) }),
    forgesRecord(`sends ${what} with an octet too few`, type, { rdata: right.subarray(0, -1) }),
    forgesRecord(`sends ${what} with an octet too many`, type, {
      rdata: Buffer.concat([right, Buffer.of(7)]),
    }),
    forgesRecord(`says ${what} is longer than it is`, type, {
      rdata: right,
      length: right.length + 9,
    }),
  ]
})

/** Types that end in what may have any length: with nothing they cannot be read. */
const OPEN: Readonly<Record<string, number>> = {
  TXT: 16,
  CERT: 37,
  DS: 43,
  IPSECKEY: 45,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  TLSA: 52,
  HIP: 55,
  CSYNC: 62,
  ZONEMD: 63,
  SVCB: 64,
  HTTPS: 65,
  URI: 256,
  CAA: 257,
}

const open = Object.entries(OPEN).flatMap(([what, type]) => [
  forgesRecord(`sends ${what} without RDATA`, type, { rdata: Buffer.alloc(0) }),
  forgesRecord(`sends ${what} of one octet`, type, { rdata: Buffer.of(9) }),
])

/** Types with a name at some offset of their RDATA. */
const NAMED: Readonly<Record<string, readonly [type: number, before: string, after: string]>> = {
  NS: [2, '', ''],
  CNAME: [5, '', ''],
  PTR: [12, '', ''],
  DNAME: [39, '', ''],
  MX: [15, '000a', ''],
  SRV: [33, '0001 0002 0003', ''],
  SOA: [6, '', `00 ${'00000001'.repeat(5)}`],
  MINFO: [14, '', '00'],
  NAPTR: [35, '0001 0002 00 00 00', ''],
  RP: [17, '', '00'],
  AFSDB: [18, '0001', ''],
}

const names = Object.entries(NAMED).flatMap(([what, [type, before, after]]) => {
  const around = (inside: Uint8Array): { rdata: Buffer } => ({
    rdata: Buffer.concat([hex(before), inside, hex(after)]),
  })
  return [
    forgesRecord(`sends ${what} with a pointer beyond the end`, type, around(pointer(0x3ff0))),
    forgesRecord(`sends ${what} with a pointer into the header`, type, around(pointer(3))),
    forges(
      `sends ${what} with a pointer to itself`,
      (query) => {
        const at = 12 + query.question.length + 12 + hex(before).length
        return { answers: [record({ type, ...around(pointer(at)) })] }
      },
      { type },
    ),
    forgesRecord(
      `sends ${what} with a label of 64 octets`,
      type,
      around(Buffer.concat([Buffer.of(64), Buffer.alloc(64, 0x61), Buffer.of(0)])),
    ),
    forgesRecord(
      `sends ${what} with a name of 260 octets`,
      type,
      around(Buffer.concat([Buffer.alloc(260, hex('0361 6162')), Buffer.of(0)])),
    ),
    forgesRecord(
      `sends ${what} with a name that runs out of the RDATA`,
      type,
      around(hex('20 61')),
    ),
  ]
})

/** Newer types must not be compressed: their readers know no pointers (RFC 3597 §4). */
const compressed: readonly Misbehaviour[] = [
  forgesRecord('compresses the target of HTTPS', 65, { rdata: hex('0001 c00c') }),
  forgesRecord('compresses the target of SVCB', 64, { rdata: hex('0001 c00c') }),
  forgesRecord('compresses the signer of RRSIG', 46, {
    rdata: hex('0001 08 02 00000e10 70dbd880 5e0be100 0001 c00c abcd'),
  }),
  forgesRecord('compresses the next name of NSEC', 47, { rdata: hex('c00c 00 01 40') }),
  forgesRecord('compresses the gateway of IPSECKEY', 45, { rdata: hex('0a 03 02 c00c') }),
]

const SPOILT: readonly (readonly [what: string, type: number, rdata: string])[] = [
  ['TXT with a string that runs over', 16, 'ff 6162'],
  ['TXT with a second string that runs over', 16, '0161 0562'],
  ['HINFO with one string', 13, '03 783836'],
  ['HINFO with three strings', 13, '0161 0162 0163'],
  ['NAPTR with flags that run over', 35, '0001 0002 ff 73'],
  ['NAPTR without a replacement', 35, '0001 0002 0173 00 00'],
  ['SRV without a target', 33, '0001 0002 0035'],
  ['MX without an exchange', 15, '000a'],
  ['SOA with one name', 6, `00 ${'00000001'.repeat(5)}`],
  ['SOA with four numbers', 6, `00 00 ${'00000001'.repeat(4)}`],
  ['SOA with six numbers', 6, `00 00 ${'00000001'.repeat(6)}`],
  ['LOC with sizes beyond nine', 29, '00 fa 16 13 89172dd0 70be15f0 00989f20'],
  ['LOC beyond the pole', 29, '00 12 16 13 ffffffff 70be15f0 00989f20'],
  ['APL that runs over', 42, '0001 18 04 c000'],
  ['APL with a prefix of 33 bits', 42, '0001 21 01 c0'],
  ['APL with zeros at its end', 42, '0001 18 04 c0000200'],
  ['DS without a digest', 43, '1234 08 02'],
  ['SSHFP with a fingerprint of 5 octets', 44, '01 01 abababab'],
  ['IPSECKEY with half a gateway', 45, '0a 01 02 c000'],
  ['RRSIG without a signer', 46, '0001 08 02 00000e10 70dbd880 5e0be100 0001'],
  ['RRSIG without a signature', 46, '0001 08 02 00000e10 70dbd880 5e0be100 0001 00'],
  ['NSEC with an empty window', 47, '00 00 00'],
  ['NSEC with a window of 33 octets', 47, `00 00 21 ${'40'.repeat(33)}`],
  ['NSEC with windows in disorder', 47, '00 01 01 40 00 01 40'],
  ['NSEC with a window twice', 47, '00 00 01 40 00 01 40'],
  ['NSEC with a bitmap that runs over', 47, '00 00 06 40'],
  ['NSEC with zeros at a window’s end', 47, '00 00 02 40 00'],
  ['NSEC3 with a salt that runs over', 50, '01 00 000a ff ab'],
  ['NSEC3 without a hash', 50, '01 00 000a 00 00'],
  ['NSEC3 with a hash that runs over', 50, '01 00 000a 00 14 abcd'],
  ['NSEC3 with a broken bitmap', 50, '01 00 000a 00 02 abcd 00'],
  ['DNSKEY without a key', 48, '0101 03 08'],
  ['CAA without a tag', 257, '00 00 61'],
  ['CAA with a tag that runs over', 257, '00 09 6973'],
  ['CAA with a tag of other signs', 257, '00 02 2e2f 61'],
  ['URI without a target', 256, '000a 0001'],
  ['HIP that runs over', 55, '20 02 0040 abcd'],
  ['HTTPS with keys in disorder', 65, '0001 00 0003 0002 01bb 0001 0003 02 6832'],
  ['HTTPS with a key twice', 65, '0001 00 0003 0002 01bb 0003 0002 01bb'],
  ['HTTPS with half a key', 65, '0001 00 0003'],
  ['HTTPS with a value that runs over', 65, '0001 00 0001 0040 02 6832'],
  ['HTTPS with a port of one octet', 65, '0001 00 0003 0001 bb'],
  ['HTTPS with an empty port', 65, '0001 00 0003 0000'],
  ['HTTPS with half an IPv4 hint', 65, '0001 00 0004 0002 c000'],
  ['HTTPS with an empty IPv4 hint', 65, '0001 00 0004 0000'],
  ['HTTPS with an IPv6 hint of four octets', 65, '0001 00 0006 0004 c0000201'],
  ['HTTPS with an empty protocol', 65, '0001 00 0001 0001 00'],
  ['HTTPS with protocols that run over', 65, '0001 00 0001 0002 05 68'],
  ['HTTPS with mandatory keys in disorder', 65, '0001 00 0000 0004 0003 0001'],
  ['HTTPS that makes "mandatory" mandatory', 65, '0001 00 0000 0002 0000'],
  ['HTTPS with a value for no-default-alpn', 65, '0001 00 0002 0001 00'],
  ['HTTPS with an empty ECH', 65, '0001 00 0005 0000'],
]

const spoilt = SPOILT.map(([what, type, rdata]) =>
  forgesRecord(`sends ${what}`, type, { rdata: hex(rdata) }),
)

/** Malformed data that was not even asked for is malformed all the same. */
const beside = SPOILT.filter((_, i) => i % 4 === 0).map(([what, type, rdata]) =>
  sends(`adds ${what} to a right answer`, (query) => {
    const right = rightAnswer(query)
    const extra = record({ type, rdata: hex(rdata) })
    const at = right.length - 11
    right.writeUInt16BE(2, 10)
    return Buffer.concat([right.subarray(0, at), extra, right.subarray(at)])
  }),
)

/** What has no form that we know passes byte for byte (RFC 3597 §3). */
const opaque: readonly Misbehaviour[] = [
  ...[10, 31, 129, 249, 258, 32_768, 65_280, 65_534].flatMap((type) =>
    ['', 'c00c', 'ffffffffff'].map((rdata) => {
      const passes = withRecords(1, type)
      return forges(
        `sends type ${type} with ${rdata === '' ? 'no RDATA' : `RDATA ${rdata}`}`,
        { answers: [record({ type, rdata: hex(rdata) })] },
        { type, alone: passes, beside: passes },
      )
    }),
  ),
  ...[250, 251, 252, 253, 254, 255].map((type) =>
    forges(`sends a record of type ${type}, which is none`, {
      answers: [record({ type, rdata: hex('00') })],
    }),
  ),
  ...[0, 3, 4, 254, 255, 4_660].map((recordClass) =>
    forges(`sends a record of class ${recordClass}`, { answers: [record({ class: recordClass })] }),
  ),
  forges(
    'sends HTTPS with a key that nobody knows',
    {
      answers: [record({ type: 65, rdata: hex('0001 00 fe00 0003 616263') })],
    },
    { type: 65, alone: withRecords(1, 65), beside: withRecords(1, 65) },
  ),
  // A digest of the wrong length is no fault of form: it fits no key (RFC 4034 §5.2).
  ...[
    ['DS with a digest that nobody knows', '1234 08 63 ab'],
    ['DS with a SHA-256 of 31 octets', `1234 08 02 ${'ab'.repeat(31)}`],
    ['DS with a SHA-256 of 33 octets', `1234 08 02 ${'ab'.repeat(33)}`],
    ['DS with a SHA-384 of one octet', '1234 08 04 ab'],
  ].map(([what, rdata]) =>
    forges(
      `sends ${what}`,
      { answers: [record({ type: 43, rdata: hex(rdata!) })] },
      { type: 43, alone: withRecords(1, 43), beside: withRecords(1, 43) },
    ),
  ),
  sends(
    'sends a right name in RDATA by a pointer',
    (query) =>
      message(query, {
        answers: [record({ type: 15, rdata: Buffer.concat([hex('000a'), ASKED]) })],
      }),
    { type: 15, alone: withRecords(1, 15), beside: withRecords(1, 15) },
  ),
  forges(
    'sends CNAME and what it leads to under another case',
    {
      answers: [
        record({ type: 5, rdata: name('web.example.org') }),
        record({ owner: name('WEB.example.ORG'), rdata: hex('c0000201') }),
      ],
    },
    { alone: 'right' },
  ),
]

export const rdata = [...exact, ...open, ...names, ...compressed, ...spoilt, ...beside, ...opaque]
