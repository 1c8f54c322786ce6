import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { canonicalRdata, isValidRdata } from '../wire/codec/rdata-codec.ts'
import { layouts, type LaidOutType } from '../wire/codec/rdata-layout.ts'
import { RecordType } from '../wire/record-type.ts'
import { parseRecord } from '../wire/text/zone-text.ts'
import { canonicalForm, compareRdata, sortRecords } from './canonical.ts'

/** What the records of RFC 4034 §6.2 look like, names in mixed case. */
const texts = [
  'A 192.0.2.1',
  'NS Ns.Example.',
  'MD Ns.Example.',
  'MF Ns.Example.',
  'CNAME Www.EXAMPLE.',
  'SOA Ns.Example. Mail.Example. 1 2 3 4 5',
  'MB Ns.Example.',
  'MG Ns.Example.',
  'MR Ns.Example.',
  'PTR Ns.Example.',
  'HINFO CPU OS',
  'MINFO A.Example. B.Example.',
  'MX 66 Mail.Example.',
  'TXT "Text stays AS IT IS"',
  'RP A.Example. B.Example.',
  'AFSDB 1 A.Example.',
  'RT 1 A.Example.',
  'PX 1 A.Example. B.Example.',
  'SRV 65 66 67 A.Example.',
  'NAPTR 1 2 "U" "SIP+D2U" "!X!Y!" A.Example.',
  'KX 65 A.Example.',
  'DNAME A.Example.',
  'RRSIG A 13 2 3600 20260101000000 20250101000000 1 Example. QUJD',
  // Not these (RFC 6840 §5.1, RFC 3597 §7).
  'NSEC Next.Example. A RRSIG',
  'SVCB 1 Svc.Example.',
  'HTTPS 1 Svc.Example.',
]

function canonical(type: number, rdata: Uint8Array): Uint8Array {
  return canonicalForm(type, rdata, 0, 0, rdata.length) ?? rdata
}

describe('RDATA in canonical form (RFC 4034 §6.2, RFC 6840 §5.1)', () => {
  for (const text of texts) {
    it(`is what the codec writes: ${text}`, () => {
      const record = parseRecord(`example. 1 IN ${text}`)
      assert.ok(typeof record !== 'string')
      const expected = canonicalRdata(record.type, record.rdata)
      assert.deepEqual(new Uint8Array(canonical(record.type, record.rdata)), expected)
    })
  }

  it('has a case above for every type with a name in it', () => {
    const named = (Object.keys(layouts) as LaidOutType[]).filter((type) =>
      Object.values(layouts[type]).some((kind) => /name/i.test(kind)),
    )
    assert.deepEqual(
      named.filter((type) => !texts.some((text) => text.startsWith(`${type} `))),
      [],
    )
  })

  it('has no compression: a name in the message is written out', () => {
    const message = Buffer.from(
      '\0\0\0\0\0\0\0\0\0\0\0\0\x07ExAmple\0\0\x05\x02Mx\xc0\x0c',
      'latin1',
    )
    const form = canonicalForm(RecordType.MX, message, 0, 21, message.length)
    assert.deepEqual(Buffer.from(form!), Buffer.from('\0\x05\x02mx\x07example\0', 'latin1'))
  })

  it('has names of the types that only RFC 4034 remembers in lower case: SIG, NXT and A6', () => {
    const name = '\x01A\0'
    const sig = `\0\x01${'X'.repeat(16)}${name}SIG`
    const cases: [number, string, string][] = [
      [24, sig, sig.replace(name, '\x01a\0')],
      [30, `${name}B`, '\x01a\0B'],
      [38, `\x78Z${name}`, '\x78Z\x01a\0'],
      [38, '\0ZZZZZZZZZZZZZZZZ', '\0ZZZZZZZZZZZZZZZZ'],
      // Nobody checked that this is a name.
      [38, '\x80\x05A', '\x80\x05A'],
      [38, '', ''],
    ]
    for (const [type, rdata, expected] of cases) {
      const form = canonical(type, Buffer.from(rdata, 'latin1'))
      assert.equal(Buffer.from(form).toString('latin1'), expected)
    }
  })

  it('is not made anew when there is nothing to do', () => {
    for (const text of ['A 192.0.2.1', 'MX 1 mx.example.', 'NSEC A.example. A']) {
      const record = parseRecord(`example. 1 IN ${text}`)
      assert.ok(typeof record !== 'string' && isValidRdata(record.type, record.rdata))
      assert.equal(canonicalForm(record.type, record.rdata, 0, 0, record.rdata.length), null)
    }
  })
})

describe('the order of records (RFC 4034 §6.3)', () => {
  it('is that of octets without signs, the shorter first, none twice', () => {
    const records = ['\xff', 'b', 'ab', 'a', 'b', ''].map((text) => Buffer.from(text, 'latin1'))
    sortRecords(records as Uint8Array[])
    assert.deepEqual(
      records.map((record) => record.toString('latin1')),
      ['', 'a', 'ab', 'b', '\xff'],
    )
    assert.equal(compareRdata(Buffer.from('a'), Buffer.from('a')), 0)
  })
})
