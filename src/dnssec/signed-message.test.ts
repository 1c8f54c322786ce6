import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { RecordType } from '../wire/record-type.ts'
import { nameText } from './name.ts'
import type { Rrset } from './rrset.ts'
import { messageOf, setsOf } from './testing.ts'

const RRSIG = '8 2 300 20260101000000 20250101000000 1 example. AAAA'

function outline({ owner, type, records, signatures, places }: Rrset): unknown[] {
  return [nameText(owner), type, records.length, signatures.length, places]
}

describe('a message in sets', () => {
  it('has a set for each owner and type, with the signatures over it, in any order', () => {
    const sets = setsOf(`
      www.example. 300 IN RRSIG A ${RRSIG}
      www.example. 300 IN A 192.0.2.2
      www.example. 300 IN AAAA 2001:db8::1
      WWW.example. 300 IN A 192.0.2.1
      www.example. 300 IN RRSIG AAAA ${RRSIG}
      www.example. 300 IN RRSIG A ${RRSIG}
      ftp.example. 300 IN A 192.0.2.1`)
    assert.deepEqual(sets.map(outline), [
      ['www.example.', RecordType.A, 2, 2, [0, 1, 3, 5]],
      ['www.example.', RecordType.AAAA, 1, 1, [2, 4]],
      ['ftp.example.', RecordType.A, 1, 0, [6]],
    ])
  })

  it('has records in canonical form and order, none twice (RFC 4034 §6.3)', () => {
    const [set] = setsOf(`
      example. 300 IN NS B.Example.
      example. 300 IN NS a.example.
      example. 300 IN NS b.example.`)
    const texts = set!.records.map((record) => Buffer.from(record).toString('latin1'))
    assert.deepEqual(texts, ['\x01a\x07example\0', '\x01b\x07example\0'])
    assert.deepEqual(set!.places, [0, 1, 2])
  })

  it('has the shortest TTL of a set’s records and signatures, those with the top bit are 0', () => {
    const [set, other] = setsOf(`
      a.example. 300 IN A 192.0.2.1
      a.example. 200 IN A 192.0.2.2
      b.example. 2147483648 IN A 192.0.2.2`)
    assert.equal(set!.ttl, 200)
    assert.equal(other!.ttl, 0)
  })

  it('shows signatures without their set apart (RFC 4035 §2.2)', () => {
    const { authority, loose, count } = messageOf(`
      a.example. 300 IN RRSIG A ${RRSIG}
      a.example. 300 IN RRSIG NSEC ${RRSIG}
      a.example. 300 IN NSEC b.example. A`)
    assert.deepEqual(authority.map(outline), [['a.example.', RecordType.NSEC, 1, 1, [1, 2]]])
    assert.deepEqual(loose.map(outline), [['a.example.', RecordType.A, 0, 1, [0]]])
    assert.equal(count, 3)
  })

  it('reads what a signature says', () => {
    const [set] = setsOf(`
      a.example. 300 IN A 192.0.2.1
      a.example. 100 IN RRSIG A 8 2 3600 20260102030405 20250102030405 4711 EXAMPLE. AQID`)
    const { head, signature, ...rest } = set!.signatures[0]!
    assert.deepEqual(
      { ...rest },
      {
        typeCovered: 1,
        algorithm: 8,
        labels: 2,
        originalTtl: 3_600,
        expiration: Date.UTC(2026, 0, 2, 3, 4, 5) / 1_000,
        inception: Date.UTC(2025, 0, 2, 3, 4, 5) / 1_000,
        keyTag: 4_711,
        signer: '\x07example\0',
        ttl: 100,
      },
    )
    assert.equal(Buffer.from(head.subarray(18)).toString('latin1'), '\x07example\0')
    assert.deepEqual([...signature], [1, 2, 3])
  })

  it('finds the sets among hundreds', () => {
    const names = Array.from(
      { length: 300 },
      (_, i) => `n${i % 150}.example. 300 IN A 192.0.2.${i % 2}`,
    )
    const sets = setsOf(names.join('\n'))
    assert.equal(sets.length, 150)
    assert.deepEqual(sets[149]!.places, [149, 299])
  })
})
