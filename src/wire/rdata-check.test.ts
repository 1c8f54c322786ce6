import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { checkRdata } from './rdata-check.ts'
import { RecordType, type TypeName } from './record-type.ts'

const NAME = '03777777 076578616d706c65 036f7267 00'
const ROOT = '00'
const SIGNED = '0001 08 02 00000e10 70dbd880 5e0be100 0001'

/** RDATA in hexadecimal digits that fits its type, and that does not. */
const CASES: Partial<Record<TypeName, { good: readonly string[]; bad: readonly string[] }>> = {
  A: { good: ['c0000201'], bad: ['', 'c00002', 'c000020100'] },
  AAAA: { good: ['20010db8000000000000000000000001'], bad: ['', '20010db8', 'c0000201'] },
  NS: { good: [NAME, ROOT], bad: ['', `${NAME} 00`, '03777777', 'c0ff', '40', '80'] },
  MX: { good: [`000a ${NAME}`], bad: ['', '000a', '000a 03', `000a ${NAME} 00`] },
  SOA: {
    good: [`${NAME} ${ROOT} ${'00000001'.repeat(5)}`],
    bad: ['', NAME, `${NAME} ${NAME}`, `${NAME} ${ROOT} ${'00000001'.repeat(4)}`],
  },
  TXT: { good: ['00', '0161 0162'], bad: ['', '02 61', '01 61 05'] },
  SRV: { good: [`0000 0000 0035 ${NAME}`], bad: ['', '0000 0000 0035', `0000 0035 ${NAME}`] },
  MINFO: { good: [`${NAME} ${NAME}`], bad: ['', NAME, `${NAME} ${NAME} 00`] },
  RP: { good: [`${NAME} ${ROOT}`], bad: ['', NAME, `${NAME} ${ROOT} 01`] },
  AFSDB: { good: [`0001 ${NAME}`], bad: ['', '0001', '00'] },
  HINFO: { good: ['0161 0162', '00 00'], bad: ['', '0161', '0161 0162 0163'] },
  NAPTR: {
    good: [`0001 0002 0173 00 00 ${NAME}`],
    bad: ['', '0001 0002', '0001 0002 0173 00', `0001 0002 ff73 00 00 ${NAME}`],
  },
  LOC: {
    good: ['00 12 16 13 89172dd0 70be15f0 00989f20', '01 ff'],
    bad: ['', '00', '00 12 16 13', '00 fa 16 13 89172dd0 70be15f0 00989f20'],
  },
  CERT: { good: ['0001 0002 08 61'], bad: ['', '0001 0002'] },
  APL: { good: ['', '0001 18 03 c00002', '0002 40 84 20010db8'], bad: ['0001', '0001 21 01 c0'] },
  DS: {
    good: [`0001 08 02 ${'ab'.repeat(32)}`, `0001 08 02 ${'ab'.repeat(31)}`, '0001 08 09 ab'],
    bad: ['', '0001 08 02', '0001 08 09'],
  },
  SSHFP: { good: [`01 02 ${'ab'.repeat(32)}`, '01 07 ab'], bad: ['', '01 02', '01 02 ab'] },
  IPSECKEY: {
    good: ['0a 00 02', '0a 01 02 c0000201 ab', `0a 03 02 ${NAME} ab`, '0a 09 02 ab'],
    bad: ['', '0a 01', '0a 01 02 c000', '0a 03 02 03', '0a 03 02 c00c'],
  },
  RRSIG: {
    good: [`${SIGNED} ${NAME} abcd`],
    bad: ['', SIGNED, `${SIGNED} ${NAME}`, `${SIGNED} c00c abcd`],
  },
  NSEC: {
    good: [NAME, `${NAME} 00 01 40`, `${NAME} 00 01 40 01 01 40`],
    bad: ['', 'c00c', `${NAME} 00`, `${NAME} 00 00`, `${NAME} 00 02 40 00`, `${NAME} 00 21`],
  },
  DNSKEY: { good: ['0101 03 08 abcd'], bad: ['', '0101 03 08'] },
  NSEC3: {
    good: ['01 00 000a 00 02 abcd', '01 00 000a 01 ff 02 abcd 00 01 40'],
    bad: ['', '01 00 000a', '01 00 000a 09 ff', '01 00 000a 00 00', '01 00 000a 00 02 ab'],
  },
  NSEC3PARAM: { good: ['01 00 000a 00'], bad: ['', '01 00 000a 01', '01 00 000a 00 00'] },
  TLSA: { good: ['03 01 01 ab'], bad: ['', '03 01'] },
  HIP: { good: [`02 02 0001 abcd ab ${NAME}`], bad: ['', '00 02 0001', '02 02 0009 abcd ab'] },
  CSYNC: { good: ['00000001 0003 00 01 40'], bad: ['', '00000001', '00000001 0003 00'] },
  ZONEMD: { good: ['00000001 01 01 ab'], bad: ['', '00000001 01'] },
  HTTPS: {
    good: [
      `0000 ${NAME}`,
      `0001 ${ROOT} 0001 0003 02 6832`,
      `0001 ${ROOT} 0000 0002 0003 0003 0002 01bb`,
      `0001 ${ROOT} 0004 0004 c0000201 0006 0010 20010db8000000000000000000000001`,
      `0001 ${ROOT} fe00 0001 00`,
    ],
    bad: [
      '',
      '0001',
      '0001 c00c',
      `0001 ${ROOT} 0001`,
      `0001 ${ROOT} 0001 0009 02 6832`,
      `0001 ${ROOT} 0003 0001 bb`,
      `0001 ${ROOT} 0003 0002 01bb 0001 0003 02 6832`,
      `0001 ${ROOT} 0003 0002 01bb 0003 0002 01bb`,
      `0001 ${ROOT} 0001 0003 00 6832`,
      `0001 ${ROOT} 0000 0002 0000`,
      `0001 ${ROOT} 0004 0003 c00002`,
      `0001 ${ROOT} 0006 0004 c0000201`,
      `0001 ${ROOT} 0002 0001 00`,
      `0001 ${ROOT} 0005 0000`,
    ],
  },
  EUI48: { good: ['00005e005301'], bad: ['', '00005e0053', '00005e00530101'] },
  EUI64: { good: ['00005e005301abcd'], bad: ['', '00005e005301'] },
  URI: { good: ['000a 0001 61'], bad: ['', '000a 0001'] },
  CAA: {
    good: ['00 05 6973737565 61', '00 01 61'],
    bad: ['', '00', '00 00 61', '00 09 61', '00 01 2e'],
  },
}

