import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Dnskey } from '../dnskey.ts'
import { matchesDs } from '../ds.ts'
import { nameText, ROOT } from '../name.ts'
import { readAnchors } from './anchor-text.ts'
import { ROOT_ANCHORS } from './root-anchors.ts'

const DIGEST = 'e06d44b80b8f1d39a95c0b0d7c65d08458e880409bbc683457104237c7f8ec8d'
/** KSK-2017. */
const KEY =
  'AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5emLvN7SWXgnLh4+B5xQlNVz8Og8kvArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwVN8efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7pr+eoZG+SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLYA4/ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8subX2Nn6UwNR1AkUTV74bU='
/** KSK-2024. */
const NEXT_KEY =
  'AwEAAa96jeuknZlaeSrvyAJj6ZHv28hhOKkx3rLGXVaC6rXTsDc449/cidltpkyGwCJNnOAlFNKF2jBosZBU5eeHspaQWOmOElZsjICMQMC3aeHbGiShvZsx4wMYSjH8e7Vrhbu6irwCzVBApESjbUdpWWmEnhathWu1jo+siFUiRAAxm9qyJNg/wOZqqzL/dL/q8PkcRU5oUKEpUge71M3ej2/7CPqpdVwuMoTvoB+ZOT4YeGyxMvHmbrxlFzGOHOijtzN+u1TQNatX2XBuzZNQ1K+s2CXkPIZo7s6JgZyvaBevYtxPvYLw4z9mR7K2vaF18UYH9Z9GNUUeayffKC73PYc='

function read(text: string): string[] {
  const { anchors, problems } = readAnchors(text)
  if (problems.length > 0) return problems.map(({ line, message }) => `${line}: ${message}`)
  return anchors.flatMap(({ zone, ds, keys }) => [
    ...ds.map((one) => `${nameText(zone)} ds ${one.keyTag} ${one.digest.length}`),
    ...keys.map((rdata) => `${nameText(zone)} key ${(rdata[0]! << 8) | rdata[1]!}`),
  ])
}

describe('trust anchors as text', () => {
  it('may be DS records with or without TTL and class (RFC 4034 §5.3)', () => {
    assert.deepEqual(read(`. DS 20326 8 2 ${DIGEST}`), ['. ds 20326 32'])
    assert.deepEqual(read(`. 172800 IN DS 20326 8 2 ${DIGEST}\n`), ['. ds 20326 32'])
    assert.deepEqual(read(`Corp.Example. IN 1h DS 1 13 2 (\n ${DIGEST} ; its key\n)`), [
      'corp.example. ds 1 32',
    ])
  })

  it('are the same as those built in when they are the root’s', () => {
    const text = ROOT_ANCHORS.ds
      .map(({ keyTag, digest }) => `. IN DS ${keyTag} 8 2 ${Buffer.from(digest).toString('hex')}`)
      .join('\n')
    assert.deepEqual(readAnchors(text).anchors, [ROOT_ANCHORS])
  })

  it('are known by their digests: those of KSK-2017 and KSK-2024 are built in', () => {
    const [anchors] = readAnchors(`. DNSKEY 257 3 8 ${KEY}\n. DNSKEY 257 3 8 ${NEXT_KEY}`).anchors
    const keys = anchors!.keys.map((rdata) => new Dnskey(rdata))
    assert.deepEqual(
      keys.map(({ tag }) => tag),
      [20_326, 38_696],
    )
    const fits = keys.map((key) => ROOT_ANCHORS.ds.map((ds) => matchesDs(ROOT, key, ds)))
    assert.deepEqual(fits, [
      [true, false],
      [false, true],
    ])
  })

  it('may be what dig prints for DNSKEY: of that, the keys meant to be trusted', () => {
    const text = `; <<>> DiG\n. 172800 IN DNSKEY 256 3 8 ${KEY}\n. 172800 IN DNSKEY 257 3 8 ${KEY}`
    assert.deepEqual(read(text), ['. key 257'])
    assert.deepEqual(read(`corp.example. DNSKEY 256 3 8 ${KEY}`), ['corp.example. key 256'])
  })

  it('may be the file of Unbound: of that, the keys it trusts (RFC 5011 §4)', () => {
    const text = `; autotrust trust anchor file
;;id: . 1
. 86400 IN DNSKEY 257 3 8 ${KEY} ;{id = 1 (ksk)} ;;state=2 [  VALID  ] ;;count=0
. 86400 IN DNSKEY 257 3 8 ${KEY} ;{id = 2 (ksk)} ;;state=1 [ ADDPEND ] ;;count=3
. 86400 IN DNSKEY 385 3 8 ${KEY} ;{id = 3 (ksk)} ;;state=4 [ REVOKED ] ;;count=0
`
    assert.deepEqual(read(text), ['. key 257'])
  })

  it('may be entries of BIND’s trust-anchors', () => {
    const text = `# managed here (not there
trust-anchors {
  // the root
  . initial-ds 20326 8 2 "${DIGEST}";
  corp.example. static-key 257 3 8 "${KEY}";
};`
    assert.deepEqual(read(text), ['. ds 20326 32', 'corp.example. key 257'])
  })

  it('are told by line what is wrong with them', () => {
    const text = `. DS 20326 8 2 ${DIGEST}
. DS 20326 8 2 ${DIGEST.slice(2)}
. DS 20326 8 3 ${DIGEST}
. DS 20326 3 2 ${DIGEST}
. DNSKEY 385 3 8 ${KEY}
. DNSKEY 1 3 8 ${KEY}
. DNSKEY 257 2 8 ${KEY}
. A 192.0.2.1
. DS 20326 8 2 nothing
corp..example. DS 1 8 2 ${DIGEST}`
    assert.deepEqual(read(text), [
      '2: a digest of type 2 has 32 octets, not 31',
      '3: digest type 3 is not supported',
      '4: algorithm 3 is not supported',
      '5: the key is revoked (RFC 5011 §2.1)',
      '6: flags 1 are not those of a zone’s key',
      '7: protocol 2 is not 3 (RFC 4034 §2.1.2)',
      '8: A is not DS or DNSKEY',
      '9: nothing is not hexadecimal text',
      '10: corp..example.: a label must not be empty',
    ])
  })

  it('are no problem of their own where there are none, or another format', () => {
    assert.deepEqual(read(''), ['1: holds no trust anchor'])
    assert.deepEqual(read('<?xml version="1.0"?>\n<TrustAnchor/>'), ['1: is XML'])
    assert.equal(read('. DS 1 3 2 00\n'.repeat(2_000)).length, 10)
    assert.match(read(`. DS 1 8 2 ${DIGEST}\n`.repeat(2_000)).join(), /more than 1000/)
  })

  it('are read from any text without a throw', () => {
    const words = ['.', 'DS', 'DNSKEY', '257', '3', '8', '"', '(', ')', ';', '\n', '\\#', '0', '{']
    const word = fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary', maxLength: 8 }))
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), (parts) => {
        const { anchors, problems } = readAnchors(parts.join(' '))
        assert.ok(anchors.length > 0 || problems.length > 0)
      }),
    )
  })
})