function fits(type: number, hex: string): boolean {
  const rdata = Buffer.from(hex.replaceAll(' ', ''), 'hex')
  // Something must stand before it: a pointer to offset 12 then leads to a name.
  const message = Buffer.concat([Buffer.alloc(12), Buffer.of(1, 0x61, 0), rdata])
  return checkRdata(message, 0, type, 15, message.length)
}

suite('RDATA of', () => {
  for (const [name, { good, bad }] of Object.entries(CASES)) {
    test(`${name} is checked`, () => {
      const type = RecordType[name as TypeName]
      for (const hex of good) assert.ok(fits(type, hex), hex)
      for (const hex of bad) assert.ok(!fits(type, hex), hex)
    })
  }

  test('types of RFC 1035 and RFC 1183 may hold pointers, newer ones not (RFC 3597 §4)', () => {
    for (const type of ['NS', 'CNAME', 'PTR', 'DNAME'] as const) {
      assert.ok(fits(RecordType[type], 'c00c'))
    }
    assert.ok(fits(RecordType.RP, 'c00c c00c'))
    assert.ok(!fits(RecordType.SVCB, '0001 c00c'))
  })

  test('unknown types may be anything (RFC 3597 §3)', () => {
    for (const type of [0, RecordType.NULL, 31, 128, RecordType.TKEY, 258, 65_280, 65_535]) {
      assert.ok(fits(type, '') && fits(type, 'c0ffff'))
    }
  })
})
